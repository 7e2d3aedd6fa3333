import { AT_THE_EDGE } from './rig/points';
import { shortcomings } from './rig/short';
import { killsAt } from './scenarios/kills';

test('killed wherever something comes in or goes out: nothing lost, nothing twice', async () => {
  expect(await shortcomings(killsAt(AT_THE_EDGE), { orders: 12, strikes: AT_THE_EDGE.length })).toEqual([]);
}, 200_000);
