import { startSystem, type System, waitFor } from '../support/system';

/** The spine of the system, end to end: what the storefront sells is released, shipped, posted and paid, each thing once. */

const GOOD = 30;
const BAD = 4;

let system: System;
let good: string[];
let bad: string[];

beforeAll(async () => {
  system = await startSystem({
    // Before the server looks for the first time, so that good and bad ones come in the same page.
    before: async (made) => {
      good = await made.place(GOOD, { seed: 'spine' });
      bad = await made.place(BAD, { template: 'bad', seed: 'spine' });
    },
  });
}, 120_000);
afterAll(() => system?.stop(), 60_000);

const DEEDS = ['nav document:1', 'camel fulfillment-request', 'nav document:6', 'sfcc fulfill', 'sfcc capture'];

const STEPS = [
  'READY_FOR_PROCESSING', 'READY_TO_CREATE_IN_NAV', 'PENDING_NAV_RELEASE', 'RELEASED_FROM_NAV', 'CIRRO_READY_FOR_FULFILLMENT',
  'WAITING_FULFILLMENT_CONFIRMATION', 'EXPORTED_TO_TPL', 'SHIPPED', 'EXPORTED_TO_NAV', 'FULFILLED',
];
/** Answers may overtake our own replies: these steps can be left out. */
const SKIPPABLE = new Set(['PENDING_NAV_RELEASE', 'WAITING_FULFILLMENT_CONFIRMATION']);

test('every order becomes FULFILLED, and every partner has acted exactly once for it', async () => {
  await system.reach(good, 'FULFILLED', 90_000);
  for (const name of good) {
    const deeds = (await system.effects({ name })).map(({ system: partner, operation }) => `${partner} ${operation}`);
    expect({ name, deeds: deeds.toSorted() }).toEqual({ name, deeds: DEEDS.toSorted() });
  }
  expect(await system.effects()).toHaveLength(GOOD * DEEDS.length);
}, 120_000);

test('payments are captured for the whole amount, parcels are written and told, every line is shipped', async () => {
  for (const name of good) {
    const [order, shop] = await Promise.all([system.order(name), system.storefront(name)]);
    expect(shop).toMatchObject({ status: 'completed', fulfilled: true, captured: true, cancelled: false });
    expect(shop.captures.map(({ amount, currency }) => ({ amount, currency }))).toEqual([{ amount: order.total, currency: order.currency }]);
    expect(order.payments.length).toBeGreaterThan(0);
    for (const payment of order.payments) expect(payment).toMatchObject({ state: 'captured', reference: shop.captures[0]?.transaction_id });
    expect(order.fulfillments).toHaveLength(1);
    expect(order.fulfillments[0]?.state).toBe('told');
    expect(quantities(order.fulfillments[0]?.lines)).toEqual(quantities(order.lines));
    for (const line of order.lines) expect(line.quantity_shipped).toBe(line.quantity);
    for (const line of shop.lines) expect(line.fulfilled).toBe(line.quantity);
    // The mark is a task beside the line: it may come before, between or after them.
    const line = order.effects.filter(({ kind }) => kind !== 'sfcc.mark-exported');
    expect(line.map(({ kind, state }) => `${kind} ${state}`)).toEqual(['nav.create done', 'camel.request done', 'nav.notice done', 'sfcc.fulfil done']);
    // A release that overtakes NAV's answer brings the number itself.
    expect(order.nav_order_no).toMatch(/^SO/);
    for (const kind of ['nav.notice', 'sfcc.fulfil']) expect(order.effects.find((effect) => effect.kind === kind)?.reference).toBeTruthy();
    expect(order.holds).toEqual([]);
  }
}, 60_000);

const quantities = (lines: readonly { line_id: string; quantity: number }[] = []): string[] => lines.map(({ line_id, quantity }) => `${line_id} ${quantity}`).toSorted();

