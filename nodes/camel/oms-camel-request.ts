import { Calls } from '../effects/calls';
import { Ledger } from '../effects/ledger';
import { requireOrder } from '../orders/message';
import type { Order } from '../orders/order';
import { defineNode, type NodeConfig } from '../runtime/node';
import { requireWork, type StageMessage } from '../work/message';
import type { CamelClient } from './client';
import { requestFulfillment, requestFulfillmentPlainly } from './effects';

interface CamelRequestConfig extends NodeConfig {
  connection: string;
  /** Whether the request names its sequence. */
  sequence: boolean;
}

export default defineNode<CamelRequestConfig, StageMessage<Order>>('oms-camel-request', (node, config) => {
  const camel = node.use<CamelClient>(config.connection);
  const ledger = node.services.get(Ledger);
  const call = config.sequence ? requestFulfillment : requestFulfillmentPlainly;
  const forget = node.services.get(Calls).add(node.id, call);
  return {
    close: forget,
    async input(message, send) {
      const work = requireWork(message);
      message.payload = await ledger.perform(call, camel, requireOrder(message), work);
      send(message);
    },
  };
});
