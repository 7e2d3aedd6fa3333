import type { IncomingMessage } from 'node:http';
import { parse as parseQuery } from 'node:querystring';
import { unsound } from '../runtime/sound';

/** Why a request is turned away, as a caller is told. */
export interface Refusal {
  status: number;
  title: string;
  /** Seconds until it is worth coming back. */
  retryAfter?: number;
  pointer?: string;
}

const URL_LIMIT = 4096;
const PARAMETERS = 64;

/** No endpoint takes another form: what only a parser of Node-RED's would read never reaches one. */
const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json *(?:;|$)/i;
const OTHER_CHARSET = /; *charset *= *(?!"?utf-?8)/i;

/** Whether a body follows the headers. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/**
 * Looks at a request before a byte of its body is read. A sound query is left in `request.query`: flat, with a list where a name repeats.
 * @param bodyLimit bytes
 */
export function wrongWith(request: IncomingMessage & { query?: object }, bodyLimit: number): Refusal | undefined {
  const { url = '', headers, httpVersion } = request;
  if (headers.host === undefined && httpVersion !== '1.0') return { status: 400, title: 'The Host header is missing' };
  return wrongTarget(request, url) ?? (hasBody(request) ? wrongBody(request, bodyLimit) : undefined);
}

function wrongTarget(request: { query?: object }, url: string): Refusal | undefined {
  if (url.length > URL_LIMIT) return { status: 414, title: `The URL is longer than ${URL_LIMIT} characters` };
  if (!url.startsWith('/')) return { status: 400, title: 'The request must name a path' };
  const mark = url.indexOf('?');
  if (!isDecodable(mark < 0 ? url : url.slice(0, mark))) return { status: 400, title: 'The path cannot be decoded' };
  if (mark < 0) {
    request.query = {};
    return undefined;
  }
  // One more than is taken shows that there are too many.
  const query = parseQuery(url.slice(mark + 1), '&', '=', { maxKeys: PARAMETERS + 1 });
  if (Object.values(query).flat().length > PARAMETERS) return { status: 400, title: `The query has more than ${PARAMETERS} parameters` };
  const wrong = unsound(query);
  if (wrong) return { status: 400, title: 'The query has a forbidden parameter', pointer: wrong.pointer };
  request.query = { ...query };
  return undefined;
}

function isDecodable(path: string): boolean {
  if (!path.includes('%')) return true;
  try {
    return !decodeURIComponent(path).includes('\0');
  } catch {
    return false;
  }
}

function wrongBody({ headers }: IncomingMessage, bodyLimit: number): Refusal | undefined {
  const coding = headers['transfer-encoding'];
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') return { status: 415, title: 'Of the transfer codings only chunked is taken' };
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') return { status: 415, title: 'Compressed bodies are not taken' };
  const type = headers['content-type'] ?? '';
  if (!JSON_TYPE.test(type) || OTHER_CHARSET.test(type)) return { status: 415, title: 'The body must be JSON in UTF-8: content type application/json' };
  if (Number(headers['content-length'] ?? 0) > bodyLimit) return tooLarge(bodyLimit);
  return undefined;
}

export const tooLarge = (bodyLimit: number): Refusal => ({ status: 413, title: `The body is larger than ${bodyLimit} bytes` });
