import { OutcomeUnknown, Rejected, Retryable } from '../../nodes/runtime/errors';
import { createNavClient, type NavClient } from '../../nodes/nav/client';
import { toCreditMemo } from '../../nodes/nav/credit-memo';
import { createSalesOrder, exportProduct, sendCreditMemo, sendShipmentNotice } from '../../nodes/nav/effects';
import { DocType } from '../../nodes/nav/mapping';
import { type ProductForNav, readProduct, revisionOf, toProduct } from '../../nodes/nav/product';
import { loadRefund, type Refund } from '../../nodes/orders/refund';
import type { Order } from '../../nodes/orders/order';
import type { Work } from '../../nodes/work/source';
import { anOrder } from '../orders/an-order';
import { failureOf } from '../runtime/a-server';
import { aSandbox, type TestSandbox } from '../sandbox/a-sandbox';
import { createEngine, type Engine } from '../support/engine';
import { createWorld, makeOrders, type World } from '../support/orders';

/** NAV's documents against the sandbox's NAV: SOAP and NTLM, with what it accepts, refuses and finds again. */

let sandbox: TestSandbox;
let nav: NavClient;
let world: World;
let engine: Engine;

beforeAll(async () => {
  [sandbox, world] = await Promise.all([aSandbox(), createWorld()]);
  engine = await createEngine(world);
  const company = (path: string, domain: string, username: string, password: string) => ({ url: `${sandbox.url}/nav/${path}/Codeunit/OmsIntegration`, domain, username, password });
  nav = createNavClient({
    endpoints: { US: company('us/WS/US', 'PSCORP', 'oms', 'sandbox-nav'), JAPAN: company('japan/WS/JAPAN', 'PSJAPAN', 'oms-japan', 'sandbox-nav-japan') },
    timeoutMs: 5000,
    breaker: { failures: 1000, halfOpenAfterMs: 1 },
  });
}, 60_000);
afterAll(async () => {
  nav?.close();
  await engine?.processes.stop();
  await world?.close();
  await sandbox?.close();
});
afterEach(() => sandbox.control('DELETE', 'faults'));

let sequence = 0;
const freshOrder = (changes: Partial<Order> = {}): Order => {
  const ref = `US0099${String(++sequence).padStart(4, '0')}`;
  return anOrder({ platformId: ref, name: `US-${ref}`, ...changes });
};
const call = { startBy: Date.now() + 600_000, leave: () => undefined };
const create = (order: Order) => createSalesOrder.send(nav, createSalesOrder.request(order), order, call);
const refundOf = (changes: Partial<Refund> = {}): Refund => ({
  id: 7, amount: 1400, currency: 'USD', reason: 'one piece was broken', refundedAt: '2026-02-03T10:00:00.000Z',
  lines: [{ lineId: 'line-1', sku: 'POP-1', quantity: 1, amount: 950 }], ...changes,
});

describe('a sales order in doubt', () => {
  test('is found among the open documents, and among the posted ones', async () => {
    const order = freshOrder();
    expect(await createSalesOrder.inquire?.(nav, order, '')).toEqual({ found: false, what: 'NAV has no such document' });
    const { reference } = await create(order);
    expect(await createSalesOrder.inquire?.(nav, order, '')).toEqual({ found: true, reference });
    await sendShipmentNotice.send(nav, sendShipmentNotice.request(order), order, call);
    expect(await nav.findDocuments('US', DocType.SalesOrder, order.name)).toMatchObject([{ no: reference, posted: true }]);
    expect(await createSalesOrder.inquire?.(nav, order, '')).toEqual({ found: true, reference });
  });

  test.each<[string, Partial<Order>]>([
    ['another customer', { navCustomerNo: 'C-OTHER' }],
    ['another amount', { totals: { ...anOrder().totals, total: 3131 } }],
  ])('is not proved by a document with %s', async (_, other) => {
    const order = freshOrder();
    await create(order);
    expect(await createSalesOrder.inquire?.(nav, { ...order, ...other }, '')).toEqual({ found: false, what: 'NAV has 1 documents of this number, with another customer or amount' });
  });
});

