import net from 'node:net';
import type { AddressInfo } from 'node:net';
import { createPool, type Pool, select } from '../../nodes/store/pool';
import { effect } from '../../nodes/effects/effect';
import { createEngine, type Engine } from '../support/engine';
import { count, createWorld, makeOrders, statusOf, type World } from '../support/orders';

/** The answer to a COMMIT is lost: what was written is found again by its keys, what was not is written, and nobody hears of it. */

let world: World;
let wire: Wire;
let pool: Pool;
let engine: Engine;

beforeAll(async () => {
  world = await createWorld();
  wire = await Wire.to(world.database.appUrl);
  pool = createPool(wire.url, 4);
  engine = await createEngine({ ...world, pool });
});
afterEach(() => wire.heal());
afterAll(async () => {
  await engine.processes.stop();
  await pool.end();
  wire.close();
  await world.close();
});

/** A wire to the database that breaks at the next COMMIT: before the server gets it, or after it has carried it out. */
class Wire {
  readonly url: string;
  cuts = 0;
  #breaks: 'never' | 'before' | 'after' = 'never';
  #times = 0;
  readonly #server: net.Server;

  private constructor(server: net.Server, url: string) {
    this.#server = server;
    this.url = url;
  }

  static async to(databaseUrl: string): Promise<Wire> {
    const target = new URL(databaseUrl);
    const server = net.createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const port = Number(target.port);
    target.port = String((server.address() as AddressInfo).port);
    const made = new Wire(server, target.href);
    server.on('connection', (client) => made.#join(client, net.connect(port, '127.0.0.1')));
    return made;
  }

  break(when: 'before' | 'after', times = 1): void {
    this.#breaks = when;
    this.#times = times;
  }

  heal(): void {
    this.#breaks = 'never';
    this.cuts = 0;
  }

  close(): void {
    this.#server.close();
  }

  #join(client: net.Socket, database: net.Socket): void {
    let dying = false;
    const end = (): void => {
      client.destroy();
      database.destroy();
    };
    for (const socket of [client, database]) socket.on('error', end).on('close', end);
    client.on('data', (data) => {
      const commits = this.#times > 0 && this.#breaks !== 'never' && data.includes('COMMIT');
      if (commits) {
        this.#times--;
        this.cuts++;
        if (this.#breaks === 'before') return end();
        dying = true;
      }
      database.write(data);
    });
    // The server has carried it out when it answers; the answer is not passed on.
    database.on('data', (data) => (dying ? end() : client.write(data)));
  }
}

const PATH = ['READY_FOR_PROCESSING', 'READY_TO_CREATE_IN_NAV'] as const;
const audits = (order: number): Promise<number> => count(world, 'SELECT COUNT(*) FROM order_audits WHERE order_id = ?', [order]);
const move = (order: number) => engine.transitions.transition({ order, from: 'READY_TO_CREATE_IN_NAV', to: 'PENDING_NAV_RELEASE', actor: 'test' });

describe.each(['before', 'after'] as const)('the connection is cut %s the database has committed', (when) => {
  test('one transition: it has moved once, and its caller hears so', async () => {
    const [order = 0] = await makeOrders(world, 1, PATH);
    wire.break(when);
    expect(await move(order)).toEqual({ moved: true, from: 'READY_TO_CREATE_IN_NAV', to: 'PENDING_NAV_RELEASE', version: 3 });
    expect(wire.cuts).toBe(1);
    expect(await statusOf(world, order)).toMatchObject({ status: 'PENDING_NAV_RELEASE', version: 3 });
    expect(await count(world, 'SELECT COUNT(*) FROM outbox WHERE order_id = ?', [order])).toBe(1);
  });

  test('a group with a refused one in it: every caller gets the answer of its own', async () => {
    const orders = await makeOrders(world, 30, PATH);
    const [gone = 0] = await makeOrders(world, 1, [...PATH, 'PENDING_NAV_RELEASE']);
    wire.break(when);
    const answers = await Promise.all([...orders, gone].map(move));
    expect(wire.cuts).toBe(1);
    expect(answers.slice(0, -1).every(({ moved }) => moved)).toBe(true);
    expect(answers.at(-1)).toMatchObject({ moved: false, refused: 'stale' });
    for (const order of orders) expect(await audits(order)).toBe(3);
  });

  test('several cuts in a row', async () => {
    const [order = 0] = await makeOrders(world, 1, PATH);
    wire.break(when, 3);
    expect(await move(order)).toMatchObject({ moved: true });
    expect(await audits(order)).toBe(3);
  });

  test('a fact of a partner: applied once, answered as applied', async () => {
    const [order = 0] = await makeOrders(world, 1, [...PATH, 'PENDING_NAV_RELEASE']);
    await world.pool.query("INSERT INTO effects (kind, `key`, order_id, request_hash, state, attempt) VALUES ('nav.create', ?, ?, '', 'done', 1)", [`nav.create:${order}`, order]);
    wire.break(when);
    const fact = { source: 'nav', eventId: `release-${order}`, type: 'RELEASED_FROM_NAV', order, body: {}, actor: 'partner:nav' };
    expect(await engine.transitions.apply(fact)).toEqual({ result: 'applied', status: 'RELEASED_FROM_NAV', reason: 'released' });
    expect(wire.cuts).toBe(1);
    expect(await count(world, 'SELECT COUNT(*) FROM inbox WHERE order_id = ?', [order])).toBe(1);
  });

  test('a claim: it is held, once', async () => {
    await world.admin.query('UPDATE order_status SET due_at = NULL');
    const orders = await makeOrders(world, 5, PATH, true);
    wire.break(when);
    const claimed = await engine.claims.claim({ kind: 'status', name: 'READY_TO_CREATE_IN_NAV' }, 'US', 10);
    expect(wire.cuts).toBe(1);
    expect(claimed.map(({ order }) => order).toSorted((a, b) => a - b)).toEqual(orders);
    const rows = await select<{ token: string; attempts: number }>(world.admin, 'SELECT claim_token AS token, attempts FROM order_status WHERE order_id IN (?)', [orders]);
    for (const row of rows) expect(row).toEqual({ token: claimed[0]?.token, attempts: 1 });
  });

  test('the beginning of a call: it is made once, and is in no doubt', async () => {
    await world.admin.query('UPDATE order_status SET due_at = NULL');
    const [order = 0] = await makeOrders(world, 1, PATH, true);
    const work = await engine.claim('READY_TO_CREATE_IN_NAV');
    let made = 0;
    const call = effect<null, { id: number; revision: number }, string>({
      kind: 'test.call', key: ({ id }) => `test.call:${id}`, policy: 'human', request: () => 'x',
      send: async (_remote, _request, _subject, { leave }) => {
        leave();
        return { reference: `R${++made}` };
      },
    });
    wire.break(when);
    expect(await engine.ledger.perform(call, null, { id: order, revision: 1 }, work)).toEqual({ reference: 'R1' });
    expect(wire.cuts).toBe(1);
    expect(made).toBe(1);
    expect(await count(world, 'SELECT COUNT(*) FROM effect_attempts a JOIN effects e ON e.id = a.effect_id WHERE e.order_id = ?', [order])).toBe(1);
    expect(await engine.ends.move(work, 'PENDING_NAV_RELEASE', 'test', '')).toMatchObject({ moved: true });
    expect(await count(world, "SELECT COUNT(*) FROM effects WHERE order_id = ? AND state = 'done'", [order])).toBe(1);
  });
});

test('the naive way – try the lost transaction again – tells its caller that the order never moved', async () => {
  const [order = 0] = await makeOrders(world, 1, PATH);
  const naively = async (): Promise<unknown> => {
    const connection = await pool.getConnection();
    try {
      await connection.query('START TRANSACTION');
      const [result] = await connection.query("INSERT INTO order_audits (order_id, version, from_status, to_status, actor) VALUES (?, 3, 'READY_TO_CREATE_IN_NAV', 'PENDING_NAV_RELEASE', 'naive'); COMMIT", [order]);
      return result;
    } finally {
      connection.release();
    }
  };
  wire.break('after');
  await expect(naively().catch(naively)).rejects.toThrow(/stale|Duplicate/);
  expect(await statusOf(world, order)).toMatchObject({ status: 'PENDING_NAV_RELEASE' });
});
