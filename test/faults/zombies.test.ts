import { shortcomings } from './rig/short';
import { zombies } from './scenarios/zombies';

test('workers frozen mid-call and with their locks held: awake again, they write nothing', async () => {
  expect(await shortcomings(zombies, { orders: 50, strikes: 2 })).toEqual([]);
}, 200_000);

test('the control: without a ledger a worker that wakes up makes its call a second time', async () => {
  expect(await shortcomings(zombies, { orders: 12, strikes: 2, naive: true })).toEqual([]);
}, 120_000);
