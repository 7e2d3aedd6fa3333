import { shortcomings } from './rig/short';
import { recovery } from './scenarios/recovery';

test('after a kill the orders that were in work move again within ten seconds', async () => {
  expect(await shortcomings(recovery, { orders: 50, strikes: 3 })).toEqual([]);
}, 150_000);

test('the control: claims that belong to no process stay where they are', async () => {
  expect(await shortcomings(recovery, { orders: 10, strikes: 1, naive: true })).toEqual([]);
}, 120_000);
