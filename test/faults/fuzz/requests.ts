import * as fc from 'fast-check';
import type { CallerName } from '../../support/system';
import type { Endpoint } from './endpoints';
import { fromSchema } from './from-schema';
import { mutated, mutatedBytes } from './mutations';

/** One request as it goes over the wire. */
export interface Shot {
  kind: string;
  endpoint: string;
  bytes: Buffer;
  /** Our side says that nothing more comes. */
  ended: boolean;
}

interface Parts {
  method: string;
  target: string;
  headers: string[];
  body?: Buffer;
}

export interface Known {
  endpoints: readonly Endpoint[];
  tokens: Readonly<Record<CallerName, string>>;
  /** Names of orders that there are. */
  orders: readonly string[];
}

const JSON_TYPE = 'Content-Type: application/json';
const RUBBISH_HEADERS = [
  'Content-Type: text/plain', 'Content-Type: application/x-www-form-urlencoded', 'Content-Type: multipart/form-data; boundary=x', 'Content-Type: ;;;', 'Content-Type: application/json; charset=utf-7',
  'Content-Encoding: gzip', 'Content-Encoding: br', 'Transfer-Encoding: chunked', 'Transfer-Encoding: gzip', 'Content-Length: 5', 'Content-Length: -1', 'Content-Length: 99999999999', 'Expect: 100-continue', 'Expect: tea', 'Connection: Upgrade',
  'Connection: Upgrade, HTTP2-Settings', 'Upgrade: websocket', 'Upgrade: h2c', 'Connection: close', 'Host: other', 'Host:', 'X-User-Token:', 'X-User-Token: \u{e9}', 'Authorization: Basic Og==', 'Authorization: Bearer x', 'X-Actor: <script>', 'X-Actor:', 'Idempotency-Key: same', 'Idempotency-Key: \t ',
  `Idempotency-Key: ${'k'.repeat(300)}`, 'X-Correlation-Id: ../..', 'If-None-Match: *', 'Range: bytes=0-1', 'X-HTTP-Method-Override: DELETE', 'Cookie: a=j:{"__proto__":1}; b=%', 'Origin: http://x', 'Accept-Encoding: gzip', `X-Long: ${'x'.repeat(9000)}`,
];

