import type { ServerResponse } from 'node:http';
import type { Failure } from '../runtime/failure';

/** RFC 9457 problem details. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail?: string;
  /** RFC 6901 pointer into the request's body. */
  pointer?: string;
  correlation_id?: string;
  [extension: string]: unknown;
}

export const CORRELATION_HEADER = 'x-correlation-id';

const STATUS: Readonly<Record<Failure['class'], number>> = { invalid: 400, rejected: 409, retryable: 503, unknown: 503, bug: 500 };

/** Codes whose HTTP status is not that of their class. */
const STATUS_OF_CODE: Readonly<Record<string, number>> = {
  'auth.missing': 401,
  'auth.wrong': 401,
  'auth.not-allowed': 403,
  'order.unknown': 404,
  'customer.unknown': 404,
  'hold.unknown': 404,
  'pause.unknown': 404,
  'flag.unknown': 404,
  'job.unknown': 404,
  'downtime.unknown': 404,
  'dead-letter.unknown': 404,
  'idempotency.other-body': 422,
};

/** What a caller is told about a failure: never a stack, a path or SQL. */
export function problemOf(failure: Failure, correlation: string): Problem {
  const status = STATUS_OF_CODE[failure.code] ?? STATUS[failure.class];
  const open = failure.class !== 'bug';
  return {
    type: 'about:blank',
    title: open ? failure.code : 'Internal error',
    status,
    detail: open ? failure.message : 'Something went wrong here; it has been logged under the correlation id.',
    ...(failure.pointer !== undefined && { pointer: failure.pointer }),
    correlation_id: correlation,
  };
}

/** Answers a request that never reaches a flow, or that a flow has not answered; once. */
export function problem(response: ServerResponse, status: number, title: string, headers: Readonly<Record<string, string>> = {}, pointer?: string): void {
  if (response.headersSent || response.destroyed) return;
  const body = JSON.stringify({ type: 'about:blank', title, status, ...(pointer !== undefined && { pointer }), correlation_id: response.getHeader(CORRELATION_HEADER) });
  response.writeHead(status, { 'content-type': 'application/problem+json', 'content-length': Buffer.byteLength(body), 'cache-control': 'no-store', ...headers });
  response.end(body);
}
