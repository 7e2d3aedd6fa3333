import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { waitFor } from '../support/system';

const { freePort } = require('../../bin/ports') as { freePort: () => Promise<number> };
/** As the first start shows it. */
const PASSWORD = /password [\w-]{12,}/;
/** What the partner has done where an effect of this kind has happened. */
const PROOF: Readonly<Record<string, string>> = { 'nav.create': 'nav:document:1', 'nav.notice': 'nav:document:6', 'camel.request': 'camel:fulfillment-request', 'sfcc.fulfil': 'sfcc:fulfill' };
const ROOT = path.join(__dirname, '../..');

/** The system as `npm start` runs it: supervisor, private database, sandbox and server as processes of their own. */
class Instance {
  readonly dir = mkdtempSync(path.join(tmpdir(), 'oms-whole-'));
  readonly data = path.join(this.dir, 'data');
  readonly flows = path.join(this.dir, 'flows');
  port = 0;
  sandboxPort = 0;
  output = '';
  #child: ChildProcess | undefined;
  #ended: Promise<number | null> = Promise.resolve(null);

  async start(): Promise<void> {
    if (!existsSync(this.flows)) cpSync(path.join(ROOT, 'flows'), this.flows, { recursive: true });
    this.port ||= await freePort();
    this.sandboxPort ||= await freePort();
    const { OMS_TEST_DATABASE_URL: _url, OMS_TEST_DATA_DIR: _dir, ...env } = process.env;
    const child = spawn(process.execPath, ['bin/run', 'start'], {
      cwd: ROOT,
      detached: true,
      env: { ...env, OMS_PORT: String(this.port), OMS_SANDBOX_PORT: String(this.sandboxPort), OMS_DATA_DIR: this.data, OMS_FLOWS_DIR: this.flows, OMS_HOST: '127.0.0.1' },
    });
    this.#child = child;
    this.#ended = new Promise((resolve) => child.once('exit', resolve));
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    await waitFor(async () => (await fetch(`http://127.0.0.1:${this.port}/readyz`)).status === 200, { what: 'a ready system', timeoutMs: 60_000, seen: () => this.output.slice(-800) });
  }

  /** Names and pids of its processes that run. */
  running(): [string, number][] {
    return readdirSync(path.join(this.data, 'run'))
      .filter((file) => file.endsWith('.pid'))
      .map((file): [string, number] => [file.replace('.pid', ''), Number(readFileSync(path.join(this.data, 'run', file), 'utf8'))])
      .filter(([, pid]) => isAlive(pid));
  }

