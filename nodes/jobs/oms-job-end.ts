import { defineNode, type NodeConfig } from '../runtime/node';
import { type JobMessage, requireJob } from './message';
import { JobRuns } from './runs';

export default defineNode<NodeConfig, JobMessage>('oms-job-end', (node) => {
  const runs = node.services.get(JobRuns);
  return {
    async input(message, send) {
      const job = requireJob(message);
      const counts = (message.payload ?? {}) as Record<string, unknown>;
      const result = Object.entries(counts)
        .filter(([, value]) => typeof value === 'number')
        .map(([name, value]) => `${String(value)} ${name}`)
        .join(', ');
      await runs.end(job, 'done', result);
      const ms = Math.round(performance.now() - job.since);
      node.badge({ fill: 'green', text: `${result || 'done'} in ${ms} ms` });
      // A run that found nothing shows in the badge and in job_runs; the debug panel is for what happened.
      if (Object.values(counts).some((value) => typeof value === 'number' && value > 0)) send({ payload: { job: job.class, store: job.storeUrl, status: 'done', ...counts, ms } });
    },
  };
});
