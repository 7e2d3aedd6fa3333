import { pointsOf } from './rig/points';
import { shortcomings } from './rig/short';
import { killsAt } from './scenarios/kills';

const points = ['nav.notice', 'sfcc.fulfil'].flatMap(pointsOf);

test('killed at every failpoint of the notice and the capture: nothing lost, nothing twice', async () => {
  expect(await shortcomings(killsAt(points), { orders: 15, strikes: points.length })).toEqual([]);
}, 200_000);
