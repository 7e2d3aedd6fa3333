import { defineNode, type NodeConfig } from '../runtime/node';
import { answer, correlationOf, type HttpMessage } from './caller';
import { Deliveries } from './deliveries';
import { IdempotencyKeys } from './idempotency';

export default defineNode<NodeConfig, HttpMessage>('oms-reply', (node) => {
  const keys = node.services.get(IdempotencyKeys);
  const deliveries = node.services.get(Deliveries);
  return {
    async input(message) {
      const status = message.statusCode ?? 200;
      const body = message.payload as { order_id?: string; reason?: string; status?: string } | undefined;
      if (message.delivery !== undefined) {
        const reason = `answered ${status}${body?.reason ? `: ${body.reason}` : ''}`;
        await deliveries.settle(message.delivery, status < 400 ? { outcome: 'complete' } : { outcome: 'dead-letter', reason });
        return;
      }
      if (status < 400) return answer(message, keys, status, body);
      const problem = { type: 'about:blank', title: status === 404 ? 'order.unknown' : 'order.impossible', detail: body?.reason, correlation_id: correlationOf(message), ...body, http_status: status };
      node.log.info({ order: body?.order_id, flow: node.flow, node: node.id, code: problem.title, status: String(status), correlation: problem.correlation_id }, 'a caller was refused');
      await answer(message, keys, status, problem, 'application/problem+json');
    },
  };
});
