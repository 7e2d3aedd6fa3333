import { createPool, type Pool } from '../../nodes/store/pool';
import { startSystem, type System, waitFor } from '../support/system';

/** What an order meets on its way to NAV and past it, through the deployed flows. */

let system: System;

beforeAll(async () => {
  system = await startSystem({
    env: { OMS_INQUIRY_SECONDS: '0.7,0.7' },
    flows: (node) => node.type === 'oms-work' && Object.assign(node, { firstSeconds: 0.1, maxSeconds: 0.5 }),
  });
}, 120_000);
afterAll(() => system?.stop(), 60_000);
afterEach(() => system.clearFaults());

const ask = (name: string, what: string, body: object = { reason: 'a test asks for it' }) => system.api(`/api/oms/orders/${name}/${what}`, { body });
const one = async (more: { site?: string } = {}): Promise<string> => (await system.place(1, more))[0] ?? '';
const exportToNav = (prefix: string, on: boolean) => system.sql('UPDATE stores SET export_to_nav = ? WHERE prefix = ?', [on, prefix]);
const path = async (name: string) => (await system.sql<{ to: string }>('SELECT a.to_status AS `to` FROM order_audits a JOIN orders o ON o.id = a.order_id WHERE o.name = ? ORDER BY a.version', [name])).map(({ to }) => to);

describe('a store that does not export to NAV', () => {
  beforeEach(() => exportToNav('US-', false));
  afterEach(() => exportToNav('US-', true));

  test('its orders are fulfilled without a word to NAV', async () => {
    const name = await one({ site: 'POPS-US' });
    await system.reach(name, 'FULFILLED');
    const statuses = await path(name);
    expect(statuses.slice(0, 2)).toEqual(['READY_FOR_PROCESSING', 'RELEASED_FROM_NAV']);
    expect(statuses.slice(-2)).toEqual(['SHIPPED', 'FULFILLED']);
    expect(await system.effects({ system: 'nav', name })).toEqual([]);
    expect(await system.storefront(name)).toMatchObject({ fulfilled: true, captured: true });
  }, 90_000);

  test('an order is cancelled without a document in NAV', async () => {
    const pause = await system.pause('stage', 'RELEASED_FROM_NAV');
    const name = await one({ site: 'POPS-US' });
    await system.reach(name, 'RELEASED_FROM_NAV');
    expect(await ask(name, 'cancel')).toMatchObject({ status: 200, body: { status: 'CS_CANCELLED' } });
    await system.resume(pause);
    expect((await system.api(`/api/oms/orders/${name}/why`, { as: 'reader' })).body).toMatchObject({ status: 'CS_CANCELLED', kind: 'final' });
    expect(await system.effects({ system: 'nav', name })).toEqual([]);
  }, 90_000);

  test('a storefront that refuses leads to FAILED_TO_FULFILL, and a put-back goes on', async () => {
    await system.fault({ system: 'sfcc', operation: 'fulfill', fault: 'reject' });
    const name = await one({ site: 'POPS-US' });
    await system.reach(name, 'FAILED_TO_FULFILL');
    await system.clearFaults();
    expect(await ask(name, 'put-back')).toMatchObject({ status: 200, body: { status: 'SHIPPED' } });
    await system.reach(name, 'FULFILLED');
    expect(await system.effects({ system: 'nav', name })).toEqual([]);
  }, 90_000);

  test('what has happened wins over the setting: NAV hears of what it knows, and never of what went past it', async () => {
    const pause = await system.pause('stage', 'RELEASED_FROM_NAV');
    const past = await one({ site: 'POPS-US' });
    await system.reach(past, 'RELEASED_FROM_NAV');
    await exportToNav('US-', true);
    const known = await one({ site: 'POPS-US' });
    await system.reach(known, 'RELEASED_FROM_NAV');
    const between = await system.pause('stage', 'SHIPPED');
    await system.resume(pause);
    await system.reach([past, known], 'SHIPPED');
    // Now each finds the setting that it did not begin with.
    await system.resume(between);
    await system.reach(past, 'FULFILLED');
    await exportToNav('US-', false);
    await system.reach(known, 'FULFILLED');
    expect((await system.effects({ system: 'nav', name: known })).map(({ operation }) => operation)).toEqual(['document:1', 'document:6']);
    expect(await system.effects({ system: 'nav', name: past })).toEqual([]);
  }, 90_000);
});

