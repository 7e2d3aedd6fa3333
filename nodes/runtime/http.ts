/**
 * The one HTTP client of the system: undici's pool behind a bulkhead and a circuit breaker. It sends a request once and says what a
 * failure means for the ledger of effects: whether the remote may have acted.
 */
import { randomUUID } from 'node:crypto';
import { bulkhead, BulkheadRejectedError } from 'cockatiel';
import { DecoratorHandler, type Dispatcher, Pool } from 'undici';
import { Breaker, type BreakerSettings } from './breaker';
import type { EndpointState } from './endpoints';
import { InvalidInput, isKnownError, type KnownError, OutcomeUnknown, Retryable } from './errors';
import { unsound } from './sound';

export interface HttpClientOptions {
  /** Prefix of error codes, and what a person reads: `sfcc`. */
  readonly name: string;
  /** Origin and the path in front of every request's path. */
  readonly baseUrl: string;
  /** From connecting to the last byte of the answer. */
  readonly timeoutMs?: number;
  /** Sockets, and requests under way. */
  readonly connections?: number;
  /** Requests that may wait for a socket; more are refused at once. */
  readonly queue?: number;
  /** A larger answer is unreadable. */
  readonly maxResponseBytes?: number;
  /** PEM of the only authorities to trust. */
  readonly ca?: string;
  /** When the partner counts as down, and how long it is left alone then. */
  readonly breaker?: BreakerSettings;
  /** Cannot act; sent first when a partner that was down may be tried again. */
  readonly probe?: Pick<HttpRequest, 'method' | 'path' | 'headers' | 'body'>;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Begins with `/`, already encoded, with its query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Whether carrying it out twice, or not knowing if it was carried out, would do harm. */
  readonly mayHaveActed: boolean;
  /** The `x-correlation-id` to send; a new one when absent. */
  readonly correlationId?: string;
  /** `Date.now()` after which not one byte may be written any more. */
  readonly startBy?: number;
  /** Called right before the first byte. */
  readonly leave?: () => void;
}

export interface HttpResponse {
  /** 2xx, or a 4xx other than 401, 403, 408 and 429. */
  readonly status: number;
  /** Lower-case names; repeated headers joined with a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /**
   * The answer as JSON, safe to be passed on; with `any` also what is too deep or has keys that reach prototypes, only to be looked at.
   * @throws OutcomeUnknown (Retryable for a request that cannot have acted) `<name>.unreadable`
   */
  readonly json: (options?: { any?: boolean }) => unknown;
}

export interface HttpClient {
  /**
   * Writes the request at most once; follows no redirect and repeats nothing.
   * @throws Retryable `<name>.unreachable` (with `partnerDown`) `.busy` `.breaker-open` `.too-late` (no byte was written), `.unauthorized` `.forbidden`
   *   `.timed-out` `.throttled` (401, 403, 408, 429), and for a request that cannot have acted all that follows
   * @throws OutcomeUnknown `<name>.no-answer` (reset, time-out, cut or too large answer), `.server-error` (5xx), `.redirected` (3xx)
   */
  request(request: HttpRequest): Promise<HttpResponse>;
  /** @throws Retryable `<name>.breaker-open` while the partner is known to be down, and is left alone */
  requireUp(): void;
  /** How the way to the partner stands. */
  states(): EndpointState[];
  /** Ends the sockets once their requests have ended. */
  close(): Promise<void>;
}

/** Statuses by which a remote or its gateway says that it did not even look at the request. */
const notLookedAt: ReadonlyMap<number, readonly [kind: string, says: string]> = new Map([
  [401, ['unauthorized', 'does not accept the credentials']],
  [403, ['forbidden', 'does not allow the request']],
  [408, ['timed-out', 'gave up waiting for the request']],
  [429, ['throttled', 'asks to slow down']],
]);

/** Failures that count against the remote's health. */
const tripping: ReadonlySet<string> = new Set(['unreachable', 'no-answer', 'server-error']);

/** @throws InvalidInput `<name>.base-url` */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const { name, timeoutMs = 30_000, connections = 8, queue = 64, maxResponseBytes = 16 * 1024 * 1024, ca, probe } = options;
  const base = parseBaseUrl(options);
  const pool = new Pool(base.origin, {
    connections,
    pipelining: 1,
    connect: { timeout: Math.min(timeoutMs, 10_000), ...(ca !== undefined && { ca }) },
    // Our own timer limits the whole exchange; these are its safety net.
    headersTimeout: timeoutMs + 1000,
    bodyTimeout: timeoutMs + 1000,
  });
  const breaker = new Breaker({
    name,
    code: `${name}.breaker-open`,
    trips: ({ code }) => tripping.has(code.slice(name.length + 1)),
    unreached: ({ code }) => code === `${name}.unreachable`,
    probe: probe && (() => exchange({ ...probe, mayHaveActed: false })),
    ...options.breaker,
  });
  const slots = bulkhead(connections, queue);

  async function exchange(request: HttpRequest): Promise<HttpResponse> {
    const start = new Start(request);
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    try {
      const response = await pool
        .compose((dispatch) => (dispatched, handler) => dispatch(dispatched, new StartHandler(handler, start)))
        .request({
          method: request.method,
          path: base.pathname.replace(/\/$/, '') + request.path,
          headers: {
            'accept-encoding': 'identity',
            'x-correlation-id': request.correlationId ?? randomUUID(),
            ...request.headers,
          },
          body: request.body ?? null,
          idempotent: false,
          signal: timeout.signal,
        });
      const encoding = response.headers['content-encoding'];
      if (encoding !== undefined && encoding !== 'identity') throw new Error('the answer is compressed, which was not asked for');
      const text = await readText(response.body, maxResponseBytes);
      return interpret(name, request, response, text);
    } catch (error) {
      throw isKnownError(error) ? error : interpretFailure(name, request, start, error);
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    async request(request) {
      try {
        return await slots.execute(() => breaker.run(() => exchange(request)));
      } catch (error) {
        if (error instanceof BulkheadRejectedError) {
          throw new Retryable(`Too many requests to ${name} are under way`, { code: `${name}.busy`, cause: error });
        }
        throw error;
      }
    },
    requireUp: () => breaker.requireClosed(),
    states: () => [
      { partner: name, endpoint: 'api', breaker: breaker.state, lanes: connections, busy: connections - slots.executionSlots, waiting: queue - slots.queueSlots },
    ],
    close: () => pool.close(),
  };
}

