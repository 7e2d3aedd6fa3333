import { createPool, giveUp, select } from '../../nodes/store/pool';
import { createOwnDatabase, type OwnDatabase } from '../support/own-database';
import { type Answer, startSystem, type System, waitFor } from '../support/system';
import { anEvent, aRelease, post, release } from './partners';

/** A database that is killed, or hangs: callers are told so within seconds, nothing is half done, and all goes on when it is back. */

let database: OwnDatabase;
let system: System;

beforeAll(async () => {
  database = await createOwnDatabase();
  system = await startSystem({ database, env: { OMS_DATABASE_SILENCE_SECONDS: '2', OMS_READ_SECONDS: '1' } });
}, 180_000);
afterAll(async () => {
  database?.thaw();
  await system?.stop();
  await database?.drop();
}, 60_000);

/** What a caller is told while the database is away, and how long it took. */
async function told(call: () => Promise<Answer>): Promise<{ status: number; retryAfter: unknown; ms: number }> {
  const begun = performance.now();
  const { status, headers } = await call();
  return { status, retryAfter: headers['retry-after'], ms: performance.now() - begun };
}

const CALLS: (() => Promise<Answer>)[] = [
  () => system.api('/api/oms/orders', { as: 'reader' }),
  () => system.api('/api/oms/orders/1', { as: 'reader' }),
  () => system.api('/api/oms/holds'),
  () => system.api('/api/oms/orders/1/cancel', { body: { reason: 'while the database is away' } }),
  () => system.api('/api/oms/pauses', { body: { kind: 'stage', name: 'SHIPPED', reason: 'while the database is away' }, headers: { 'idempotency-key': `away-${Math.random()}` } }),
  () => release(system, 'US-NOBODY'),
  () => post(system, anEvent('US-NOBODY', 'accepted')),
  () => system.api('/', { as: null }),
];

/** Every endpoint at once; what was under way when the database went, too. */
async function everybodyIsTold(underWay: Promise<{ status: number; ms: number }[]>): Promise<void> {
  for (const { status, ms } of await underWay) {
    expect([status, ms < 10_000]).toEqual([503, true]);
  }
  await waitFor(async () => (await system.api('/readyz', { as: null })).status === 503, { what: 'not to be ready' });
  for (const { status, retryAfter, ms } of await Promise.all(CALLS.map(told))) {
    expect({ status, retryAfter }).toEqual({ status: 503, retryAfter: '2' });
    expect(ms).toBeLessThan(1000);
  }
  expect((await system.api('/healthz', { as: null })).status).toBe(200);
}

async function allGoesOn(names: readonly string[]): Promise<void> {
  await waitFor(async () => (await system.api('/readyz', { as: null })).status === 200, { what: 'to be ready again' });
  expect((await Promise.all(CALLS.slice(0, 3).map(told))).map(({ status }) => status)).toEqual([200, 200, 200]);
  await system.reach(names, 'FULFILLED', 90_000);
  // The callers of what was answered with 503 come again; nothing of it had been done by half.
  expect(await system.count("SELECT COUNT(*) FROM idempotency_keys WHERE status IS NULL AND lease_until < NOW(6)")).toBe(0);
  expect(await system.holds()).toEqual([]);
}

test('killed: 503 with Retry-After at once, and recovery without a restart', async () => {
  const names = await system.place(6, { seed: 'killed' });
  await system.reach(names.slice(0, 1), 'FULFILLED');
  const pid = system.process?.pid;
  await database.kill();
  await everybodyIsTold(Promise.all(CALLS.map(told)));
  await database.start();
  await allGoesOn(names);
  expect(system.process?.pid).toBe(pid);
}, 180_000);

test('hanging: 503 within seconds, for what was under way too, and recovery without a restart', async () => {
  const names = await system.place(6, { seed: 'hanging' });
  await system.reach(names.slice(0, 1), 'FULFILLED');
  const pid = system.process?.pid;
  database.freeze();
  await everybodyIsTold(Promise.all(CALLS.map(told)));
  database.thaw();
  await allGoesOn(names);
  expect(system.process?.pid).toBe(pid);
}, 180_000);

test('a callback that was answered with 503 is applied once when it comes again', async () => {
  const pause = await system.pause('stage', 'READY_TO_CREATE_IN_NAV');
  const [name = ''] = await system.place(1, { seed: 'again' });
  await system.reach(name, 'READY_TO_CREATE_IN_NAV');
  const report = aRelease({ nav_order_no: 'SO-AGAIN' });
  database.freeze();
  expect((await told(() => release(system, name, report))).status).toBe(503);
  database.thaw();
  const answer = await waitFor(
    async () => {
      const again = await release(system, name, report);
      return again.status === 202 && again;
    },
    { what: 'the report to be taken' },
  );
  expect(answer.body).toMatchObject({ order_id: name, result: 'kept' });
  expect(await system.count('SELECT COUNT(*) FROM inbox WHERE event_id = ?', [report.event_id])).toBe(1);
  await system.resume(pause);
  await system.reach(name, 'FULFILLED', 90_000);
}, 180_000);

describe('reading is bounded in time', () => {
  test('a statement that takes too long is ended on the server, on the connections for reading and on the report’s account', async () => {
    for (const [url, options, limitMs] of [[database.appUrl, { statementSeconds: 1 }, 3000], [database.reportUrl, {}, 15_000]] as const) {
      const pool = createPool(url, 1, options);
      const begun = performance.now();
      const outcome = await select(pool, "SELECT SUM(SLEEP(0.2) + LENGTH(a.name)) AS slow FROM statuses a, statuses b, statuses c").then(() => 'read to the end', (error: { errno: number }) => error.errno);
      expect([1969, 3024]).toContain(outcome);
      expect(performance.now() - begun).toBeLessThan(limitMs);
      const running = "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE '%SLEEP(0.2)%' AND ID <> CONNECTION_ID()";
      await waitFor(async () => (await system.count(running)) === 0, { what: 'the statement to be gone from the server' });
      await pool.end();
    }
  }, 60_000);

  test('a list behind a lock is answered with 503 in words, and the others go on', async () => {
    const locker = createPool(database.adminUrl, 1);
    try {
      await locker.query('LOCK TABLES stores WRITE');
      const slow = await told(() => system.api('/api/oms/orders', { as: 'reader' }));
      expect(slow).toMatchObject({ status: 503, retryAfter: '5' });
      expect(slow.ms).toBeLessThan(5000);
      // The connection was not spent on waiting: another one, of another table, is answered.
      expect((await system.api('/api/oms/holds')).status).toBe(200);
      const many = await Promise.all(Array.from({ length: 60 }, () => system.api('/api/oms/orders', { as: 'reader' })));
      expect(new Set(many.map(({ status, body }) => [status, (body as { title: string }).title].join(' ')))).toEqual(new Set(['503 database.too-slow', '503 database.busy']));
    } finally {
      await locker.query('UNLOCK TABLES');
      await locker.end();
    }
    expect((await system.api('/api/oms/orders', { as: 'reader' })).status).toBe(200);
  }, 60_000);

  test('connections that are given up fail what waits on them, and the pool opens others', async () => {
    const pool = createPool(database.appUrl, 2);
    const waiting = Promise.allSettled([select(pool, 'SELECT SLEEP(30)'), select(pool, 'SELECT SLEEP(30)'), select(pool, 'SELECT 1 AS one')]);
    await waitFor(async () => (await system.count("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT SLEEP(30)%'")) === 2, { what: 'both to run' });
    giveUp(pool);
    expect((await waiting).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
    await pool.end();
  }, 60_000);
});