/** The value of a metric of one NAV endpoint. */
const metric = async (name: string, endpoint: string, state: string): Promise<number> => {
  const { text } = await system.api('/metrics', { as: null });
  const line = text.split('\n').find((each) => each.startsWith(`${name}{partner="nav",endpoint="${endpoint}",state="${state}"}`));
  return Number(line?.split(' ').at(-1) ?? NaN);
};

describe('one NAV beside another', () => {
  /** When each order was created in NAV, as the database saw it. */
  const created = async (names: readonly string[]): Promise<number[]> =>
    (await system.sql<{ at: string }>(
      "SELECT UNIX_TIMESTAMP(MIN(a.at)) AS `at` FROM order_audits a JOIN orders o ON o.id = a.order_id WHERE o.name IN (?) AND a.from_status = 'READY_TO_CREATE_IN_NAV' GROUP BY o.id",
      [names],
    )).map(({ at }) => Number(at));

  test('a slow NAV JAPAN does not hold the orders of NAV US', async () => {
    // Every socket to Japan is taken for longer than the orders of the US need.
    await system.fault({ system: 'nav', endpoint: 'japan', operation: 'document:1', fault: 'latency', ms: 25_000, count: 8 });
    const japan = await system.place(24, { site: 'POPS-JP' });
    await waitFor(async () => (await metric('oms_lanes', 'JAPAN', 'busy')) === 8, { what: 'all lanes to NAV JAPAN to be taken' });
    const us = await system.place(10, { site: 'POPS-US' });
    await system.reach(us, 'FULFILLED', 90_000);
    await system.reach(japan, 'FULFILLED', 90_000);
    const [ofUs, ofJapan] = [await created(us), await created(japan)];
    expect([ofUs.length, ofJapan.length]).toEqual([10, 24]);
    expect(Math.max(...ofUs)).toBeLessThan(Math.min(...ofJapan));
  }, 240_000);

  test('a NAV EMEA that is down is left alone, which /metrics shows, while US goes on; its orders wait for longer than eight attempts take, and go on by themselves, each created once', async () => {
    // No call gets past the handshake, so that each has provably done nothing.
    await system.fault({ system: 'nav', endpoint: 'emea', operation: 'handshake', fault: 'drop-before' });
    const emea = await system.place(12, { site: 'POPS-EU' });
    await waitFor(async () => (await metric('oms_breaker', 'EMEA', 'closed')) === 0, { what: 'the breaker of NAV EMEA to open' });
    expect(await metric('oms_breaker', 'US', 'closed')).toBe(1);
    const { text } = await system.api('/metrics', { as: null });
    for (const partner of ['sfcc', 'camel']) expect(text).toContain(`oms_breaker{partner="${partner}",endpoint="api",state="closed"} 1`);
    expect(text).toMatch(/^oms_service_bus_connected\{subscription="fulfillment-events\/oms"\} 1$/m);
    await system.reach(await one({ site: 'POPS-US' }), 'FULFILLED');
    // Here eight attempts take less than four seconds (see below): by then they would all have failed.
    const standings = await waitFor(
      async () => {
        const all = await system.standings(emea);
        return all.length === emea.length && all.every(({ secondsThere, reason, status }) => status !== 'READY_FOR_PROCESSING' && secondsThere > 12 && reason?.startsWith('NAV EMEA is down since')) && all;
      },
      { what: 'the orders of EMEA to wait for NAV', timeoutMs: 60_000, seen: () => system.standings(emea) },
    );
    expect([...new Set(standings.map(({ status, holds }) => `${status}, ${holds} holds`))]).toEqual(['READY_TO_CREATE_IN_NAV, 0 holds']);
    expect(Math.max(...standings.map(({ attempts }) => attempts))).toBeLessThan(8);
    const [name = ''] = emea;
    expect((await system.api(`/api/oms/orders/${name}/why`, { as: 'reader' })).body).toMatchObject({
      status: 'READY_TO_CREATE_IN_NAV',
      because: expect.stringMatching(/^(It is tried again at 20\S+Z \(\d of 8 attempts made\)\. NAV EMEA is down since 20\S+Z: |It is due |Process )/) as string,
    });
    // Nothing is written in the ledger for those that were not even tried: each attempt there was one at NAV's door.
    const attempts = () => system.count("SELECT COUNT(*) FROM effect_attempts a JOIN effects e ON e.id = a.effect_id JOIN orders o ON o.id = e.order_id WHERE o.name IN (?) AND e.kind = 'nav.create'", [emea]);
    expect(await attempts()).toBeLessThan(emea.length * 4);
    await system.clearFaults();
    await system.reach(emea, 'FULFILLED', 120_000);
    expect((await Promise.all(emea.map((each) => system.effects({ system: 'nav', operation: 'document:1', name: each })))).map(({ length }) => length)).toEqual(emea.map(() => 1));
    expect(await system.count("SELECT COUNT(*) FROM order_audits a JOIN orders o ON o.id = a.order_id WHERE o.name IN (?) AND a.to_status = 'FAILED_TO_CREATE_IN_NAV'", [emea])).toBe(0);
  }, 300_000);
});

