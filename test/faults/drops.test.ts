import { shortcomings } from './rig/short';
import { drops } from './scenarios/drops';

test('the first answer of every call is lost after the partner has acted: every call happens once', async () => {
  expect(await shortcomings(drops, { orders: 60, strikes: 1 })).toEqual([]);
}, 150_000);

test('the control: without a ledger a call whose answer is lost happens again', async () => {
  expect(await shortcomings(drops, { orders: 20, strikes: 1, naive: true })).toEqual([]);
}, 150_000);
