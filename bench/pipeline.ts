import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createPool, select } from '../nodes/store/pool';
import { cpuMeter, cpuMs, note, report, residentMb } from './rig/measure';
import { ROOT } from './rig/node-red';
import { type Hold, startSystem, type WholeSystem } from './rig/system';

const { freePort } = require('../../bin/ports') as { freePort: () => Promise<number> };

const HAPPY = ['nav:document:1', 'camel:fulfillment-request', 'nav:document:6', 'sfcc:fulfill', 'sfcc:capture'];
/** What a partner must have done for an effect of this kind to have happened. */
const PROOF: Readonly<Record<string, string>> = { 'nav.create': 'nav:document:1', 'nav.notice': 'nav:document:6', 'camel.request': 'camel:fulfillment-request', 'sfcc.fulfil': 'sfcc:fulfill' };
const LIMIT_MS = 600_000;
const MEMORY_GOAL_MB = 350;

/**
 * Places orders at the sandbox's storefront and counts what the partners really did.
 * `--orders=5000`; `--processes=2`: a worker beside the server; `--drop=0.1`: every partner acts and then cuts the connection, for this
 * share of all requests, and holds are decided by what the partner did.
 */
export async function pipeline(options: readonly string[]): Promise<void> {
  const option = (name: string, otherwise: number): number => Number(options.find((each) => each.startsWith(`--${name}=`))?.split('=')[1] ?? otherwise);
  const system = await startSystem();
  try {
    note(`ready after ${(system.readyMs / 1000).toFixed(1)} s with an empty data directory`);
    const drop = option('drop', 0);
    if (drop === 0) await unloaded(system);
    const stopWorker = option('processes', 1) > 1 ? await startWorker(system) : undefined;
    if (drop > 0) for (const partner of ['sfcc', 'nav', 'camel', 'service-bus']) await system.control('faults', { method: 'POST', body: { system: partner, fault: 'drop-after', rate: drop } });
    await run(system, option('orders', drop > 0 ? 500 : 5000), drop);
    await stopWorker?.();
  } finally {
    await system.stop();
  }
}

/** One order alone, five times, with jobs that tick every second; by the database's clock, from intake to FULFILLED. */
async function unloaded(system: WholeSystem): Promise<void> {
  const pool = createPool(system.databaseUrl(), 1);
  const crons = await select<{ id: number; cron: string }>(pool, 'SELECT id, cron FROM recurring_jobs');
  await pool.query("UPDATE recurring_jobs SET cron = '* * * * * *'");
  // The orders of a first start go first.
  const open = (): Promise<{ n: number }[]> => select(pool, "SELECT COUNT(*) AS n FROM order_status WHERE status NOT IN ('FULFILLED', 'GENERALIZE_ERROR')");
  for (let begun = false, [left] = await open(); !begun || (left?.n ?? 0) > 0; [left] = await open()) {
    begun ||= (await select(pool, 'SELECT 1 FROM order_status LIMIT 1')).length > 0;
    await sleep(50);
  }
  const runs: { total: number; steps: string }[] = [];
  for (let round = 0; round < 5; round++) {
    const { orders } = await system.control<{ orders: { ref: string }[] }>('orders', { method: 'POST', body: { platform: 'sfcc', count: 1 } });
    const ref = orders[0]?.ref;
    const audits = (): Promise<{ to: string; at: string }[]> =>
      select(pool, 'SELECT a.to_status AS `to`, UNIX_TIMESTAMP(a.at) * 1000 AS at FROM order_audits a JOIN orders o ON o.id = a.order_id WHERE o.platform_id = ? ORDER BY a.version', [ref]);
    let line = await audits();
    for (; line.at(-1)?.to !== 'FULFILLED'; line = await audits()) await sleep(50);
    const at = line.map((audit) => Number(audit.at));
    runs.push({ total: (at.at(-1) ?? 0) - (at[0] ?? 0), steps: line.slice(1).map(({ to }, i) => `${to} ${((at[i + 1] ?? 0) - (at[i] ?? 0)).toFixed(0)}`).join(', ') });
  }
  const middle = runs.toSorted((a, b) => a.total - b.total)[2];
  report('one order, unloaded, from intake to FULFILLED, median of 5', `${((middle?.total ?? 0) / 1000).toFixed(2)} s`, '< 2 s', (middle?.total ?? Infinity) < 2000);
  note(`its steps, ms (the partners’ own delays and the wait for the slot included): ${middle?.steps}`);
  for (const { id, cron } of crons) await pool.query('UPDATE recurring_jobs SET cron = ? WHERE id = ?', [cron, id]);
  await pool.end();
}

const done = (counts: ReadonlyMap<string, number>, refs: ReadonlySet<string>): number => [...refs].filter((ref) => HAPPY.every((deed) => counts.has(`${deed} ${ref}`))).length;

