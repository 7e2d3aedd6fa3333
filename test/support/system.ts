import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Status } from '../../nodes/lifecycle/lifecycle';
import { createPool, type Pool, select } from '../../nodes/store/pool';
import type { Effect } from '../../sandbox/journal/effects';
import { startSandbox } from '../../sandbox/sandbox';
import type { Template } from '../../sandbox/sfcc/templates';
import { createTestDatabase, type TestDatabase } from './database';
import { ROOT } from './root';

// What the start script knows, too.
const { freePort } = require(path.join(ROOT, 'bin/ports')) as { freePort: () => Promise<number> };
const { sandboxVariables } = require(path.join(ROOT, 'bin/sandbox')) as { sandboxVariables: (ports: { port: number; amqpPort: number }, env: object) => Record<string, string> };

const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 20_000;
const ANSWER_LIMIT_MS = 60_000;
const POLL_MS = 40;

export type CallerName = 'mulesoft' | 'service-bus' | 'print-station' | 'reader' | 'operator';

/** A node of the copied flow files, free to be changed before the start. */
export type FlowNode = Record<string, unknown> & { id: string; type: string };

export interface SystemOptions {
  /** A built copy of the project to run; the project itself unless given. */
  root?: string;
  /** More variables for the server. */
  env?: Record<string, string>;
  /** The flow files to run, of which a copy is used; the project's own unless given. */
  flowsDir?: string;
  /** Changes the nodes of that copy, e.g. to wait shorter before a retry. */
  flows?: (node: FlowNode) => void;
  /** False: no partners, no stores, no jobs. */
  sandbox?: boolean;
  /** The sandbox runs inside the test and keeps its Service Bus messages locked for so long. Milliseconds. */
  lockMs?: number;
  /** A running system whose database, partners and tokens this server shares: another process of the same installation. */
  beside?: System;
  /** The database to run on, which is not dropped at the end; a new one unless given. */
  database?: TestDatabase;
  /** What the server goes through to reach its database or its partners. */
  through?: { database?: Detour; partners?: Detour; bus?: Detour };
  /** More arguments of Node for the server, e.g. a module that is loaded first. */
  execArgv?: readonly string[];
  /** What is done when the partners are there and the server is not. */
  before?: (system: System) => Promise<unknown>;
}

/** A port in front of another one. */
export interface Detour {
  port: number;
  leadTo(port: number): void;
}

export interface Answer {
  status: number;
  headers: http.IncomingHttpHeaders;
  text: string;
  /** The answer as JSON; undefined where it is none. */
  // oxlint-disable-next-line typescript/no-explicit-any -- what the tests look into is what they are about
  body: any;
}

export interface ApiRequest {
  method?: string;
  /** Whose token is sent; `null` for none. An operator is named in X-Actor. */
  as?: CallerName | null;
  headers?: Record<string, string>;
  /** Sent as JSON, a text as it is. */
  body?: unknown;
}

/** Where an order stands, read in one statement. */
export interface Standing {
  name: string;
  status: Status;
  version: number;
  /** Whether a stage may claim it. */
  due: boolean;
  claimed: boolean;
  holds: number;
  attempts: number;
  reason: string | null;
  secondsThere: number;
}

/** What the tests read of `GET /api/oms/orders/:id`. */
export interface OrderView {
  id: number;
  name: string;
  status: Status;
  version: number;
  currency: string;
  total: string;
  export_sequence: number;
  nav_order_no: string | null;
  batch_reference: string | null;
  reason: string | null;
  lines: { line_id: string; quantity: number; quantity_shipped: number; warehouse: string }[];
  payments: { state: string; amount: string; reference: string | null }[];
  fulfillments: { shipment_id: string; state: string; lines: { line_id: string; quantity: number }[] }[];
  effects: { id: number; kind: string; key: string; state: string; attempt: number; reason: string | null; reference: string | null }[];
  holds: { id: number; kind: string; reason: string; resolved: string | null; decision: string | null; effect: { kind: string; key: string } | null }[];
  tasks: { kind: string; done_at: string | null; result: string | null }[];
  cancellations: { state: string; decision_reason: string | null }[];
  timeline: { at: string; kind: string; actor: string; text: string }[];
}

