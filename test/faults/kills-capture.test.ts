import { AT_A_PARCEL, pointsOf } from './rig/points';
import { shortcomings } from './rig/short';
import { killsAt } from './scenarios/kills';

const points = [...AT_A_PARCEL, ...pointsOf('sfcc.capture')];

test('killed wherever a parcel is written and captured by itself: no parcel is captured twice or never, and all together what is owed', async () => {
  expect(await shortcomings(killsAt(points), { orders: 16, strikes: points.length })).toEqual([]);
}, 300_000);
