import { type ChildProcess, fork } from 'node:child_process';
import path from 'node:path';
import { select } from '../nodes/store/pool';
import type { ClaimReport } from './claims-worker';
import { startDatabase, type BenchDatabase } from './rig/database';
import { cpuMeter, note, quantile, report } from './rig/measure';
import { numbers } from './rig/orders';

const ROWS = 1_000_000;
const WORKERS = 4;
const BATCH = 100;
/** How long the workers claim; the whole million takes longer than anybody wants to wait. `--all` claims it all. */
const SECONDS = 20;

/**
 * Claims of 100 by four processes out of a million due rows, while somebody holds a snapshot open: nothing that was claimed can be
 * purged then, and every search of the index meets it.
 */
export async function claims(options: readonly string[]): Promise<void> {
  const all = options.includes('--all');
  const database = await startDatabase(['--innodb-buffer-pool-size=512M']);
  try {
    await makeDue(database);
    const snapshot = await database.admin.getConnection();
    await snapshot.query('SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ; START TRANSACTION WITH CONSISTENT SNAPSHOT');
    const opened = Date.now();
    await snapshot.query('SELECT COUNT(*) FROM order_status WHERE due_at IS NULL');
    const meter = cpuMeter({ database: database.pid });
    const begun = performance.now();
    const reports = await Promise.all(Array.from({ length: WORKERS }, () => work(database, all ? 3600 : SECONDS)));
    const seconds = (performance.now() - begun) / 1000;
    const claimed = reports.flatMap(({ orders }) => orders);
    const times = reports.flatMap((each) => each.times);
    const rate = claimed.length / seconds;
    note(`${claimed.length} of ${ROWS} orders in ${seconds.toFixed(1)} s by ${WORKERS} processes; processor time each: ${meter(claimed.length)}; empty claims ${reports.reduce((sum, { empty }) => sum + empty, 0)}`);
    report(`claims of ${BATCH}, orders/s, a snapshot open`, rate.toFixed(0), '≥ 10000', rate >= 10_000);
    report(`one claim of ${BATCH}, p99`, `${quantile(times, 0.99).toFixed(0)} ms`, '≤ 100 ms', quantile(times, 0.99) <= 100);
    note(`median ${quantile(times, 0.5).toFixed(1)} ms, longest ${Math.max(...times).toFixed(0)} ms; the snapshot was open for ${((Date.now() - opened) / 1000).toFixed(0)} s`);
    const twice = claimed.length - new Set(claimed).size;
    const [row] = await select<{ n: number }>(database.admin, 'SELECT COUNT(*) AS n FROM order_status WHERE claim_token IS NOT NULL');
    if (twice > 0 || row?.n !== claimed.length) throw new Error(`${twice} orders were claimed twice; ${row?.n} are claimed in the database`);
    await snapshot.query('ROLLBACK');
    snapshot.release();
  } finally {
    await database.stop();
  }
}

/** A million orders due in one stage and lane, most of them at the same moment, as after a pause. */
async function makeDue({ admin }: BenchDatabase): Promise<void> {
  await admin.query(
    `SET foreign_key_checks = 0;
     INSERT INTO order_status (order_id, store_id, status, version, entered_at, lane, due_at)
       SELECT n, 1, 'READY_TO_CREATE_IN_NAV', 1, NOW(6), 'US', NOW(6) - INTERVAL (n MOD 10) SECOND FROM ${numbers(ROWS)} x;
     SET foreign_key_checks = 1; ANALYZE TABLE order_status`,
  );
}

function work(database: BenchDatabase, seconds: number): Promise<ClaimReport> {
  const child: ChildProcess = fork(path.join(__dirname, 'claims-worker.js'), [database.urls.app, String(BATCH), String(seconds)]);
  return new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(message as ClaimReport));
    child.once('exit', (code) => code !== 0 && reject(new Error(`a worker ended with ${code}`)));
  });
}
