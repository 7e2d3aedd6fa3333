import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { splitFlows } from '../nodes/flows/files';
import type { FlowNode } from '../nodes/flows/node';
import { lifecycle, type Status } from '../nodes/lifecycle/lifecycle';
import { isWorking } from '../nodes/lifecycle/stages';
import { select } from '../nodes/store/pool';
import { groupedBare } from './bare';
import { type BenchDatabase, startDatabase } from './rig/database';
import { cpuMeter, inFlight, median, note, quantile, report, residentMb } from './rig/measure';
import { makeOrders } from './rig/orders';
import { type BenchServer, startServer } from './rig/server';

const ORDERS = 10_000;
const STAGES = 10;
const ROUNDS = 3;
const UNLOADED = 100;
const IN_FLIGHT = 256;
/** Orders in work at once in each stage. */
const PER_STAGE = 256;

/** Ten stages of claim → pass → transition in the real server, against the same rows written by bare mysql2; no remote calls. */
export async function stages(): Promise<void> {
  const database = await startDatabase();
  try {
    const line = workingLine(STAGES + 1);
    const flowsDir = path.join(database.dir, 'flows');
    writeFlows(flowsDir, line);
    await makeOrders(database.admin, ORDERS, line[0] as Status);
    const rates = { bare: [] as number[], one: [] as number[], two: [] as number[] };
    for (let round = 0; round < ROUNDS; round++) {
      rates.bare.push(await bareLine(database, line));
      rates.one.push(await throughServers(database, line, flowsDir, 1));
      rates.two.push(await throughServers(database, line, flowsDir, 2));
    }
    const [bare, one, two] = [median(rates.bare), median(rates.one), median(rates.two)];
    note(`transitions/s, median of ${ROUNDS} interleaved rounds of ${ORDERS} orders × ${STAGES} stages: bare ${bare.toFixed(0)}, one process ${one.toFixed(0)}, two processes ${two.toFixed(0)}`);
    report(`ten stages in one process / bare at ${IN_FLIGHT}`, (one / bare).toFixed(2), '≥ 0.60', one / bare >= 0.6);
    report('two processes / one process', (two / one).toFixed(2), '(printed)', undefined);
    const times = await unloaded(database, line, flowsDir);
    report(`one unloaded order through ten stages, p99 of ${UNLOADED}`, `${quantile(times, 0.99).toFixed(0)} ms`, '≤ 100 ms', quantile(times, 0.99) <= 100);
    note(`its median: ${median(times).toFixed(0)} ms`);
  } finally {
    await database.stop();
  }
}

/** A line of legal steps through working statuses, one more than there are stages to measure; the first stage only starts the clock. */
function workingLine(length: number): Status[] {
  const waits = (to: Status): boolean => !isWorking(to, { platform: 'sfcc', navKnows: false, isParent: false });
  const search = (line: Status[]): Status[] | undefined => {
    const last = line.at(-1) as Status;
    const next = lifecycle.statuses[last].next;
    if (line.length === length) {
      const end = next.find((to) => !line.includes(to) && waits(to));
      return end && [...line, end];
    }
    for (const to of next) {
      if (line.includes(to) || waits(to)) continue;
      const found = search([...line, to]);
      if (found) return found;
    }
    return undefined;
  };
  for (const from of lifecycle.names) {
    const found = lifecycle.statuses[from].kind === 'working' ? search([from]) : undefined;
    if (found) return found;
  }
  throw new Error(`the lifecycle has no line of ${length} working statuses`);
}

function writeFlows(dir: string, line: readonly Status[]): void {
  const nodes: FlowNode[] = [{ id: 'bench', type: 'tab', label: 'Ten stages', info: 'Claim, pass, move: no remote calls.' }];
  line.slice(0, -1).forEach((from, index) => {
    const id = `bench-${String(index).padStart(2, '0')}`;
    nodes.push(
      { id: `${id}-work`, type: 'oms-work', z: 'bench', name: `Take ${from}`, source: 'status', from, task: '', lanes: 'US', perLane: PER_STAGE, failure: '', attempts: 8, firstSeconds: 1, maxSeconds: 60, scheduled: false, x: 200, y: 100 + index * 60, wires: [[`${id}-pass`]] },
      { id: `${id}-pass`, type: 'junction', z: 'bench', x: 400, y: 100 + index * 60, wires: [[`${id}-move`]] },
      { id: `${id}-move`, type: 'oms-transition', z: 'bench', name: 'Move on', to: line[index + 1], reason: '', x: 600, y: 100 + index * 60, wires: [[], [], []] },
    );
  });
  const { files } = splitFlows(nodes);
  for (const [file, text] of files) {
    mkdirSync(path.dirname(path.join(dir, file)), { recursive: true });
    writeFileSync(path.join(dir, file), text);
  }
}

