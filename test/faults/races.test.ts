import { shortcomings } from './rig/short';
import { races } from './scenarios/races';

test('two processes want the same: exactly one gets it, and it is written once', async () => {
  expect(await shortcomings(races, { orders: 8 * 120, strikes: 8 })).toEqual([]);
}, 120_000);

test('the control: with a plain SELECT both believe that they have won', async () => {
  expect(await shortcomings(races, { orders: 8 * 60, strikes: 8, naive: true })).toEqual([]);
}, 120_000);
