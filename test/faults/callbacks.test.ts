import { shortcomings } from './rig/short';
import { callbacks } from './scenarios/callbacks';

test('callbacks ten times in parallel, early, late and shuffled: the same end as in a clean run', async () => {
  expect(await shortcomings(callbacks, { orders: 50, strikes: 10 })).toEqual([]);
}, 180_000);

test('the control: an inbox that takes every callback for a new one ends otherwise', async () => {
  expect(await shortcomings(callbacks, { orders: 12, strikes: 4, naive: true })).toEqual([]);
}, 180_000);
