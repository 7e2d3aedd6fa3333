import { shortcomings } from './rig/short';
import { overload } from './scenarios/overload';

test('callbacks at twice the capacity: what is accepted is not lost, the others are told to come back', async () => {
  expect(await shortcomings(overload, { orders: 50_000, strikes: 5 })).toEqual([]);
}, 120_000);

test('the control: without a limit of requests under way all wait for each other', async () => {
  expect(await shortcomings(overload, { orders: 40_000, strikes: 4, naive: true })).toEqual([]);
}, 120_000);
