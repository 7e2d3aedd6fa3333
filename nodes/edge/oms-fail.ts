import { JobRuns } from '../jobs/runs';
import { hasBatch, type OutboxMessage } from '../outbox/message';
import { Outbox } from '../outbox/outbox';
import { describe, type Failure } from '../runtime/failure';
import { Metrics } from '../runtime/metrics';
import { defineNode, type NodeConfig } from '../runtime/node';
import { StageEnds } from '../work/ends';
import { hasWork, report, type StageMessage } from '../work/message';
import { answer, correlationOf, type HttpMessage } from './caller';
import { Deliveries } from './deliveries';
import { IdempotencyKeys } from './idempotency';
import { problemOf } from './problem';

type FailedMessage = HttpMessage & Partial<StageMessage> & Partial<OutboxMessage> & { job?: { run: number; attempt: number; class: string }; error?: { message?: string; source?: { name?: string; id?: string } } };

export default defineNode<NodeConfig, FailedMessage>('oms-fail', (node) => {
  const { services } = node;
  const ends = services.get(StageEnds);
  const keys = services.get(IdempotencyKeys);
  const deliveries = services.get(Deliveries);
  const runs = services.get(JobRuns);
  const outbox = services.get(Outbox);
  const metrics = services.get(Metrics);
  return {
    async input(message, send) {
      const failure: Failure = message.failure ?? describe(new Error(message.error?.message ?? 'a node reported an error'));
      const source = message.error?.source;
      const actor = `flow:${source?.name ?? source?.id ?? node.name}`.slice(0, 100);
      if (message.res) {
        const problem = problemOf(failure, correlationOf(message));
        if (problem.status === 503) message.headers = { 'retry-after': String(Math.ceil((failure.retryAfterMs ?? 1000) / 1000)) };
        node.log.info({ flow: node.flow, node: source?.id, code: failure.code, status: String(problem.status), correlation: problem.correlation_id }, 'a caller was refused');
        await answer(message, keys, problem.status, problem, 'application/problem+json');
      }
      if (message.delivery !== undefined)
        await deliveries.settle(message.delivery, failure.class === 'invalid' ? { outcome: 'dead-letter', reason: failure.message } : { outcome: 'abandon', failure });
      if (hasWork(message)) {
        message.work.at = source?.id ?? node.id;
        const isDown = failure.partnerDown !== undefined;
        metrics.failure(message.work.name, isDown ? 'partner-down' : failure.class);
        const decided = await ends.fail(message.work, failure, actor);
        if (!isDown) node.log.info({ order: message.order.name ?? message.work.order, flow: node.flow, node: source?.id, code: failure.code, status: decided }, 'a failure was decided');
        send({ payload: { ...report(message, decided), reason: failure.code } });
      } else if (message.job) {
        await runs.end(message.job, 'failed', `${failure.code}: ${failure.message}`);
        send({ payload: { job: message.job.class, status: 'failed', reason: failure.code } });
      } else if (hasBatch(message)) {
        await outbox.giveBack(message.outbox.token);
        send({ payload: { events: message.outbox.ids.length, status: 'waiting', reason: failure.code } });
      }
    },
  };
});
