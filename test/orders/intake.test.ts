import { OrderDesk } from '../../nodes/orders/desk';
import { findStore, type Store, takePage } from '../../nodes/orders/intake';
import { loadOrders } from '../../nodes/orders/load';
import { Platforms } from '../../nodes/orders/platforms';
import { admitted } from '../../nodes/orders/quarantine';
import { generalise } from '../../nodes/sfcc/mapping';
import { sfcc } from '../../nodes/sfcc/platform';
import { select } from '../../nodes/store/pool';
import { aDocument, anItem } from '../sfcc/a-document';
import { createEngine, type Engine } from '../support/engine';
import { count, createWorld, type World } from '../support/orders';

let world: World;
let engine: Engine;
let store: Store;

beforeAll(async () => {
  world = await createWorld();
  engine = await createEngine(world);
  store = await findStore(world.pool, 'https://shop.test');
});
afterAll(async () => {
  await engine.processes.stop();
  await world.close();
});

const take = (...raws: unknown[]) => takePage({ pool: world.pool, transitions: engine.transitions }, store, sfcc, raws);
const raw = (no: string, more: object = {}): Record<string, unknown> => ({ ...aDocument(), order_no: no, ...more });
const orders = (no: string) =>
  select<{ id: number; status: string; due: number; reason: string }>(
    world.pool,
    `SELECT o.id, s.status, s.due_at IS NOT NULL AS due, a.reason FROM orders o JOIN order_status s ON s.order_id = o.id JOIN order_audits a ON a.order_id = o.id AND a.version = 1 WHERE o.platform_id = ?`,
    [no],
  );

test('a page becomes orders: stored raw, begun, due, with their lines, payments and the task that tells the storefront', async () => {
  const page = await take(raw('A1'), raw('A2'));
  expect(page).toMatchObject({ unidentified: 0, taken: [{ name: 'T-A1', result: 'created' }, { name: 'T-A2', result: 'created' }] });
  const [order] = await orders('A1');
  expect(order).toMatchObject({ status: 'READY_FOR_PROCESSING', due: 1 });
  const canonical = generalise(raw('A1'));
  const loaded = (await loadOrders(world.pool, [order?.id ?? 0])).get(order?.id ?? 0);
  expect(loaded).toMatchObject({ name: 'T-A1', currency: canonical.currency, lines: canonical.lines, totals: canonical.totals, customer: canonical.customer, shippingAddress: canonical.shippingAddress });
  expect(await count(world, 'SELECT COUNT(*) FROM payments WHERE order_id = ?', [order?.id])).toBe(canonical.payments.length);
  expect(await count(world, "SELECT COUNT(*) FROM tasks WHERE order_id = ? AND kind = 'sfcc.mark-exported' AND due_at IS NOT NULL", [order?.id])).toBe(1);
  expect(await count(world, "SELECT COUNT(*) FROM platform_orders WHERE platform_id = 'A1'")).toBe(1);
});

test('the files of each line are kept with it, in their order, and none twice when the order comes again', async () => {
  const file = (name: string, position: number) => ({ kind: 'artwork', url: `https://artwork.test/${name}?a=1&b='é'`, position });
  const item = (id: string, ...assets: object[]) => anItem({ item_id: id, quantity: 1, price: 10, price_after_item_discount: 10, price_after_order_discount: 10, tax: 0.85, adjusted_tax: 0.85, c_assets: JSON.stringify(assets) });
  const items = [item('one', file('1b', 2), file('1a', 1)), item('two', file('2', 1))];
  const order = raw('F1', { product_items: items });
  const canonical = generalise(order);
  expect((await take(order)).taken).toMatchObject([{ result: 'created' }]);
  await take(raw('F1', { product_items: items, c_changed: true }));
  const [row] = await orders('F1');
  const loaded = (await loadOrders(world.pool, [row?.id ?? 0])).get(row?.id ?? 0);
  expect(loaded?.lines.map(({ lineId, assets }) => ({ lineId, assets }))).toEqual([{ lineId: 'one', assets: [file('1a', 1), file('1b', 2)] }, { lineId: 'two', assets: [file('2', 1)] }]);
  expect(canonical.lines.map(({ assets }) => assets?.length)).toEqual([2, 1]);
});

