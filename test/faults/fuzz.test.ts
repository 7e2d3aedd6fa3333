import { shortcomings } from './rig/short';
import { fuzz } from './scenarios/fuzz';

test('generated and mutated requests over all endpoints: each is answered in time and in words', async () => {
  expect(await shortcomings(fuzz, { orders: 10, strikes: 3000 })).toEqual([]);
}, 120_000);

test('the control: without the gate they reach what answers 500, or nothing at all', async () => {
  expect(await shortcomings(fuzz, { orders: 10, strikes: 500, naive: true })).toEqual([]);
}, 120_000);
