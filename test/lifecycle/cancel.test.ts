import { describe as describeFailure } from '../../nodes/runtime/failure';
import { OutcomeUnknown, Rejected } from '../../nodes/runtime/errors';
import { OrderDesk } from '../../nodes/orders/desk';
import { Platforms } from '../../nodes/orders/platforms';
import { select } from '../../nodes/store/pool';
import { createEngine, type Engine } from '../support/engine';
import { count, createWorld, makeOrders, statusOf, type World } from '../support/orders';

let world: World;
let engine: Engine;
let desk: OrderDesk;
const asked = { actor: 'operator:test', reason: 'the customer called' };

beforeAll(async () => {
  world = await createWorld();
  engine = await createEngine(world);
  desk = new OrderDesk({ pool: world.pool, transitions: engine.transitions, platforms: new Platforms({}) });
});
beforeEach(() => world.admin.query('UPDATE order_status SET due_at = NULL'));
afterAll(async () => {
  await engine.processes.stop();
  await world.close();
});

const one = async (due = false): Promise<number> => (await makeOrders(world, 1, ['READY_TO_CREATE_IN_NAV'], due))[0] ?? 0;
const effect = (order: number, kind: string, state: string) =>
  world.pool.query("INSERT INTO effects (kind, `key`, order_id, request_hash, state, attempt) VALUES (?, ?, ?, '', ?, 1)", [kind, `${kind}:${order}`, order, state]);
const cancellations = (order: number, state: string) => count(world, 'SELECT COUNT(*) FROM cancellations WHERE order_id = ? AND state = ?', [order, state]);

test('before NAV knows it, an order is cancelled, and a task tells the storefront', async () => {
  const order = await one();
  expect(await desk.cancel(String(order), asked)).toMatchObject({ statusCode: 200, body: { status: 'CS_CANCELLED', result: 'cancelled' } });
  expect(await count(world, "SELECT COUNT(*) FROM tasks WHERE order_id = ? AND kind = 'sfcc.cancel' AND due_at IS NOT NULL", [order])).toBe(1);
  expect(await statusOf(world, order)).toMatchObject({ holds: 0, due: 0 });
});

test('the export mark, which may be repeated, stands in nobody’s way', async () => {
  const order = await one();
  await effect(order, 'sfcc.mark-exported', 'sent');
  expect((await desk.cancel(String(order), asked)).body.result).toBe('cancelled');
});

test('while a call is in doubt the wish waits, once; when NAV turns out to know the order it is granted, and a stage tells NAV', async () => {
  const order = await one();
  await effect(order, 'nav.create', 'unknown');
  expect(await desk.cancel(String(order), asked)).toMatchObject({ statusCode: 202, body: { result: 'waiting' } });
  expect(await desk.cancel(String(order), asked)).toMatchObject({ statusCode: 202 });
  expect(await cancellations(order, 'waiting')).toBe(1);
  await engine.transitions.apply({ source: 'nav', eventId: `release-${order}`, type: 'RELEASED_FROM_NAV', order, body: {}, actor: 'partner:nav' });
  expect(await statusOf(world, order)).toMatchObject({ status: 'CS_CANCELLED', pending: 0, due: 1 });
  expect(await cancellations(order, 'granted')).toBe(1);
});

test('while Cirro is being asked the wish waits; when Cirro turns out to have it, it is asked to stop', async () => {
  const [order = 0] = await makeOrders(world, 1, ['READY_TO_CREATE_IN_NAV', 'RELEASED_FROM_NAV', 'CIRRO_READY_FOR_FULFILLMENT']);
  await world.pool.query("INSERT INTO effects (kind, `key`, order_id, request_hash, state, attempt) VALUES ('camel.request', ?, ?, '', 'unknown', 1)", [`camel.request:${order}:1`, order]);
  expect(await desk.cancel(String(order), asked)).toMatchObject({ statusCode: 202, body: { result: 'waiting' } });
  await engine.transitions.apply({ source: 'cirro', eventId: `accepted-${order}`, type: 'accepted', order, body: { id: 'a', type: 'accepted', order_id: 'x', sequence: 1, at: '' }, actor: 'partner:cirro' });
  expect(await statusOf(world, order)).toMatchObject({ status: 'EXPORTED_TO_TPL', pending: 1, holds: 1 });
  expect(await count(world, "SELECT COUNT(*) FROM cancellations WHERE order_id = ? AND state = 'waiting' AND ask = 'asked' AND asked_of = 'provider' AND asked_at IS NOT NULL", [order])).toBe(1);
  expect(await count(world, "SELECT COUNT(*) FROM tasks WHERE order_id = ? AND kind = 'fulfillment.cancel'", [order])).toBe(1);
});

