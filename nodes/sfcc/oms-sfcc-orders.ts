import { JobRuns } from '../jobs/runs';
import { type JobMessage, requireJob } from '../jobs/message';
import { findStore } from '../orders/intake';
import { Environment } from '../runtime/environment';
import { Database } from '../store/database';
import { defineNode, type NodeConfig } from '../runtime/node';
import type { SfccClient } from './client';
import { readOrdersInError } from './in-error';
import { firstPage, nextPage, type PageCursor } from './pages';

interface SfccOrdersConfig extends NodeConfig {
  connection: string;
  pageSize: number | string;
}

type PageMessage = JobMessage & { cursor?: PageCursor; counts?: Record<string, number> };

export default defineNode<SfccOrdersConfig, PageMessage>('oms-sfcc-orders', (node, config) => {
  const sfcc = node.use<SfccClient>(config.connection);
  const { pool } = node.services.get(Database);
  const runs = node.services.get(JobRuns);
  const overlapMs = node.services.get(Environment).number('SFCC_OVERLAP_SECONDS', node.services.get(Environment).sandbox ? 10 : 300) * 1000;
  const count = Math.min(200, Math.max(1, Number(config.pageSize) || 200));
  return {
    async input(message, send) {
      const job = requireJob(message);
      const cursor = message.cursor ?? firstPage(job.watermark, overlapMs);
      // The page before has been committed by now: what it covered need not be read again.
      if (cursor.covered) await runs.advance(job.id, new Date(cursor.covered));
      const store = await findStore(pool, job.storeUrl);
      if (cursor.done && !cursor.refreshed) {
        const orders = await readOrdersInError(pool, sfcc, store);
        if (orders.length > 0) {
          message.cursor = { start: 0, done: true, refreshed: true };
          message.payload = { store: job.storeUrl, orders };
          send([message, null]);
          return;
        }
      }
      if (cursor.done) {
        message.payload = message.counts ?? {};
        delete message.cursor;
        send([null, message]);
        return;
      }
      const page = await sfcc.searchOrders({ site: store.site ?? '', ...(cursor.from && { from: new Date(cursor.from) }), start: cursor.start, count });
      message.cursor = nextPage(cursor, page.orders, count);
      message.payload = { store: job.storeUrl, orders: page.orders };
      send([message, null]);
    },
  };
});
