import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { defineLifecycle, minutes } from '../../nodes/lifecycle/define';
import { lifecycle } from '../../nodes/lifecycle/lifecycle';

const reference = path.resolve(process.env['OMS_CONTRACTS_DIR'] ?? '../shared/contracts', '../design/lifecycle.json');

const some = { phase: 'intake', owner: 'OMS', cancel: 'closed', stuckAfter: minutes(1), runbook: 'look' } as const;

test('every status of the reference is declared as it stands there, with all of its edges', () => {
  if (!existsSync(reference)) {
    if (process.env['CI'] === 'true') throw new Error(`${reference} is missing`);
    process.stdout.write(`skipped: ${reference} is not there\n`);
    return;
  }
  const { statuses } = JSON.parse(readFileSync(reference, 'utf8')) as {
    statuses: Record<string, { phase: string; kind: string; owner: string; cancel: string; initial?: boolean; next: string[] }>;
  };
  expect(Object.keys(statuses)).toHaveLength(70);
  for (const [name, wanted] of Object.entries(statuses)) {
    expect(lifecycle.has(name)).toBe(true);
    const ours = lifecycle.statuses[name as never] as (typeof lifecycle.statuses)['SHIPPED'];
    expect({ name, phase: ours.phase, kind: ours.workingWhen ? 'working|final' : ours.kind, owner: ours.owner, cancel: ours.cancel, initial: ours.initial ?? false }).toEqual({
      name, phase: wanted.phase, kind: wanted.kind, owner: wanted.owner, cancel: wanted.cancel, initial: wanted.initial ?? false,
    });
    for (const to of wanted.next) expect(lifecycle.allows(name, to)).toBe(true);
  }
});

test('the derived edges are there: cancel, processed externally, put-back; the stroopwafel ones are not for us', () => {
  expect(lifecycle.allows('EXPORTED_TO_TPL', 'CS_CANCELLED')).toBe(true);
  expect(lifecycle.allows('SHIPPED', 'CS_CANCELLED')).toBe(false);
  expect(lifecycle.allows('FAILED_TO_FULFILL', 'PROCESSED_EXTERNALLY')).toBe(true);
  expect(lifecycle.allows('FAILED_TO_CANCEL', 'PENDING_NAV_RELEASE')).toBe(true);
  expect(lifecycle.allows('SHIPPED', 'STROOPWAFEL_EXCEPTION')).toBe(false);
  expect(lifecycle.edges).toContainEqual({ from: 'SHIPPED', to: 'STROOPWAFEL_EXCEPTION', rule: 'stroopwafel' });
});

describe('a table with a hole does not start', () => {
  const start = { ...some, kind: 'working', initial: true } as const;
  const end = { phase: 'shipping', owner: '-', cancel: 'closed', kind: 'final', next: [] } as const;

  test('an edge to nowhere', () => {
    expect(() => defineLifecycle({ A: { ...start, next: ['GONE'] as never[] }, B: end })).toThrow('A leads to GONE');
  });
  test('a status that cannot be reached', () => {
    expect(() => defineLifecycle({ A: { ...start, next: ['B'] }, B: end, C: { ...end } })).toThrow('C cannot be reached');
  });
  test('a dead end', () => {
    expect(() => defineLifecycle({ A: { ...start, next: ['B'] }, B: { ...some, kind: 'waiting', next: [] } })).toThrow('B is a dead end');
  });
  test('an error without a way back', () => {
    expect(() => defineLifecycle({ A: { ...start, kind: 'waiting', next: ['C'] }, B: { ...some, kind: 'error', initial: true, next: ['C'] }, C: end })).toThrow('B has no way back');
  });
  test('a loop that is not declared repeatable', () => {
    expect(() => defineLifecycle({ A: { ...start, next: ['A', 'B'] }, B: end })).toThrow('A leads to itself');
  });
});
