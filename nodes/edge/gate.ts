import { randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Metrics } from '../runtime/metrics';
import { within } from '../runtime/within';
import { CORRELATION_HEADER } from './caller';

export interface GateOptions {
  /** Largest body of a partner, in bytes. */
  bodyLimit: number;
  /** Nothing has answered after this time: 504. Milliseconds. */
  answerMs: number;
  /** Requests a second of one caller, by token or address. */
  rate: number;
  /** Requests under way, above which new ones are told to come back. */
  inFlight: number;
  metrics: Metrics;
}

const DEPTH = 32;
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);
/** Held callers of a deploy; more are sent away. */
const HELD = 2000;

type Held = () => void;

/**
 * What stands before every partner's request: correlation id, rate, size while it streams, sound JSON, a watchdog that answers what
 * a flow forgot, and the doors that are held for a deploy and closed for a stop. Behind it the body is in `req.body` and `req.rawBody`.
 */
export class Gate {
  readonly #options: GateOptions;
  readonly #behind: RequestListener;
  readonly #open = new Set<ServerResponse>();
  readonly #rates = new Map<string, { second: number; count: number }>();
  #held: Held[] | undefined;
  #stopping = false;
  #onEmpty: (() => void)[] = [];

  constructor(behind: RequestListener, options: GateOptions) {
    this.#behind = behind;
    this.#options = options;
  }

  /** New requests wait at the door; resolves when those inside have been answered, or after the limit. */
  async hold(limitMs: number): Promise<void> {
    this.#held ??= [];
    await this.#empty(limitMs);
  }