test('a pre-order waits in PRE_ORDER until its date, and says so; one whose date has come, or that has none, begins at once', async () => {
  const soon = new Date(Date.now() + 3_600_000).toISOString();
  expect((await take(raw('P1', { c_releaseDate: soon }), raw('P2', { c_releaseDate: '2020-01-01T00:00:00Z' }), raw('P3'))).taken.map(({ result }) => result)).toEqual(['created', 'created', 'created']);
  expect((await Promise.all(['P1', 'P2', 'P3'].map((no) => orders(no)))).map(([order]) => [order?.status, order?.due])).toEqual([['PRE_ORDER', 0], ['READY_FOR_PROCESSING', 1], ['READY_FOR_PROCESSING', 1]]);
  expect(await count(world, "SELECT COUNT(*) FROM orders o JOIN order_status s ON s.order_id = o.id WHERE o.platform_id = 'P1' AND o.resume_at = ? AND s.reason = ?", [new Date(soon), `a pre-order: waits until ${soon}`])).toBe(1);
  expect(await count(world, "SELECT COUNT(*) FROM outbox x JOIN orders o ON o.id = x.order_id WHERE o.platform_id = 'P1' AND x.type = 'OrderCreated' AND x.data LIKE '%PRE_ORDER%'")).toBe(1);
  expect(await count(world, "SELECT COUNT(*) FROM tasks t JOIN orders o ON o.id = t.order_id WHERE o.platform_id = 'P1' AND t.kind = 'sfcc.mark-exported'")).toBe(1);
});

