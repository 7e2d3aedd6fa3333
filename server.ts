import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { hostname } from 'node:os';
import path from 'node:path';
import { hash } from 'bcryptjs';
import express from 'express';
import helmet from 'helmet';
import { apiDocs } from './nodes/api/page';
import { CallerTokens, TOKEN_VARIABLES } from './nodes/edge/caller-tokens';
import { CALLERS, Callers } from './nodes/edge/callers';
import { fulfillmentFacts, fulfillmentReadings, fulfillmentUsual } from './nodes/fulfillment/facts';
import { Providers } from './nodes/fulfillment/providers';
import { Contracts } from './nodes/edge/contracts';
import { Deliveries } from './nodes/edge/deliveries';
import { EditorDoor } from './nodes/edge/editor-door';
import { Gate } from './nodes/edge/gate';
import { IdempotencyKeys } from './nodes/edge/idempotency';
import { Inbox } from './nodes/edge/inbox';
import { answerMalformed } from './nodes/edge/malformed';
import { problem } from './nodes/edge/problem';
import { FactReaders } from './nodes/edge/readers';
import { Calls } from './nodes/effects/calls';
import { Ledger } from './nodes/effects/ledger';
import { FlagDesk } from './nodes/flags/desk';
import { Flags } from './nodes/flags/flags';
import { Deploys, type RunningFlows } from './nodes/flows/deploys';
import { assertFit } from './nodes/flows/fit';
import { FlowFiles } from './nodes/flows/flow-files';
import { Follower } from './nodes/flows/follow';
import { EditedFlows, FollowedFlows } from './nodes/flows/origin';
import { type FlowsApi, Quiesce } from './nodes/flows/quiesce';
import { FlowRevisions } from './nodes/flows/revisions';
import { DeployedRoutes } from './nodes/flows/routes';
import { NodeRedState } from './nodes/flows/state';
import { createFlowStorage } from './nodes/flows/storage';
import { readableRefusals } from './nodes/flows/toast';
import { JobDesk } from './nodes/jobs/desk';
import { JobRuns } from './nodes/jobs/runs';
import { Stages } from './nodes/lifecycle/stages';
import { Transitions } from './nodes/lifecycle/transitions';
import { navFacts, navReadings, navUsual } from './nodes/nav/facts';
import { Outbox } from './nodes/outbox/outbox';
import { BatchingPlaces } from './nodes/print-station/places';
import { printStationFacts, printStationReadings, printStationUsual } from './nodes/print-station/facts';
import { OrderDesk } from './nodes/orders/desk';
import { loadOrders } from './nodes/orders/load';
import { Platforms } from './nodes/orders/platforms';
import { Replay } from './nodes/orders/replay';
import { setUpSandboxStores } from './nodes/orders/sandbox-stores';
import { Why } from './nodes/orders/why';
import { startPage } from './nodes/reports/start-page';
import { checkEnvironment } from './nodes/runtime/config';
import { Endpoints } from './nodes/runtime/endpoints';
import { Environment } from './nodes/runtime/environment';
import { armFailpoints } from './nodes/runtime/failpoints';
import { describe } from './nodes/runtime/failure';
import { createLog, type Log } from './nodes/runtime/log';
import { Metrics } from './nodes/runtime/metrics';
import { Logger } from './nodes/runtime/node';
import { Services } from './nodes/runtime/services';
import { Receivers } from './nodes/service-bus/receivers';
import { sfcc } from './nodes/sfcc/platform';
import { Database } from './nodes/store/database';
import { assertGuarded } from './nodes/store/guard';
import { DatabaseHealth } from './nodes/store/health';
import { createPool, type Pool, select } from './nodes/store/pool';
import { ActiveWork } from './nodes/work/active';
import { Board } from './nodes/work/board';
import { Claims } from './nodes/work/claims';
import { Departures } from './nodes/work/departures';
import { StageEnds } from './nodes/work/ends';
import { Pauses } from './nodes/work/pauses';
import { Processes } from './nodes/work/processes';
import { Role } from './nodes/work/role';
import { LaneSource, OrderSource } from './nodes/work/stage';
import { Sweep } from './nodes/work/sweep';
import type * as Settings from './settings';

