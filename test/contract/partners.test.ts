import { createCamelClient } from '../../nodes/camel/client';
import { toFulfillmentRequest as toCamelRequest } from '../../nodes/camel/mapping';
import { createNavClient } from '../../nodes/nav/client';
import { DocType, isSalesOrderOf, toSalesOrder } from '../../nodes/nav/mapping';
import { createSfccClient, wasFulfilled } from '../../nodes/sfcc/client';
import { fulfillmentRequestId, generalise, navCustomerNo, toFulfillmentRequest } from '../../nodes/sfcc/mapping';
import { OutcomeUnknown, Rejected, Retryable } from '../../nodes/runtime/errors';
import type { Order } from '../../nodes/orders/order';
import { anOrder } from '../orders/an-order';
import { aSandbox, type TestSandbox } from '../sandbox/a-sandbox';

const site = 'POPS-US';
let sandbox: TestSandbox;
let clients: ReturnType<typeof connect>;

beforeAll(async () => {
  sandbox = await aSandbox();
  clients = connect(sandbox.url);
});

afterAll(async () => {
  await Promise.all([clients.sfcc.close(), clients.camel.close()]);
  clients.nav.close();
  await sandbox.close();
});

function connect(url: string) {
  const breaker = { failures: 10_000, halfOpenAfterMs: 1 };
  return {
    sfcc: createSfccClient({ url: `${url}/sfcc`, clientId: 'sandbox-client', clientSecret: 'sandbox-secret', timeoutMs: 2000, breaker }),
    nav: createNavClient({
      endpoints: { us: { url: `${url}/nav/us/WS/US/Codeunit/OmsIntegration`, domain: 'PSCORP', username: 'oms', password: 'sandbox-nav' } },
      timeoutMs: 2000,
      breaker,
    }),
    camel: createCamelClient({ url: `${url}/camel`, subscriptionKey: 'sandbox-subscription-key', username: 'oms', password: 'sandbox-camel', timeoutMs: 2000, breaker }),
  };
}

/** An order as a stage would get it, made of what the storefront says. */
async function takeOrders(count: number): Promise<Order[]> {
  const refs = await sandbox.orders(count, { site });
  return await Promise.all(
    refs.map(async (ref) => {
      const canonical = generalise(await clients.sfcc.getOrder(site, ref));
      const lines = canonical.lines.map(({ lineId, quantity }) => ({ lineId, quantity }));
      const fulfillments = [{ shipmentId: `SHP-${ref}`, carrier: 'UPS', tracking: '1Z', shippedAt: '2026-02-01T08:00:00.000Z', lines }];
      const customerNo = navCustomerNo(canonical);
      if (customerNo === undefined) throw new Error('the sandbox makes no guests');
      return anOrder({ ...canonical, name: `US-${ref}`, navCustomerNo: customerNo, fulfillments });
    }),
  );
}

type System = 'sfcc' | 'nav' | 'camel';

const acts: Record<System, (order: Order) => Promise<unknown>> = {
  sfcc: (order: Order) => clients.sfcc.fulfilAndCapture(site, order.platformId, toFulfillmentRequest(order)),
  nav: (order: Order) => clients.nav.importDocument('us', DocType.SalesOrder, toSalesOrder(order)),
  camel: (order: Order) => clients.camel.requestFulfillment(toCamelRequest(order)),
};
const operations: Record<System, string> = { sfcc: 'fulfill', nav: 'document:1', camel: 'fulfillment-request' };
const systems: readonly System[] = ['sfcc', 'nav', 'camel'];

test('an order goes through all partners, and each can be asked what it did', async () => {
  const [order] = await takeOrders(1);
  if (order === undefined) throw new Error('no order');
  await clients.sfcc.markExported(site, order.platformId);
  const number = await acts.nav(order);
  await expect(acts.camel(order)).resolves.toMatch(/./);
  await expect(acts.sfcc(order)).resolves.toMatchObject({ status: 'completed', capture: { currency: 'USD' } });

  const documents = await clients.nav.findDocuments('us', DocType.SalesOrder, order.name);
  expect(documents).toEqual([expect.objectContaining({ no: number })]);
  expect(documents.every((document) => isSalesOrderOf(document, order))).toBe(true);
  expect(wasFulfilled(await clients.sfcc.getOrder(site, order.platformId), fulfillmentRequestId(order))).toBe(true);
});

test('new orders are found by a search, until they are marked', async () => {
  const from = new Date();
  const [order] = await takeOrders(1);
  const find = () => clients.sfcc.searchOrders({ site, from, start: 0, count: 200 });
  expect((await find()).orders).toEqual([expect.objectContaining({ order_no: order?.platformId })]);
  await clients.sfcc.markExported(site, order?.platformId ?? '');
  expect((await find()).orders).toEqual([]);
});

describe.each(systems)('what %s is said to have done is what it did', (system) => {
  test.each(['error', 'drop-before', 'drop-after', 'malformed', 'throttle', 'reject'])('under the fault %s, at a third of the requests', async (fault) => {
    const orders = await takeOrders(24);
    // Of every request to the system, handshakes and logins, too.
    await sandbox.fault({ system, fault, rate: 0.34 });
    const outcomes = await Promise.allSettled(orders.map(acts[system]));
    await sandbox.control('DELETE', 'faults');

    const effects = await sandbox.effects({ system, operation: operations[system] });
    const times = orders.map((order) => effects.filter(({ ref }) => ref === order.platformId).length);
    const wrong = outcomes.filter((outcome, index) => !allowed(outcome, times[index] ?? 0));
    expect(wrong).toEqual([]);
    expect(outcomes.some(({ status }) => status === 'rejected')).toBe(true);
  });
});

/** Whether so many effects may come of this outcome. */
function allowed(outcome: PromiseSettledResult<unknown>, times: number): boolean {
  if (outcome.status === 'fulfilled') return times === 1;
  const reason: unknown = outcome.reason;
  if (reason instanceof Retryable || reason instanceof Rejected) return times === 0;
  return reason instanceof OutcomeUnknown && times <= 1;
}