  /** SIGTERM to the whole group, as a terminal or a service manager sends it. */
  async stop(): Promise<number | null> {
    if (this.#child?.pid) process.kill(-this.#child.pid, 'SIGTERM');
    return this.#ended;
  }

  async killAll(): Promise<void> {
    for (const [, pid] of this.running()) process.kill(pid, 'SIGKILL');
    await this.#ended;
  }

  async fulfilled(): Promise<number> {
    const { tokens } = JSON.parse(readFileSync(path.join(this.data, 'credentials.json'), 'utf8')) as { tokens: { reader: string } };
    const response = await fetch(`http://127.0.0.1:${this.port}/api/oms/orders?status=FULFILLED&limit=500`, { headers: { 'x-user-token': tokens.reader } });
    return ((await response.json()) as { orders: unknown[] }).orders.length;
  }

  async order(count: number): Promise<void> {
    const response = await fetch(`http://127.0.0.1:${this.sandboxPort}/control/orders`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ platform: 'sfcc', count }) });
    if (!response.ok) throw new Error(`the sandbox took no orders: ${response.status}`);
  }

  /** What the partners really did, as `system:operation:ref`. */
  async effects(): Promise<string[]> {
    const { effects } = (await (await fetch(`http://127.0.0.1:${this.sandboxPort}/control/effects?limit=100000`)).json()) as { effects: { system: string; operation: string; ref: string }[] };
    return effects.map(({ system, operation, ref }) => `${system}:${operation}:${ref}`);
  }

  /** Decides the calls that the kill left in doubt, by what the partner really did. */
  async decideHolds(): Promise<void> {
    const { tokens } = JSON.parse(readFileSync(path.join(this.data, 'credentials.json'), 'utf8')) as { tokens: { operator: string } };
    const headers = { 'x-user-token': tokens.operator, 'x-actor': 'test', 'content-type': 'application/json' };
    const { holds } = (await (await fetch(`http://127.0.0.1:${this.port}/api/oms/holds`, { headers })).json()) as { holds: { id: number; name: string; effect: { kind: string } | null }[] };
    const effects = new Set(await this.effects());
    for (const { id, name, effect } of holds) {
      // Every hold that a kill leaves behind names the call in doubt.
      const deed = PROOF[effect?.kind ?? ''];
      if (!deed) throw new Error(`hold ${id} of ${name} names no call in doubt`);
      const decision = effects.has(`${deed}:${name.slice(name.indexOf('-') + 1)}`) ? 'done' : 'resend';
      await fetch(`http://127.0.0.1:${this.port}/api/oms/holds/${id}/decision`, { method: 'POST', headers, body: JSON.stringify({ decision, reason: 'looked at the partner' }) });
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A process that has ended and was not yet collected by its parent still has a number.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

function allFulfilled(instance: Instance, orders: number): Promise<unknown> {
  return waitFor(
    async () => {
      await instance.decideHolds();
      return (await instance.fulfilled()) === orders;
    },
    { what: `${orders} orders FULFILLED`, timeoutMs: 90_000, seen: async () => [await instance.fulfilled(), instance.output.slice(-300)] },
  );
}

const instances = [new Instance(), new Instance()] as const;
afterAll(async () => {
  for (const instance of instances) {
    for (const [, pid] of instance.running()) process.kill(pid, 'SIGKILL');
    rmSync(instance.dir, { recursive: true, force: true });
  }
});

test('two instances side by side; one killed as a whole goes on where it was; both stop and leave nothing behind', async () => {
  const [first, second] = instances;
  await Promise.all([first.start(), second.start()]);
  await waitFor(() => PASSWORD.test(first.output) && (true as const), { what: 'the first password', seen: () => first.output }); // it is ready before it has said so
  expect(statSync(path.join(first.data, 'credentials.json')).mode & 0o777).toBe(0o600);
  expect(first.running().map(([name]) => name).toSorted()).toEqual(['mariadb', 'node-red', 'oms', 'sandbox']);
  for (const instance of instances) await waitFor(async () => (await instance.fulfilled()) === 12, { what: 'the first handful of orders', timeoutMs: 60_000, seen: () => instance.output.slice(-300) });

  await first.order(40);
  await waitFor(async () => (await first.fulfilled()) > 12, { what: 'some of the forty' });
  await first.killAll();
  expect(await second.fulfilled()).toBe(12);
  await first.start();
  expect(first.output.split(PASSWORD)).toHaveLength(2); // shown on the first start alone
  await allFulfilled(first, 52);

  // The database dies in the middle of work, is started again, and everything goes on.
  await first.order(40);
  await waitFor(async () => (await first.fulfilled()) > 52, { what: 'some of the next forty' });
  const database = first.running().find(([name]) => name === 'mariadb')?.[1];
  process.kill(database ?? 0, 'SIGKILL');
  await allFulfilled(first, 92);
  const effects = await first.effects();
  expect(effects.filter((effect, index) => effects.indexOf(effect) !== index)).toEqual([]);

  for (const instance of instances) {
    expect(await instance.stop()).toBe(0);
    await waitFor(() => instance.running().length === 0, { what: 'nothing left behind', seen: () => instance.running() });
  }
}, 240_000);
