import { requireOrder } from '../orders/message';
import type { Order } from '../orders/order';
import { defineNode, type NodeConfig } from '../runtime/node';
import { requireWork, type StageMessage } from '../work/message';
import { BatchingPlaces } from './places';

export default defineNode<NodeConfig, StageMessage<Order>>('oms-batching-place', (node) => {
  const places = node.services.get(BatchingPlaces);
  return {
    async input(message, send) {
      const work = requireWork(message);
      const { key } = requireOrder(message).warehouse;
      const place = await places.take(work.order, key);
      if (!place.taken) message.reason = `the capacity of ${key} is full: ${place.used} of ${place.capacity}`;
      send(place.taken ? [message, null] : [null, message]);
    },
  };
});
