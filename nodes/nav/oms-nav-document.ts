import { Calls } from '../effects/calls';
import type { Effect } from '../effects/effect';
import { Ledger } from '../effects/ledger';
import { requireOrder } from '../orders/message';
import type { Order } from '../orders/order';
import { InvalidInput } from '../runtime/errors';
import { defineNode, type NodeConfig } from '../runtime/node';
import { requireWork, type StageMessage } from '../work/message';
import { Database } from '../store/database';
import type { NavClient } from './client';
import { keepCustomerNo } from './customer-number';
import { cancelSalesOrder, createSalesOrder, sendShipmentNotice } from './effects';

interface NavDocumentConfig extends NodeConfig {
  connection: string;
  document: 'sales-order' | 'shipment-notice' | 'cancellation';
}

const DOCUMENTS: Readonly<Record<NavDocumentConfig['document'], Effect<NavClient, Order, string>>> = {
  'sales-order': createSalesOrder,
  'shipment-notice': sendShipmentNotice,
  cancellation: cancelSalesOrder,
};

/** The documents that can be created. */
export const DOCUMENT_NAMES: readonly string[] = Object.keys(DOCUMENTS);

export default defineNode<NavDocumentConfig, StageMessage<Order>>('oms-nav-document', (node, config) => {
  const nav = node.use<NavClient>(config.connection);
  const document = DOCUMENTS[config.document];
  if (!document) throw new InvalidInput('no document is chosen', { code: 'nav.no-document' });
  const ledger = node.services.get(Ledger);
  const { pool } = node.services.get(Database);
  const forget = node.services.get(Calls).add(node.id, () => [document]);
  return {
    close: forget,
    async input(message, send) {
      const work = requireWork(message);
      const order = requireOrder(message);
      if (document === createSalesOrder) await keepCustomerNo(pool, order);
      message.payload = await ledger.perform(document, nav, order, work);
      send(message);
    },
  };
});
