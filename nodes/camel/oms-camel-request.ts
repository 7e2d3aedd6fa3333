import { Ledger } from '../effects/ledger';
import type { Order } from '../orders/order';
import { defineNode, type NodeConfig } from '../runtime/node';
import { requireWork, type StageMessage } from '../work/message';
import type { CamelClient } from './client';
import { requestFulfillment } from './effects';

interface CamelRequestConfig extends NodeConfig {
  connection: string;
}

export default defineNode<CamelRequestConfig, StageMessage<Order>>('oms-camel-request', (node, config) => {
  const camel = node.use<CamelClient>(config.connection);
  const ledger = node.services.get(Ledger);
  return {
    async input(message, send) {
      message.payload = await ledger.perform(requestFulfillment, camel, message.order, requireWork(message));
      send(message);
    },
  };
});
