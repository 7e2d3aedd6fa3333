import { AT_A_SPLIT } from './rig/points';
import { shortcomings } from './rig/short';
import { killsAt } from './scenarios/kills';

test('killed wherever a split order is written, followed and told to the storefront: all parts or none, nothing lost, nothing twice', async () => {
  expect(await shortcomings(killsAt(AT_A_SPLIT), { orders: 6, strikes: AT_A_SPLIT.length })).toEqual([]);
}, 300_000);