/** The installation: this file runs as dist/server.js. */
const APP_DIR = path.resolve(__dirname, '..');
const POOL_SIZE = 24;
/** For reading what somebody asks for; who gets no connection within two seconds is told to come back. */
const READ_POOL_SIZE = 6;
const READ_WAIT_MS = 2000;
/** Connections that may wait to be accepted; one more is tried again by its caller's kernel, a second later. */
const BACKLOG = 4096;
const CONNECTIONS = 5000;
/** Longer than load balancers keep an idle connection (60 s): they end it, not we, just under a request. */
const KEEP_ALIVE_MS = 65_000;
/** A caller that does not read its answer for so long is cut off. */
const UNREAD_MS = 30_000;
const STOP_LIMIT_MS = 6000;
/** `flows:started` is not emitted when node types are missing; the editor must be reachable all the same, to mend that. */
const FLOWS_LIMIT_MS = 5000;

/** What we use of the embedded Node-RED. */
interface NodeRed {
  init(server: http.Server, settings: object): void;
  start(): Promise<void>;
  stop(): Promise<void>;
  httpAdmin: express.RequestHandler;
  httpNode: express.Express;
  events: { on(event: string, listener: (payload: { config?: { rev?: string } }) => void): void };
  runtime: { flows: FlowsApi };
  nodes: { getType(type: string): unknown };
  log: { addHandler(handler: { on?: unknown; emit(event: 'log', message: object): void }): void };
}

