import { startSystem, type System } from '../support/system';

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
