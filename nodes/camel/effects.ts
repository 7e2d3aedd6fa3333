import { effect } from '../effects/effect';
import type { AskedOrder } from '../orders/message';
import type { Order } from '../orders/order';
import type { CamelClient } from './client';
import { type CancellationRequest, type FulfillmentRequest, toCancellationRequest, toFulfillmentRequest } from './mapping';

/** Camel cannot be asked whether it took a request: an acceptance, a rejection or a shipment settles the doubt, or a person. */
export const requestFulfillment = effect<CamelClient, Order, FulfillmentRequest>({
  kind: 'camel.request',
  key: (order) => `camel.request:${order.id}:${order.exportSequence}`,
  policy: 'human',
  request: toFulfillmentRequest,
  requireUp: (camel) => camel.requireUp(),
  send: async (camel, request, _order, call) => ({ reference: await camel.requestFulfillment(request, call) }),
});

/** The same request for a site whose warehouse takes no sequence: its answers then name none (0), and are about the current one. */
export const requestFulfillmentPlainly = effect<CamelClient, Order, FulfillmentRequest>({
  ...requestFulfillment,
  request: (order) => {
    const { sequence: _, ...request } = toFulfillmentRequest(order);
    return request;
  },
});

/** Camel knows a question by order and sequence, and answers the same one the same way: in doubt it is asked again. */
export const requestCancellation = effect<CamelClient, AskedOrder, CancellationRequest>({
  kind: 'camel.cancel',
  key: (order) => `camel.cancel:${order.id}:${order.question}`,
  policy: 'key',
  request: toCancellationRequest,
  requireUp: (camel) => camel.requireUp(),
  send: async (camel, request, _order, call) => ({ reference: await camel.requestCancellation(request, call) }),
});
