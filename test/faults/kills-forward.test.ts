import { pointsOf } from './rig/points';
import { shortcomings } from './rig/short';
import { killsAt } from './scenarios/kills';

const points = ['nav.create', 'camel.request'].flatMap(pointsOf);

test('killed at every failpoint of the sales order and the fulfillment request: nothing lost, nothing twice', async () => {
  expect(await shortcomings(killsAt(points), { orders: 15, strikes: points.length })).toEqual([]);
}, 200_000);
