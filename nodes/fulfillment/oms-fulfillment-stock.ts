import { requireOrder } from '../orders/message';
import type { Order } from '../orders/order';
import { defineNode, type NodeConfig } from '../runtime/node';
import { requireWork, type StageMessage } from '../work/message';
import { Providers } from './providers';

export default defineNode<NodeConfig, StageMessage<Order>>('oms-fulfillment-stock', (node) => {
  const providers = node.services.get(Providers);
  return {
    async input(message, send) {
      requireWork(message);
      const order = requireOrder(message);
      const shortage = await providers.with(order, (provider) => provider.shortageOf(order));
      if (shortage === undefined) return send([message, null]);
      message.reason = shortage;
      send([null, message]);
    },
  };
});