async function run(system: WholeSystem, orders: number, drop: number): Promise<void> {
  const pids = { 'node-red': system.pid('node-red'), sandbox: system.pid('sandbox'), mariadb: system.pid('mariadb') };
  const meter = cpuMeter(pids);
  const memory: { share: number; mb: number }[] = [];
  const begun = Date.now();
  const placed = await system.control<{ orders: { ref: string }[] }>('orders', { method: 'POST', body: { platform: 'sfcc', count: orders } });
  const refs = new Set(placed.orders.map(({ ref }) => ref));
  const tally = system.tally(refs);
  let counts = await tally();
  let fulfilled = 0;
  const marks = [0.25, 0.5, 0.9, 0.99, 1];
  while (fulfilled < orders && Date.now() - begun < LIMIT_MS) {
    await sleep(1000);
    counts = await tally();
    fulfilled = done(counts, refs);
    memory.push({ share: HAPPY.reduce((sum, deed) => sum + [...refs].filter((ref) => counts.has(`${deed} ${ref}`)).length, 0) / (orders * HAPPY.length), mb: residentMb(pids['node-red']) });
    while (marks.length > 0 && fulfilled >= (marks[0] ?? 1) * orders) note(`${((marks.shift() ?? 1) * 100).toFixed(0).padStart(4)} % after ${((Date.now() - begun) / 1000).toFixed(1)} s`);
    const { holds } = await system.api<{ holds: Hold[] }>('/api/oms/holds').catch(() => ({ holds: [] as Hold[] }));
    if (drop > 0 && fulfilled < orders && holds.length >= orders - fulfilled && Date.now() - begun > 60_000) break;
  }
  const seconds = (Date.now() - begun) / 1000;
  const spent = meter(orders);
  const { holds } = await system.api<{ holds: Hold[] }>('/api/oms/holds');
  const unnamed = holds.filter((hold) => !hold.effect?.kind || !hold.effect.key).length;
  note(`${fulfilled} of ${orders} carried out in ${seconds.toFixed(1)} s; open holds ${holds.length}, of them without the name of a call ${unnamed}`);
  note(`processor time per order: ${spent}`);
  if (drop === 0) {
    report(`whole pipeline, ${orders} orders`, `${(orders / seconds).toFixed(0)}/s`, '≥ 100/s', orders / seconds >= 100);
    const second = Math.max(...memory.filter(({ share }) => share >= 0.25 && share < 0.5).map(({ mb }) => mb));
    const end = residentMb(pids['node-red']);
    report('Node-RED, resident at the end / in the second quarter', `${end.toFixed(0)}/${second.toFixed(0)} MB`, '≤ 1.10', end / second <= 1.1);
    const peak = Math.max(...memory.map(({ mb }) => mb));
    report('Node-RED, resident at most', `${peak.toFixed(0)} MB`, `≤ ${MEMORY_GOAL_MB} MB`, peak <= MEMORY_GOAL_MB);
  }
  await decideHolds(system, refs, orders);
  counts = await tally();
  const twice = [...counts].filter(([, times]) => times > 1);
  fulfilled = done(counts, refs);
  note(`after deciding the holds: ${fulfilled} of ${orders}; effects that happened twice: ${twice.length}`);
  if (fulfilled < orders || twice.length > 0 || unnamed > 0) throw new Error('orders were lost, carried out twice, or held without the name of a call');
}

/** A person's part: every hold is decided by what the partner did. */
async function decideHolds(system: WholeSystem, refs: ReadonlySet<string>, orders: number): Promise<void> {
  await system.control('faults', { method: 'DELETE' });
  const tally = system.tally(refs);
  for (let round = 0; round < 120; round++) {
    const counts = await tally();
    if (done(counts, refs) >= orders) return;
    for (const { id, name, effect } of (await system.api<{ holds: Hold[] }>('/api/oms/holds')).holds) {
      const happened = effect && counts.has(`${PROOF[effect.kind]} ${name.slice(name.indexOf('-') + 1)}`);
      const decision = effect ? (happened ? 'done' : 'resend') : 'release';
      await system.api(`/api/oms/holds/${id}/decision`, { method: 'POST', body: { decision, reason: 'looked at the partner' } }).catch(() => undefined);
    }
    await sleep(1000);
  }
}

/** A second process on the same database: a worker without editor, with the first one's own environment. */
async function startWorker(system: WholeSystem): Promise<() => Promise<void>> {
  const environment = readFileSync(`/proc/${system.pid('node-red')}/environ`, 'utf8').split('\0').filter(Boolean);
  const env = Object.fromEntries(environment.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
  const child = fork(path.join(ROOT, 'dist/server.js'), [], {
    execArgv: ['--max-semi-space-size=16', '--max-old-space-size=1024'],
    silent: true,
    env: { ...env, OMS_PORT: String(await freePort()), OMS_DATA_DIR: path.join(system.dir, 'worker'), OMS_ROLE: 'worker', OMS_EDITOR: 'off', OMS_SUPERVISED: '' },
  });
  child.stdout?.resume();
  let words = '';
  child.stderr?.on('data', (chunk: Buffer) => (words += chunk.toString()));
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    child.on('message', (message) => (message as { type?: string }).type === 'ready' && resolve());
    child.once('exit', () => reject(new Error(`the worker did not start: ${words}`)));
  });
  note('a worker process runs beside the server');
  const before = cpuMs(child.pid ?? 0);
  return async () => {
    note(`the worker took ${((cpuMs(child.pid ?? 0) - before) / 1000).toFixed(1)} s of processor time; resident ${residentMb(child.pid ?? 0).toFixed(0)} MB`);
    child.kill('SIGTERM');
    await ended;
  };
}
