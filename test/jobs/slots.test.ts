import { dueSlot, slotAt } from '../../nodes/jobs/slots';
import { InvalidInput } from '../../nodes/runtime/errors';

const at = (text: string): Date => new Date(`2026-11-21T${text}Z`);

test.each([
  ['*/5 * * * * *', at('10:00:07.900'), at('10:00:05')],
  ['*/5 * * * * *', at('10:00:05'), at('10:00:05')],
  ['*/15 * * * *', at('10:14:59'), at('10:00:00')],
  ['0 3 * * *', at('02:59:59'), new Date('2026-11-20T03:00:00Z')],
  ['0 0 1 * *', at('10:00:00'), new Date('2026-11-01T00:00:00Z')],
  ['0 0 1 1 *', at('10:00:00'), new Date('2026-01-01T00:00:00Z')],
])('%s at %s is the slot of %s', (cron, now, slot) => {
  expect(slotAt(cron, now)).toEqual(slot);
});

test('what is no schedule says so', () => {
  expect(() => slotAt('every minute', at('10:00:00'))).toThrow(InvalidInput);
});

test.each([
  ['last', at('07:00:00'), at('10:00:00')],
  ['none', at('07:00:00'), at('10:00:00')],
  ['all', at('07:00:00'), at('08:00:00')],
  ['all', at('10:00:00'), at('10:00:00')],
  // No further back than a day.
  ['all', new Date('2026-11-01T00:00:00Z'), new Date('2026-11-20T11:00:00Z')],
] as const)('%s: since %s, at half past ten, %s is to be run', (catchUp, since, slot) => {
  expect(dueSlot({ cron: '0 * * * *', catchUp }, at('10:30:00'), since)).toEqual(slot);
});

test('all: no more than the last hundred slots', () => {
  expect(dueSlot({ cron: '* * * * * *', catchUp: 'all' }, at('10:30:00'), at('07:00:00'))).toEqual(at('10:28:21'));
});