/** Whether the first byte may have been written, and the promise that it happens once and in time. */
class Start {
  happened = false;
  tooLate = false;

  constructor(private readonly request: Pick<HttpRequest, 'startBy' | 'leave'>) {}

  /** Called right before the first byte. A throw here keeps it from being written. */
  now(): void {
    if (this.happened) throw new Error('undici was about to send the request a second time');
    const { startBy, leave } = this.request;
    this.tooLate = startBy !== undefined && Date.now() > startBy;
    if (this.tooLate) throw new Error('the time to start sending has passed');
    leave?.();
    this.happened = true;
  }
}

/** undici announces `onRequestStart` on a connected socket (TCP and TLS done), just before it writes the request. */
class StartHandler extends DecoratorHandler {
  constructor(
    private readonly inner: Dispatcher.DispatchHandler,
    private readonly start: Start,
  ) {
    super(inner);
  }

  onRequestStart(controller: Dispatcher.DispatchController, context: unknown): void {
    this.start.now();
    this.inner.onRequestStart?.(controller, context);
  }
}

function parseBaseUrl({ name, baseUrl }: HttpClientOptions): URL {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.search !== '' || url.username !== '') {
    throw new InvalidInput(`The URL of ${name} must be http(s), without query or credentials`, { code: `${name}.base-url` });
  }
  return url;
}

async function readText(body: AsyncIterable<Buffer>, limit: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > limit) throw new Error(`the answer is larger than ${limit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function interpret(name: string, request: HttpRequest, response: Dispatcher.ResponseData, text: string): HttpResponse {
  const { statusCode: status } = response;
  const headers = Object.fromEntries(Object.entries(response.headers).map(([key, value]) => [key, String(value)]));
  const refused = notLookedAt.get(status);
  if (refused !== undefined) {
    const [kind, says] = refused;
    throw new Retryable(`${name} ${says} (HTTP ${status})`, { code: `${name}.${kind}`, ...retryAfter(headers) });
  }
  if (status >= 500) throw doubt(request, `${name} failed (HTTP ${status})`, { code: `${name}.server-error`, ...retryAfter(headers) });
  if (status >= 300 && status < 400) {
    throw doubt(request, `${name} points elsewhere (HTTP ${status}); check its URL`, { code: `${name}.redirected` });
  }
  return {
    status,
    headers,
    text,
    json: ({ any = false } = {}) => {
      let value: unknown;
      try {
        value = JSON.parse(text);
      } catch (cause) {
        throw doubt(request, `${name} answered something that is not JSON (HTTP ${status})`, { code: `${name}.unreadable`, cause });
      }
      const wrong = any ? undefined : unsound(value);
      if (wrong) throw doubt(request, `${name} answered JSON that nobody may pass on: ${wrong.pointer} ${wrong.reason}`, { code: `${name}.unreadable` });
      return value;
    },
  };
}

function interpretFailure(name: string, request: HttpRequest, start: Start, cause: unknown): KnownError {
  const reason = cause instanceof Error ? cause.message : 'unknown failure';
  if (start.tooLate) return new Retryable(`It was too late to start the request to ${name}`, { code: `${name}.too-late`, cause });
  if (!start.happened) return new Retryable(`${name} cannot be reached: ${reason}`, { code: `${name}.unreachable`, cause });
  return doubt(request, `${name} gave no complete answer: ${reason}`, { code: `${name}.no-answer`, cause });
}

/**
 * The error of a request that was sent and got no definite answer: OutcomeUnknown when it may have acted, else Retryable. For a client
 * whose remote answered, but not with what was agreed.
 */
export function doubt(
  request: Pick<HttpRequest, 'mayHaveActed'>,
  message: string,
  details: { code: string; retryAfterMs?: number; cause?: unknown },
): OutcomeUnknown | Retryable {
  if (!request.mayHaveActed) return new Retryable(message, details);
  const { code, cause } = details;
  return new OutcomeUnknown(message, { code, cause, next: 'Look at the remote before sending it again.' });
}

/** Retry-After in seconds or as an HTTP date, in milliseconds from now. */
function retryAfter(headers: Readonly<Record<string, string>>): { retryAfterMs?: number } {
  const value = headers['retry-after'];
  if (value === undefined) return {};
  const ms = /^\d{1,6}$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(ms) ? {} : { retryAfterMs: Math.max(0, ms) };
}