describe('a store that lets its customers change or cancel for half an hour', () => {
  const asked = { actor: 'operator:test', reason: 'corrected' };
  const minutes = (n: number): string => new Date(Date.now() + n * 60_000).toISOString();
  const placed = (no: string, ago: number, more: object = {}) => raw(no, { creation_date: minutes(-ago), ...more });
  let desk: OrderDesk;
  beforeAll(async () => {
    desk = new OrderDesk({ pool: world.pool, transitions: engine.transitions, platforms: new Platforms({ sfcc }) });
    await world.admin.query('UPDATE stores SET delay_minutes = 30 WHERE id = 1');
    store = await findStore(world.pool, 'https://shop.test');
  });
  afterAll(async () => {
    await world.admin.query('UPDATE stores SET delay_minutes = 0 WHERE id = 1');
    store = await findStore(world.pool, 'https://shop.test');
  });
  const takeNow = (...raws: unknown[]) => takePage({ pool: world.pool, transitions: engine.transitions }, store, sfcc, raws);
  const standing = async (no: string) => {
    const [order] = await select<{ status: string; due: number; minutes: number | null; reason: string | null; version: number }>(
      world.pool,
      'SELECT s.status, s.due_at IS NOT NULL AS due, TIMESTAMPDIFF(MINUTE, o.placed_at, o.resume_at) AS minutes, s.reason, s.version FROM orders o JOIN order_status s ON s.order_id = o.id WHERE o.platform_id = ?',
      [no],
    );
    return order;
  };

  test('an order waits in DELAYED from when it was placed, and says so; one that is fetched late begins at once; a later release is a pre-order', async () => {
    await takeNow(placed('Y1', 5), placed('Y2', 31), placed('Y3', 5, { c_releaseDate: minutes(60) }), placed('Y4', 5, { c_releaseDate: minutes(10) }));
    expect(await standing('Y1')).toMatchObject({ status: 'DELAYED', due: 0, minutes: 30, reason: expect.stringMatching(/^delayed: the customer may change or cancel it until 20.*Z$/) as string });
    expect(await standing('Y2')).toMatchObject({ status: 'READY_FOR_PROCESSING', due: 1 });
    expect(await standing('Y3')).toMatchObject({ status: 'PRE_ORDER', due: 0, minutes: 65 });
    expect(await standing('Y4')).toMatchObject({ status: 'DELAYED', due: 0, minutes: 30 });
    expect(await count(world, "SELECT COUNT(*) FROM outbox x JOIN orders o ON o.id = x.order_id WHERE o.platform_id = 'Y1' AND x.type = 'OrderCreated' AND x.data LIKE '%DELAYED%'")).toBe(1);
  });

  test.each([
    ['PRE_ORDER', 'Z1', 5, { c_releaseDate: minutes(60) }],
    ['DELAYED', 'Z2', 5, {}],
    ['READY_FOR_PROCESSING', 'Z3', 45, {}],
    ['READY_FOR_PROCESSING', 'Z4', 45, { c_releaseDate: minutes(-1) }],
  ])('one that could not be generalised at first goes to %s at its put-back (%s)', async (to, no, ago, more) => {
    await takeNow(placed(no, ago, { ...more, currency: 'XXY' }));
    expect(await standing(no)).toMatchObject({ status: 'GENERALIZE_ERROR', minutes: null });
    // The storefront gives it once more, corrected.
    expect((await takeNow(placed(no, ago, more))).taken).toMatchObject([{ result: 'known' }]);
    expect(await desk.putBack(`T-${no}`, asked)).toMatchObject({ statusCode: 200, body: { status: to, result: 'put-back' } });
    expect(await standing(no)).toMatchObject({ status: to, due: to === 'READY_FOR_PROCESSING' ? 1 : 0, version: 2 });
    expect(await count(world, 'SELECT COUNT(*) FROM payments p JOIN orders o ON o.id = p.order_id WHERE o.platform_id = ?', [no])).toBe(generalise(placed(no, ago)).payments.length);
  });

  test('one that has begun and failed then is put back to where it failed, whatever its date says by now', async () => {
    await takeNow(placed('Z5', 45));
    const [order] = await orders('Z5');
    await engine.transitions.transition({ order: order?.id ?? 0, to: 'GENERALIZE_ERROR', actor: 'test', reason: 'no stage took it' });
    await world.admin.query('UPDATE orders SET resume_at = NOW(6) + INTERVAL 1 HOUR WHERE id = ?', [order?.id]);
    expect(await desk.putBack('T-Z5', asked)).toMatchObject({ statusCode: 200, body: { status: 'READY_FOR_PROCESSING' } });
  });

  test('a person begins one before its date, with a reason; twice is refused', async () => {
    await takeNow(placed('Z6', 5), placed('Z7', 5, { c_releaseDate: minutes(60) }));
    for (const no of ['Z6', 'Z7']) {
      expect(await desk.putBack(`T-${no}`, { ...asked, reason: 'the customer is in a hurry' }, { to: 'PENDING_NAV_RELEASE' })).toMatchObject({ statusCode: 409, body: { reason: 'choose where it goes: READY_FOR_PROCESSING' } });
      expect(await desk.putBack(`T-${no}`, { ...asked, reason: 'the customer is in a hurry' })).toMatchObject({ statusCode: 200, body: { status: 'READY_FOR_PROCESSING' } });
      expect(await standing(no)).toMatchObject({ status: 'READY_FOR_PROCESSING', due: 1 });
      expect(await count(world, "SELECT COUNT(*) FROM order_audits a JOIN orders o ON o.id = a.order_id WHERE o.platform_id = ? AND a.version = 2 AND a.actor = 'operator:test' AND a.reason = 'the customer is in a hurry'", [no])).toBe(1);
      expect(await desk.putBack(`T-${no}`, asked)).toMatchObject({ statusCode: 409 });
    }
  });
});

test('the same order twice makes one order: in a page, in two pages, in two pages at once', async () => {
  await take(raw('B1'), raw('B1'));
  expect((await take(raw('B1'))).taken).toMatchObject([{ result: 'known' }]);
  const both = await Promise.all([take(raw('B2'), raw('B3')), take(raw('B3'), raw('B2'))]);
  expect(both.flatMap((page) => page.taken).filter((taken) => taken.result === 'created')).toHaveLength(2);
  for (const no of ['B1', 'B2', 'B3']) expect(await orders(no)).toHaveLength(1);
  expect(await count(world, "SELECT COUNT(*) FROM line_items l JOIN orders o ON o.id = l.order_id WHERE o.platform_id = 'B2'")).toBe(generalise(raw('B2')).lines.length);
});

