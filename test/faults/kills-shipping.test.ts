import { pointsOf } from './rig/points';
import { shortcomings } from './rig/short';
import { killsAt } from './scenarios/kills';

const points = ['nav.notice', 'sfcc.fulfil'].flatMap(pointsOf);

test('killed at every failpoint of the notice and the capture: nothing lost, nothing twice', async () => {
  expect(await shortcomings(killsAt(points), { orders: 15, strikes: points.length })).toEqual([]);
}, 200_000);

test('the control: without a ledger a kill after the call makes it happen twice', async () => {
  const some = ['nav.create', 'camel.request'].flatMap(pointsOf).filter(({ site }) => site === 'effect.answered');
  expect(await shortcomings(killsAt(some), { orders: 10, strikes: some.length, naive: true })).toEqual([]);
}, 120_000);
