import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { unsound } from '../runtime/sound';
import { type Refusal, tooLarge } from './envelope';

export interface BodyLimits {
  /** Of one body, in bytes. */
  each: number;
  /** Of all bodies that are held at a moment, in bytes. */
  all: number;
  /** From the headers to the last byte, in milliseconds. */
  ms: number;
}

/** What `http in` and its body parsers look for. */
type Parsed = IncomingMessage & { body?: unknown; rawBody?: Buffer; _body?: boolean };

const NOTHING = Buffer.alloc(0);

/**
 * Bodies of callers, counted while they stream in: one that is too large or too slow is given up at once, and so is one for which
 * there is no memory left, however many callers send at the same time.
 */
export class Bodies {
  readonly #limits: BodyLimits;
  #held = 0;

  constructor(limits: BodyLimits) {
    this.#limits = limits;
  }

  /** Bytes held now. */
  get held(): number {
    return this.#held;
  }

  /**
   * Collects a body before it enters the readable stream, then puts it in at once: everything behind sees an untouched request.
   * Calls `done` or `refuse`, once, or nothing where the caller went away.
   * @returns to be called when the request has ended, however: its bytes are no longer counted
   */
  collect(request: IncomingMessage, done: (body: Buffer) => void, refuse: (refusal: Refusal) => void): () => void {
    const { each, all, ms } = this.#limits;
    const parts: Buffer[] = [];
    let size = 0;
    const intercepted = request as { push?: (chunk: Buffer | null) => boolean };
    const end = (): void => {
      clearTimeout(timer);
      delete intercepted.push;
    };
    const stop = (refusal: Refusal): void => {
      end();
      parts.length = 0;
      request.resume();
      refuse(refusal);
    };
    const timer = setTimeout(() => stop({ status: 408, title: `The body was not complete within ${ms / 1000} s` }), ms);
    intercepted.push = (chunk) => {
      if (chunk === null) {
        end();
        const body = parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts, size);
        if (size > 0) request.push(body);
        request.push(null);
        done(body);
        return true;
      }
      size += chunk.length;
      this.#held += chunk.length;
      parts.push(chunk);
      if (size > each) stop(tooLarge(each));
      else if (this.#held > all) stop({ status: 503, title: 'Too many bodies are being sent', retryAfter: 1 });
      return true;
    };
    return () => {
      clearTimeout(timer);
      this.#held -= size;
      size = 0;
    };
  }
}

/**
 * Leaves the body as `http in` is to see it, and marks it as parsed: no body parser of Node-RED's runs.
 * @returns what is wrong with it, if anything
 */
export function parseInto(request: Parsed, body: Buffer | undefined): Refusal | undefined {
  request.rawBody = body ?? NOTHING;
  request._body = true;
  request.body = {};
  if (!body || body.length === 0) return undefined;
  if (!isUtf8(body)) return { status: 400, title: 'The body is not UTF-8', pointer: '' };
  try {
    request.body = JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    return { status: 400, title: 'The body is not JSON', pointer: '' };
  }
  const wrong = unsound(request.body);
  if (!wrong) return undefined;
  request.body = {};
  return { status: 400, title: `A part of the body ${wrong.reason}`, pointer: wrong.pointer };
}