export interface OpenHold {
  id: number;
  order: number;
  name: string;
  kind: string;
  effect: { kind: string; key: string } | null;
  reason: string;
}

/** What the storefront believes about an order. */
export interface StorefrontOrder {
  ref: string;
  status: string;
  exported: boolean;
  fulfilled: boolean;
  captured: boolean;
  cancelled: boolean;
  total: number;
  captures: { transaction_id: string; amount: string; currency: string }[];
  lines: { line_id: string; quantity: number; fulfilled: number }[];
}

export interface Fault {
  system: 'sfcc' | 'nav' | 'camel' | 'print-station' | 'service-bus';
  operation?: string;
  /** Of NAV: `us`, `emea`, `writeon`, `japan`. */
  endpoint?: string;
  fault: 'error' | 'latency' | 'drop-before' | 'drop-after' | 'duplicate' | 'reorder' | 'malformed' | 'throttle' | 'reject';
  rate?: number;
  count?: number;
  ms?: number;
}

/** Waits for a fact; throws what was waited for, and what was seen last, when it does not come in time. */
export async function waitFor<T>(
  predicate: () => T | undefined | false | Promise<T | undefined | false>,
  { what, timeoutMs = 30_000, seen }: { what: string; timeoutMs?: number; seen?: () => unknown },
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const found = await predicate();
      if (found !== undefined && found !== false) return found;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) {
      const state = seen ? `; ${JSON.stringify(await seen())}` : '';
      throw new Error(`waited ${timeoutMs / 1000} s in vain for ${what}${state}`, { cause: last });
    }
    await sleep(POLL_MS);
  }
}

/** A child that says over IPC when it is ready. */
class Program {
  readonly #file: string;
  readonly #args: string[];
  readonly #env: Record<string, string>;
  readonly lines: string[] = [];
  child: ChildProcess | undefined;
  #ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }> | undefined;

  constructor(file: string, args: string[], env: Record<string, string>) {
    this.#file = file;
    this.#args = args;
    this.#env = env;
  }