test('one that cannot be generalised stands in GENERALIZE_ERROR with pointer and reason; the rest of the page goes on', async () => {
  const page = await take(raw('C1'), raw('C2', { currency: 'XXY' }), raw('C3'), { nothing: true });
  expect(page.unidentified).toBe(1);
  expect(page.taken.map((taken) => taken.result)).toEqual(['created', 'generalize-error', 'created']);
  const [broken] = await orders('C2');
  expect(broken).toMatchObject({ status: 'GENERALIZE_ERROR', due: 0 });
  expect(broken?.reason).toMatch(/^\/currency: /);
  expect(await count(world, "SELECT COUNT(*) FROM tasks WHERE order_id = ? AND kind = 'sfcc.mark-exported'", [broken?.id])).toBe(1);
  expect(await count(world, 'SELECT COUNT(*) FROM orders WHERE id = ? AND content IS NULL AND customer_email IS NULL AND total IS NULL', [broken?.id])).toBe(1);
});

test.each([
  ['__proto__', '{"__proto__": {"polluted": 1}}', '/c_x/__proto__: is a forbidden key'],
  ['constructor', '{"a": [0, {"constructor": {"prototype": {"polluted": 1}}}]}', '/c_x/a/1/constructor: is a forbidden key'],
  ['depth', `${'['.repeat(2000)}${']'.repeat(2000)}`, `/c_x${'/0'.repeat(31)}: is nested deeper than 32 levels`],
])('one that must not be passed on (%s) is kept as it came, in GENERALIZE_ERROR with the pointer; the rest of the page goes on', async (what, weapon, reason) => {
  const no = `Q-${what}`;
  // Numbers, blanks and escapes that writing the order again would change.
  const text = `{ "order_no":"${no}",  "order_total": 10.00, "name":"\\u00e9", "last_modified": "2026-01-01T00:00:00.000Z", "c_x":${weapon} }`;
  const page = await take(raw(`${no}-1`), admitted(JSON.parse(text), () => text), raw(`${no}-2`));
  expect(page.taken.map((taken) => taken.result)).toEqual(['created', 'generalize-error', 'created']);
  const [order] = await orders(no);
  expect(order).toMatchObject({ status: 'GENERALIZE_ERROR', due: 0 });
  expect(order?.reason).toContain(reason);
  const [kept] = await select<{ raw: string; modified: Date }>(world.pool, 'SELECT raw, modified_at AS modified FROM platform_orders WHERE platform_id = ?', [no]);
  expect(kept).toEqual({ raw: text, modified: new Date('2026-01-01T00:00:00Z') });
  expect(await count(world, "SELECT COUNT(*) FROM tasks WHERE order_id = ? AND kind = 'sfcc.mark-exported'", [order?.id])).toBe(1);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  // The same once more, and from somebody who did not look before.
  expect((await take(admitted(JSON.parse(text), () => text))).taken).toMatchObject([{ result: 'known' }]);
  expect((await take(JSON.parse(text.replace(no, `${no}-3`)))).taken).toMatchObject([{ result: 'generalize-error' }]);
});

test('an order that only the database refuses does not take its page with it', async () => {
  const spoiled = { ...sfcc, generalise: (document: unknown) => {
    const order = generalise(document);
    return order.platformId === 'D2' ? { ...order, currency: 'TOO LONG' } : order;
  } };
  const page = await takePage({ pool: world.pool, transitions: engine.transitions }, store, spoiled, [raw('D1'), raw('D2'), raw('D3'), raw('D4')]);
  expect(page.taken.map((taken) => [taken.platformId, taken.result])).toEqual([['D1', 'created'], ['D2', 'generalize-error'], ['D3', 'created'], ['D4', 'created']]);
  expect((await orders('D2'))[0]?.reason).toContain('the database refuses it');
});

test('an order that would have the name of another one is not taken for it: it stands in GENERALIZE_ERROR under a name of its own, and again the next time', async () => {
  await take(raw('N1'));
  await world.pool.query("INSERT INTO orders (store_id, platform_id, part, name, warehouse_id) SELECT store_id, platform_id, 1, CONCAT(name, '-1'), warehouse_id FROM orders WHERE name = 'T-N1'");
  const page = await take(raw('N1-1'), raw('N2'));
  expect(page.taken).toMatchObject([{ name: `T-N1-1~${store.id}`, result: 'generalize-error', reason: 'T-N1-1 is the name of another order' }, { name: 'T-N2', result: 'created' }]);
  expect(await orders('N1-1')).toMatchObject([{ status: 'GENERALIZE_ERROR', reason: 'T-N1-1 is the name of another order' }]);
  expect((await take(raw('N1-1', { c_changed: true }))).taken).toMatchObject([{ result: 'known' }]);
  expect(await orders('N1-1')).toHaveLength(1);
});

