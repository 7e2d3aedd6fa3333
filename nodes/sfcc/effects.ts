import { effect } from '../effects/effect';
import type { Order } from '../orders/order';
import { headOf } from '../orders/quarantine';
import { InvalidInput } from '../runtime/errors';
import type { SfccClient } from './client';
import { wasCancelled, wasFulfilled } from './client';
import { fulfillmentRequestId, toFulfillmentRequest } from './mapping';
import type { FulfillmentRequest } from './types';

/** The storefront knows whole orders alone: a part of a split order passes by its calls. */
const isWhole = ({ part }: Order): boolean => part === 0;

/** Ships and captures in one call of the merchant's endpoint. In doubt the order is read again: it carries the request's id. */
export const fulfilAndCapture = effect<SfccClient, Order, FulfillmentRequest>({
  kind: 'sfcc.fulfil',
  concerns: isWhole,
  key: (order) => `sfcc.fulfil:${order.id}:${fulfillmentRequestId(order)}`,
  policy: 'inquire',
  request: (order) => toFulfillmentRequest(requireRoot(order)),
  amount: (order) => ({ amount: order.totals.total, currency: order.currency }),
  requireUp: (sfcc) => sfcc.requireUp(),
  send: async (sfcc, request, order, call) => ({ reference: (await sfcc.fulfilAndCapture(order.storeSite, order.platformId, request, call)).capture?.transactionId }),
  inquire: async (sfcc, order) => {
    const raw = await sfcc.getOrder(order.storeSite, order.platformId);
    if (!wasFulfilled(raw, fulfillmentRequestId(order))) return { found: false, what: 'the storefront does not show it as fulfilled by this request and paid' };
    const transaction = (headOf(raw) as Record<string, unknown>)['c_omsCaptureTransactionId'];
    return { found: true, reference: typeof transaction === 'string' ? transaction : undefined };
  },
});

/** Cancels the storefront's order and voids its authorisation. */
export const cancelOrder = effect<SfccClient, Order, { status: 'cancelled' }>({
  kind: 'sfcc.cancel',
  concerns: isWhole,
  key: (order) => `sfcc.cancel:${order.id}`,
  policy: 'inquire',
  request: (order) => ({ status: requireRoot(order) && 'cancelled' }),
  amount: (order) => ({ amount: order.totals.total, currency: order.currency }),
  requireUp: (sfcc) => sfcc.requireUp(),
  send: async (sfcc, _request, order, call) => {
    await sfcc.cancelOrder(order.storeSite, order.platformId, call);
    return {};
  },
  inquire: async (sfcc, order) =>
    wasCancelled(await sfcc.getOrder(order.storeSite, order.platformId)) ? { found: true } : { found: false, what: 'the storefront does not show it as cancelled' },
});

/** The storefront knows the whole order alone. @throws InvalidInput `sfcc.part` */
function requireRoot(order: Order): Order {
  if (order.part > 0) throw new InvalidInput(`${order.name} is a part of a split order: the storefront is told about the whole`, { code: 'sfcc.part', next: 'Lead parts past the calls to the storefront.' });
  return order;
}
