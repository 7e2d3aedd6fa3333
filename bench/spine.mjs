#!/usr/bin/env node
// The whole system from outside: starts it with a data directory of its own, places orders, and counts what the partners really did.
//   node bench/spine.mjs [orders=500] [--drop 0.1]
// --drop: every partner acts and then cuts the connection, for this share of all requests; holds are decided by what the partner did.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import net from 'node:net';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const HAPPY = ['nav:document:1', 'camel:fulfillment-request', 'nav:document:6', 'sfcc:fulfill', 'sfcc:capture'];
/** What a partner must have done for an effect of this kind to have happened. */
const PROOF = { 'nav.create': 'nav:document:1', 'nav.notice': 'nav:document:6', 'camel.request': 'camel:fulfillment-request', 'sfcc.fulfil': 'sfcc:fulfill' };
const LIMIT_MS = 600_000;

const orders = Number(process.argv.find((argument) => /^\d+$/.test(argument)) ?? 500);
const drop = process.argv.includes('--drop') ? Number(process.argv[process.argv.indexOf('--drop') + 1]) : 0;

const freePort = () =>
  new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

const dir = mkdtempSync(path.join(tmpdir(), 'oms-bench-'));
const [port, sandboxPort] = [await freePort(), await freePort()];
const child = spawn(process.execPath, ['bin/run', 'start'], {
  cwd: ROOT,
  stdio: ['ignore', 'ignore', 'inherit'],
  env: { ...process.env, OMS_PORT: port, OMS_SANDBOX_PORT: sandboxPort, OMS_DATA_DIR: dir },
});
const ended = new Promise((resolve) => child.once('exit', resolve));

const ask = async (url, { method = 'GET', headers, body } = {}) => {
  const response = await fetch(url, { method, headers: { 'content-type': 'application/json', ...headers }, ...(body && { body: JSON.stringify(body) }) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${text.slice(0, 200)}`);
  return text ? JSON.parse(text) : undefined;
};
const control = (where, options) => ask(`http://127.0.0.1:${sandboxPort}/control/${where}`, options);
let operator;
const api = (where, options) => ask(`http://127.0.0.1:${port}${where}`, { ...options, headers: operator });

/** How often each partner acted for each order. */
async function tally(refs) {
  const { effects } = await control('effects?limit=10000000');
  const counts = new Map();
  for (const { system, operation, ref } of effects) if (refs.has(ref)) counts.set(`${system}:${operation} ${ref}`, (counts.get(`${system}:${operation} ${ref}`) ?? 0) + 1);
  return counts;
}

/** Processor time of the system's processes so far, in milliseconds. */
function processorTime() {
  return Object.fromEntries(
    ['node-red', 'sandbox', 'mariadb'].map((name) => {
      const pid = readFileSync(path.join(dir, 'run', `${name}.pid`), 'utf8').trim();
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
      return [name, (Number(fields[11]) + Number(fields[12])) * 10];
    }),
  );
}

async function ready() {
  for (const begun = Date.now(); Date.now() - begun < 120_000; await sleep(200)) {
    if (child.exitCode !== null) throw new Error('the system did not start');
    if (await fetch(`http://127.0.0.1:${port}/readyz`).then((response) => response.ok, () => false)) return;
  }
  throw new Error('the system was not ready within two minutes');
}

const fulfilled = (counts, refs) => [...refs].filter((ref) => HAPPY.every((deed) => counts.has(`${deed} ${ref}`))).length;

try {
  const cold = Date.now();
  await ready();
  const { tokens } = JSON.parse(readFileSync(path.join(dir, 'credentials.json'), 'utf8'));
  operator = { 'x-user-token': tokens.operator, 'x-actor': 'bench' };
  console.log(`${cpus().length} cores, Node ${process.version}; ready after ${((Date.now() - cold) / 1000).toFixed(1)} s`);
  if (drop > 0) for (const system of ['sfcc', 'nav', 'camel', 'service-bus']) await control('faults', { method: 'POST', body: { system, fault: 'drop-after', rate: drop } });
  const before = processorTime();
  const begun = Date.now();
  const refs = new Set((await control('orders', { method: 'POST', body: { platform: 'sfcc', count: orders } })).orders.map(({ ref }) => ref));
  let counts = new Map();
  let done = 0;
  const marks = [0.5, 0.9, 0.99, 1];
  while (done < orders && Date.now() - begun < LIMIT_MS) {
    await sleep(500);
    counts = await tally(refs);
    done = fulfilled(counts, refs);
    while (marks.length > 0 && done >= marks[0] * orders) console.log(`${(marks.shift() * 100).toFixed(0).padStart(4)} % after ${((Date.now() - begun) / 1000).toFixed(1)} s`);
    const { holds } = await api('/api/oms/holds').catch(() => ({ holds: [] }));
    if (drop > 0 && done < orders && holds.length >= orders - done && Date.now() - begun > 60_000) break;
  }
  const seconds = (Date.now() - begun) / 1000;
  const spent = processorTime();
  const { holds } = await api('/api/oms/holds');
  const unnamed = holds.filter((hold) => !hold.effect?.kind || !hold.effect.key).length;
  console.log(`${done} of ${orders} carried out in ${seconds.toFixed(1)} s (${(done / seconds).toFixed(0)}/s); open holds ${holds.length}, of them without the name of a call ${unnamed}`);
  console.log(`processor time per order: ${Object.entries(spent).map(([name, ms]) => `${name} ${((ms - before[name]) / orders).toFixed(1)} ms`).join(', ')}`);
  await control('faults', { method: 'DELETE' });
  for (let round = 0; round < 120 && done < orders; round++) {
    for (const hold of (await api('/api/oms/holds')).holds) {
      const happened = hold.effect && (await tally(refs)).has(`${PROOF[hold.effect.kind]} ${hold.name.slice(hold.name.indexOf('-') + 1)}`);
      const decision = hold.effect ? (happened ? 'done' : 'resend') : 'release';
      await api(`/api/oms/holds/${hold.id}/decision`, { method: 'POST', body: { decision, reason: 'looked at the partner' } }).catch(() => undefined);
    }
    await sleep(1000);
    done = fulfilled((counts = await tally(refs)), refs);
  }
  const twice = [...counts].filter(([, times]) => times > 1);
  console.log(`after deciding the holds: ${done} of ${orders}; effects that happened twice: ${twice.length}`);
  process.exitCode = done === orders && twice.length === 0 && unnamed === 0 ? 0 : 1;
} finally {
  child.kill('SIGTERM');
  await ended;
  rmSync(dir, { recursive: true, force: true });
}
