// One of the processes of the claims benchmark: claims as a stage does until nothing is due or its time is over.
import { createLog } from '../nodes/runtime/log';
import { createPool } from '../nodes/store/pool';
import { Claims } from '../nodes/work/claims';
import { Processes } from '../nodes/work/processes';

export interface ClaimReport {
  orders: number[];
  /** Milliseconds of each claim that got something. */
  times: number[];
  /** Claims that got nothing although something was due. */
  empty: number;
}

async function main([url = '', batch = '', seconds = '']: readonly string[]): Promise<void> {
  const pool = createPool(url, 4);
  const processes = new Processes(pool, createLog('silent'), { instance: `claims-${process.pid}`, role: 'worker' });
  await processes.start();
  const claims = new Claims(pool, processes);
  const report: ClaimReport = { orders: [], times: [], empty: 0 };
  const end = performance.now() + Number(seconds) * 1000;
  for (let idle = 0; performance.now() < end && idle < 200; ) {
    const begun = performance.now();
    const claimed = await claims.claim({ kind: 'status', name: 'READY_TO_CREATE_IN_NAV' }, 'US', Number(batch));
    if (claimed.length === 0) {
      idle += 1;
      report.empty++;
      continue;
    }
    idle = 0;
    report.times.push(performance.now() - begun);
    for (const { order } of claimed) report.orders.push(order);
  }
  process.send?.(report, () => process.exit(0));
}

void main(process.argv.slice(2));
