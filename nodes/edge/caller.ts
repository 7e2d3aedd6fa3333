import { randomUUID } from 'node:crypto';
import type { Message } from '../runtime/node';
import type { Caller } from './callers';
import type { IdempotencyKeys, KeyedCall } from './idempotency';
import { CORRELATION_HEADER } from './problem';

/** What an `http in` node puts into a message. */
export interface HttpMessage extends Message {
  req?: {
    originalUrl?: string;
    method: string;
    params: Record<string, string>;
    query: Record<string, string | string[] | undefined>;
    headers: Record<string, string | string[] | undefined>;
    rawBody?: Buffer;
  };
  res?: { _res: HttpResponse };
  /** A Service Bus message that waits to be settled, by the key of its delivery. */
  delivery?: string;
  statusCode?: number;
  headers?: Record<string, string>;
  caller?: Caller;
  /** Set while a call with an Idempotency-Key runs. */
  keyed?: KeyedCall;
  /** Who acts, for audits: the partner, or the person that an operator's request names. */
  actor?: string;
}

interface HttpResponse {
  headersSent: boolean;
  req: { headers: Record<string, string | string[] | undefined> };
  status(code: number): HttpResponse;
  set(headers: Record<string, string>): HttpResponse;
  send(body: string): void;
}

/** The correlation id of a request: the caller's own where it sent a sound one. The gate puts it into the headers. */
export function correlationOf(message: HttpMessage): string {
  const header = message.req?.headers[CORRELATION_HEADER];
  return typeof header === 'string' && /^[\w.-]{8,64}$/.test(header) ? header : randomUUID();
}

/** Answers an HTTP caller and keeps the answer for a repetition of the call. */
export async function answer(message: HttpMessage, keys: IdempotencyKeys, status: number, body: unknown, contentType?: string): Promise<void> {
  if (message.keyed) await keys.end(message.keyed, { status, body });
  respond(message, status, body, contentType);
}

/** Answers an HTTP caller, once; later answers are dropped (the watchdog may have spoken). */
export function respond(message: HttpMessage, status: number, body: unknown, contentType = 'application/json; charset=utf-8'): void {
  const response = message.res?._res;
  if (!response || response.headersSent) return;
  response
    .status(status)
    .set({ 'content-type': contentType, [CORRELATION_HEADER]: correlationOf(message), 'cache-control': 'no-store', ...message.headers })
    .send(body === undefined ? '' : JSON.stringify(body));
}
