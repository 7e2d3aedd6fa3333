import { shortcomings } from './rig/short';
import { deploys } from './scenarios/deploys';

test('full deploys mid-run: nothing is lost, every caller is answered', async () => {
  expect(await shortcomings(deploys, { orders: 50, strikes: 4 })).toEqual([]);
}, 120_000);

test('the control: without a quiet deploy callers get no answer', async () => {
  expect(await shortcomings(deploys, { orders: 20, strikes: 4, naive: true })).toEqual([]);
}, 120_000);