test('a person who voids the call in doubt grants the cancel with it', async () => {
  const order = await one(true);
  const work = await engine.claim('READY_TO_CREATE_IN_NAV');
  await effect(order, 'nav.create', 'unknown');
  const doubt = await count(world, 'SELECT id FROM effects WHERE order_id = ?', [order]);
  await engine.ends.fail(work, describeFailure(new OutcomeUnknown('cut', { code: 'nav.create.in-doubt', effect: doubt })), 'test');
  expect((await desk.cancel(String(order), asked)).statusCode).toBe(202);
  await desk.decideHold(await count(world, 'SELECT id FROM holds WHERE order_id = ?', [order]), 'void', asked);
  expect(await statusOf(world, order)).toMatchObject({ status: 'CS_CANCELLED', holds: 0, pending: 0 });
  expect(await cancellations(order, 'granted')).toBe(1);
});

describe('cutoff classes', () => {
  const refused = (order: number) => desk.cancel(String(order), asked);
  const declined = (order: number, text: string) => count(world, "SELECT COUNT(*) FROM cancellations WHERE order_id = ? AND state = 'declined' AND decision_reason LIKE ? AND decided_at IS NOT NULL", [order, text]);

  test('nav: once NAV knows it the order is cancelled and a stage is due that tells NAV', async () => {
    const [order = 0] = await makeOrders(world, 1, ['READY_TO_CREATE_IN_NAV', 'PENDING_NAV_RELEASE']);
    await effect(order, 'nav.create', 'done');
    expect(await desk.cancel(String(order), asked)).toMatchObject({ statusCode: 200, body: { status: 'CS_CANCELLED', result: 'cancelled' } });
    expect(await statusOf(world, order)).toMatchObject({ due: 1, holds: 0 });
    expect(await cancellations(order, 'granted')).toBe(1);
  });

  test('nav: created, but the step after it not yet taken: NAV is told all the same', async () => {
    const order = await one();
    await effect(order, 'nav.create', 'done');
    expect((await desk.cancel(String(order), asked)).body.status).toBe('CS_CANCELLED');
    expect(await statusOf(world, order)).toMatchObject({ due: 1 });
  });

  test('nav: put back after the storefront had refused, NAV is still told', async () => {
    const [order = 0] = await makeOrders(world, 1, ['READY_TO_CREATE_IN_NAV', 'PENDING_NAV_RELEASE']);
    await effect(order, 'nav.create', 'done');
    await desk.cancel(String(order), asked);
    await engine.transitions.transition({ order, to: 'FAILED_TO_CANCEL', actor: 'flow:test', reason: 'refused' });
    await desk.putBack(String(order), asked);
    expect(await statusOf(world, order)).toMatchObject({ status: 'CS_CANCELLED', due: 1 });
  });

  test('nav: a pause of the stage that ends makes due only what NAV knows', async () => {
    const [known = 0] = await makeOrders(world, 1, ['READY_TO_CREATE_IN_NAV', 'PENDING_NAV_RELEASE']);
    await effect(known, 'nav.create', 'done');
    const unknown = await one();
    for (const order of [known, unknown]) await desk.cancel(String(order), asked);
    const pause = await engine.pauses.open({ kind: 'stage', name: 'CS_CANCELLED', reason: 'NAV is closed', actor: 'test' });
    expect(await statusOf(world, known)).toMatchObject({ due: 0 });
    await engine.pauses.release(pause, 'test');
    expect(await statusOf(world, known)).toMatchObject({ due: 1 });
    expect(await statusOf(world, unknown)).toMatchObject({ due: 0 });
  });

  describe('print: PrintStation decides', () => {
    const AT_PRINT_STATION = ['READY_TO_CREATE_IN_NAV', 'RELEASED_FROM_NAV', 'PRINT_STATION_READY_FOR_BATCHING', 'PRINT_STATION_WAITING_FOR_BATCHING'] as const;
    const acknowledge = (order: number, data: object) =>
      engine.transitions.apply({ source: 'print-station', eventId: `ack-${order}-${Math.random()}`, type: 'print_station.cancellation_acknowledged', order, actor: 'partner:print-station', body: { sequence: 1, data } });
    const asking = (order: number) => count(world, "SELECT COUNT(*) FROM tasks WHERE order_id = ? AND kind = 'print-station.cancel'", [order]);
    const wish = async (order: number) => (await select<{ state: string; ask: string | null; reason: string | null }>(world.admin, 'SELECT state, ask, decision_reason AS reason FROM cancellations WHERE order_id = ?', [order]))[0];

    test('the wish waits, a task asks, and a hold keeps the order where it is', async () => {
      const [order = 0] = await makeOrders(world, 1, AT_PRINT_STATION);
      expect(await refused(order)).toMatchObject({ statusCode: 202, body: { result: 'waiting' } });
      expect(await wish(order)).toEqual({ state: 'waiting', ask: 'asked', reason: null });
      expect(await asking(order)).toBe(1);
      expect(await statusOf(world, order)).toMatchObject({ status: 'PRINT_STATION_WAITING_FOR_BATCHING', holds: 1, pending: 1 });
      expect(await acknowledge(order, { granted: true })).toMatchObject({ result: 'applied' });
      expect(await statusOf(world, order)).toMatchObject({ status: 'CS_CANCELLED', holds: 0, pending: 0 });
      expect(await wish(order)).toMatchObject({ state: 'granted', reason: 'PrintStation has stopped it' });
    });

    test('refused, the order goes on, and may be asked for again', async () => {
      const [order = 0] = await makeOrders(world, 1, AT_PRINT_STATION);
      await refused(order);
      expect(await acknowledge(order, { granted: false, reason: 'it is being printed' })).toMatchObject({ result: 'applied' });
      expect(await statusOf(world, order)).toMatchObject({ status: 'PRINT_STATION_WAITING_FOR_BATCHING', holds: 0, pending: 0 });
      expect(await wish(order)).toMatchObject({ state: 'declined', reason: 'PrintStation does not stop it: it is being printed' });
      expect(await refused(order)).toMatchObject({ statusCode: 202 });
      expect(await statusOf(world, order)).toMatchObject({ holds: 1, pending: 1 });
    });

    test('asked for while the request is in doubt: PrintStation is asked once the request is known to be there', async () => {
      const [order = 0] = await makeOrders(world, 1, AT_PRINT_STATION.slice(0, 3));
      await world.pool.query("INSERT INTO effects (kind, `key`, order_id, request_hash, state, attempt) VALUES ('print-station.create', ?, ?, '', 'unknown', 1)", [`print-station.create:${order}:1`, order]);
      expect(await refused(order)).toMatchObject({ statusCode: 202 });
      expect(await asking(order)).toBe(0);
      await world.pool.query("UPDATE effects SET state = 'done' WHERE order_id = ?", [order]);
      await engine.transitions.transition({ order, to: 'PRINT_STATION_WAITING_FOR_BATCHING', actor: 'test' });
      expect(await asking(order)).toBe(1);
      expect(await wish(order)).toMatchObject({ state: 'waiting', ask: 'asked' });
      await acknowledge(order, {});
      expect(await statusOf(world, order)).toMatchObject({ status: 'CS_CANCELLED', holds: 0, pending: 0 });
    });

    test.each(['WAITING_BATCHING_CAPACITY', 'READY_FOR_BATCHING'] as const)('BatchStation was asked for the batch, in %s: it is asked to stop, too; waiting for a place there, the order is cancelled at once', async (status) => {
      const way = ['READY_TO_CREATE_IN_NAV', 'RELEASED_FROM_NAV', 'READY_FOR_BATCHING', ...(status === 'READY_FOR_BATCHING' ? [] : [status])] as const;
      const [order = 0, placeless = 0] = await makeOrders(world, 2, way);
      await world.pool.query("INSERT INTO effects (kind, `key`, order_id, request_hash, state, attempt) VALUES ('batch-station.create', ?, ?, '', 'done', 1)", [`batch-station.create:${order}:1`, order]);
      expect(await refused(placeless)).toMatchObject({ statusCode: 200, body: { result: 'cancelled' } });
      expect(await refused(order)).toMatchObject({ statusCode: 202, body: { result: 'waiting', reason: expect.stringContaining('the print floor has the order') as string } });
      expect(await asking(order)).toBe(1);
      expect(await acknowledge(order, { granted: false, reason: 'it is printed' })).toMatchObject({ result: 'applied' });
      expect(await wish(order)).toMatchObject({ state: 'declined', reason: 'BatchStation does not stop it: it is printed' });
      expect(await refused(order)).toMatchObject({ statusCode: 202 });
      expect(await acknowledge(order, { granted: true })).toMatchObject({ result: 'applied' });
      expect(await statusOf(world, order)).toMatchObject({ status: 'CS_CANCELLED', pending: 0 });
      expect(await count(world, "SELECT COUNT(*) FROM holds WHERE order_id = ? AND resolved_at IS NULL", [order])).toBe(0);
    });

    test('a batch that failed at BatchStation: nobody has the order, and it is cancelled at once', async () => {
      const [order = 0] = await makeOrders(world, 1, ['READY_TO_CREATE_IN_NAV', 'RELEASED_FROM_NAV', 'READY_FOR_BATCHING', 'WAITING_BATCHING_CAPACITY']);
      await world.pool.query("INSERT INTO effects (kind, `key`, order_id, request_hash, state, attempt) VALUES ('batch-station.create', ?, ?, '', 'done', 1)", [`batch-station.create:${order}:1`, order]);
      await engine.transitions.apply({ source: 'print-station', eventId: `failed-${order}`, type: 'batch_failed', order, actor: 'partner:print-station', body: { sequence: 1, data: { reason: 'no ink' } } });
      await desk.putBack(String(order), asked);
      expect(await statusOf(world, order)).toMatchObject({ status: 'READY_FOR_BATCHING' });
      expect(await refused(order)).toMatchObject({ statusCode: 200, body: { result: 'cancelled' } });
    });

    test('the answer and the batch at once: each order ends cancelled, with its batch noted or held', async () => {
      const orders = await makeOrders(world, 30, AT_PRINT_STATION);
      await Promise.all(orders.map((order) => world.pool.query("INSERT INTO effects (kind, `key`, order_id, request_hash, state, attempt) VALUES ('print-station.create', ?, ?, '', 'done', 1)", [`print-station.create:${order}:1`, order])));
      await Promise.all(orders.map((order) => refused(order)));
      await Promise.all(orders.flatMap((order) => [
        acknowledge(order, { granted: true }),
        engine.transitions.apply({ source: 'print-station', eventId: `batch-${order}`, type: 'batched', order, actor: 'partner:print-station', body: { sequence: 1, data: { batch_reference: 'PB-1' } } }),
      ]));
      for (const order of orders) {
        const { status, pending, holds } = await statusOf(world, order);
        const batched = await count(world, "SELECT COUNT(*) FROM order_audits WHERE order_id = ? AND to_status = 'PRINT_STATION_BATCHED'", [order]);
        expect({ status, pending, holds }).toEqual({ status: 'CS_CANCELLED', pending: 0, holds: batched === 1 ? 0 : 1 });
      }
    });
  });

  describe('late: the 3PL decides', () => {
    const AT_THE_3PL = ['READY_TO_CREATE_IN_NAV', 'RELEASED_FROM_NAV', 'CIRRO_READY_FOR_FULFILLMENT', 'EXPORTED_TO_TPL'] as const;
    const answer = (order: number, type: string, more: object = {}) =>
      engine.transitions.apply({ source: 'cirro', eventId: `${type}-${order}-${Math.random()}`, type, order, actor: 'partner:cirro', body: { id: 'x', type, order_id: 'x', sequence: 1, at: '', ...more } });
    const parcel = (order: number, quantity: number) =>
      answer(order, 'shipped', { shipment_id: `S-${order}-${quantity}`, carrier: 'UPS', tracking: '1Z', shipped_at: '2026-11-21T10:00:00Z', lines: [{ line_id: 'L1', quantity }] });
    const tasks = async (order: number) => (await select<{ kind: string; subject: string }>(world.admin, "SELECT kind, subject FROM tasks WHERE order_id = ? AND kind LIKE '%.cancel' AND kind <> 'sfcc.cancel'", [order])).map(({ kind, subject }) => `${kind} ${subject.split(':')[1]}`);
    const wish = async (order: number) => (await select<{ state: string; ask: string | null; of: string | null; reason: string | null }>(world.admin, 'SELECT state, ask, asked_of AS `of`, decision_reason AS reason FROM cancellations WHERE order_id = ? ORDER BY id DESC', [order]))[0];
    const requested = (order: number, kind = 'camel.request') => world.pool.query("INSERT INTO effects (kind, `key`, order_id, request_hash, state, attempt) VALUES (?, ?, ?, '', 'done', 1)", [kind, `${kind}:${order}:1`, order]);
    const provider = (order: number, name: string) => world.admin.query("UPDATE orders o JOIN warehouses w ON w.id = o.warehouse_id SET w.provider = ? WHERE o.id = ?", [name, order]);

    test('the wish waits, a task asks, and its yes cancels the order', async () => {
      const [order = 0] = await makeOrders(world, 1, AT_THE_3PL);
      await effect(order, 'nav.create', 'done');
      expect(await refused(order)).toMatchObject({ statusCode: 202, body: { result: 'waiting', reason: expect.stringContaining('asked to stop') as string } });
      expect(await wish(order)).toEqual({ state: 'waiting', ask: 'asked', of: 'provider', reason: null });
      expect(await tasks(order)).toEqual(['fulfillment.cancel 1']);
      expect(await answer(order, 'cancel_acknowledged')).toMatchObject({ result: 'applied' });
      expect(await statusOf(world, order)).toMatchObject({ status: 'CS_CANCELLED', holds: 0, pending: 0, due: 1 });
      expect(await wish(order)).toMatchObject({ state: 'granted', reason: 'Cirro has stopped it' });
      expect(await answer(order, 'cancel_acknowledged')).toMatchObject({ result: 'already' });
    });

    test('its no declines the wish with the reason; asked again it is a question of its own', async () => {
      const [order = 0] = await makeOrders(world, 1, AT_THE_3PL);
      await requested(order);
      await refused(order);
      await requested(order, 'camel.cancel');
      expect(await answer(order, 'cancel_refused', { data: { reason: 'it is packed' } })).toMatchObject({ result: 'applied' });
      expect(await statusOf(world, order)).toMatchObject({ status: 'EXPORTED_TO_TPL', holds: 0, pending: 0 });
      expect(await wish(order)).toMatchObject({ state: 'declined', reason: 'Cirro does not stop it: it is packed' });
      expect(await answer(order, 'cancel_refused')).toMatchObject({ result: 'already' });
      expect(await refused(order)).toMatchObject({ statusCode: 202 });
      expect(await tasks(order)).toEqual(['fulfillment.cancel 1', 'fulfillment.cancel 2']);
    });

    test.each([['everything', 2, 'SHIPPED'], ['a part', 1, 'PARTIALLY_SHIPPED']] as const)('a parcel with %s that comes first wins; the yes after it is held', async (_what, quantity, status) => {
      const [order = 0] = await makeOrders(world, 1, AT_THE_3PL);
      await refused(order);
      await parcel(order, quantity);
      expect(await statusOf(world, order)).toMatchObject({ status, holds: 0, pending: 0 });
      expect(await wish(order)).toMatchObject({ state: 'declined', reason: expect.stringContaining('has left the warehouse') as string });
      expect(await answer(order, 'cancel_acknowledged')).toMatchObject({ result: 'kept' });
      expect(await statusOf(world, order)).toMatchObject({ status, holds: 1 });
      expect(await refused(order)).toMatchObject({ statusCode: 409, body: { result: 'refused', possible: ['refund'] } });
    });

    test('the yes and the parcel at once, thirty times: one wins, and the other is recorded with its consequence', async () => {
      const orders = await makeOrders(world, 30, AT_THE_3PL);
      await Promise.all(orders.map((order) => refused(order)));
      await Promise.all(orders.flatMap((order) => [answer(order, 'cancel_acknowledged'), parcel(order, 2)]));
      for (const order of orders) {
        const { status, pending, holds } = await statusOf(world, order);
        expect({ pending, holds }).toEqual({ pending: 0, holds: 1 });
        expect(await cancellations(order, status === 'SHIPPED' ? 'declined' : 'granted')).toBe(1);
      }
    });

    test('a question that its 3PL’s side refused is held; a release puts it again, and an answer that a person reports ends it with its hold', async () => {
      const [order = 0] = await makeOrders(world, 1, AT_THE_3PL);
      await requested(order);
      await world.admin.query("UPDATE tasks SET due_at = NULL WHERE kind = 'fulfillment.cancel'");
      await refused(order);
      const refuse = async (): Promise<void> => {
        const work = await engine.claim({ task: 'fulfillment.cancel' });
        await engine.ends.fail(work, describeFailure(new Rejected('409', { code: 'camel.cancel.refused' })), 'test');
      };
      await world.pool.query("INSERT INTO effects (kind, `key`, order_id, request_hash, state, attempt) VALUES ('camel.cancel', ?, ?, '', 'rejected', 1)", [`camel.cancel:${order}:1`, order]);
      await refuse();
      const held = () => select<{ id: number }>(world.admin, "SELECT id FROM holds WHERE order_id = ? AND resolved_at IS NULL AND kind = 'camel.cancel.refused'", [order]);
      await desk.decideHold((await held())[0]?.id ?? 0, 'release', asked);
      expect(await select(world.admin, "SELECT state FROM effects WHERE order_id = ? ORDER BY id", [order])).toEqual([{ state: 'done' }, { state: 'intent' }]);
      await world.admin.query("UPDATE effects SET state = 'rejected' WHERE order_id = ? AND kind = 'camel.cancel'", [order]);
      await refuse();
      expect(await held()).toHaveLength(1);
      expect(await answer(order, 'cancel_acknowledged', { sequence: 0 })).toMatchObject({ result: 'applied' });
      expect(await statusOf(world, order)).toMatchObject({ status: 'CS_CANCELLED', holds: 0, pending: 0 });
      expect(await held()).toEqual([]);
      expect(await select(world.admin, "SELECT holds, due_at AS due, done_at IS NOT NULL AS isDone, result FROM tasks WHERE order_id = ? AND kind = 'fulfillment.cancel'", [order])).toEqual([{ holds: 0, due: null, isDone: 1, result: 'nobody asks any more' }]);
    });

    test('who rejects the request has stopped the order, too', async () => {
      const [order = 0] = await makeOrders(world, 1, AT_THE_3PL);
      await requested(order);
      await refused(order);
      expect(await answer(order, 'rejected', { data: { reason: 'no such street' } })).toMatchObject({ result: 'applied' });
      expect(await statusOf(world, order)).toMatchObject({ status: 'CS_CANCELLED', holds: 0, pending: 0 });
      expect(await wish(order)).toMatchObject({ state: 'granted', reason: 'Cirro rejected sequence 1: no such street' });
    });

    test('nobody has asked: a yes is held, a no is refused', async () => {
      const [order = 0] = await makeOrders(world, 1, AT_THE_3PL);
      expect(await answer(order, 'cancel_refused')).toMatchObject({ result: 'impossible' });
      expect(await answer(order, 'cancel_acknowledged')).toMatchObject({ result: 'kept', reason: expect.stringContaining('nobody asks to cancel') as string });
      expect(await statusOf(world, order)).toMatchObject({ status: 'EXPORTED_TO_TPL', holds: 1 });
    });

    test('the print floor was asked, and the warehouse has the order by now: declined, and its yes decides nothing', async () => {
      const [order = 0] = await makeOrders(world, 1, ['READY_TO_CREATE_IN_NAV', 'RELEASED_FROM_NAV', 'PRINT_STATION_READY_FOR_BATCHING', 'PRINT_STATION_WAITING_FOR_BATCHING', 'PRINT_STATION_BATCHED']);
      await refused(order);
      await engine.transitions.transition({ order, to: 'CIRRO_READY_FOR_FULFILLMENT', actor: 'test' });
      await requested(order);
      await engine.transitions.transition({ order, to: 'EXPORTED_TO_TPL', actor: 'test' });
      expect(await wish(order)).toMatchObject({ state: 'declined', of: 'print-station', reason: 'the warehouse has the order by now: ask again' });
      expect(await statusOf(world, order)).toMatchObject({ status: 'EXPORTED_TO_TPL', holds: 0, pending: 0 });
      await refused(order);
      await world.pool.query("INSERT INTO effects (kind, `key`, order_id, request_hash, state, attempt) VALUES ('print-station.cancel', ?, ?, '', 'done', 1)", [`print-station.cancel:${order}:1`, order]);
      expect(await answer(order, 'print_station.cancellation_acknowledged', { data: { granted: true } })).toMatchObject({ result: 'already' });
      expect(await wish(order)).toMatchObject({ state: 'waiting', of: 'provider' });
    });

    test('an own warehouse or a vendor: nobody is called, the answer comes without a number', async () => {
      const [order = 0] = await makeOrders(world, 1, ['READY_TO_CREATE_IN_NAV', 'RELEASED_FROM_NAV', 'OMS_CREATED_ORDER_FULFILLMENT']);
      expect(await refused(order)).toMatchObject({ statusCode: 202, body: { reason: expect.stringContaining('own warehouse or a vendor') as string } });
      expect(await wish(order)).toMatchObject({ state: 'waiting', ask: 'asked', of: 'warehouse' });
      expect(await tasks(order)).toEqual([]);
      expect(await answer(order, 'cancel_refused', { sequence: 0 })).toMatchObject({ result: 'applied' });
      expect(await wish(order)).toMatchObject({ state: 'declined', reason: 'the warehouse does not stop it' });
      await refused(order);
      expect(await answer(order, 'cancel_acknowledged', { sequence: 0 })).toMatchObject({ result: 'applied' });
      expect(await statusOf(world, order)).toMatchObject({ status: 'CS_CANCELLED', holds: 0, pending: 0 });
    });

    test('a 3PL that cannot be asked: not yet, and recorded', async () => {
      const [order = 0] = await makeOrders(world, 1, AT_THE_3PL);
      await provider(order, 'parcelo');
      expect(await refused(order)).toMatchObject({ statusCode: 409, body: { result: 'not-yet', reason: expect.stringMatching(/^not yet: .*\(parcelo\)/) as string } });
      expect(await declined(order, 'not yet%')).toBe(1);
      // Another one was asked for this order, before the warehouse was handed over.
      const [old = 0] = await makeOrders(world, 1, AT_THE_3PL);
      await requested(old);
      expect(await refused(old)).toMatchObject({ statusCode: 202, body: { result: 'waiting' } });
      expect(await answer(old, 'cancel_acknowledged', { provider: 'parcelo' })).toMatchObject({ result: 'kept', reason: 'Parcelo stopped an order that Cirro fulfils' });
      expect(await answer(old, 'cancel_acknowledged')).toMatchObject({ result: 'applied' });
      expect((await statusOf(world, old)).status).toBe('CS_CANCELLED');
      await provider(order, 'cirro');
    });

    test('Cirro has answered, but the step after it is not taken yet', async () => {
      const [order = 0] = await makeOrders(world, 1, AT_THE_3PL.slice(0, 3));
      await requested(order);
      expect(await refused(order)).toMatchObject({ statusCode: 202, body: { result: 'waiting' } });
      expect(await tasks(order)).toEqual(['fulfillment.cancel 1']);
      const [rejected = 0] = await makeOrders(world, 1, AT_THE_3PL.slice(0, 3));
      await requested(rejected);
      await world.admin.query('UPDATE orders SET export_sequence = 2 WHERE id = ?', [rejected]); // rejected since
      expect((await refused(rejected)).body.result).toBe('cancelled');
    });
  });

  test('closed: refused with what is possible instead, and recorded', async () => {
    const [shipped = 0] = await makeOrders(world, 1, ['READY_TO_CREATE_IN_NAV', 'RELEASED_FROM_NAV', 'CIRRO_READY_FOR_FULFILLMENT', 'SHIPPED']);
    expect(await refused(shipped)).toMatchObject({ statusCode: 409, body: { status: 'SHIPPED', result: 'refused', possible: ['refund'], reason: expect.stringContaining('refund it') as string } });
    expect(await declined(shipped, '%has left the warehouse%')).toBe(1);
    const over = await one();
    await desk.cancel(String(over), asked);
    expect(await refused(over)).toMatchObject({ statusCode: 409, body: { possible: [], reason: expect.stringContaining('is over') as string } });
  });
});