test('every partner is away: what needs one waits, whichever it is, and uses up no attempt; when they are there again all of it goes on by itself, each once', async () => {
  const pauses: number[] = [];
  const names: string[] = [];
  for (const stage of ['EXPORTED_TO_NAV', 'CIRRO_READY_FOR_FULFILLMENT', 'READY_TO_CREATE_IN_NAV']) {
    pauses.push(await system.pause('stage', stage));
    const placed = await system.place(2, { site: 'POPS-US' });
    await system.reach(placed, stage as 'EXPORTED_TO_NAV', 90_000);
    names.push(...placed);
  }
  await system.killSandbox('SIGKILL');
  for (const pause of pauses) await system.resume(pause);
  const away = (reason: string | null): number => Date.now() - Date.parse(/ is down since (\S+Z)/.exec(reason ?? '')?.[1] ?? '');
  const standings = await waitFor(async () => {
    const all = await system.standings(names);
    return all.every(({ reason }) => away(reason) > 10_000) && all;
  }, { what: 'all of them to wait for partners that are down', timeoutMs: 90_000, seen: () => system.standings(names) });
  expect(standings.map(({ status, reason }) => `${status}: ${reason?.split(' is down')[0] ?? ''}`).toSorted()).toEqual(
    ['CIRRO_READY_FOR_FULFILLMENT: camel', 'EXPORTED_TO_NAV: sfcc', 'READY_TO_CREATE_IN_NAV: NAV US'].flatMap((each) => [each, each]),
  );
  expect(Math.max(...standings.map(({ attempts }) => attempts))).toBeLessThan(8);
  await system.startSandbox();
  await system.reach(names, 'FULFILLED', 150_000);
  for (const operation of ['document:1', 'fulfillment-request', 'document:6', 'fulfill', 'capture'])
    expect((await Promise.all(names.map((name) => system.effects({ operation, name })))).map(({ length }) => `${operation} ${length}`)).toEqual(names.map(() => `${operation} 1`));
  expect(await system.count("SELECT COUNT(*) FROM order_audits a JOIN orders o ON o.id = a.order_id WHERE o.name IN (?) AND (a.to_status LIKE 'FAILED%' OR a.actor LIKE 'operator:%')", [names])).toBe(0);
}, 400_000);