/** Every order stands at the beginning again, and stays there until it is made due: a hold is open. */
async function back({ admin }: BenchDatabase, line: readonly Status[]): Promise<void> {
  await admin.query(`DELETE FROM outbox; UPDATE order_status SET status = '${line[0]}', claim_token = NULL, claimed_by = NULL, attempts = 0, due_at = NULL, holds = 1`);
}

async function bareLine(database: BenchDatabase, line: readonly Status[]): Promise<number> {
  const bare = groupedBare(database.urls.app);
  await back(database, line);
  const ids = Array.from({ length: ORDERS }, (_, i) => i + 1);
  const meter = cpuMeter({ node: process.pid, database: database.pid });
  const run = await inFlight(ids, IN_FLIGHT, async (order) => {
    for (let step = 1; step <= STAGES; step++) await bare.move({ order, from: line[step - 1] as string, to: line[step] as string, due: true });
  });
  note(`bare: ${(run.rate * STAGES).toFixed(0)} transitions/s; processor time each: ${meter(ORDERS * STAGES)}`);
  await bare.stop();
  return run.rate * STAGES;
}

async function throughServers(database: BenchDatabase, line: readonly Status[], flowsDir: string, count: number): Promise<number> {
  await back(database, line);
  const servers: BenchServer[] = [];
  for (let i = 0; i < count; i++) servers.push(await startServer(database, { name: `server-${i}`, flowsDir, env: i === 0 ? {} : { OMS_EDITOR: 'off' } }));
  try {
    const steps = line.length - 1;
    const meter = cpuMeter({ ...Object.fromEntries(servers.map(({ pid }, i) => [`server ${i + 1}`, pid])), database: database.pid });
    const versions = await versionsNow(database);
    await database.admin.query('UPDATE order_status SET holds = 0, due_at = NOW(6)');
    await arrived(database, line.at(-1) as Status, ORDERS);
    const cpu = meter(ORDERS * steps);
    const seconds = await span(database, versions + 1, versions + steps);
    const rate = (ORDERS * steps) / seconds;
    note(`${count} process${count > 1 ? 'es' : ''}: ${rate.toFixed(0)} transitions/s; processor time each: ${cpu}; resident ${servers.map(({ pid }) => residentMb(pid).toFixed(0)).join(' and ')} MB`);
    return rate;
  } finally {
    for (const server of servers) await server.stop();
  }
}

async function versionsNow({ admin }: BenchDatabase): Promise<number> {
  const [row] = await select<{ low: number; high: number }>(admin, 'SELECT MIN(version) AS low, MAX(version) AS high FROM order_status');
  if (!row || row.low !== row.high) {
    const high = row?.high ?? 1;
    await admin.query('UPDATE order_status SET version = ?', [high]);
    return high;
  }
  return row.low;
}

async function arrived({ admin }: BenchDatabase, status: Status, count: number): Promise<void> {
  for (;;) {
    const [row] = await select<{ n: number }>(admin, 'SELECT COUNT(*) AS n FROM order_status WHERE status = ?', [status]);
    if ((row?.n ?? 0) >= count) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Seconds from the first audit of version `first` to the last one of version `last`. */
async function span({ admin }: BenchDatabase, first: number, last: number): Promise<number> {
  const [row] = await select<{ seconds: number }>(
    admin,
    'SELECT TIMESTAMPDIFF(MICROSECOND, (SELECT MIN(at) FROM order_audits WHERE version = ?), (SELECT MAX(at) FROM order_audits WHERE version = ?)) / 1e6 AS seconds',
    [first, last],
  );
  return Number(row?.seconds);
}

/** Milliseconds from entering the first of the ten stages to leaving the last, one order at a time. */
async function unloaded(database: BenchDatabase, line: readonly Status[], flowsDir: string): Promise<number[]> {
  const server = await startServer(database, { name: 'server-0', flowsDir });
  const times: number[] = [];
  try {
    await database.admin.query(`UPDATE order_status SET status = '${line.at(-1)}', due_at = NULL, claim_token = NULL, claimed_by = NULL`);
    for (let order = 1; order <= UNLOADED; order++) {
      await database.admin.query(`UPDATE order_status SET status = '${line[0]}', due_at = NOW(6) WHERE order_id = ?`, [order]);
      await arrived(database, line.at(-1) as Status, ORDERS);
      const [row] = await select<{ ms: number }>(
        database.admin,
        `SELECT TIMESTAMPDIFF(MICROSECOND, MIN(at), MAX(at)) / 1000 AS ms FROM (SELECT at FROM order_audits WHERE order_id = ? ORDER BY version DESC LIMIT ${STAGES + 1}) a`,
        [order],
      );
      times.push(Number(row?.ms));
    }
  } finally {
    await server.stop();
  }
  return times;
}