async function main(): Promise<void> {
  const { problems } = checkEnvironment(process.env);
  if (problems.length > 0) throw new Error(problems.join('\n'));
  process.env['OMS_SERVER'] = '1'; // settings.ts refuses to be loaded by anything else
  const env = new Environment(process.env);
  armFailpoints(env);
  const log = createLog();
  const port = env.number('OMS_PORT', 1880);
  const host = env.optional('OMS_HOST') ?? '0.0.0.0';
  const dataDir = path.resolve(env.optional('OMS_DATA_DIR') ?? '.data');
  const flowsDir = path.resolve(env.optional('OMS_FLOWS_DIR') ?? path.join(APP_DIR, 'flows'));
  keepPackageFile(path.join(dataDir, 'node-red'));

  const pool = createPool(env.required('OMS_DATABASE_APP_URL'), POOL_SIZE);
  await assertGuarded(pool).catch((error: Error & { code?: string }) => {
    throw new Error(`The database cannot be used: ${error.message || error.code}`, { cause: error });
  });
  if (env.sandboxStorefront) await setUpSandboxStores(pool);
  const reads = createPool(env.required('OMS_DATABASE_APP_URL'), READ_POOL_SIZE, { statementSeconds: env.number('OMS_READ_SECONDS', 5), waitMs: READ_WAIT_MS });

  const services = new Services();
  const parts = provideServices(services, { pool, reads, env, log, dataDir, running: () => running() });
  const { createSettings } = require('./settings') as typeof Settings; // refuses whoever is not this server
  const red = (require('node-red') as { default?: NodeRed } & NodeRed).default ?? (require('node-red') as NodeRed);

  const app = express();
  const seconds = (name: string, fallback: number): number => env.number(name, fallback) * 1000;
  const [headersTimeout, bodyMs] = [seconds('OMS_HEADER_SECONDS', 5), seconds('OMS_BODY_SECONDS', 10)];
  const health: DatabaseHealth = new DatabaseHealth({
    url: env.required('OMS_DATABASE_APP_URL'),
    silenceMs: seconds('OMS_DATABASE_SILENCE_SECONDS', 3),
    pools: [pool, reads],
    log,
    onAway: () => gate.databaseWentAway(),
  });
  const gate = new Gate(app, {
    bodyLimit: env.number('OMS_BODY_LIMIT', 1_048_576),
    bodiesLimit: env.number('OMS_BODIES_LIMIT', 67_108_864),
    bodyMs,
    answerMs: seconds('OMS_ANSWER_SECONDS', 30),
    rate: env.number('OMS_RATE_LIMIT', 1000),
    callers: services.get(Callers),
    metrics: services.get(Metrics),
    isDatabaseThere: () => health.isThere,
  });
  const quiesce = new Quiesce({ gate, active: parts.active, receivers: parts.receivers, runs: services.get(JobRuns), outbox: services.get(Outbox), log });
  let ready = false;
  const editorDoor = new EditorDoor(bodyMs);
  const failed = (response: http.ServerResponse, error: Error): void => {
    log.error({ code: 'http.error', reason: error.message }, 'a request failed');
    problem(response, 500, 'Internal error');
  };
  // A header that comes twice is joined, and then no value that is known; the gate asks for the host. Editors may send for longer than partners.
  const limits = { headersTimeout, requestTimeout: headersTimeout + bodyMs + 15_000, keepAliveTimeout: KEEP_ALIVE_MS, connectionsCheckingInterval: 500, joinDuplicateHeaders: true, requireHostHeader: false };
  const server = http.createServer(limits, (request, response) => {
    const url = request.url ?? '/';
    if (url === '/healthz') response.end('ok');
    else if (url === '/readyz') {
      if (ready && health.isThere) response.end('ready');
      else problem(response, 503, 'Not ready', { 'retry-after': '2' });
    } else if (url === '/metrics') services.get(Metrics).registry.metrics().then((text) => response.setHeader('content-type', 'text/plain; version=0.0.4').end(text), (error: Error) => failed(response, error));
    else if (/^\/editor(?:[/?]|$)/i.test(url)) {
      // Past the gate: a deploy must not wait for itself.
      if (editorDoor.admit(request, response)) app(request, response);
    } else gate.enter(request, response);
  });
  server.maxConnections = CONNECTIONS;
  server.setTimeout(seconds('OMS_ANSWER_SECONDS', 30) + UNREAD_MS);
  answerMalformed(server);
  // Until the flows run, callers wait at the door: an endpoint that is not there yet would tell them that their order is unknown.
  await quiesce.quiet();
  await listen(server, port, host); // taken before the flows start: a used port must stop the start, not follow it

  const credentialSecret = keptSecret(dataDir);
  const editor = env.optional('OMS_EDITOR') !== 'off';
  const files = new FlowFiles(flowsDir);
  const state = new NodeRedState(path.join(dataDir, 'node-red', 'state'));
  const revisions = new FlowRevisions(pool);
  const source = { files, revisions, log, knows: (type: string) => red.nodes.getType(type) !== undefined };
  const origin = editor ? new EditedFlows({ ...source, state, instance: parts.processes.instance }) : new FollowedFlows(source);
  red.init(
    server,
    createSettings({
      services,
      storageModule: createFlowStorage({
        origin,
        state,
        log,
        check: assertFit,
        credentialSecret,
        firstCredentials: { 'watch-database': { user: '${OMS_REPORT_USER}', password: '${OMS_REPORT_PASSWORD}' } },
      }),
      dataDir,
      appDir: APP_DIR,
      editor,
      admin: { user: env.optional('OMS_ADMIN_USER') ?? 'admin', passwordHash: await hash(env.optional('OMS_ADMIN_PASSWORD') ?? randomBytes(24).toString('hex'), 10) },
      credentialSecret,
      adminMiddleware: readableRefusals,
    }),
  );
  forwardLog(red, log);
  provideReportAccount(env);
  const { flows } = red.runtime;
  const running = flows.getFlows.bind(flows, {});
  quiesce.wrap(flows, new Deploys({ files, running, check: assertFit }), () => origin.isBehind());
  const follower = new Follower(() => quiesce.catchUp(), log);
  const flowsStarted = Promise.withResolvers<void>();
  red.events.on('flows:started', (event) => {
    flowsStarted.resolve();
    if (ready) quiesce.resume();
    const revision = event.config?.rev;
    if (!revision) return;
    services.get(Metrics).flows(revision);
    log.info({ code: 'flows.running', revision }, 'flows run');
    parts.processes.runs(revision).catch((error: Error) => log.warn({ code: 'process.revision', reason: error.message }, 'the flow revision could not be noted'));
  });
  await services.get(CallerTokens).start(Object.fromEntries(CALLERS.map((caller) => [caller, env.optional(TOKEN_VARIABLES[caller]) ?? ''])));
  await parts.processes.start();
  await red.start();

  app.disable('x-powered-by');
  if (editor) app.use('/editor', red.httpAdmin);
  const page = helmet({ contentSecurityPolicy: { directives: { 'upgrade-insecure-requests': null } }, strictTransportSecurity: false });
  app.get('/', page, (_request, response, next) => void startPage(reads, env.sandbox).then((html) => response.type('html').send(html), next));
  app.use(apiDocs({ contracts: path.join(APP_DIR, 'docs', 'contracts'), running }));
  red.httpNode.set('etag', false); // every answer is `no-store`
  if (parts.role.answers) app.use('/', red.httpNode); // after start: an earlier mount silently kills every http in
  app.use((_request, response) => problem(response, 404, 'There is nothing here'));
  app.use(((error, _request, response, _next) => {
    const { status, class: kind, retryAfterMs = 1000 } = { ...describe(error), ...(error as { status?: number }) };
    if (status !== undefined && status >= 400 && status < 500) problem(response, status, 'The request cannot be understood');
    else if (kind === 'retryable') problem(response, 503, 'Come back in a moment', { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) });
    else failed(response, error as Error);
  }) as express.ErrorRequestHandler);
  closeForeignUpgrades(server, editorDoor);

  // `start` comes back before the flows run.
  await Promise.race([flowsStarted.promise, new Promise((resolve) => setTimeout(resolve, FLOWS_LIMIT_MS).unref())]);
  parts.board.start();
  health.start();
  if (parts.role.works) parts.sweep.start();
  ready = true;
  quiesce.resume();
  follower.start();
  log.info({ code: 'oms.ready', port }, 'ready');
  process.send?.({ type: 'ready', port });

  let stopping: Promise<void> | undefined;
  const stop = (why: string): void => {
    stopping ??= (async () => {
      log.info({ code: 'oms.stopping', reason: why }, 'stopping');
      ready = false;
      parts.active.paused = true;
      await Promise.all([gate.stop(STOP_LIMIT_MS), parts.receivers.pause(), parts.active.idle(STOP_LIMIT_MS), services.get(JobRuns).idle(STOP_LIMIT_MS), services.get(Outbox).idle(STOP_LIMIT_MS)]);
      await follower.stop();
      await services.get(CallerTokens).stop();
      await parts.sweep.stop();
      parts.board.stop();
      await red.stop();
      await parts.processes.stop();
      await Promise.all([health.stop(), pool.end(), reads.end()]);
      server.close();
      server.closeAllConnections();
      process.exit(0);
    })().catch((error: Error) => {
      log.error({ code: 'oms.stop-failed', reason: error.message }, 'the stop failed');
      process.exit(1);
    });
  };
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => env.optional('OMS_SUPERVISED') ?? stop('SIGINT'));
  process.on('SIGHUP', () => env.optional('OMS_SUPERVISED') ?? stop('SIGHUP'));
  process.on('disconnect', () => stop('the start script is gone'));
}