describe('a credit memo', () => {
  test('says what goes back: the lines, and a charge for what is of no line', () => {
    expect(toCreditMemo({ ...anOrder(), refund: refundOf() })).toBe(
      '<CreditMemo ExternalDocumentNo="US-US00100001" PlatformOrderNo="US00100001" Part="0" RefundId="7" CustomerNo="abCustomer0000000001" Currency="USD" Amount="14.00" ' +
        'RefundDate="2026-02-03T10:00:00.000Z" Reason="one piece was broken"><Lines><Line LineId="line-1" Sku="POP-1" Quantity="1" Amount="9.50"/></Lines><Charges><Charge Type="other" Amount="4.50"/></Charges></CreditMemo>',
    );
    expect(toCreditMemo({ ...anOrder(), refund: refundOf({ amount: 950 }) })).toContain('<Charges/>');
  });

  test.each<[string, Partial<Order>, Partial<Refund>, string]>([
    ['less than its lines', {}, { amount: 949 }, 'nav.refund-does-not-add-up'],
    ['of nothing', {}, { amount: 0, lines: [] }, 'nav.refund-does-not-add-up'],
    ['in another currency', {}, { currency: 'EUR' }, 'nav.other-currency'],
    ['without a customer number', { navCustomerNo: '' }, {}, 'nav.no-customer-number'],
  ])('%s is not sent', (_, order, refund, code) => {
    expect(() => toCreditMemo({ ...anOrder(), ...order, refund: refundOf(refund) })).toThrow(expect.objectContaining({ code }));
  });

  test('is taken by NAV, and found again by its own refund alone', async () => {
    const order = { ...freshOrder(), refund: refundOf() };
    await create(order);
    expect(await sendCreditMemo.inquire?.(nav, order, '')).toMatchObject({ found: false });
    const { reference } = await sendCreditMemo.send(nav, sendCreditMemo.request(order), order, call);
    expect(reference).toMatch(/^CM\d{6}$/);
    expect(await sendCreditMemo.inquire?.(nav, order, '')).toEqual({ found: true, reference });
    expect(await sendCreditMemo.inquire?.(nav, { ...order, refund: refundOf({ id: 8 }) }, '')).toMatchObject({ found: false });
    expect(await sendCreditMemo.inquire?.(nav, { ...order, refund: refundOf({ amount: 1401 }) }, '')).toMatchObject({ found: false });
    expect(await sandbox.effects({ system: 'nav', operation: 'document:3', ref: order.platformId })).toHaveLength(1);
  });

  test('of an order that NAV does not know, and one that does not add up, are refused', async () => {
    const order = { ...freshOrder(), refund: refundOf() };
    expect(await failureOf(sendCreditMemo.send(nav, sendCreditMemo.request(order), order, call))).toMatchObject({ constructor: Rejected, code: 'nav.NavCSideRecordNotFoundException' });
    await create(order);
    const wrong = sendCreditMemo.request(order).replace('Amount="4.50"', 'Amount="4.60"');
    expect(await failureOf(sendCreditMemo.send(nav, wrong, order, call))).toMatchObject({ constructor: Rejected, message: expect.stringContaining('14.100') });
    expect(await sandbox.effects({ system: 'nav', operation: 'document:3', ref: order.platformId })).toEqual([]);
  });

  test('of a refund in the database is sent once for a task, whose subject is the refund', async () => {
    const [id = 0] = await makeOrders(world, 1, ['READY_TO_CREATE_IN_NAV', 'PENDING_NAV_RELEASE']);
    const insert = async (sql: string, values: unknown[]) => (await world.pool.query(sql, values))[0] as unknown as { insertId: number };
    const { insertId: refund } = await insert("INSERT INTO refunds (order_id, state, currency, amount, reason, actor) VALUES (?, 'done', 'USD', 1500, 'late', 'operator:Ada')", [id]);
    await world.pool.query('INSERT INTO refund_items (refund_id, line_item_id, quantity, amount) SELECT ?, id, 1, 1250 FROM line_items WHERE order_id = ?', [refund, id]);
    await world.pool.query("INSERT INTO tasks (kind, order_id, store_id, subject, lane) VALUES ('nav.credit-memo', ?, 1, ?, 'US')", [id, String(refund)]);
    const [claim] = await engine.claims.claim({ kind: 'task', name: 'nav.credit-memo' }, 'US', 1);
    if (!claim) throw new Error('the task is not due');
    const work: Work = { ...claim, node: 'test', retry: { attempts: 3, firstMs: 10, maxMs: 100 }, since: performance.now(), effects: [] };
    const order = { ...freshOrder({ id, lines: [] }), refund: await loadRefund(world.pool, id, work.subject) };
    expect(order.refund).toMatchObject({ id: refund, amount: 1500, currency: 'USD', reason: 'late', lines: [{ lineId: 'L1', sku: 'SKU', quantity: 1, amount: 1250 }] });
    await nav.importDocument('US', DocType.SalesOrder, createSalesOrder.request({ ...order, lines: anOrder().lines }));
    expect(await engine.ledger.perform(sendCreditMemo, nav, order, work)).toMatchObject({ reference: expect.stringMatching(/^CM/) });
    expect(await engine.ends.complete(work, 'credited in NAV')).toBe(true);
    expect((await world.pool.query('SELECT `key`, state, amount FROM effects WHERE order_id = ?', [id]))[0]).toEqual([{ key: `nav.credit-memo:${id}:${refund}`, state: 'done', amount: 1500 }]);
    expect(await sandbox.effects({ system: 'nav', operation: 'document:3', ref: order.platformId })).toHaveLength(1);
    for (const unknown of [undefined, '', 'x', '999999', String(refund)])
      expect(await failureOf(loadRefund(world.pool, unknown === String(refund) ? id + 1 : id, unknown))).toMatchObject({ code: 'refund.unknown' });
  });
});

