import { pointsOf } from './rig/points';
import { shortcomings } from './rig/short';
import { killsAt } from './scenarios/kills';

const points = pointsOf('sfcc.mark-exported');

test('killed around the storefront’s mark, at random, with the sandbox and with everything: nothing lost, nothing twice', async () => {
  expect(await shortcomings(killsAt(points), { orders: 12, strikes: points.length + 5 })).toEqual([]);
}, 200_000);