test('a parcel that leaves after the cancel opens a hold that says what follows', async () => {
  const [order = 0] = await makeOrders(world, 1, ['READY_TO_CREATE_IN_NAV', 'RELEASED_FROM_NAV', 'CIRRO_READY_FOR_FULFILLMENT']);
  await desk.cancel(String(order), asked);
  const parcel = { order_id: 'x', shipment_id: `S-${order}`, carrier: 'UPS', tracking: '1Z', shipped_at: '2026-11-21T10:00:00Z', lines: [{ line_id: 'L1', quantity: 2 }] };
  expect(await engine.transitions.apply({ source: 'cirro', eventId: parcel.shipment_id, type: 'shipped', order, body: parcel, actor: 'partner:cirro' })).toMatchObject({ result: 'kept', status: 'CS_CANCELLED' });
  expect(await count(world, "SELECT COUNT(*) FROM holds WHERE order_id = ? AND kind = 'fact.exception' AND reason LIKE '%have the parcel brought back%'", [order])).toBe(1);
});

test('a cancel that the storefront refused is put back and told again, and no stage is missed', async () => {
  const order = await one();
  await desk.cancel(String(order), asked);
  await engine.transitions.transition({ order, to: 'FAILED_TO_CANCEL', actor: 'flow:test', reason: 'refused' });
  await world.pool.query("UPDATE tasks SET done_at = NOW(6), due_at = NULL, result = 'failed' WHERE order_id = ? AND kind = 'sfcc.cancel'", [order]);
  expect(await desk.putBack(String(order), asked)).toMatchObject({ body: { status: 'CS_CANCELLED' } });
  expect(await statusOf(world, order)).toMatchObject({ holds: 0 });
  expect(await count(world, "SELECT COUNT(*) FROM tasks WHERE order_id = ? AND kind = 'sfcc.cancel' AND due_at IS NOT NULL AND done_at IS NULL", [order])).toBe(1);
});