describe('a platform other than SFCC', () => {
  beforeAll(() => system.sql("INSERT INTO stores (tenant_id, url, platform, site, prefix, warehouse_id) SELECT tenant_id, 'https://amazon.test', 'amazon', 'A1', 'AM-', warehouse_id FROM stores WHERE prefix = 'US-'"));

  test('without a customer card its order stands in FAILED_TO_CREATE_IN_NAV and says so; with one, a put-back goes on', async () => {
    const pause = await system.pause('stage', 'READY_TO_CREATE_IN_NAV');
    const name = await one({ site: 'POPS-US' });
    await system.reach(name, 'READY_TO_CREATE_IN_NAV');
    await system.sql("UPDATE orders SET store_id = (SELECT id FROM stores WHERE prefix = 'AM-'), nav_customer_no = NULL WHERE name = ?", [name]);
    await system.resume(pause);
    await system.reach(name, 'FAILED_TO_CREATE_IN_NAV');
    const { because } = (await system.api(`/api/oms/orders/${name}/why`, { as: 'reader' })).body as { because: string };
    expect(because).toContain('The order has no NAV customer number. Add a row for amazon to customer_cards, then put the order back.');
    expect(await system.effects({ system: 'nav', name })).toEqual([]);
    await system.sql("INSERT INTO customer_cards (source, nav_customer_no) VALUES ('amazon', 'C-AMAZON')");
    expect(await ask(name, 'put-back', { reason: 'the card was added' })).toMatchObject({ status: 200, body: { status: 'READY_TO_CREATE_IN_NAV' } });
    await waitFor(async () => (await system.effects({ system: 'nav', operation: 'document:1', name })).length > 0, { what: 'the order to be created in NAV' });
    expect(await system.sql('SELECT nav_customer_no AS no FROM orders WHERE name = ?', [name])).toEqual([{ no: 'C-AMAZON' }]);
  }, 90_000);
});

describe('the release', () => {
  const report = (name: string, status: string, more: object = {}) =>
    system.api(`/api/v3/osor_order/status/${name}`, { method: 'PATCH', as: 'mulesoft', body: { status, event_id: `${name}-${status}-${JSON.stringify(more).length}`, ...more } });

  test('fails at NAV, the order is put back and waits, and a late release goes on', async () => {
    await system.fault({ system: 'camel', operation: 'release', fault: 'latency', ms: 60_000 });
    const name = await one({ site: 'POPS-US' });
    await system.reach(name, 'PENDING_NAV_RELEASE');
    expect(await report(name, 'FAILED_TO_RELEASE_FROM_NAV', { reason: 'the item is blocked' })).toMatchObject({ status: 200, body: { status: 'FAILED_TO_RELEASE_FROM_NAV' } });
    expect(((await system.api(`/api/oms/orders/${name}/why`, { as: 'reader' })).body as { because: string }).because).toContain('the item is blocked');
    expect(await ask(name, 'put-back')).toMatchObject({ status: 200, body: { status: 'PENDING_NAV_RELEASE' } });
    expect((await system.standing(name))?.due).toBe(false);
    expect(await report(name, 'RELEASED_FROM_NAV', { nav_order_no: 'SO-LATE' })).toMatchObject({ status: 200 });
    await system.clearFaults();
    await system.reach(name, 'FULFILLED');
    expect((await system.order(name)).nav_order_no).toBe('SO-LATE');
    expect((await path(name)).slice(1, 6)).toEqual(['READY_TO_CREATE_IN_NAV', 'PENDING_NAV_RELEASE', 'FAILED_TO_RELEASE_FROM_NAV', 'PENDING_NAV_RELEASE', 'RELEASED_FROM_NAV']);
    expect(await system.effects({ system: 'nav', operation: 'document:1', name })).toHaveLength(1);
  }, 90_000);

  test('comes late to an order that nobody has put back', async () => {
    await system.fault({ system: 'camel', operation: 'release', fault: 'latency', ms: 60_000 });
    const name = await one({ site: 'POPS-US' });
    await system.reach(name, 'PENDING_NAV_RELEASE');
    expect(await report(name, 'FAILED_TO_RELEASE_FROM_NAV', { reason: 'the item is blocked' })).toMatchObject({ status: 200 });
    expect(await report(name, 'RELEASED_FROM_NAV', { nav_order_no: 'SO-LATE' })).toMatchObject({ status: 200 });
    await system.clearFaults();
    await system.reach(name, 'FULFILLED');
  }, 90_000);
});

