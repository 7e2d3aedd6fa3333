import { failpoint } from '../runtime/failpoints';
import { defineNode, type NodeConfig } from '../runtime/node';
import { type OutboxMessage, requireBatch } from './message';
import { Outbox } from './outbox';

export default defineNode<NodeConfig, OutboxMessage>('oms-outbox-end', (node) => {
  const outbox = node.services.get(Outbox);
  return {
    async input(message, send) {
      const batch = requireBatch(message);
      await failpoint('outbox.publish', 'order-events');
      const marked = await outbox.published(batch);
      await failpoint('outbox.published', 'order-events');
      const ms = Math.round(performance.now() - batch.since);
      const status = marked ? 'published' : 'published, and given on meanwhile: they are published again';
      node.log.info({ flow: node.flow, node: node.id, code: marked ? 'outbox.published' : 'outbox.fenced', orders: batch.ids.length, ms }, 'domain events were published');
      send({ payload: { events: batch.ids.length, status, ms } });
    },
  };
});
