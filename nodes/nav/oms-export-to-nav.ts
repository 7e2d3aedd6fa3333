import { requireOrder } from '../orders/message';
import type { Order } from '../orders/order';
import { defineNode, type NodeConfig } from '../runtime/node';
import { requireWork, type StageMessage } from '../work/message';

export default defineNode<NodeConfig, StageMessage<Order>>('oms-export-to-nav', () => ({
  input(message, send) {
    requireWork(message);
    send(requireOrder(message).exportToNav ? [message, null] : [null, message]);
  },
}));
