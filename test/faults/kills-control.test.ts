import { pointsOf } from './rig/points';
import { shortcomings } from './rig/short';
import { killsAt } from './scenarios/kills';

test('what is simply sent again after a kill happens twice', async () => {
  const answered = ['nav.create', 'camel.request'].flatMap(pointsOf).filter(({ site }) => site === 'effect.answered');
  expect(await shortcomings(killsAt(answered), { orders: 10, strikes: answered.length, naive: true })).toEqual([]);
}, 120_000);
