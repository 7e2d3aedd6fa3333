import { shortcomings } from './rig/short';
import { database } from './scenarios/database';

test('MariaDB is killed three times and answers of COMMIT are lost: nothing is lost or done twice, and the server goes on by itself', async () => {
  expect(await shortcomings(database, { orders: 60, strikes: 3 })).toEqual([]);
}, 150_000);

test('the control: a server that ends with its database leaves its orders standing', async () => {
  expect(await shortcomings(database, { orders: 20, strikes: 1, naive: true })).toEqual([]);
}, 150_000);
