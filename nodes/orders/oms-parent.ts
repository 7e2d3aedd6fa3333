import { defineNode, type NodeConfig } from '../runtime/node';
import { Database } from '../store/database';
import { requireWork, type StageMessage } from '../work/message';
import { lookAtParts } from './family';
import { requireOrder } from './message';
import type { Order } from './order';

/** The outputs, by where the order goes. */
const OUTPUTS = ['partially-shipped', 'shipped', 'cancelled', 'ended-apart', 'stay'] as const;

export default defineNode<NodeConfig, StageMessage<Order>>('oms-parent', (node) => {
  const { pool } = node.services.get(Database);
  return {
    async input(message, send) {
      const work = requireWork(message);
      const order = requireOrder(message);
      const step = await lookAtParts(pool, order, work);
      node.badge({ fill: 'green', text: `${order.name}: ${step}` });
      send(OUTPUTS.map((output) => (output === step ? message : null)));
    },
  };
});
