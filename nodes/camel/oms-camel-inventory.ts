import { requireOrder } from '../orders/message';
import type { Order } from '../orders/order';
import { defineNode, type NodeConfig } from '../runtime/node';
import { requireWork, type StageMessage } from '../work/message';
import type { CamelClient } from './client';
import { shortageOf, toInventoryQuestion } from './mapping';

interface CamelInventoryConfig extends NodeConfig {
  connection: string;
}

export default defineNode<CamelInventoryConfig, StageMessage<Order>>('oms-camel-inventory', (node, config) => {
  const camel = node.use<CamelClient>(config.connection);
  return {
    async input(message, send) {
      requireWork(message);
      const question = toInventoryQuestion(requireOrder(message));
      const shortage = shortageOf(question, await camel.checkInventory(question));
      if (shortage === undefined) return send([message, null]);
      message.reason = shortage;
      send([null, message]);
    },
  };
});
