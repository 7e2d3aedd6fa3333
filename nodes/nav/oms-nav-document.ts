import { Calls } from '../effects/calls';
import type { Effect } from '../effects/effect';
import { Ledger } from '../effects/ledger';
import { requireOrder } from '../orders/message';
import type { Order } from '../orders/order';
import { loadRefund } from '../orders/refund';
import { InvalidInput } from '../runtime/errors';
import { defineNode, type NodeConfig } from '../runtime/node';
import { Database } from '../store/database';
import { requireWork, type StageMessage } from '../work/message';
import type { NavClient } from './client';
import { keepCustomerNo } from './customer-number';
import { cancelSalesOrder, createSalesOrder, sendCreditMemo, sendShipmentNotice } from './effects';

interface NavDocumentConfig extends NodeConfig {
  connection: string;
  document: keyof typeof DOCUMENTS | 'credit-memo';
}

const DOCUMENTS = {
  'sales-order': createSalesOrder,
  'shipment-notice': sendShipmentNotice,
  cancellation: cancelSalesOrder,
} as const satisfies Record<string, Effect<NavClient, Order, string>>;

/** The documents that can be created; a credit memo is of the refund that a task is about. */
export const DOCUMENT_NAMES: readonly string[] = [...Object.keys(DOCUMENTS), 'credit-memo'];

export default defineNode<NavDocumentConfig, StageMessage<Order>>('oms-nav-document', (node, { connection, document: name }) => {
  const nav = node.use<NavClient>(connection);
  const document = name === 'credit-memo' ? undefined : DOCUMENTS[name];
  if (!document && name !== 'credit-memo') throw new InvalidInput('no document is chosen', { code: 'nav.no-document' });
  const ledger = node.services.get(Ledger);
  const { pool } = node.services.get(Database);
  const forget = document && node.services.get(Calls).add(node.id, () => [document]);
  return {
    close: () => forget?.(),
    async input(message, send) {
      const work = requireWork(message);
      const order = requireOrder(message);
      if (document === createSalesOrder) await keepCustomerNo(pool, order);
      message.payload = document
        ? await ledger.perform(document, nav, order, work)
        : await ledger.perform(sendCreditMemo, nav, { ...order, refund: await loadRefund(pool, order.id, work.subject) }, work);
      send(message);
    },
  };
});