  /** @param env more variables for this start alone */
  async start(env: Readonly<Record<string, string>> = {}): Promise<void> {
    const child = fork(this.#file, [], { execArgv: this.#args, silent: true, env: { ...this.#env, ...env }, cwd: ROOT });
    this.child = child;
    this.#ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => this.lines.push(...chunk.toString().split('\n').filter(Boolean)));
    const ready = new Promise<'ready'>((resolve) => child.on('message', (message) => (message as { type?: string }).type === 'ready' && resolve('ready')));
    const limit = new AbortController();
    const first = await Promise.race([ready, this.#ended, sleep(START_LIMIT_MS, 'late' as const, { signal: limit.signal, ref: false }).catch(() => 'late' as const)]);
    limit.abort();
    if (first === 'ready') return;
    await this.kill('SIGKILL');
    throw new Error(`${path.basename(this.#file)} did not start: ${JSON.stringify(first)}\n${this.lines.slice(-10).join('\n')}`);
  }

  /** Ends it by this signal, with SIGKILL when that takes too long, and tells how it ended. */
  async kill(signal: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    const { child } = this;
    if (!child || !this.#ended) return { code: null, signal: null };
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
    try {
      return await this.#ended;
    } finally {
      clearTimeout(timer);
      this.child = undefined;
    }
  }
}

/** The whole system as it runs in earnest, with a database, flows and a data directory of its own. */
export class System {
  readonly port: number;
  readonly url: string;
  readonly tokens: Readonly<Record<CallerName, string>>;
  readonly adminPassword: string;
  readonly flowsDir: string;
  readonly database: TestDatabase;
  /** The administrator's pool, for facts that no endpoint shows. */
  readonly pool: Pool;
  /** Of the sandbox's Service Bus. */
  readonly busConnection: string;
  readonly #options: SystemOptions;
  readonly #dataDir: string;
  readonly #server: Program;
  readonly #sandbox: Program | undefined;
  readonly #sandboxPorts: { port: number; amqpPort: number };
  #inside: { close(): Promise<void> } | undefined;
  #editorToken: Promise<string> | undefined;
  #agent = new http.Agent({ keepAlive: true, maxSockets: 64 });

  private constructor(options: SystemOptions, parts: { dataDir: string; database: TestDatabase; ports: { oms: number; port: number; amqpPort: number } }) {
    const { database, ports, dataDir } = parts;
    this.#options = options;
    this.#dataDir = dataDir;
    this.database = database;
    this.port = ports.oms;
    this.url = `http://127.0.0.1:${ports.oms}`;
    this.#sandboxPorts = ports;
    const { through = {} } = options;
    const seen = { port: detour(through.partners, ports.port), amqpPort: detour(through.bus, ports.amqpPort) };
    const partners = options.sandbox === false ? {} : sandboxVariables(seen, {});
    this.busConnection = partners['SERVICE_BUS_CONNECTION_STRING'] ?? '';
    const token = (): string => randomBytes(24).toString('base64url');
    this.tokens = options.beside?.tokens ?? { mulesoft: token(), 'service-bus': token(), 'print-station': token(), reader: token(), operator: token() };
    this.adminPassword = token();
    this.flowsDir = path.join(dataDir, 'flows');
    this.pool = createPool(database.adminUrl, 4);
    const common = { PATH: process.env['PATH'] ?? '', OMS_PORT: String(ports.oms), OMS_SANDBOX_PORT: String(ports.port), OMS_DATA_DIR: dataDir };
    const sandboxed = options.sandbox !== false;
    this.#server = new Program(path.join(options.root ?? ROOT, 'dist/server.js'), ['--max-semi-space-size=16', '--max-old-space-size=1024', ...(options.execArgv ?? [])], {
      ...common,
      NODE_ENV: 'production',
      OMS_HOST: '127.0.0.1',
      OMS_SANDBOX_PORT: String(seen.port),
      OMS_FLOWS_DIR: this.flowsDir,
      OMS_DATABASE_APP_URL: detourUrl(through.database, database.appUrl),
      OMS_DATABASE_REPORT_URL: database.reportUrl,
      OMS_TOKEN_MULESOFT: this.tokens.mulesoft,
      OMS_TOKEN_SERVICE_BUS: this.tokens['service-bus'],
      OMS_TOKEN_PRINT_STATION: this.tokens['print-station'],
      OMS_TOKEN_READER: this.tokens.reader,
      OMS_TOKEN_OPERATOR: this.tokens.operator,
      OMS_ADMIN_PASSWORD: this.adminPassword,
      ...partners,
      OMS_SANDBOX_MODE: sandboxed ? 'on' : 'off',
      ...options.env,
    });
    if (!sandboxed || options.lockMs !== undefined || options.beside) return;
    this.#sandbox = new Program(path.join(ROOT, 'dist/sandbox/main.js'), [], {
      ...common,
      OMS_SANDBOX_AMQP_PORT: String(ports.amqpPort),
      OMS_SANDBOX_PACE: '0.1',
      OMS_URL: this.url,
      OMS_TOKEN_MULESOFT: this.tokens.mulesoft,
      OMS_TOKEN_SERVICE_BUS: this.tokens['service-bus'],
      OMS_TOKEN_PRINT_STATION: this.tokens['print-station'],
    });
  }

  static async start(options: SystemOptions): Promise<System> {
    if (!existsSync(path.join(ROOT, 'dist/server.js'))) throw new Error('dist/ is missing: run `bin/run build` (npm test does it by itself)');
    const dataDir = mkdtempSync(path.join(tmpdir(), 'oms-system-'));
    const { beside } = options;
    const database = beside?.database ?? options.database ?? (await createTestDatabase());
    const sandboxPorts = beside ? beside.#sandboxPorts : { port: await freePort(), amqpPort: await freePort() };
    const system = new System(options, { dataDir, database, ports: { ...sandboxPorts, oms: await freePort() } });
    try {
      await system.#begin();
      return system;
    } catch (error) {
      await system.stop();
      throw error;
    }
  }