test('the timeline tells the whole way without a gap', async () => {
  for (const name of good) {
    const order = await system.order(name);
    const path = order.timeline.filter(({ kind }) => kind === 'transition').map(({ text }) => (/^\S+ → (\S+)/.exec(text) ?? /^(\S+)/.exec(text))?.[1] ?? text);
    expect(path).toEqual(STEPS.filter((step) => path.includes(step) || !SKIPPABLE.has(step)));
    expect(path).toHaveLength(order.version);
    const leaves = order.timeline.filter(({ kind }) => kind === 'transition').map(({ text }) => /^(\S+) → /.exec(text)?.[1]);
    expect(leaves.slice(1)).toEqual(path.slice(0, -1));
    const told = (kind: string): string[] => order.timeline.filter((step) => step.kind === kind).map(({ text }) => text.split(/[ ,]/, 1)[0] ?? '');
    expect(told('effect').toSorted()).toEqual(['camel.request', 'nav.create', 'nav.notice', 'sfcc.fulfil', 'sfcc.mark-exported']);
    expect(new Set(told('fact'))).toEqual(new Set(['RELEASED_FROM_NAV', 'accepted', 'shipped']));
    const times = order.timeline.map(({ at }) => Date.parse(at));
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    for (const { actor, text } of order.timeline) expect([actor, text]).not.toContain('');
  }
}, 60_000);

test('every order is marked as exported, the bad ones too', async () => {
  await waitFor(async () => (await system.count("SELECT COUNT(*) FROM platform_orders WHERE export_status <> 'exported'")) === 0, { what: 'export marks' });
  for (const name of [...good, ...bad]) expect(await system.storefront(name)).toMatchObject({ exported: true });
  expect(await system.count('SELECT COUNT(*) FROM tasks WHERE done_at IS NULL')).toBe(0);
}, 60_000);

test('a bad order stands in GENERALIZE_ERROR with pointer and reason while its page goes on', async () => {
  const reasons: string[] = [];
  for (const name of bad) {
    const order = await system.order(name);
    expect(order).toMatchObject({ status: 'GENERALIZE_ERROR', version: 1, lines: [], payments: [] });
    reasons.push(order.timeline[0]?.text.replace('GENERALIZE_ERROR – ', '') ?? '');
  }
  // A total that does not add up, no currency, an unknown currency, no lines: each with where it is.
  expect(reasons.map((reason) => reason.split(':', 1)[0] ?? '').toSorted()).toEqual(['/currency', '/currency', '/order_total', '/product_items']);
  for (const reason of reasons) expect(reason).toMatch(/^\/\w+: .{10,}/);
  const mixed = await system.count("SELECT COUNT(*) FROM job_runs WHERE result REGEXP '[1-9][0-9]* created.* [1-9][0-9]* errors'");
  expect(mixed).toBeGreaterThan(0);
  expect(await system.effects({ name: bad[0] ?? '' })).toEqual([]);
}, 60_000);

test('an order that is read again, and twice in one page, is no second order', async () => {
  // The mark fails for a while, so that every search shows the order again; and each search shows one order twice.
  await system.fault({ system: 'sfcc', operation: 'mark-exported', fault: 'error' }, { system: 'sfcc', operation: 'search', fault: 'duplicate' });
  const names = await system.place(4, { site: 'POPS-EU' });
  await waitFor(async () => (await system.count("SELECT COUNT(*) FROM job_runs WHERE result REGEXP '[1-9][0-9]* known' AND result LIKE '0 created%'")) > 0, { what: 'a run that found known orders only' });
  await system.clearFaults();
  await system.reach(names, 'FULFILLED');
  expect(await system.count('SELECT COUNT(*) FROM orders')).toBe(GOOD + BAD + 4);
  for (const name of names) expect(await system.effects({ name })).toHaveLength(DEEDS.length);
  await waitFor(async () => (await system.count("SELECT COUNT(*) FROM platform_orders WHERE export_status <> 'exported'")) === 0, { what: 'export marks' });
}, 90_000);
