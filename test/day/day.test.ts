import path from 'node:path';
import { ROOT } from '../support/root';
import { refOf } from '../support/system';
import { requestFulfillment } from '../sandbox/partners';
import { runDay } from './day';
import { countsOf } from './mix';
import { isAsExpected, reportOf } from './report';
import type { Expected, Scenario, StatusDuty } from './scenario';
import { SCENARIOS } from './scenarios';

// What `npm run demo:day` runs.
const { run } = require(path.join(ROOT, 'bin/command')) as { run: (command: string, args: string[], options: { cwd: string }) => Promise<{ status: number; stdout: string; output: string }> };
const demo = (...args: string[]) => run(process.execPath, [path.join(ROOT, 'bin/run'), 'demo:day', ...args], { cwd: ROOT });

const ORDERS = 80;

test('a small day: every order of every scenario ends as it should, and the table says so', async () => {
  const { status, stdout, output } = await demo('--orders', String(ORDERS), '--seed', '7');
  expect({ status, differences: output.split('\n').filter((line) => line.startsWith('DIFFERENT')) }).toEqual({ status: 0, differences: [] });
  const counts = countsOf(SCENARIOS, ORDERS);
  for (const [index, { name }] of SCENARIOS.entries()) expect(stdout).toMatch(new RegExp(`^${name} +${counts[index]} +\\S+ +0 +\\d`, 'm'));
  expect(stdout).toMatch(/^slowest stage by median: [A-Z_]+, owed by \S.*: median \d+\.\d+ s, p99 \d+\.\d+ s$/m);
  expect(stdout).toMatch(/^slowest stage by p99: [A-Z_]+, owed by/m);
  expect(stdout).toMatch(new RegExp(`^${ORDERS} orders in \\d+ s, \\d+ decided by people: every order ended as its scenario expects$`, 'm'));
}, 300_000);

test('the control: expectations that are wrong, and a partner who is asked behind our back, are named as differences', async () => {
  const named = (name: string): Scenario => SCENARIOS.find((scenario) => scenario.name === name) as Scenario;
  const other = (name: string, change: (expected: Expected) => Partial<Expected>): Scenario => ({ ...named(name), ends: (order) => ({ ...named(name).ends(order), ...change(named(name).ends(order)) }) });
  const [cancel] = (named('not released').people ?? []) as readonly StatusDuty[];
  const askedBehindOurBack: StatusDuty = {
    status: 'FAILED_TO_RELEASE_FROM_NAV',
    does: async (system, name) => {
      await requestFulfillment(system.partnersUrl, refOf(name));
      return cancel?.does(system, name);
    },
  };
  const scenarios = [
    other('finished', () => ({ status: 'PAYMENT_CAPTURED' })),
    other('without NAV', ({ deeds }) => ({ deeds: { ...deeds, 'nav document:1': 1 } })),
    other('vendor', () => ({ parcels: 2 })),
    { ...named('not released'), people: [askedBehindOurBack] },
    { ...named('finished'), name: 'never together', together: { status: 'WAITING_BATCHING_CAPACITY' as const, does: () => Promise.reject(new Error('nobody was to come')) } },
  ];
  const day = await runDay({ orders: scenarios.length, seed: 1, note: () => undefined, scenarios });
  expect(isAsExpected(day)).toBe(false);
  const report = reportOf(day);
  expect(report).toMatch(/^DIFFERENT US-\S+ \(finished\): status: expected PAYMENT_CAPTURED, found FULFILLED$/m);
  expect(report).toMatch(/^DIFFERENT EU-\S+ \(without NAV\): sales order: expected 1 times, found 0 times$/m);
  expect(report).toMatch(/^DIFFERENT US-\S+ \(vendor\): parcels: expected 2, found 1$/m);
  expect(report).toMatch(/^DIFFERENT US-\S+ \(not released\): request: expected 0 times, found 1 times$/m);
  expect(report).toMatch(/^DIFFERENT never together: all of them in WAITING_BATCHING_CAPACITY together: expected once, found never$/m);
  expect(report).toMatch(/^5 orders in \d+ s, 2 decided by people: 4 orders ended otherwise than expected, 1 other findings$/m);
}, 180_000);

test.each([
  [['--orders', '3'], '--orders wants a whole number from'],
  [['--orders', 'many'], '--orders wants a whole number from'],
  [['--color'], "Unknown option '--color'"],
])('%j is refused in words', async (args, says) => {
  const { status, output } = await demo(...args);
  expect(status).toBe(1);
  expect(output).toContain(says);
  expect(output).toContain('npm run demo:day -- [--orders N] [--seed N]');
}, 60_000);
