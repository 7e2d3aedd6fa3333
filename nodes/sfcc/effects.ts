import { effect } from '../effects/effect';
import type { Order } from '../orders/order';
import { headOf } from '../orders/quarantine';
import { InvalidInput } from '../runtime/errors';
import type { SfccClient } from './client';
import { wasCancelled, wasFulfilled } from './client';
import { captureRequestId, type CapturedParcel, fulfillmentRequestId, restOf, toCaptureRequest, toFulfillmentRequest } from './mapping';
import type { CaptureRequest, FulfillmentRequest } from './types';

/** The storefront knows whole orders alone: a part of a split order passes by its calls. */
const isWhole = ({ part }: Order): boolean => part === 0;

/** Ships and captures in one call of the merchant's endpoint. In doubt the order is read again: it carries the request's id. */
export const fulfilAndCapture = effect<SfccClient, Order, FulfillmentRequest>({
  kind: 'sfcc.fulfil',
  concerns: isWhole,
  key: (order) => `sfcc.fulfil:${order.id}:${fulfillmentRequestId(order)}`,
  policy: 'inquire',
  request: (order) => toFulfillmentRequest(requireRoot(order)),
  amount: (order) => ({ amount: Math.max(0, restOf(order)), currency: order.currency }),
  requireUp: (sfcc) => sfcc.requireUp(),
  send: async (sfcc, request, order, call) => ({ reference: (await sfcc.fulfilAndCapture(order.storeSite, order.platformId, request, call)).capture?.transactionId }),
  inquire: async (sfcc, order) => {
    const raw = await sfcc.getOrder(order.storeSite, order.platformId);
    if (!wasFulfilled(raw, fulfillmentRequestId(order))) return { found: false, what: 'the storefront does not show it as fulfilled by this request and paid' };
    const transaction = (headOf(raw) as Record<string, unknown>)['c_omsCaptureTransactionId'];
    return { found: true, reference: typeof transaction === 'string' ? transaction : undefined };
  },
});

/** An order, and the parcel of it that is to be captured. */
export type WithParcel = Order & { readonly parcel: CapturedParcel };

/** Captures what left in one parcel. In doubt the storefront's captures are read: each carries its request's id. */
export const captureParcel = effect<SfccClient, WithParcel, CaptureRequest>({
  kind: 'sfcc.capture',
  // Of an order without its parcel nobody can say which call it is.
  concerns: (order: Partial<WithParcel>) => order.parcel !== undefined,
  key: ({ id, parcel }) => `sfcc.capture:${id}:${parcel.part}:${parcel.shipmentId}`,
  policy: 'inquire',
  request: (order) => toCaptureRequest(order.parcel, requireRoot(order).currency),
  amount: ({ parcel, currency }) => ({ amount: parcel.amount, currency }),
  requireUp: (sfcc) => sfcc.requireUp(),
  send: async (sfcc, request, order, call) => ({ reference: (await sfcc.capture(order.storeSite, order.platformId, request, call)).transactionId }),
  inquire: async (sfcc, order, { amount, currency }) => {
    const known = (await sfcc.getCaptures(order.storeSite, order.platformId)).find(({ requestId }) => requestId === captureRequestId(order.parcel));
    if (!known) return { found: false, what: 'the storefront shows no capture of this parcel' };
    if (known.amount !== amount || known.currency !== currency) return { found: false, what: `the storefront shows a capture of ${known.amount} ${known.currency} for this parcel, not of ${amount} ${currency}` };
    return { found: true, reference: known.transactionId };
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
