import { effect, type Inquiry } from '../effects/effect';
import { shipmentReference, type Order } from '../orders/order';
import type { RefundedOrder } from '../orders/refund';
import type { NavClient } from './client';
import { isCreditMemoOf, toCreditMemo } from './credit-memo';
import { type ProductForNav, toProduct } from './product';
import { DocType, isCancellationOf, isSalesOrderOf, isShipmentNoticeOf, type NavDocument, toCancellation, toSalesOrder, toShipmentNotice } from './mapping';

const money = (order: Order): { amount: number; currency: string } => ({ amount: order.totals.total, currency: order.currency });

const requireUp = (nav: NavClient, order: Order): void => nav.requireUp(order.warehouse.navKey);

/** NAV has no idempotency: before a second create the order is looked up by its External Document No., in open and posted documents. */
export const createSalesOrder = effect<NavClient, Order, string>({
  kind: 'nav.create',
  key: (order) => `nav.create:${order.id}`,
  policy: 'inquire',
  request: toSalesOrder,
  amount: money,
  requireUp,
  send: async (nav, xml, order, call) => ({ reference: await nav.importDocument(order.warehouse.navKey, DocType.SalesOrder, xml, call) }),
  inquire: (nav, order) => find(nav, order, DocType.SalesOrder, (document) => isSalesOrderOf(document, order)),
});

/** The shipment notice of all parcels that have left. */
export const sendShipmentNotice = effect<NavClient, Order, string>({
  kind: 'nav.notice',
  key: (order) => `nav.notice:${order.id}:${shipmentReference(order)}`,
  policy: 'inquire',
  request: toShipmentNotice,
  amount: money,
  requireUp,
  send: async (nav, xml, order, call) => ({ reference: await nav.importDocument(order.warehouse.navKey, DocType.ShipmentNotice, xml, call) }),
  inquire: (nav, order) => find(nav, order, DocType.ShipmentNotice, (document) => isShipmentNoticeOf(document, order)),
});

/** Takes the sales order back; asked for once whatever decided the cancel. */
export const cancelSalesOrder = effect<NavClient, Order, string>({
  kind: 'nav.cancel',
  key: (order) => `nav.cancel:${order.id}`,
  policy: 'inquire',
  request: toCancellation,
  amount: money,
  requireUp,
  send: async (nav, xml, order, call) => ({ reference: await nav.importDocument(order.warehouse.navKey, DocType.Cancellation, xml, call) }),
  inquire: (nav, order) => find(nav, order, DocType.Cancellation, (document) => isCancellationOf(document, order)),
});

/** Gives a refund back in the books; each refund has its own. */
export const sendCreditMemo = effect<NavClient, RefundedOrder, string>({
  kind: 'nav.credit-memo',
  key: (order) => `nav.credit-memo:${order.id}:${order.refund.id}`,
  policy: 'inquire',
  request: toCreditMemo,
  amount: ({ refund: { amount, currency } }) => ({ amount, currency }),
  requireUp,
  send: async (nav, xml, order, call) => ({ reference: await nav.importDocument(order.warehouse.navKey, DocType.CreditMemo, xml, call) }),
  inquire: (nav, order) => find(nav, order, DocType.CreditMemo, (document) => isCreditMemoOf(document, order)),
});

/**
 * Makes an item, or changes it. Its number is NAV's own key: the same text again makes no second one, so that doubt is settled by
 * sending it once more.
 */
export const exportProduct = effect<NavClient, ProductForNav, string>({
  kind: 'nav.product',
  key: (product) => `nav.product:${product.endpoint}:${product.sku}`,
  policy: 'key',
  request: toProduct,
  requireUp: (nav, product) => nav.requireUp(product.endpoint),
  send: async (nav, xml, product, call) => ({ reference: await nav.importDocument(product.endpoint, DocType.Product, xml, call) }),
});

async function find(nav: NavClient, order: Order, docType: DocType, isIt: (document: NavDocument) => boolean): Promise<Inquiry> {
  const documents = await nav.findDocuments(order.warehouse.navKey, docType, order.name);
  const document = documents.find(isIt);
  if (document) return { found: true, reference: document.no };
  if (documents.length > 0) return { found: false, what: `NAV has ${documents.length} documents of this number, with another customer or amount` };
  return { found: false, what: 'NAV has no such document' };
}
