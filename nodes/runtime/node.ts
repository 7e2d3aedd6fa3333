import { type ConnectionTest, ConnectionTests } from './connection-test';
import { InvalidInput, Retryable } from './errors';
import { describe, type Failure } from './failure';
import { createLog, type Log } from './log';
import { Services } from './services';
import { within } from './within';

/** What we use of a Node-RED node. */
interface RedNode {
  id: string;
  type: string;
  name?: string;
  z?: string;
  wires: string[][];
  send(message: unknown): void;
  status(status: object): void;
  error(error: Error | string, message?: object): void;
  on(event: 'input', listener: (message: Message, send: (message: unknown) => void, done: (error?: Error) => void) => void): void;
  on(event: 'close', listener: (removed: boolean, done: () => void) => void): void;
  connection?: Connection<Closable>;
}

/** What we use of Node-RED's runtime API. */
export interface Red {
  nodes: {
    createNode(node: RedNode, config: object): void;
    getNode(id: string): RedNode | null;
    registerType(type: string, constructor: (this: RedNode, config: NodeConfig) => void): void;
    /** Visits the nodes and tabs of the deployed flows, in their order. */
    eachNode(visit: (node: NodeConfig & { label?: string; x?: number; y?: number }) => void): void;
  };
  /** Plugins of the editor; absent where no editor runs. */
  plugins?: { registerPlugin(id: string, definition: { type?: string; onadd?: () => void }): void };
  /** The routes beside the editor; absent where no editor runs. */
  httpAdmin?: { [method in 'get' | 'post' | 'delete']: (path: string, ...handlers: ((request: AdminRequest, response: AdminResponse, next: (error?: unknown) => void) => void)[]) => void };
  auth: { needsPermission(permission: string): (request: AdminRequest, response: AdminResponse, next: (error?: unknown) => void) => void };
  settings: { services?: Services; httpAdminRoot?: string | false };
}

/** What we use of a request to the editor's own routes. */
export interface AdminRequest {
  params: Record<string, string>;
  query: Record<string, unknown>;
  body?: unknown;
  user?: { username: string };
}

/** What we use of its answer. */
export interface AdminResponse {
  status(code: number): AdminResponse;
  json(body: unknown): void;
}

export interface NodeConfig {
  id: string;
  type: string;
  name?: string;
  z?: string;
  wires?: string[][];
}

/** A message on a wire. Subjects add what they carry; the row in the database is the truth, this is its copy in memory. */
export interface Message {
  _msgid?: string;
  payload?: unknown;
  failure?: Failure;
  [property: string]: unknown;
}

export type Send = (message: Message | (Message | null)[]) => void;

export interface Badge {
  fill: 'green' | 'yellow' | 'red' | 'grey' | 'blue';
  text: string;
}

/** What a node's body is given. */
export interface OmsNode {
  readonly id: string;
  readonly name: string;
  readonly flow: string;
  readonly services: Services;
  readonly log: Log;
  /** The name under which this node acts in audits and events. */
  readonly actor: string;
  /** Sends on its own account (nodes that begin a flow). */
  send: Send;
  /** Shows live status; at most once a second reaches the editor. */
  badge(badge: Badge): void;
  /** The open connection of a config node. @throws InvalidInput where none is configured */
  use<T extends Closable>(configNode: string | undefined): T;
  /** Reports an error that belongs to no message. */
  error(error: unknown): void;
}

export interface NodeBody<Msg extends Message = Message> {
  /** Handles a message. What it throws, or rejects with, reaches the tab's Catch with `msg.failure`. */
  input?(message: Msg, send: Send): Promise<void> | void;
  /** Gives back what it holds. Awaited, for at most a few seconds. */
  close?(removed: boolean): Promise<void> | void;
}

export interface Closable {
  close?(): Promise<void> | void;
}

const BADGE_MS = 1000;
const CLOSE_LIMIT_MS = 6000;

/**
 * The one way a node is made. It turns promises and throws into exactly one `done`, so that a failing handler reaches Catch and never
 * ends the process; limits badges to one a second; counts the users of connections; waits for messages in flight when it closes.
 */
export function defineNode<Config extends NodeConfig, Msg extends Message = Message>(
  type: string,
  make: (node: OmsNode, config: Config) => NodeBody<Msg>,
): (red: Red) => void {
  return (red) => {
    red.nodes.registerType(type, function construct(this: RedNode, config: NodeConfig) {
      red.nodes.createNode(this, config);
      const closers: (() => Promise<void> | void)[] = [];
      const node = toOmsNode(this, red, closers);
      let body: NodeBody<Msg>;
      try {
        body = make(node, config as Config);
      } catch (error) {
        // A node that is set up wrongly says so on the canvas and to every message; the others start.
        node.badge({ fill: 'red', text: (error as Error).message });
        node.error(error);
        const wrong = new Retryable(`the node ${node.name || node.id} is set up wrongly: ${(error as Error).message}`, { code: 'node.set-up-wrongly', next: 'Open it in the editor.' });
        body = {
          input: () => {
            throw wrong;
          },
        };
      }
      let inFlight = 0;
      let onIdle: (() => void) | undefined;
      this.on('input', (message, send, done) => {
        inFlight++;
        const work = message['work'] as { at?: string } | null | undefined;
        if (typeof work === 'object' && work !== null) work.at = this.id;
        const finish = (error?: unknown): void => {
          inFlight--;
          if (inFlight === 0) onIdle?.();
          if (error === undefined) return done();
          message.failure = describe(error);
          logFailure(node, message);
          done(error instanceof Error ? error : new Error(message.failure.message));
        };
        try {
          const outcome = body.input?.(message as Msg, send);
          if (outcome instanceof Promise) outcome.then(() => finish(), (error: unknown) => finish(error ?? new Error('rejected without a reason')));
          else finish();
        } catch (error) {
          finish(error);
        }
      });
      this.on('close', (removed, done) => {
        const idle = inFlight === 0 ? Promise.resolve() : new Promise<void>((resolve) => (onIdle = resolve));
        const end = async (): Promise<void> => {
          await body.close?.(removed);
          await idle;
          for (const close of closers) await close();
        };
        void within(CLOSE_LIMIT_MS, end().catch((error: unknown) => node.error(error))).then(done);
      });
    });
  };
}