test('an order that is over has no open holds', async () => {
  const [order = 0] = await makeOrders(world, 1, ['READY_TO_CREATE_IN_NAV', 'FAILED_TO_CREATE_IN_NAV']);
  await world.pool.query("INSERT INTO holds (order_id, kind, reason, actor) VALUES (?, 'test', 'look', 'test')", [order]);
  await world.pool.query('UPDATE order_status SET holds = 1 WHERE order_id = ?', [order]);
  expect(await desk.processedExternally(String(order), asked)).toMatchObject({ statusCode: 200 });
  expect(await statusOf(world, order)).toMatchObject({ status: 'PROCESSED_EXTERNALLY', holds: 0 });
  expect(await count(world, "SELECT COUNT(*) FROM holds WHERE order_id = ? AND decision = 'moot'", [order])).toBe(1);
});

test('a cancel and a shipment at once: exactly one wins, five hundred times, and the loser is recorded', async () => {
  const orders = await makeOrders(world, 500, ['READY_TO_CREATE_IN_NAV', 'RELEASED_FROM_NAV', 'CIRRO_READY_FOR_FULFILLMENT']);
  const outcomes = await Promise.all(
    orders.map(async (order, index) => {
      const step = async () => (await engine.transitions.transition({ order, from: 'CIRRO_READY_FOR_FULFILLMENT', to: 'SHIPPED', actor: 'race' })).moved;
      const cancel = async () => (await engine.transitions.transition({ order, to: 'CS_CANCELLED', wish: true, ...asked })).moved;
      const won = await Promise.all(index % 2 === 0 ? [step(), cancel()] : [cancel(), step()]);
      const { status } = await statusOf(world, order);
      const recorded = await cancellations(order, status === 'SHIPPED' ? 'declined' : 'granted');
      return { winners: won.filter(Boolean).length, status, recorded };
    }),
  );
  expect(outcomes.filter(({ winners, recorded }) => winners !== 1 || recorded !== 1)).toEqual([]);
  expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['CS_CANCELLED', 'SHIPPED']));
}, 30_000);
