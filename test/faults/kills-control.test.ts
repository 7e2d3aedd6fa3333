import { pointsOf } from './rig/points';
import { shortcomings } from './rig/short';
import { killsAt } from './scenarios/kills';

test('without a ledger a kill after the call makes it happen twice', async () => {
  const answered = ['nav.create', 'camel.request'].flatMap(pointsOf).filter(({ site }) => site === 'effect.answered');
  expect(await shortcomings(killsAt(answered), { orders: 10, strikes: answered.length, naive: true })).toEqual([]);
}, 120_000);
