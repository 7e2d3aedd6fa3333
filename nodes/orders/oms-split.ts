import { defineNode, type NodeConfig } from '../runtime/node';
import { requireWork, type StageMessage } from '../work/message';
import { requireOrder } from './message';
import type { Order } from './order';
import { toSplit } from './split';

export default defineNode<NodeConfig, StageMessage<Order>>('oms-split', (node) => ({
  input(message, send) {
    const work = requireWork(message);
    const order = requireOrder(message);
    const split = toSplit(order);
    if (split) {
      work.split = split;
      work.found = split.children.map(({ part, path, warehouse }) => `${order.name}-${part} ${path}${warehouse === order.warehouse.key ? '' : ` from ${warehouse}`}`).join(', ');
    }
    node.badge({ fill: 'green', text: `${order.name}: ${split ? `${split.children.length} parts` : 'one way'}` });
    send(split ? [null, message] : [message, null]);
  },
}));