  /** Lets the held ones in, in the order they came. */
  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const enter of held) enter();
  }

  /** New requests are sent away; resolves when those inside have been answered, or after the limit. */
  async stop(limitMs: number): Promise<void> {
    this.#stopping = true;
    this.release();
    await this.#empty(limitMs);
  }

  async #empty(limitMs: number): Promise<void> {
    if (this.#open.size > 0) await within(limitMs, new Promise<void>((resolve) => this.#onEmpty.push(resolve)));
  }

  /** Takes a request. */
  readonly enter = (request: IncomingMessage, response: ServerResponse): void => {
    const given = request.headers[CORRELATION_HEADER];
    if (typeof given !== 'string' || !/^[\w.-]{8,64}$/.test(given)) request.headers[CORRELATION_HEADER] = randomUUID();
    response.setHeader(CORRELATION_HEADER, String(request.headers[CORRELATION_HEADER]));
    response.setHeader('x-content-type-options', 'nosniff');
    if (this.#stopping) return problem(response, 503, 'The system is stopping', { 'retry-after': '5', connection: 'close' });
    if (this.#held && this.#held.length >= HELD) return problem(response, 503, 'A deploy is under way', { 'retry-after': '2' });
    // Also of a caller who is held: a body that comes meanwhile would be in the stream when it is looked for.
    const body = request.method === 'GET' || request.method === 'HEAD' ? undefined : collectBody(request, this.#options.bodyLimit);
    if (this.#held) this.#held.push(() => this.#admit(request, response, body));
    else this.#admit(request, response, body);
  };

  #admit(request: IncomingMessage, response: ServerResponse, body: CollectedBody | undefined): void {
    if (response.destroyed) return;
    if (this.#open.size >= this.#options.inFlight) return problem(response, 503, 'Too much is under way', { 'retry-after': '1' });
    if (this.#tooFast(request)) return problem(response, 429, 'Too many requests', { 'retry-after': '1' });
    this.#watch(request, response);
    if (!body) return this.#behind(request, response);
    const { bodyLimit } = this.#options;
    const tooLarge = (): void => problem(response, 413, `The body is larger than ${bodyLimit} bytes`, { connection: 'close' });
    if (Number(request.headers['content-length'] ?? 0) > bodyLimit) return tooLarge();
    const encoding = request.headers['content-encoding'];
    if (encoding && encoding !== 'identity') return problem(response, 415, 'Compressed bodies are not taken', { connection: 'close' });
    body(tooLarge, (whole) => {
      if (response.headersSent) return;
      const wrong = parseInto(request, whole);
      if (wrong) return problem(response, 400, wrong.title, {}, wrong.pointer);
      this.#behind(request, response);
    });
  }

  #watch(request: IncomingMessage, response: ServerResponse): void {
    const begun = performance.now();
    const watchdog = setTimeout(() => problem(response, 504, 'Nothing answered this request in time'), this.#options.answerMs);
    this.#open.add(response);
    response.once('close', () => {
      clearTimeout(watchdog);
      this.#open.delete(response);
      this.#options.metrics.request(request.method ?? '', response.statusCode, performance.now() - begun);
      if (this.#open.size > 0) return;
      for (const resolve of this.#onEmpty.splice(0)) resolve();
    });
  }

  #tooFast(request: IncomingMessage): boolean {
    const token = request.headers['x-user-token'] ?? request.headers.authorization ?? request.socket.remoteAddress ?? '';
    const key = String(token).slice(0, 64);
    const second = Math.floor(Date.now() / 1000);
    let rate = this.#rates.get(key);
    if (!rate || rate.second !== second) {
      if (this.#rates.size > 10_000) this.#rates.clear();
      this.#rates.set(key, (rate = { second, count: 0 }));
    }
    return ++rate.count > this.#options.rate;
  }
}

/** Says who is told when the body is whole or too large, also where that has happened already. */
type CollectedBody = (tooLarge: () => void, done: (body: Buffer) => void) => void;

/** Collects the body before it enters the readable stream, then puts it in at once: everything behind sees an untouched request. */
function collectBody(request: IncomingMessage, limit: number): CollectedBody {
  const parts: Buffer[] = [];
  let size = 0;
  let ended: 'whole' | 'too large' | undefined;
  let tell: (() => void) | undefined;
  const intercepted = request as { push?: (chunk: Buffer | null) => boolean };
  intercepted.push = (chunk) => {
    if (ended) return true;
    size += chunk?.length ?? 0;
    if (chunk === null) ended = 'whole';
    else if (size > limit) ended = 'too large';
    else parts.push(chunk);
    if (ended) tell?.();
    return true;
  };
  return (tooLarge, done) => {
    tell = () => {
      if (ended === 'too large') return tooLarge();
      delete intercepted.push;
      const body = Buffer.concat(parts, size);
      if (size > 0) request.push(body);
      request.push(null);
      done(body);
    };
    if (ended) tell();
  };
}

/** @returns what is wrong with the body, if anything */
function parseInto(request: IncomingMessage & { body?: unknown; rawBody?: Buffer; _body?: boolean }, body: Buffer): { title: string; pointer: string } | undefined {
  request.rawBody = body;
  if (!/json/i.test(request.headers['content-type'] ?? '') || body.length === 0) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    return { title: 'The body is not JSON', pointer: '' };
  }
  const wrong = unsound(value);
  if (wrong) return wrong;
  request.body = value;
  request._body = true; // body-parser's mark: parsed already
  return undefined;
}

/** Too deep for what follows, or with keys that would reach prototypes; walked without recursion. */
function unsound(value: unknown): { title: string; pointer: string } | undefined {
  const stack: [value: unknown, depth: number, pointer: string][] = [[value, 1, '']];
  for (let next = stack.pop(); next; next = stack.pop()) {
    const [current, depth, pointer] = next;
    if (typeof current !== 'object' || current === null) continue;
    if (depth > DEPTH) return { title: `The body is nested deeper than ${DEPTH} levels`, pointer };
    for (const [key, child] of Object.entries(current)) {
      const below = `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      if (FORBIDDEN.has(key)) return { title: 'The body has a forbidden key', pointer: below };
      if (typeof child === 'object' && child !== null) stack.push([child, depth + 1, below]);
    }
  }
  return undefined;
}

/** RFC 9457, for what never reaches a flow. */
export function problem(response: ServerResponse, status: number, title: string, headers: Record<string, string> = {}, pointer?: string): void {
  if (response.headersSent || response.destroyed) return;
  const body = JSON.stringify({ type: 'about:blank', title, status, ...(pointer !== undefined && { pointer }), correlation_id: response.getHeader(CORRELATION_HEADER) });
  response.writeHead(status, { 'content-type': 'application/problem+json', 'content-length': Buffer.byteLength(body), 'cache-control': 'no-store', ...headers });
  response.end(body);
}