describe('an order that an import brings in STROOPWAFEL_EXCEPTION', () => {
  let importer: Pool;
  beforeAll(() => {
    importer = createPool(system.database.importUrl, 1);
  });
  afterAll(() => importer.end());
  const bring = (name: string) => importer.query("CALL import_order_status((SELECT id FROM orders WHERE name = ?), 'STROOPWAFEL_EXCEPTION', 'cut-over')", [name]);
  const putBack = async (name: string) => {
    const { actions } = (await system.api(`/api/oms/orders/${name}/why`, { as: 'reader' })).body as { actions: { action: string; allowed: boolean; text: string; to?: string[] }[] };
    return actions.find(({ action }) => action === 'put-back');
  };

  test('goes on where an operator says, among the choices that /why shows', async () => {
    await system.fault({ system: 'camel', operation: 'release', fault: 'latency', ms: 60_000 });
    const name = await one({ site: 'POPS-US' });
    await system.reach(name, 'PENDING_NAV_RELEASE');
    await bring(name);
    await system.clearFaults();
    const offered = await putBack(name);
    expect(offered).toMatchObject({ allowed: true, text: 'back to PENDING_NAV_RELEASE' });
    expect(offered?.to).toEqual(['READY_FOR_PROCESSING', 'READY_TO_CREATE_IN_NAV', 'PENDING_NAV_RELEASE', 'RELEASED_FROM_NAV', 'READY_FOR_BATCHING', 'CIRRO_READY_FOR_FULFILLMENT', 'EXPORTED_TO_TPL', 'SHIPPED', 'EXPORTED_TO_NAV']);
    expect(await ask(name, 'put-back', { reason: 'too far', to: 'FULFILLED' })).toMatchObject({ status: 409, body: { status: 'STROOPWAFEL_EXCEPTION', result: 'refused', reason: expect.stringContaining('choose where it goes: READY_FOR_PROCESSING') } });
    expect(await ask(name, 'put-back', { reason: 'no status', to: 'nowhere' })).toMatchObject({ status: 400 });
    expect(await ask(name, 'put-back', { reason: 'released in NAV', to: 'RELEASED_FROM_NAV' })).toMatchObject({ status: 200, body: { status: 'RELEASED_FROM_NAV' } });
    await system.reach(name, 'FULFILLED');
    expect((await path(name)).slice(1, 5)).toEqual(['READY_TO_CREATE_IN_NAV', 'PENDING_NAV_RELEASE', 'STROOPWAFEL_EXCEPTION', 'RELEASED_FROM_NAV']);
    expect(await system.effects({ system: 'nav', operation: 'document:1', name })).toHaveLength(1);
  }, 90_000);

  test('one that begins there has no way back but the chosen one, and the release of what the old system created is taken', async () => {
    const like = await one({ site: 'POPS-US' });
    await system.reach(like, 'FULFILLED');
    const name = `${like}-OLD`;
    await importer.query(
      "INSERT INTO orders (store_id, platform_id, name, warehouse_id, currency, total, placed_at, content, nav_order_no) SELECT store_id, CONCAT(platform_id, '-OLD'), ?, warehouse_id, currency, total, placed_at, content, 'SO-OLD' FROM orders WHERE name = ?",
      [name, like],
    );
    await bring(name);
    expect(await putBack(name)).toMatchObject({ allowed: true, text: 'back to where you say: nobody else knows how far it has come' });
    expect(await ask(name, 'put-back')).toMatchObject({ status: 409, body: { reason: expect.stringContaining('choose where it goes') } });
    expect(await ask(name, 'put-back', { reason: 'in NAV since before', to: 'PENDING_NAV_RELEASE' })).toMatchObject({ status: 200, body: { status: 'PENDING_NAV_RELEASE' } });
    const answer = await system.api(`/api/v3/osor_order/status/${name}`, { method: 'PATCH', as: 'mulesoft', body: { status: 'RELEASED_FROM_NAV', event_id: `${name}-late`, nav_order_no: 'SO-OLD' } });
    expect(answer).toMatchObject({ status: 200, body: { status: 'RELEASED_FROM_NAV', result: 'applied' } });
    expect(await system.effects({ system: 'nav', operation: 'document:1', name: like })).toHaveLength(1);
  }, 90_000);

  test('of any other error there is no choice', async () => {
    await system.fault({ system: 'nav', operation: 'document:1', fault: 'reject' });
    const name = await one({ site: 'POPS-US' });
    await system.reach(name, 'FAILED_TO_CREATE_IN_NAV');
    await system.clearFaults();
    expect(await putBack(name)).toEqual(expect.not.objectContaining({ to: expect.anything() }));
    expect(await ask(name, 'put-back', { reason: 'skip NAV', to: 'RELEASED_FROM_NAV' })).toMatchObject({ status: 409, body: { reason: 'choose where it goes: READY_TO_CREATE_IN_NAV' } });
    expect(await ask(name, 'put-back', { reason: 'again', to: 'READY_TO_CREATE_IN_NAV' })).toMatchObject({ status: 200 });
    await system.reach(name, 'FULFILLED');
  }, 90_000);
});