/** Requests of every kind, over all endpoints. */
export function shots({ endpoints, tokens, orders }: Known): fc.Arbitrary<Shot> {
  const order = fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...orders) }, { weight: 2, arbitrary: fc.nat({ max: 60 }).map(String) }, { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 200 }) });
  const nastyText = fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.constantFrom('%', '%00', '%E0%A4%A', '..', '../../x', 'a'.repeat(5000), '\u{1F600}', '__proto__', 'null', '-1', '1e9'));
  const query = fc.array(fc.tuple(fc.oneof(fc.constantFrom('q', 'status', 'after', 'limit', 'dry_run', '__proto__', 'a[b][c]', 'limit[]'), nastyText), fc.oneof(fc.constantFrom('SHIPPED', '50', '0', 'US', 'true', 'WyIyMDI0LTAxLTAxIDAwOjAwOjAwLjAwMDAwMCIsMV0'), nastyText)), { maxLength: 5 });

  const sound = (endpoint: Endpoint): fc.Arbitrary<Parts> => {
    const body = endpoint.schema ? fc.tuple(fromSchema(endpoint.schema), order).map(([value, name]) => Buffer.from(JSON.stringify(aboutOrder(value, name)))) : fc.constant(undefined);
    const caller = endpoint.callers.length > 0 ? fc.constantFrom(...endpoint.callers) : fc.constant(undefined);
    return fc.tuple(body, order, caller).map(([bytes, name, as]) => ({
      method: endpoint.method,
      target: endpoint.url.replaceAll(/:\w+/g, encodeURIComponent(name.toWellFormed())),
      headers: [...(as ? [`X-User-Token: ${tokens[as]}`, 'X-Actor: Fuzz'] : []), ...(bytes ? [JSON_TYPE] : [])],
      ...(bytes && { body: bytes }),
    }));
  };
  const any = fc.constantFrom(...endpoints);
  const withBody = fc.constantFrom(...endpoints.filter(({ schema }) => schema));
  const shot = (kind: string, endpoint: Endpoint, parts: Parts): Shot => ({ kind, endpoint: `${endpoint.method} ${endpoint.url}`, bytes: toBytes(parts), ended: false });
  const ofKind = (kind: string, from: fc.Arbitrary<Endpoint>, change: (endpoint: Endpoint) => fc.Arbitrary<Parts>): fc.Arbitrary<Shot> => from.chain((endpoint) => change(endpoint).map((parts) => shot(kind, endpoint, parts)));

  const wrongBody = (endpoint: Endpoint): fc.Arbitrary<Parts> => fc.tuple(sound(endpoint), mutated(fromSchema(endpoint.schema ?? {}))).map(([parts, value]) => ({ ...parts, body: Buffer.from(stringified(value)) }));
  const brokenText = (endpoint: Endpoint): fc.Arbitrary<Parts> => sound(endpoint).chain((parts) => mutatedBytes(fc.constant(parts.body ?? Buffer.from('{}'))).map((body) => ({ ...parts, body })));
  const wrongHead = (endpoint: Endpoint): fc.Arbitrary<Parts> =>
    fc.tuple(sound(endpoint), fc.array(fc.constantFrom(...RUBBISH_HEADERS), { maxLength: 3 }), query, fc.constantFrom('', '', '', 'GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD', 'TRACE', 'PROPFIND'), nastyText, fc.nat({ max: 5 })).map(
      ([parts, headers, pairs, method, text, which]) => ({
        ...parts,
        method: method || parts.method,
        target: `${which === 0 ? `${parts.target}/${text.replaceAll(/[\0-\x20\x7f-\u{10ffff}]/gu, '')}` : parts.target}${pairs.length > 0 ? `?${pairs.map(([name, value]) => `${which === 1 ? name.replaceAll(/[\0-\x20\x7f-\u{10ffff}]/gu, '') : encodeURIComponent(name.toWellFormed())}=${encodeURIComponent(value.toWellFormed())}`).join('&')}` : ''}`,
        headers: which === 2 ? headers : [...parts.headers, ...headers],
      }),
    );
  const raw = any.chain((endpoint) => mutatedBytes(sound(endpoint).map(toBytes)).map((bytes): Shot => ({ kind: 'mutated bytes', endpoint: `${endpoint.method} ${endpoint.url}`, bytes, ended: true })));
  const noise = fc.uint8Array({ minLength: 1, maxLength: 600 }).map((bytes): Shot => ({ kind: 'random bytes', endpoint: 'none', bytes: Buffer.from(bytes), ended: true }));
  // Cut off, and the connection stays open: the time limits must end it.
  const unfinished = withBody.chain((endpoint) => fc.tuple(sound(endpoint), fc.integer({ min: 1, max: 99 })).map(([parts, percent]): Shot => {
    const bytes = toBytes(parts);
    return { kind: 'unfinished', endpoint: `${endpoint.method} ${endpoint.url}`, bytes: bytes.subarray(0, Math.ceil((bytes.length * percent) / 100)), ended: false };
  }));
  return fc.oneof(
    { weight: 250, arbitrary: ofKind('sound', any, sound) },
    { weight: 300, arbitrary: ofKind('wrong body', withBody, wrongBody) },
    { weight: 100, arbitrary: ofKind('broken text', withBody, brokenText) },
    { weight: 200, arbitrary: ofKind('wrong head', any, wrongHead) },
    { weight: 120, arbitrary: raw },
    { weight: 20, arbitrary: noise },
    { weight: 10, arbitrary: unfinished },
  );
}

/** Names an order that there is, wherever the body names one. */
function aboutOrder(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((each) => aboutOrder(each, name));
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, key === 'order_id' ? name : aboutOrder(each, name)]));
}

/** What JSON.stringify gives up on (depth) is written by hand. */
function stringified(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'null';
  } catch {
    return `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
  }
}

function toBytes({ method, target, headers, body }: Parts): Buffer {
  const length = body && !headers.some((header) => /^(?:content-length|transfer-encoding):/i.test(header)) ? [`Content-Length: ${body.length}`] : [];
  const head = [`${method} ${target} HTTP/1.1`, 'Host: oms', ...headers, ...length, '', ''].join('\r\n');
  return Buffer.concat([Buffer.from(head, 'utf8'), body ?? Buffer.alloc(0)]);
}
