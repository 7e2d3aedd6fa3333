import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Effect } from '../../sandbox/journal/effects';
import { ROOT } from './node-red';

const { freePort } = require('../../../bin/ports') as { freePort: () => Promise<number> };

const READY_LIMIT_MS = 180_000;

export interface Hold {
  id: number;
  name: string;
  effect: { kind: string; key: string } | null;
}

/** The whole system as `npm start` runs it, with a data directory of its own. */
export interface WholeSystem {
  port: number;
  dir: string;
  /** Milliseconds from the command to ready. */
  readyMs: number;
  pid(name: 'node-red' | 'sandbox' | 'mariadb'): number;
  /** The sandbox's control API. */
  control<T>(where: string, options?: { method?: string; body?: unknown }): Promise<T>;
  /** The OMS's own API, as the operator. */
  api<T>(where: string, options?: { method?: string; body?: unknown }): Promise<T>;
  /** Counts how often each partner acted for each order, `system:operation ref` → times; each call reads what is new since the last. */
  tally(refs: ReadonlySet<string>): () => Promise<ReadonlyMap<string, number>>;
  /** URL of the database's administrator. */
  databaseUrl(): string;
  /** Ends everything; the data directory stays when asked to. */
  stop(keep?: boolean): Promise<void>;
}

/** @param dir a data directory that is there already; a new one unless given @param root the checkout to start */
export async function startSystem({ dir = mkdtempSync(path.join(tmpdir(), 'oms-bench-')), root = ROOT, env = {} }: { dir?: string; root?: string; env?: Record<string, string> } = {}): Promise<WholeSystem> {
  const [port, sandboxPort] = [await freePort(), await freePort()];
  const begun = performance.now();
  // What `npm start` runs; npm itself would not hand on the signal that ends it.
  const child: ChildProcess = spawn(process.execPath, ['bin/run', 'start'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...environment(), OMS_PORT: String(port), OMS_SANDBOX_PORT: String(sandboxPort), OMS_DATA_DIR: dir, ...env },
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  while (!(await fetch(`http://127.0.0.1:${port}/readyz`).then((response) => response.ok, () => false))) {
    if (child.exitCode !== null || performance.now() - begun > READY_LIMIT_MS) throw new Error('the system did not start');
    await sleep(20);
  }
  const readyMs = performance.now() - begun;
  const { tokens } = JSON.parse(readFileSync(path.join(dir, 'credentials.json'), 'utf8')) as { tokens: { operator: string } };
  const control: WholeSystem['control'] = (where, options) => ask(`http://127.0.0.1:${sandboxPort}/control/${where}`, options);
  return {
    port, dir, readyMs, control,
    pid: (name) => Number(readFileSync(path.join(dir, 'run', `${name}.pid`), 'utf8').trim()),
    api: (where, options) => ask(`http://127.0.0.1:${port}${where}`, options, { 'x-user-token': tokens.operator, 'x-actor': 'bench' }),
    tally(refs) {
      const counts = new Map<string, number>();
      let after = 0;
      return async () => {
        const { effects } = await control<{ effects: Effect[] }>(`effects?limit=10000000&after=${after}`);
        for (const { id, system, operation, ref } of effects) {
          after = Math.max(after, id);
          if (refs.has(ref)) counts.set(`${system}:${operation} ${ref}`, (counts.get(`${system}:${operation} ${ref}`) ?? 0) + 1);
        }
        return counts;
      };
    },
    databaseUrl: () => (JSON.parse(readFileSync(path.join(dir, 'run', 'endpoints.json'), 'utf8')) as { database: { admin: string } }).database.admin,
    async stop(keep = false) {
      child.kill('SIGTERM');
      await ended;
      if (!keep) rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** Without the variables of a person's own instance. */
const environment = (): NodeJS.ProcessEnv => Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('OMS_')));

async function ask<T>(url: string, { method = 'GET', body }: { method?: string; body?: unknown } = {}, headers: Record<string, string> = {}): Promise<T> {
  const response = await fetch(url, { method, headers: { 'content-type': 'application/json', ...headers }, ...(body !== undefined && { body: JSON.stringify(body) }) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${text.slice(0, 200)}`);
  return (text ? JSON.parse(text) : undefined) as T;
}
