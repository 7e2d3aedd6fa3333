import { defineNode, type NodeConfig } from '../runtime/node';
import { requireWork, type StageMessage } from '../work/message';
import { requireOrder } from './message';
import type { Order } from './order';
import { routeOf, routes } from './route';

export default defineNode<NodeConfig, StageMessage<Order>>('oms-route', () => ({
  input(message, send) {
    requireWork(message);
    const way = routeOf(requireOrder(message));
    send(routes.map((each) => (each === way ? message : null)));
  },
}));