/** Makes the process's one instance of everything that nodes ask for. */
function provideServices(services: Services, { pool, reads, env, log, dataDir, running }: { pool: Pool; reads: Pool; env: Environment; log: Log; dataDir: string; running: () => Promise<RunningFlows> }) {
  const role = services.provide(Role, new Role((env.optional('OMS_ROLE') ?? 'all') as Role['name']));
  const instance = env.optional('OMS_INSTANCE') ?? `${hostname()}:${dataDir}`;
  services.provide(Logger, new Logger(log));
  services.provide(Environment, env);
  services.provide(Database, new Database(pool, reads));
  const rules = { ...navFacts, ...printStationFacts, ...fulfillmentFacts };
  const stages = services.provide(Stages, new Stages());
  const active = services.provide(ActiveWork, new ActiveWork());
  const providers = services.provide(Providers, new Providers());
  const askable = (provider: string): boolean => providers.takesCancels(provider);
  const transitions = services.provide(Transitions, new Transitions(pool, stages, rules, askable));
  const metrics = services.provide(Metrics, new Metrics({ running: () => active.size(), writing: () => transitions.size() }));
  metrics.endpoints(() => Endpoints.in(services).states());
  const processes = services.provide(Processes, new Processes(pool, log, { instance, role: role.name }, new Departures(path.join(dataDir, 'calls'))));
  const claims = services.provide(Claims, new Claims(pool, processes));
  const pauses = services.provide(Pauses, new Pauses(pool, stages));
  const board = services.provide(Board, new Board(reads, stages));
  const platforms = services.provide(Platforms, new Platforms({ sfcc }));
  const receivers = services.provide(Receivers, new Receivers());
  metrics.subscriptions(() => receivers.states());
  services.provide(StageEnds, new StageEnds({ transitions, claims, active }));
  services.provide(OrderSource, { load: (ids) => loadOrders(pool, ids) });
  services.provide(LaneSource, lanesOf(pool));
  services.provide(BatchingPlaces, new BatchingPlaces({ pool, transitions }));
  services.provide(JobRuns, new JobRuns(pool, processes));
  services.provide(JobDesk, new JobDesk({ pool, reads }));
  const outbox = services.provide(Outbox, new Outbox(pool, processes));
  metrics.outbox(() => outbox.waiting());
  services.provide(Flags, new Flags(pool));
  services.provide(FlagDesk, new FlagDesk({ pool, due: (status) => void transitions.events.emit('due', status, '') }));
  services.provide(Ledger, new Ledger({ pool, processes, transitions, lookAfterMs: lookAfter(env) }));
  services.provide(Deliveries, new Deliveries());
  services.provide(IdempotencyKeys, new IdempotencyKeys(pool));
  services.provide(FactReaders, new FactReaders({ ...navReadings, ...printStationReadings, ...fulfillmentReadings }));
  services.provide(Inbox, new Inbox({ pool, transitions, metrics }));
  const desk = services.provide(OrderDesk, new OrderDesk({ pool, transitions, platforms }));
  const calls = services.provide(Calls, new Calls());
  const routes = new DeployedRoutes(running);
  const orders = services.get(OrderSource);
  services.provide(Why, new Why({ pool: reads, routes, calls, orders, rules, askable, usual: [...navUsual, ...printStationUsual, ...fulfillmentUsual] }));
  services.provide(Replay, new Replay({ pool, desk, routes, calls, orders }));
  services.provide(Contracts, new Contracts(path.join(APP_DIR, 'docs', 'contracts')));
  const callers = services.provide(Callers, new Callers());
  services.provide(CallerTokens, new CallerTokens({ pool, callers, log }));
  return { role, active, processes, board, receivers, sweep: new Sweep({ pool, stages, pauses, transitions, claims, active, log }) };
}