function toOmsNode(self: RedNode, red: Red, closers: (() => void)[]): OmsNode {
  const services = red.settings.services ?? new Services();
  const showBadge = throttled((badge: Badge) => self.status({ fill: badge.fill, shape: 'dot', text: badge.text.slice(0, 80) }), BADGE_MS);
  closers.push(showBadge.cancel);
  return {
    id: self.id,
    name: self.name ?? '',
    flow: self.z ?? '',
    services,
    log: logOf(services),
    actor: `flow:${self.name || self.id}`.slice(0, 100),
    send: (message) => self.send(message),
    badge: showBadge.show,
    use: <T extends Closable>(id: string | undefined): T => {
      const connection = id ? red.nodes.getNode(id)?.connection : undefined;
      if (!connection) throw new InvalidInput('no connection is chosen in this node', { code: 'node.no-connection', next: 'Open the node and choose its connection.' });
      closers.push(connection.enter());
      return connection.client as T;
    },
    error: (error) => {
      logOf(services).error({ node: self.id, flow: self.z, code: describe(error).code, reason: describe(error).message }, 'a node reports an error');
      self.error(error instanceof Error ? error : String(error));
    },
  };
}

const fallbackLog = createLog();

/** Where the logger is provided under. */
export class Logger {
  readonly log: Log;

  constructor(log: Log) {
    this.log = log;
  }
}

export function logOf(services: Services): Log {
  return services.find(Logger)?.log ?? fallbackLog;
}

/** Each order that waits for a partner which is down finds it so, many a second: the log says it of each partner once in this time. */
const DOWN_EVERY_MS = 60_000;
/** When it was said last, by the partner's name. */
const saidDown = new Map<string, number>();

function logFailure(node: OmsNode, message: Message): void {
  const failure = message.failure;
  if (!failure) return;
  if (failure.partnerDown !== undefined) {
    const now = performance.now();
    if (now - (saidDown.get(failure.partnerDown) ?? -DOWN_EVERY_MS) < DOWN_EVERY_MS) return;
    saidDown.set(failure.partnerDown, now);
    node.log.warn({ flow: node.flow, node: node.id, code: failure.code, reason: failure.message }, 'a partner is down: what needs it waits');
    return;
  }
  const work = message['work'] as { order?: number } | undefined;
  const order = message['order'] as { name?: string } | undefined;
  const fields = { order: order?.name ?? work?.order, flow: node.flow, node: node.id, code: failure.code, class: failure.class, reason: failure.message };
  if (failure.class === 'bug') node.log.error(fields, 'an unforeseen error reached the Catch of the flow');
  else node.log.info(fields, 'a step failed');
}

/** Shows the latest value at most once per period. */
function throttled<T>(show: (value: T) => void, periodMs: number): { show: (value: T) => void; cancel: () => void } {
  let last = 0;
  let latest: T | undefined;
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    timer = undefined;
    if (latest === undefined) return;
    last = Date.now();
    show(latest);
    latest = undefined;
  };
  return {
    show: (value) => {
      latest = value;
      if (timer) return;
      const wait = last + periodMs - Date.now();
      if (wait <= 0) flush();
      else timer = setTimeout(flush, wait);
    },
    cancel: () => clearTimeout(timer),
  };
}

/** A client that several nodes share; it is closed after the last of them, whatever order Node-RED closes nodes in. */
class Connection<T extends Closable> {
  readonly client: T;
  #users = 0;
  #onUnused: (() => void) | undefined;

  constructor(client: T) {
    this.client = client;
  }

  /** @returns the function that leaves again */
  enter(): () => void {
    this.#users++;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      if (--this.#users === 0) this.#onUnused?.();
    };
  }

  async close(): Promise<void> {
    if (this.#users > 0) await new Promise<void>((resolve) => (this.#onUnused = resolve));
    await this.client.close?.();
  }
}

/**
 * A config node: one client, shared by the nodes that choose it.
 * @param open makes the client; what it throws is shown by every node that uses the connection
 * @param test what the button in its dialog does
 * @param opened is told of the client where others than those that choose the connection use it: each enters before and leaves after; what it returns is called when the connection closes
 */
export function defineConnection<Config extends NodeConfig, Client extends Closable>(
  type: string,
  open: (config: Config, services: Services) => Client,
  test?: ConnectionTest<Config>,
  opened?: (client: Client, services: Services, enter: () => () => void) => () => void,
): (red: Red) => void {
  return (red) => {
    if (test && red.settings.services) ConnectionTests.in(red.settings.services).add(type, test);
    red.nodes.registerType(type, function construct(this: RedNode, config: NodeConfig) {
      red.nodes.createNode(this, config);
      const services = red.settings.services ?? new Services();
      let shut: (() => void) | undefined;
      try {
        const connection = new Connection(open(config as Config, services));
        this.connection = connection;
        shut = opened?.(connection.client, services, () => connection.enter());
      } catch (error) {
        this.error(error as Error);
        return;
      }
      this.on('close', (_removed, done) => {
        shut?.();
        void within(CLOSE_LIMIT_MS, this.connection?.close().catch((error: Error) => this.error(error)) ?? Promise.resolve()).then(done);
      });
    });
  };
}