describe('the shipment notice', () => {
  test('that NAV refuses stops the order with NAV’s words; put back it is sent, once, and the storefront hears of the parcel', async () => {
    await system.fault({ system: 'nav', operation: 'document:6', fault: 'reject' });
    const name = await one({ site: 'POPS-US' });
    await system.reach(name, 'FAILED_TO_EXPORT_TO_NAV');
    const { body } = await system.api(`/api/oms/orders/${name}/why`, { as: 'reader' });
    expect(JSON.stringify(body)).toContain('The sandbox was told to refuse this.');
    expect(await system.storefront(name)).not.toMatchObject({ captured: true });
    await system.clearFaults();
    expect(await ask(name, 'put-back')).toMatchObject({ status: 200, body: { status: 'SHIPPED' } });
    await system.reach(name, 'FULFILLED');
    expect((await system.effects({ system: 'nav', name })).map(({ operation }) => operation)).toEqual(['document:1', 'document:6']);
    expect(await system.storefront(name)).toMatchObject({ fulfilled: true, captured: true });
  }, 90_000);
});

describe('a product', () => {
  const product = (sku: string, more: object = {}) => ({ company: 'EMEA', sku, description: 'PopGrip', unit_of_measure: 'PCS', ...more });
  const send = (body: object, as?: 'reader') => system.api('/api/oms/products', { body, ...(as && { as }) });
  const documents = async (sku: string) => (await system.effects({ system: 'nav', operation: 'document:4' })).filter((effect) => JSON.stringify(effect).includes(sku));

  test('is made an item of its company; the same is sent once, a changed one again', async () => {
    for (let times = 0; times < 2; times++) expect(await send(product('PG-FLOW-1'))).toMatchObject({ status: 200, body: { company: 'EMEA', sku: 'PG-FLOW-1', reference: expect.any(String) } });
    expect(await documents('PG-FLOW-1')).toHaveLength(1);
    expect((await send(product('PG-FLOW-1', { description: 'PopGrip Black' }))).status).toBe(200);
    expect(await documents('PG-FLOW-1')).toHaveLength(2);
    expect((await send(product('PG-FLOW-1', { company: 'JAPAN' }))).body).toMatchObject({ company: 'JAPAN' });
    expect(await documents('PG-FLOW-1')).toHaveLength(3);
  }, 60_000);

  test('is refused in NAV’s words, or before NAV is asked where nobody could take it', async () => {
    expect(await send(product('PG-FLOW-2', { unit_of_measure: 'DOZEN' }))).toMatchObject({ status: 409, body: { detail: expect.stringContaining('DOZEN') } });
    expect(await send(product('PG-FLOW-2', { company: 'MARS' }))).toMatchObject({ status: 400, body: { pointer: '/company' } });
    expect(await send(product('P'.repeat(21)))).toMatchObject({ status: 400, body: { pointer: '/sku' } });
    expect((await send(product('PG-FLOW-2'), 'reader')).status).toBe(403);
    expect(await documents('PG-FLOW-2')).toEqual([]);
  }, 60_000);

  test('whose answer is lost may be asked for again, and is one item', async () => {
    await system.fault({ system: 'nav', operation: 'document:4', fault: 'drop-after', count: 1 });
    expect((await send(product('PG-FLOW-3'))).status).toBe(503);
    expect(await send(product('PG-FLOW-3'))).toMatchObject({ status: 200, body: { sku: 'PG-FLOW-3' } });
  }, 60_000);
});