test('a store that nobody knows is an error that says where to look', async () => {
  await expect(findStore(world.pool, 'https://other.test')).rejects.toMatchObject({ code: 'store.unknown' });
});

describe('a line that names a warehouse', () => {
  const item = (id: string, c_warehouse?: string, price = 10) =>
    anItem({ item_id: id, quantity: 1, price, price_after_item_discount: price, price_after_order_discount: price, tax: 0.85, adjusted_tax: 0.85, ...(c_warehouse !== undefined && { c_warehouse }) });
  const stands = (no: string) =>
    select<{ warehouse: string; lane: string; status: string }>(world.pool, 'SELECT w.`key` AS warehouse, s.lane, s.status FROM orders o JOIN warehouses w ON w.id = o.warehouse_id JOIN order_status s ON s.order_id = o.id WHERE o.platform_id = ?', [no]);
  const linesOf = async (no: string) => {
    const [order] = await orders(no);
    return (await loadOrders(world.pool, [order?.id ?? 0])).get(order?.id ?? 0)?.lines.map(({ lineId, warehouse }) => [lineId, warehouse]);
  };
  beforeAll(async () => {
    await world.admin.query("INSERT INTO warehouses (`key`, nav_key, cirro_region) VALUES ('eu-west', 'EMEA', 'EMEA')");
    store = await findStore(world.pool, 'https://shop.test');
  });

  test('keeps it, for every stage; the order is the store’s warehouse’s until it is split', async () => {
    await take(raw('W1', { product_items: [item('one'), item('two', 'eu-west', 5), item('three', 'us-east', 5)] }));
    expect(await linesOf('W1')).toEqual([['one', undefined], ['two', 'eu-west'], ['three', 'us-east']]);
    expect(await stands('W1')).toEqual([{ warehouse: 'us-east', lane: 'US', status: 'READY_FOR_PROCESSING' }]);
  });

  test('where all lines name the same other one the order is that one’s, and wakes its lane', async () => {
    const lanes: string[] = [];
    const hear = (status: string, lane: string): void => void (status === 'READY_FOR_PROCESSING' && lanes.push(lane));
    engine.transitions.events.on('due', hear);
    await take(raw('W2', { product_items: [item('one', 'eu-west'), item('two', 'eu-west')] }), raw('W3'));
    engine.transitions.events.off('due', hear);
    expect(await stands('W2')).toEqual([{ warehouse: 'eu-west', lane: 'EMEA', status: 'READY_FOR_PROCESSING' }]);
    expect(await stands('W3')).toEqual([{ warehouse: 'us-east', lane: 'US', status: 'READY_FOR_PROCESSING' }]);
    expect(lanes.toSorted()).toEqual(['EMEA', 'US']);
  });

  test('one that nobody knows stands in GENERALIZE_ERROR; put back once it is known, the order goes there, in its lane', async () => {
    await take(raw('W4', { product_items: [item('one', 'jp-tokyo'), item('two', 'jp-tokyo')] }));
    const [order] = await orders('W4');
    expect(order).toMatchObject({ status: 'GENERALIZE_ERROR', reason: expect.stringContaining('/product_items/0/c_warehouse: ') as string });
    expect(await stands('W4')).toMatchObject([{ warehouse: 'us-east', lane: 'US' }]);
    const desk = new OrderDesk({ pool: world.pool, transitions: engine.transitions, platforms: new Platforms({ sfcc }) });
    const asked = { actor: 'operator:test', reason: 'the warehouse is set up' };
    expect(await desk.putBack('T-W4', asked)).toMatchObject({ statusCode: 409, body: { reason: expect.stringContaining('c_warehouse') as string } });
    await world.admin.query("INSERT INTO warehouses (`key`, nav_key, cirro_region) VALUES ('jp-tokyo', 'JAPAN', 'APAC')");
    expect(await desk.putBack('T-W4', asked)).toMatchObject({ statusCode: 200 });
    expect(await stands('W4')).toEqual([{ warehouse: 'jp-tokyo', lane: 'JAPAN', status: 'READY_FOR_PROCESSING' }]);
    expect(await linesOf('W4')).toEqual([['one', 'jp-tokyo'], ['two', 'jp-tokyo']]);
  });
});
