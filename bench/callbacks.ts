import { type ChildProcess, fork } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import autocannon from 'autocannon';
import { splitFlows } from '../nodes/flows/files';
import type { FlowNode } from '../nodes/flows/node';
import { readFlows } from '../nodes/flows/storage';
import { select } from '../nodes/store/pool';
import { startDatabase } from './rig/database';
import { cpuMeter, median, note, report } from './rig/measure';
import { ROOT } from './rig/node-red';
import { makeOrders } from './rig/orders';
import { BARE_FLOW } from './rig/bare-flow';
import { startServer, TOKENS } from './rig/server';

const ORDERS = 60_000;
const REQUESTS = 6000;
const ROUNDS = 3;

/**
 * `PATCH …/status`, committed before the answer, against `http in` wired to `http response`: in the same server, behind the same edge,
 * and in a Node-RED of its own with nothing of ours in front of it. The same client for all.
 */
export async function callbacks(): Promise<void> {
  const database = await startDatabase();
  const flowsDir = path.join(database.dir, 'flows');
  onlyEndpoints(flowsDir);
  await makeOrders(database.admin, ORDERS, 'PENDING_NAV_RELEASE');
  await database.admin.query("INSERT INTO effects (kind, `key`, order_id, request_hash, state, attempt) SELECT 'nav.create', CONCAT('nav.create:', id), id, REPEAT('0', 32), 'done', 1 FROM orders");
  // What comes after the release is not measured: its stage is paused.
  await database.admin.query("INSERT INTO pauses (kind, name, reason, actor) VALUES ('stage', 'RELEASED_FROM_NAV', 'benchmark', 'bench')");
  const server = await startServer(database, { name: 'server', flowsDir });
  const bare = await startBare(database.dir);
  let order = 0;
  try {
    for (const connections of [32, 128]) {
      const runs = { alone: [] as Shot[], bare: [] as Shot[], callback: [] as Shot[] };
      let cpu = '';
      for (let round = 0; round < ROUNDS; round++) {
        runs.alone.push(await shoot(bare.url, connections, () => BARE));
        runs.bare.push(await shoot(server.url, connections, () => BARE));
        const meter = cpuMeter({ server: server.pid, database: database.pid });
        runs.callback.push(
          await shoot(server.url, connections, () => {
            order++;
            return {
              method: 'PATCH',
              path: `/api/v3/osor_order/status/B-N${order}`,
              headers: { 'content-type': 'application/json', 'x-user-token': TOKENS.mulesoft },
              body: JSON.stringify({ status: 'RELEASED_FROM_NAV', event_id: `bench-${order}`, nav_order_no: `SO-${order}` }),
            };
          }),
        );
        cpu = meter(REQUESTS);
      }
      const [callback, plain, alone] = [runs.callback, runs.bare, runs.alone].map((shots) => median(shots.map(({ rate }) => rate))) as [number, number, number];
      const p99 = (shots: readonly Shot[]): string => `${median(shots.map((shot) => shot.p99)).toFixed(0)} ms`;
      note(`${connections} connections, median of ${ROUNDS} interleaved rounds of ${REQUESTS}: callback ${callback.toFixed(0)}/s, bare ${plain.toFixed(0)}/s, bare without our edge ${alone.toFixed(0)}/s; processor time of a callback: ${cpu}`);
      report(`callback / bare http in → http response, ${connections} connections`, (callback / plain).toFixed(2), '≥ 0.40', callback / plain >= 0.4);
      report(`callback / the same in a Node-RED without our edge`, (callback / alone).toFixed(2), '(printed)', undefined);
      report(`callback, p99 at ${connections} connections`, p99(runs.callback), '(printed)', undefined);
      note(`p99 of bare: ${p99(runs.bare)}, without our edge ${p99(runs.alone)}`);
    }
    const [row] = await select<{ n: number }>(database.admin, "SELECT COUNT(*) AS n FROM order_status WHERE status = 'RELEASED_FROM_NAV'");
    if (row?.n !== order) throw new Error(`${order} callbacks were sent, ${row?.n} orders moved`);
  } finally {
    bare.stop();
    await server.stop();
    await database.stop();
  }
}

/** The project's endpoints and the stage that a release wakes; no partners, no schedules. */
function onlyEndpoints(dir: string): void {
  cpSync(path.join(ROOT, 'flows'), dir, { recursive: true });
  const flows = readFlows(dir);
  const tabs = flows.filter((node) => node.type === 'tab' && flows.some((each) => each.z === node.id && each.type === 'http in')).map(({ id }) => id);
  const kept = flows.filter((node) => tabs.includes(node.id) || tabs.includes(String(node.z))).filter((node) => node['d'] !== true && !/^oms-(sfcc|nav-document|service-bus|camel|due|job|schedules)/.test(node.type));
  const ids = new Set(kept.map(({ id }) => id));
  const whole = kept.map((node): FlowNode => (Array.isArray(node['wires']) ? { ...node, wires: (node['wires'] as string[][]).map((wires) => wires.filter((id) => ids.has(id))) } : node));
  const stage: FlowNode = {
    id: 'bench-work', type: 'oms-work', z: tabs[0] as string, name: 'Paused', source: 'status', from: 'RELEASED_FROM_NAV', task: '', lanes: '', perLane: 1, failure: '', attempts: 1,
    firstSeconds: 1, maxSeconds: 1, scheduled: false, x: 2000, y: 2000, wires: [[]],
  };
  const staged = whole.some((node) => node.type === 'oms-work' && node['from'] === 'RELEASED_FROM_NAV') ? whole : [...whole, stage];
  const { files } = splitFlows([...staged, ...BARE_FLOW]);
  for (const [file, text] of files) {
    mkdirSync(path.dirname(path.join(dir, file)), { recursive: true });
    writeFileSync(path.join(dir, file), text);
  }
}

const BARE = { method: 'PATCH', path: '/bare', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ status: 'RELEASED_FROM_NAV', event_id: 'bare' }) };

interface Shot {
  rate: number;
  p99: number;
}

async function shoot(url: string, connections: number, request: () => Pick<autocannon.Request, 'method' | 'path' | 'headers' | 'body'>): Promise<Shot> {
  const begun = performance.now();
  // It ends by the tick of a second: the last answer counts.
  let last = begun;
  const running = autocannon({
    url,
    connections,
    amount: REQUESTS,
    requests: [{ setupRequest: (before: autocannon.Request) => ({ ...before, ...request() }) }],
  });
  running.on('response', () => (last = performance.now()));
  const result = await running;
  if (result.non2xx > 0 || result.errors > 0) throw new Error(`${result.non2xx} refusals and ${result.errors} errors`);
  return { rate: (REQUESTS / (last - begun)) * 1000, p99: result.latency.p99 };
}

/** A process of its own, as the server is. */
async function startBare(dir: string): Promise<{ url: string; stop: () => void }> {
  const child: ChildProcess = fork(path.join(__dirname, 'bare-node-red.js'), [dir], { execArgv: ['--max-semi-space-size=16'], silent: true });
  const url = await new Promise<string>((resolve, reject) => {
    child.once('message', (message) => resolve(String(message)));
    child.once('exit', () => reject(new Error('the bare Node-RED did not start')));
  });
  return { url, stop: () => void child.kill('SIGKILL') };
}