describe('a product', () => {
  const product = (changes: Partial<ProductForNav> = {}): ProductForNav => ({ sku: `POP-${++sequence}`, description: 'PopGrip', unitOfMeasure: 'PCS', endpoint: 'US', ...changes });
  const send = (one: ProductForNav) => engine.ledger.alone.perform(exportProduct, nav, one, 'test');
  const rows = async (sku: string) => (await world.pool.query('SELECT `key`, state, attempt, order_id AS `order` FROM effects WHERE `key` LIKE ? ORDER BY id', [`nav.product:%:${sku}`]))[0];
  const sent = (sku: string) => sandbox.effects({ system: 'nav', operation: 'document:4', ref: sku });

  test('says its number, text and unit, and which revision that is', () => {
    const one = product({ sku: 'POP-1', description: 'PopGrip "Zoë" & more' });
    expect(toProduct(one)).toBe(`<Product ItemNo="POP-1" Description="PopGrip &quot;Zoë&quot; &amp; more" UnitOfMeasure="PCS" Revision="${revisionOf(one)}"/>`);
    expect(revisionOf(one)).toMatch(/^[0-9a-f]{16}$/);
    const others = [{ ...one, sku: 'POP-2' }, { ...one, description: 'PopGrip' }, { ...one, unitOfMeasure: 'BOX' }];
    expect(new Set([one, ...others].map(revisionOf)).size).toBe(4);
    expect(revisionOf({ ...one, endpoint: 'JAPAN' } as ProductForNav)).toBe(revisionOf(one));
  });

  test.each<[string, unknown, string]>([
    ['nothing', undefined, '/sku'],
    ['a text', 'POP-1', '/sku'],
    ['no number', { description: 'PopGrip', unit_of_measure: 'PCS' }, '/sku'],
    ['a number that is too long', { sku: 'P'.repeat(21), description: 'PopGrip', unit_of_measure: 'PCS' }, '/sku'],
    ['an empty description', { sku: 'POP-1', description: ' ', unit_of_measure: 'PCS' }, '/description'],
    ['a unit that is a number', { sku: 'POP-1', description: 'PopGrip', unit_of_measure: 1 }, '/unit_of_measure'],
  ])('%s is none', (_, value, pointer) => {
    expect(() => readProduct(value)).toThrow(expect.objectContaining({ code: 'nav.bad-product', pointer }));
  });

  test('is sent once; changed it is sent again, and changed back, too; NAV has one item', async () => {
    const one = product();
    expect(await send(one)).toEqual({ reference: one.sku });
    expect(await send(one)).toEqual({ reference: one.sku });
    expect(await sent(one.sku)).toHaveLength(1);
    const changed = { ...one, description: 'PopGrip, new' };
    await send(changed);
    expect(await nav.findDocuments('US', DocType.Product, one.sku)).toMatchObject([{ no: one.sku, revision: revisionOf(changed) }]);
    await send(one);
    expect(await nav.findDocuments('US', DocType.Product, one.sku)).toMatchObject([{ no: one.sku, revision: revisionOf(one) }]);
    expect(await sent(one.sku)).toHaveLength(3);
    expect(await rows(one.sku)).toEqual([{ key: `nav.product:US:${one.sku}`, state: 'done', attempt: 3, order: null }]);
  });

  test('goes to each company', async () => {
    const one = product();
    await send(one);
    await send({ ...one, endpoint: 'JAPAN' });
    expect((await sent(one.sku)).map(({ detail }) => (detail as { region: string }).region)).toEqual(['us', 'japan']);
  });

  test('that NAV refuses is told in its words, and may be sent again', async () => {
    const one = product({ unitOfMeasure: 'DOZEN' });
    for (const attempt of [1, 2]) {
      expect(await failureOf(send(one))).toMatchObject({ constructor: Rejected, message: expect.stringContaining('DOZEN') });
      expect(await rows(one.sku)).toMatchObject([{ state: 'rejected', attempt }]);
    }
    expect(await sent(one.sku)).toEqual([]);
  });

  test('whose answer is lost is sent once more, and NAV still has one item', async () => {
    const one = product();
    await sandbox.fault({ system: 'nav', operation: 'document:4', fault: 'drop-after', count: 1 });
    expect(await failureOf(send(one))).toMatchObject({ constructor: OutcomeUnknown, code: 'nav.product.in-doubt' });
    expect(await rows(one.sku)).toMatchObject([{ state: 'unknown', attempt: 1 }]);
    expect(await send(one)).toEqual({ reference: one.sku });
    expect(await rows(one.sku)).toMatchObject([{ state: 'done', attempt: 2 }]);
    expect(await nav.findDocuments('US', DocType.Product, one.sku)).toHaveLength(1);
  });

  test('that did not arrive counts as not sent', async () => {
    const one = product();
    await sandbox.fault({ system: 'nav', operation: 'document:4', fault: 'throttle', count: 1 });
    expect(await failureOf(send(one))).toMatchObject({ constructor: Retryable });
    expect(await rows(one.sku)).toMatchObject([{ state: 'intent' }]);
    await send(one);
    expect(await sent(one.sku)).toHaveLength(1);
  });

  test('that many ask for at once, in two processes, is sent once', async () => {
    const one = product();
    const other = await createEngine(world);
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, (_, index) => (index % 2 === 0 ? engine : other).ledger.alone.perform(exportProduct, nav, one, 'test')));
    await other.processes.stop();
    expect(await sent(one.sku)).toHaveLength(1);
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
    for (const reason of refused) expect(reason).toMatchObject({ constructor: Retryable, code: 'nav.product.under-way' });
    expect(outcomes.some(({ status }) => status === 'fulfilled')).toBe(true);
  });

  test('that a process was sending when it ended is sent again by another, and not before', async () => {
    const one = product();
    const other = await createEngine(world);
    await world.admin.query("INSERT INTO effects (kind, `key`, order_id, request_hash, attempt, state, sent_at) VALUES ('nav.product', ?, NULL, '', 1, 'sent', NOW(6))", [exportProduct.key(one)]);
    await world.admin.query('INSERT INTO effect_attempts (effect_id, attempt, process_id) SELECT id, 1, ? FROM effects WHERE `key` = ?', [other.processes.id, exportProduct.key(one)]);
    expect(await failureOf(send(one))).toMatchObject({ constructor: Retryable, code: 'nav.product.under-way' });
    expect(await sent(one.sku)).toEqual([]);
    await other.processes.stop();
    expect(await send(one)).toEqual({ reference: one.sku });
    expect(await rows(one.sku)).toMatchObject([{ state: 'done', attempt: 2 }]);
  });

  test('that must not be sent twice is no matter of this ledger', async () => {
    expect(await failureOf(engine.ledger.alone.perform(createSalesOrder, nav, freshOrder(), 'test'))).toMatchObject({ code: 'effect.needs-order' });
  });
});
