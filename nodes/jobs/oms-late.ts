import { InvalidInput } from '../runtime/errors';
import { defineNode, type NodeConfig } from '../runtime/node';
import { Database } from '../store/database';
import { LATE_STATUSES, tellLate, WORKING_STATUSES } from './late';
import { type JobMessage, requireJob } from './message';

interface LateConfig extends NodeConfig {
  /** One status; empty: each that works. */
  from: string;
}

export default defineNode<LateConfig, JobMessage>('oms-late', (node, { from }) => {
  const { pool } = node.services.get(Database);
  const statuses = from ? LATE_STATUSES.filter((status) => status === from) : WORKING_STATUSES;
  if (statuses.length === 0) throw new InvalidInput(`nobody is late in ${from}`, { code: 'late.unknown-status' });
  return {
    async input(message, send) {
      const job = requireJob(message);
      message.payload = { orders: await tellLate(pool, statuses, `job:${job.class}`) };
      send(message);
    },
  };
});
