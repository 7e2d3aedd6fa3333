import { type ErrorRequestHandler, Router } from 'express';
import type { FaultTable } from '../faults/fault-table';
import { jsonBody, NotJson } from '../http/body';
import type { EffectLog } from '../journal/effects';
import type { EventLog } from '../journal/events';
import type { OrderState, Storefront } from '../sfcc/storefront';
import { BadInput, readEffectFilter, readFaultOrder, readOrderWish, readPage } from './input';
import { loopbackOnly } from './loopback';

interface Parts {
  storefront: Storefront;
  effects: EffectLog;
  events: EventLog;
  faults: FaultTable;
  /** Empties the sandbox. */
  reset: () => void;
}

/** The control API: makes orders, shows what the partners did, sets faults. For callers on this machine only. */
export function controlRouter({ storefront, effects, events, faults, reset }: Parts): Router {
  const router = Router();
  router.use(loopbackOnly);

  router.post('/orders', async (request, response) => {
    const { count, template, seed, site } = readOrderWish(jsonBody(request));
    const refs = await storefront.create(count, template, seed, site);
    response.status(201).json({ orders: refs.map((ref) => ({ platform: 'sfcc', ref })) });
  });

  router.get('/orders/:ref', (request, response) => {
    const order = storefront.find(request.params.ref);
    if (order) response.json(beliefs(order, storefront.document(order)));
    else response.status(404).json({ message: `There is no order ${request.params.ref}.` });
  });

  router.get('/effects', (request, response) => {
    response.json(effects.find(readEffectFilter(request.query)));
  });

  router.get('/events', (request, response) => {
    response.json(events.find(readPage(request.query)));
  });

  router.post('/faults', (request, response) => {
    response.status(201).json(faults.add(readFaultOrder(jsonBody(request))));
  });
  router.get('/faults', (_request, response) => {
    response.json({ faults: faults.list() });
  });
  router.delete('/faults', (_request, response) => {
    faults.clear();
    response.status(204).end();
  });

  router.post('/reset', (_request, response) => {
    reset();
    response.status(204).end();
  });

  router.use((request, response) => {
    response.status(404).json({ message: `The control API has no ${request.method} ${request.path}.` });
  });
  router.use(((error, _request, response, next) => {
    if (error instanceof BadInput || error instanceof NotJson) response.status(400).json({ message: error.message });
    else next(error);
  }) satisfies ErrorRequestHandler);
  return router;
}

/** What the storefront believes about an order. */
function beliefs(order: OrderState, document: Record<string, unknown>) {
  const items = document.product_items as { item_id: string; product_id: string; product_name: string; quantity: number }[];
  const shipped = (itemId: string): number =>
    order.fulfillments
      .flatMap(({ shipments }) => shipments.flatMap((shipment) => shipment.items))
      .filter((item) => item.item_id === itemId)
      .reduce((sum, { quantity }) => sum + quantity, 0);
  return {
    ref: order.ref,
    platform: 'sfcc',
    site: order.site,
    template: order.template,
    status: document.status,
    exported: order.exportStatus === 'exported',
    fulfilled: order.fulfillments.length > 0,
    captured: order.fulfillments.length > 0,
    refunded: false,
    cancelled: order.cancelled,
    total: document.order_total,
    currency: document.currency,
    captures: [...order.captures.map(({ transaction_id, amount, currency }) => ({ transaction_id, amount, currency })), ...order.fulfillments.flatMap(({ capture }) => capture ?? [])],
    lines: items.map((item) => ({
      line_id: item.item_id, sku: item.product_id, name: item.product_name, quantity: item.quantity, fulfilled: shipped(item.item_id),
    })),
  };
}
