import { randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Metrics } from '../runtime/metrics';
import { within } from '../runtime/within';
import { Admission } from './admission';
import { Bodies, parseInto } from './body';
import type { Callers } from './callers';
import { hasBody, type Refusal, wrongWith } from './envelope';
import { CORRELATION_HEADER, problem } from './problem';
import { Rates } from './rates';

export interface GateOptions {
  /** Largest body of a partner, in bytes. */
  bodyLimit: number;
  /** All bodies that are held at a moment, in bytes. */
  bodiesLimit: number;
  /** A body is complete after this time, or refused. Milliseconds. */
  bodyMs: number;
  /** Nothing has answered after this time: 504. Milliseconds. */
  answerMs: number;
  /** Requests a second of one caller: a known one, else an address. */
  rate: number;
  callers: Callers;
  metrics: Metrics;
  /** Whether the database answers. */
  isDatabaseThere: () => boolean;
}

/** Held callers of a deploy; more are sent away. */
const HELD = 2000;
/** A body that was refused is read away for so long, unless it is so small that it is there in a moment. */
const LINGER_MS = 1000;
const SOON_READ = 16_384;
const NO_DATABASE = 'The database cannot be reached';

/**
 * What stands before every partner's request: correlation id, sound HTTP, rate, load, size while it streams, sound JSON, a watchdog that
 * answers what a flow forgot, and the doors that are held for a deploy and closed for a stop. Behind it the body is in `req.body` and
 * `req.rawBody`. What can be refused is refused before the body is read.
 */
export class Gate {
  readonly #options: GateOptions;
  readonly #behind: RequestListener;
  readonly #bodies: Bodies;
  readonly #rates: Rates;
  readonly #admission = new Admission();
  readonly #open = new Set<ServerResponse>();
  #held: (() => void)[] | undefined;
  #stopping = false;
  #onEmpty: (() => void)[] = [];

  constructor(behind: RequestListener, options: GateOptions) {
    this.#behind = behind;
    this.#options = options;
    this.#bodies = new Bodies({ each: options.bodyLimit, all: options.bodiesLimit, ms: options.bodyMs });
    this.#rates = new Rates(options.rate);
    options.metrics.gauge('oms_requests_open', 'Requests under way', () => this.#open.size);
    options.metrics.gauge('oms_requests_limit', 'Requests that may be under way', () => this.#admission.limit);
    options.metrics.gauge('oms_bodies_bytes', 'Bytes of bodies that are held', () => this.#bodies.held);
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
    this.#admission.stop();
  }

  /** The database went away: nobody inside waits for it. What was committed is told when they come again. */
  databaseWentAway(): void {
    for (const response of this.#open) turnAway(response, { status: 503, title: NO_DATABASE, retryAfter: 2 });
  }

  async #empty(limitMs: number): Promise<void> {
    if (this.#open.size > 0) await within(limitMs, new Promise<void>((resolve) => this.#onEmpty.push(resolve)));
  }

  /** Takes a request. */
  readonly enter = (request: IncomingMessage, response: ServerResponse): void => {
    const given = request.headers[CORRELATION_HEADER];
    const correlation = typeof given === 'string' && /^[\w.-]{8,64}$/.test(given) ? given : randomUUID();
    request.headers[CORRELATION_HEADER] = correlation;
    response.setHeader(CORRELATION_HEADER, correlation);
    response.setHeader('x-content-type-options', 'nosniff');
    const refusal = this.#refusal(request);
    if (refusal) return this.#refuse(request, response, refusal);
    if (request.headers.cookie !== undefined) delete request.headers.cookie; // no endpoint takes any
    if (!hasBody(request)) return this.#arrive(request, response, undefined);
    const forget = this.#bodies.collect(
      request,
      (body) => this.#arrive(request, response, body),
      (wrong) => this.#refuse(request, response, wrong),
    );
    response.once('close', forget);
  };

  /** Why this request is not taken, the cheapest reason first. */
  #refusal(request: IncomingMessage): Refusal | undefined {
    if (this.#stopping) return { status: 503, title: 'The system is stopping', retryAfter: 5 };
    if (!this.#options.isDatabaseThere()) return { status: 503, title: NO_DATABASE, retryAfter: 2 };
    if (this.#held ? this.#held.length >= HELD : !this.#admission.hasRoom(this.#open.size))
      return this.#held ? { status: 503, title: 'A deploy is under way', retryAfter: 2 } : { status: 503, title: 'Too much is under way', retryAfter: 1 };
    if (this.#rates.isOver(this.#options.callers.identify(request.headers) ?? request.socket.remoteAddress ?? ''))
      return { status: 429, title: 'Too many requests', retryAfter: 1 };
    return wrongWith(request, this.#options.bodyLimit);
  }

  #refuse(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
    this.#options.metrics.refusal(refusal.status);
    turnAway(response, refusal, request);
  }

  /** The request is whole. */
  #arrive(request: IncomingMessage, response: ServerResponse, body: Buffer | undefined): void {
    const wrong = parseInto(request, body);
    if (wrong) return this.#refuse(request, response, wrong);
    if (this.#held) this.#held.push(() => this.#admit(request, response));
    else this.#admit(request, response);
  }

  #admit(request: IncomingMessage, response: ServerResponse): void {
    if (response.destroyed) return;
    const begun = performance.now();
    const watchdog = setTimeout(() => problem(response, 504, 'Nothing answered this request in time'), this.#options.answerMs);
    this.#open.add(response);
    response.once('close', () => {
      const ms = performance.now() - begun;
      clearTimeout(watchdog);
      this.#open.delete(response);
      this.#admission.answered(ms);
      this.#options.metrics.request(request.method ?? '', response.statusCode, ms);
      if (this.#open.size > 0) return;
      for (const resolve of this.#onEmpty.splice(0)) resolve();
    });
    this.#behind(request, response);
  }
}

/** @param request given where its body may not have been read: the rest is read away for a moment, so that its sender gets to read the answer */
function turnAway(response: ServerResponse, { status, title, retryAfter, pointer }: Refusal, request?: IncomingMessage): void {
  problem(response, status, title, retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }, pointer);
  if (!request || request.complete || Number(request.headers['content-length'] ?? 0) <= SOON_READ) return;
  setTimeout(() => request.complete || request.socket.destroy(), LINGER_MS).unref();
}
