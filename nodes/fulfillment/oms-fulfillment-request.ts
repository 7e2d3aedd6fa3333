import { Calls } from '../effects/calls';
import { Ledger } from '../effects/ledger';
import { requireOrder } from '../orders/message';
import type { Order } from '../orders/order';
import { defineNode, type NodeConfig } from '../runtime/node';
import { requireWork, type StageMessage } from '../work/message';
import { Providers } from './providers';

interface FulfillmentRequestConfig extends NodeConfig {
  /** Whether the request names its sequence. */
  sequence: boolean;
}

export default defineNode<FulfillmentRequestConfig, StageMessage<Order>>('oms-fulfillment-request', (node, { sequence }) => {
  const ledger = node.services.get(Ledger);
  const providers = node.services.get(Providers);
  const forget = node.services.get(Calls).add(node.id, () => providers.requests(sequence));
  return {
    close: forget,
    async input(message, send) {
      const work = requireWork(message);
      const order = requireOrder(message);
      message.payload = await providers.with(order, (provider) => provider.request(sequence).perform(ledger, order, work));
      send(message);
    },
  };
});