  async #begin(): Promise<void> {
    const { root = ROOT, flowsDir = path.join(root, 'flows'), flows, sandbox, beside, before } = this.#options;
    cpSync(flowsDir, this.flowsDir, { recursive: true });
    if (flows) changeFlows(this.flowsDir, flows);
    if (sandbox !== false && !beside) {
      await this.#quickJobs();
      await this.startSandbox();
      // The handful of orders that a first start shows to newcomers would be in the way.
      await this.control('POST', 'reset');
    }
    await before?.(this);
    await this.startServer();
  }

  /** Jobs tick every second here; the server keeps rows that are there. */
  async #quickJobs(): Promise<void> {
    const jobs = [...['us', 'eu', 'jp'].map((store) => ['sfcc.intake', `https://${store}.shop.sandbox`]), ['nav.shipment-notice', ''], ['batching.capacity', '']];
    await this.pool.query('INSERT INTO recurring_jobs (class, store_url, cron) VALUES ?', [jobs.map((job) => [...job, '* * * * * *'])]);
  }

  /** @param env more variables for this start alone, e.g. failpoints */
  startServer(env?: Readonly<Record<string, string>>): Promise<void> {
    return this.#server.start(env);
  }

  /** The running server's process. */
  get process(): ChildProcess | undefined {
    return this.#server.child;
  }

  async startSandbox(): Promise<void> {
    const { lockMs } = this.#options;
    if (lockMs === undefined) return this.#sandbox?.start();
    const oms = { url: this.url, tokens: { mulesoft: this.tokens.mulesoft, serviceBus: this.tokens['service-bus'], printStation: this.tokens['print-station'] } };
    this.#inside = await startSandbox({ ...this.#sandboxPorts, dataDir: this.#dataDir, oms, pace: 0.1, lockMs, log: () => undefined });
  }

  /** Ends the server by this signal and tells how it ended. */
  async kill(signal: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    const end = await this.#server.kill(signal);
    this.#agent.destroy();
    this.#agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
    return end;
  }

  async killSandbox(signal: NodeJS.Signals): Promise<void> {
    await this.#sandbox?.kill(signal);
  }

  async restart(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.kill(signal);
    await this.startServer();
  }

  /** Ends everything; nothing of it stays behind. */
  async stop(): Promise<void> {
    await Promise.all([this.#server.kill('SIGKILL'), this.#sandbox?.kill('SIGKILL')]);
    await this.#inside?.close();
    this.#agent.destroy();
    await this.pool.end();
    if (!this.#options.beside && !this.#options.database) await this.database.drop();
    rmSync(this.#dataDir, { recursive: true, force: true, maxRetries: 3 });
  }

  /** Where the partners are. */
  get partnersUrl(): string {
    return `http://127.0.0.1:${this.#sandboxPorts.port}`;
  }

  /** What the server has written, line by line. */
  logs(): readonly string[] {
    return this.#server.lines;
  }

  /** The sandbox's control API. @throws on anything but 2xx */
  async control<T = unknown>(method: string, where: string, body?: unknown): Promise<T> {
    const answer = await this.#exchange(`${this.partnersUrl}/control/${where}`, method, {}, body);
    if (answer.status >= 300) throw new Error(`control ${method} ${where}: ${answer.status} ${answer.text}`);
    return answer.body as T;
  }

  /** One request to the server, as the operator unless told otherwise. Rejects where no answer comes. */
  async api(where: string, { method, as = 'operator', headers = {}, body }: ApiRequest = {}): Promise<Answer> {
    const own = as === null ? {} : { 'x-user-token': this.tokens[as], ...(as === 'operator' && { 'x-actor': 'Test Person' }) };
    return this.#exchange(`${this.url}${where}`, method ?? (body === undefined ? 'GET' : 'POST'), { ...own, ...headers }, body);
  }

  /** Signs in to the editor. @returns the access token */
  async signIn(): Promise<string> {
    const body = { client_id: 'node-red-editor', grant_type: 'password', scope: '*', username: 'admin', password: this.adminPassword };
    const answer = await this.api('/editor/auth/token', { as: null, body });
    if (answer.status !== 200) throw new Error(`sign in: ${answer.status} ${answer.text}`);
    return (answer.body as { access_token: string }).access_token;
  }

  /** One request to the editor's admin API, signed in. */
  async admin(where: string, request: ApiRequest = {}): Promise<Answer> {
    this.#editorToken ??= this.signIn();
    return this.api(`/editor${where}`, { ...request, as: null, headers: { authorization: `Bearer ${await this.#editorToken}`, ...request.headers } });
  }

  /** Hears what the editor hears of a topic, e.g. `debug` or `status/#`, from now on. @returns the function that stops it */
  async listen(topic: string, hear: (topic: string, data: unknown) => void): Promise<() => void> {
    const token = await this.signIn();
    const socket = new WebSocket(`${this.url.replace('http', 'ws')}/editor/comms`);
    await new Promise((resolve) => (socket.onopen = resolve));
    // What is asked before the token has been looked at is not heard.
    const accepted = new Promise<void>((resolve) => socket.addEventListener('message', ({ data }) => String(data).includes('"auth":"ok"') && resolve()));
    const wanted = topic.replace(/#$/, '');
    socket.addEventListener('message', ({ data }) => {
      for (const message of [JSON.parse(String(data))].flat() as { topic?: string; data: unknown }[]) if (message.topic?.startsWith(wanted)) hear(message.topic, message.data);
    });
    socket.send(JSON.stringify({ auth: token }));
    await accepted;
    socket.send(JSON.stringify({ subscribe: topic }));
    return () => socket.close();
  }

  #exchange(url: string, method: string, headers: Record<string, string>, body: unknown): Promise<Answer> {
    const text = body === undefined ? undefined : typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const request = http.request(url, { method, agent: this.#agent, headers: { ...(text !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }), ...headers } });
      request.setTimeout(ANSWER_LIMIT_MS, () => request.destroy(new Error(`no answer within ${ANSWER_LIMIT_MS} ms: ${method} ${url}`)));
      request.once('error', reject);
      request.once('response', (response) => void readAnswer(response).then(resolve, reject));
      request.end(text);
    });
  }

  /** An order as the API shows it. */
  async order(name: string): Promise<OrderView> {
    const answer = await this.api(`/api/oms/orders/${name}`, { as: 'reader' });
    if (answer.status !== 200) throw new Error(`order ${name}: ${answer.status} ${answer.text}`);
    return answer.body as OrderView;
  }

  /** The open holds, of one order or of all. */
  async holds(name?: string): Promise<OpenHold[]> {
    const { holds } = (await this.api('/api/oms/holds')).body as { holds: OpenHold[] };
    return name === undefined ? holds : holds.filter((hold) => hold.name === name);
  }

  decide(hold: number, decision: 'done' | 'void' | 'resend' | 'release', reason = 'looked at the partner'): Promise<Answer> {
    return this.api(`/api/oms/holds/${hold}/decision`, { body: { decision, reason } });
  }

  /** Pauses a stage, a partner or a store. @returns the pause's id */
  async pause(kind: 'stage' | 'partner' | 'store', name: string, more: { until?: string } = {}): Promise<number> {
    const answer = await this.api('/api/oms/pauses', { body: { kind, name, reason: 'a test looks at it', ...more } });
    if (answer.status !== 201) throw new Error(`pause ${kind} ${name}: ${answer.status} ${answer.text}`);
    return (answer.body as { id: number }).id;
  }

  async resume(pause: number): Promise<void> {
    const answer = await this.api(`/api/oms/pauses/${pause}`, { method: 'DELETE' });
    if (answer.status !== 200) throw new Error(`resume ${pause}: ${answer.status} ${answer.text}`);
  }

  /** Orders at the storefront. @returns the names that the OMS will give them */
  async place(count: number, more: { template?: Template; seed?: string; site?: string } = {}): Promise<string[]> {
    const { orders } = await this.control<{ orders: { ref: string }[] }>('POST', 'orders', { platform: 'sfcc', count, ...more });
    return orders.map(({ ref }) => `${ref.slice(0, 2)}-${ref}`);
  }

  storefront(name: string): Promise<StorefrontOrder> {
    return this.control<StorefrontOrder>('GET', `orders/${refOf(name)}`);
  }

  /** What the partners have really done, oldest first. */
  async effects(filter: { system?: string; operation?: string; name?: string } = {}): Promise<Effect[]> {
    const { name, ...rest } = filter;
    const query = new URLSearchParams({ limit: '1000000', ...rest, ...(name !== undefined && { ref: refOf(name) }) });
    return (await this.control<{ effects: Effect[] }>('GET', `effects?${query.toString()}`)).effects;
  }

  async fault(...faults: Fault[]): Promise<void> {
    for (const fault of faults) await this.control('POST', 'faults', fault);
  }

  async clearFaults(): Promise<void> {
    await this.control('DELETE', 'faults');
  }

  sql<Row = Record<string, unknown>>(query: string, values: unknown[] = []): Promise<Row[]> {
    return select<Row>(this.pool, query, values);
  }

  /** The first column of the first row, as a number. */
  async count(query: string, values: unknown[] = []): Promise<number> {
    const [row] = await this.sql<Record<string, number>>(query, values);
    return Number(Object.values(row ?? { none: -1 })[0]);
  }

  async standings(names?: readonly string[]): Promise<Standing[]> {
    const rows = await this.sql<Omit<Standing, 'due' | 'claimed'> & { due: number; claimed: number }>(
      `SELECT o.name, s.status, s.version, s.due_at IS NOT NULL AS due, s.claimed_by IS NOT NULL AS claimed, s.holds, s.attempts, s.reason,
              TIMESTAMPDIFF(MICROSECOND, s.entered_at, NOW(6)) / 1e6 AS secondsThere
         FROM orders o JOIN order_status s ON s.order_id = o.id ${names ? 'WHERE o.name IN (?)' : ''} ORDER BY o.id`,
      names ? [names] : [],
    );
    return rows.map((row) => ({ ...row, due: Boolean(row.due), claimed: Boolean(row.claimed) }));
  }

  async standing(name: string): Promise<Standing | undefined> {
    return (await this.standings([name]))[0];
  }

  /** Waits until every one of these orders stands in the status. */
  async reach(names: string | readonly string[], status: Status, timeoutMs = 45_000): Promise<void> {
    const all = [names].flat();
    let others: unknown[] = [];
    await waitFor(
      async () => {
        const standings = await this.standings(all);
        const elsewhere = standings.filter((each) => each.status !== status);
        others = elsewhere.length > 0 ? elsewhere : all.filter((name) => !standings.some((each) => each.name === name));
        return others.length === 0;
      },
      { what: `${all.length} orders in ${status}`, timeoutMs, seen: () => ({ others, log: this.warnings() }) },
    );
  }

  /** The latest lines of the log that are more than information. */
  warnings(): string[] {
    return this.#server.lines.filter((line) => !/"level":(?:10|20|30|"debug"|"info")/.test(line)).slice(-8);
  }
}

/** Starts sandbox and server; ends both where one does not start. */
export function startSystem(options: SystemOptions = {}): Promise<System> {
  return System.start(options);
}

/** The storefront's number of an order of this name; a part has that of its whole. */
export const refOf = (name: string): string => name.slice(3).replace(/-\d+$/, '');

export async function readAnswer(response: http.IncomingMessage): Promise<Answer> {
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  const text = Buffer.concat(parts).toString('utf8');
  return { status: response.statusCode ?? 0, headers: response.headers, text, body: parsed(text) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function detour(through: Detour | undefined, port: number): number {
  through?.leadTo(port);
  return through?.port ?? port;
}

function detourUrl(through: Detour | undefined, url: string): string {
  const there = new URL(url);
  there.port = String(detour(through, Number(there.port || 3306)));
  return there.href;
}

function changeFlows(folder: string, change: (node: FlowNode) => void): void {
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.json') && name !== '_order.json')) {
    const target = path.join(folder, file);
    const nodes = JSON.parse(readFileSync(target, 'utf8')) as FlowNode[];
    for (const node of nodes) change(node);
    writeFileSync(target, JSON.stringify(nodes, null, 2));
  }
}