const LANES_FOR_MS = 10_000;

/** The lanes are the NAV keys of the warehouses; new ones are seen after a few seconds. */
function lanesOf(pool: Pool): LaneSource {
  let known: Promise<string[]> | undefined;
  let until = 0;
  return {
    lanes() {
      if (!known || Date.now() > until) {
        until = Date.now() + LANES_FOR_MS;
        known = select<{ lane: string }>(pool, 'SELECT DISTINCT nav_key AS lane FROM warehouses ORDER BY nav_key').then((rows) => rows.map((row) => row.lane));
        known.catch(() => (until = 0));
      }
      return known;
    },
  };
}

function lookAfter(env: Environment): number[] {
  const text = env.optional('OMS_INQUIRY_SECONDS') ?? (env.sandbox ? '1,4,10' : '5,30,120,600');
  const waits = text.split(',').map((part) => Number(part) * 1000);
  if (waits.some((wait) => !(wait > 0))) throw new Error('OMS_INQUIRY_SECONDS must be seconds separated by commas, e.g. 5,30,120');
  return waits;
}

function listen(server: http.Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new Error(error.code === 'EADDRINUSE' ? `Port ${port} is already in use: end the other program, or set OMS_PORT.` : error.message)),
    );
    server.listen({ port, host, backlog: BACKLOG }, resolve);
  });
}

/** The editor's WebSocket is the only one, and its listener sees no other address: it would throw at what is no URL. */
function closeForeignUpgrades(server: http.Server, door: EditorDoor): void {
  const editors = server.listeners('upgrade') as ((...upgrade: unknown[]) => void)[];
  server.removeAllListeners('upgrade');
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    const isEditors = editors.length > 0 && /^\/editor\/comms(?:\?|$)/.test(request.url ?? '');
    if (!isEditors) socket.destroy();
    else {
      for (const listener of editors) listener.call(server, request, socket, head);
      door.watch(socket);
    }
  });
}

/** Node-RED reads a package.json in its user directory; ours names nothing, the installation's own package.json does. */
function keepPackageFile(userDir: string): void {
  const file = path.join(userDir, 'package.json');
  mkdirSync(userDir, { recursive: true });
  if (!existsSync(file)) writeFileSync(file, '{ "name": "oms-user-directory", "private": true }\n');
}

/** Encrypts credentials that somebody enters in the editor; made once, kept with the data. */
function keptSecret(dataDir: string): string {
  const file = path.join(dataDir, 'node-red', 'credential-secret');
  if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString('hex'), { mode: 0o600 });
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

/** The read-only account, for the mysql nodes: their config node refers to these variables. */
function provideReportAccount(env: Environment): void {
  const url = new URL(env.required('OMS_DATABASE_REPORT_URL'));
  process.env['OMS_REPORT_HOST'] = url.hostname;
  process.env['OMS_REPORT_PORT'] = url.port || '3306';
  process.env['OMS_REPORT_DATABASE'] = url.pathname.slice(1);
  process.env['OMS_REPORT_USER'] = decodeURIComponent(url.username);
  process.env['OMS_REPORT_PASSWORD'] = decodeURIComponent(url.password);
}

const LEVELS: Readonly<Record<number, 'error' | 'warn' | 'info'>> = { 10: 'error', 20: 'error', 30: 'warn', 40: 'info' };

/** Node-RED's own messages become lines of our log. */
function forwardLog(red: NodeRed, log: Log): void {
  red.log.addHandler({
    emit(_event, message) {
      const { level, type, id, msg } = message as { level: number; type?: string; id?: string; msg?: unknown };
      const as = LEVELS[level];
      if (as) log[as]({ code: 'node-red', node: id, type, reason: String((msg as Error | undefined)?.message ?? msg).slice(0, 500) }, 'node-red');
    },
  });
}

main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
