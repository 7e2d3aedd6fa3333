import { inTransaction, type PoolConnection, select } from '../../nodes/store/pool';
import { count, createWorld, makeOrders, type World } from '../support/orders';

/** What the server breaks off because others stood in the way is done again, as a whole. */

let world: World;
let orders: number[];

beforeAll(async () => {
  world = await createWorld();
});
beforeEach(async () => {
  orders = await makeOrders(world, 2);
});
afterAll(() => world.close());

const raise = (connection: PoolConnection, order: number): Promise<unknown> => connection.query('UPDATE order_status SET attempts = attempts + 1 WHERE order_id = ?', [order]);
const attempts = async (): Promise<number[]> => (await select<{ attempts: number }>(world.admin, 'SELECT attempts FROM order_status WHERE order_id IN (?) ORDER BY order_id', [orders])).map((row) => row.attempts);

/** Two transactions, each of which has a row that the other wants next: the server ends one of them (1213). */
async function meet(run: (work: (connection: PoolConnection) => Promise<void>) => Promise<unknown>): Promise<{ tries: number; outcomes: string[] }> {
  const [one = 0, other = 0] = orders;
  const both = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let tries = 0;
  const side = (first: number, second: number, at: 0 | 1) => async (connection: PoolConnection) => {
    tries++;
    await raise(connection, first);
    both[at]?.resolve();
    await both[1 - at]?.promise;
    await raise(connection, second);
  };
  const outcomes = await Promise.all([run(side(one, other, 0)), run(side(other, one, 1))].map((running) => running.then(() => 'committed', (error: { errno: number }) => String(error.errno))));
  return { tries, outcomes };
}

test('a deadlock: the whole of it is done again, and each is done once', async () => {
  expect(await meet((work) => inTransaction(world.pool, work))).toEqual({ tries: 3, outcomes: ['committed', 'committed'] });
  expect(await attempts()).toEqual([2, 2]);
});

test('the naive way, the control: one of the two is lost', async () => {
  const naively = async (work: (connection: PoolConnection) => Promise<void>): Promise<void> => {
    const connection = await world.pool.getConnection();
    try {
      await connection.query('START TRANSACTION');
      await work(connection);
      await connection.query('COMMIT');
    } finally {
      await connection.query('ROLLBACK');
      connection.release();
    }
  };
  const { outcomes } = await meet(naively);
  expect(outcomes.toSorted()).toEqual(['1213', 'committed']);
  expect(await attempts()).toEqual([1, 1]);
});

test('a lock that is waited for too long (1205): what had been done before it is undone, and all of it done again', async () => {
  const [held = 0, free = 0] = orders;
  const holder = await world.admin.getConnection();
  await holder.query('START TRANSACTION');
  await raise(holder, held);
  let tries = 0;
  const done = inTransaction(world.pool, async (connection) => {
    tries++;
    await connection.query('SET SESSION innodb_lock_wait_timeout = 1');
    await raise(connection, free);
    // The other lets go once this one has been sent away.
    if (tries === 2) await holder.query('COMMIT');
    await raise(connection, held);
  });
  await done;
  holder.release();
  expect(tries).toBe(2);
  expect(await attempts()).toEqual([2, 1]);
  expect(await count(world, 'SELECT SUM(attempts) FROM order_status WHERE order_id IN (?)', [orders])).toBe(3);
});
