import { gzipSync } from 'node:zlib';
import { startSystem, type System, waitFor } from '../support/system';
import { exchangeBytes, type RawAnswer } from './a-socket';

/** What nobody sends by mistake: rubbish on the socket, bombs, bodies that never end. Each is refused in words, at once, and the others do not notice. */

let system: System;

beforeAll(async () => {
  system = await startSystem({ sandbox: false, env: { OMS_HEADER_SECONDS: '1', OMS_BODY_SECONDS: '1', OMS_BODY_LIMIT: '100000', OMS_BODIES_LIMIT: '1000000' } });
}, 120_000);
afterEach(async () => {
  const { status, text } = await system.api('/api/oms/orders', { as: 'reader' });
  if (status !== 200) throw new Error(`the others notice: ${status} ${text}`);
});
afterAll(() => system?.stop(), 60_000);

const URL = '/api/v3/osor_order/status/US-1';
const CRLF = '\r\n';

const head = (lines: readonly string[] = [], request = `PATCH ${URL}`): string =>
  [`${request} HTTP/1.1`, 'Host: oms', `X-User-Token: ${system.tokens.mulesoft}`, ...lines, '', ''].join(CRLF);
const send = (...pieces: (string | Buffer)[]): Promise<RawAnswer> => exchangeBytes(system.port, pieces);
const sized = (body: string | Buffer, ...lines: string[]): [string, string | Buffer] => [head([`Content-Length: ${Buffer.byteLength(body)}`, ...lines]), body];

/** The status of a refusal in words that tells nothing of what is inside. */
function refusal(answer: RawAnswer): number {
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(JSON.parse(answer.text)).toMatchObject({ status: answer.status, title: expect.stringMatching(/./) as string });
  expect(answer.text).not.toMatch(/HPE_|ERR_|node_modules|\bat \S+ \(|[\s"'(]\/(?:work|home|usr|tmp|root)\//);
  return answer.status;
}

/** What those with this status are told about coming back. */
const retryAfter = (answers: readonly { status: number; headers: Readonly<Record<string, unknown>> }[], of: number): Set<unknown> =>
  new Set(answers.filter(({ status }) => status === of).map(({ headers }) => headers['retry-after']));

describe('bodies', () => {
  const TYPES = ['application/json', 'application/octet-stream', 'text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/xml', 'no/such-thing', ';;;', ''];

  test.each(TYPES)('of type "%s" are refused when they are too large, announced or not', async (type) => {
    const typed = type === '' ? [] : [`Content-Type: ${type}`];
    const isJson = type === 'application/json';
    expect(refusal(await send(head(['Content-Length: 100001', ...typed])))).toBe(isJson ? 413 : 415);
    // Chunks without an end: the answer comes before it.
    const chunk = `8000${CRLF}${' '.repeat(0x8000)}${CRLF}`;
    expect(refusal(await send(head(['Transfer-Encoding: chunked', ...typed]), chunk, chunk, chunk, chunk))).toBe(isJson ? 413 : 415);
  });

  test.each(TYPES.filter((type) => type !== 'application/json'))('of type "%s" are not read by anybody', async (type) => {
    const body = '{"status": "RELEASED_FROM_NAV", "event_id": "1"}';
    expect(refusal(await send(...sized(body, ...(type === '' ? [] : [`Content-Type: ${type}`]))))).toBe(415);
  });

  test.each(['application/json', 'Application/JSON; charset=UTF-8', 'application/json;charset="utf-8"', 'application/vnd.partner.v1+json'])('of type "%s" are', async (type) => {
    // The order is not known, so the body has been read.
    expect((await send(...sized('{"status": "RELEASED_FROM_NAV", "event_id": "1"}', `Content-Type: ${type}`))).status).toBe(404);
  });

  test('in another charset, or compressed, are not taken; a bomb is never unpacked', async () => {
    expect(refusal(await send(...sized('{}', 'Content-Type: application/json; charset=utf-16')))).toBe(415);
    const bomb = gzipSync(Buffer.alloc(50_000_000, ' '));
    for (const encoding of ['gzip', 'GZIP', 'deflate', 'br', 'gzip, gzip']) expect(refusal(await send(...sized(bomb.subarray(0, 1000), 'Content-Type: application/json', `Content-Encoding: ${encoding}`)))).toBe(415);
    expect([400, 415]).toContain(refusal(await send(head(['Content-Type: application/json', 'Transfer-Encoding: gzip, chunked']), '0\r\n\r\n')));
  });

  test('are to be UTF-8 and JSON', async () => {
    const json = 'Content-Type: application/json';
    for (const body of [Buffer.from([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x3a, 0x31, 0x7d]), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from('\u{feff}{}'), '{"a":1}}', "{'a':1}", '\0', 'NaN', '{"a":01}'])
      expect(refusal(await send(...sized(body, json)))).toBe(400);
  });

  test.each([
    ['{"a":{"b":[1,{"__proto__":{"x":1}}]}}', '/a/b/1/__proto__'],
    ['{"\\u005f_proto__":1}', '/__proto__'],
    ['{"prototype":null}', '/prototype'],
    ['{"a/b":{"constructor":1}}', '/a~1b/constructor'],
    [`${'{"a":'.repeat(33)}1${'}'.repeat(33)}`, '/a'.repeat(32)],
    [`${'['.repeat(33)}${']'.repeat(33)}`, '/0'.repeat(32)],
  ])('%s is refused with the pointer', async (body, pointer) => {
    const answer = await send(...sized(body, 'Content-Type: application/json'));
    expect(refusal(answer)).toBe(400);
    expect(JSON.parse(answer.text)).toMatchObject({ pointer });
  });

  test('of all callers together are bounded, and the next one is served', async () => {
    // Twelve callers with nearly the largest body each, none of them complete: a million bytes is what is held.
    const json = head(['Content-Length: 99999', 'Content-Type: application/json']);
    const answers = await Promise.all(Array.from({ length: 12 }, () => send(json, Buffer.alloc(99_000, ' '))));
    const statuses = answers.map(refusal);
    expect(statuses.filter((status) => status === 503).length).toBeGreaterThanOrEqual(1);
    expect(statuses.filter((status) => status === 408).length).toBeGreaterThanOrEqual(1);
    expect(statuses.filter((status) => status !== 408 && status !== 503)).toEqual([]);
    expect(retryAfter(answers, 503)).toEqual(new Set(['1']));
    await waitFor(async () => /oms_bodies_bytes 0\n/.test((await system.api('/metrics', { as: null })).text), { what: 'no body to be held any more' });
  }, 20_000);
});

describe('slow callers', () => {
  test('headers that drip are cut off', async () => {
    const answer = await exchangeBytes(system.port, head().slice(0, -4).split(''), { pauseMs: 50, limitMs: 10_000 });
    expect(refusal(answer)).toBe(408);
    expect(answer.ms).toBeLessThan(4000);
  }, 20_000);

  test.each([['announced', ['Content-Length: 1000'], '{'], ['chunked', ['Transfer-Encoding: chunked'], `1${CRLF} ${CRLF}`]])('a body that drips is cut off: %s', async (_how, lines, drop) => {
    const pieces = [head([...lines, 'Content-Type: application/json']), ...Array.from({ length: 200 }, () => drop)];
    const answer = await exchangeBytes(system.port, pieces, { pauseMs: 30, limitMs: 10_000 });
    expect(refusal(answer)).toBe(408);
    expect(answer.ms).toBeLessThan(4000);
  }, 20_000);

  test('a sign-in that drips is cut off, and the process goes on', async () => {
    const pieces = [head(['Content-Length: 1000', 'Content-Type: application/json'], 'POST /editor/auth/token'), ...Array.from({ length: 200 }, () => '{')];
    const answer = await exchangeBytes(system.port, pieces, { pauseMs: 30, limitMs: 10_000 });
    expect(answer.status).toBe(0);
    expect(answer.ms).toBeLessThan(4000);
  }, 20_000);

  test('two hundred of them at once hold up nobody', async () => {
    const slow = Array.from({ length: 200 }, () => exchangeBytes(system.port, [head(['Content-Length: 10', 'Content-Type: application/json']), '{'], { limitMs: 10_000 }));
    const quick = await Promise.all(Array.from({ length: 20 }, () => system.api('/api/oms/orders', { as: 'reader' })));
    expect(quick.map(({ status }) => status)).toEqual(quick.map(() => 200));
    expect(new Set((await Promise.all(slow)).map(refusal))).toEqual(new Set([408]));
  }, 20_000);
});

describe('rubbish', () => {
  const json = 'Content-Type: application/json';
  test.each<[string, () => (string | Buffer)[], number[]]>([
    ['no HTTP', () => ['\u{1}\u{2}\u{3}\r\n\r\n'], [400]],
    ['TLS', () => [Buffer.from('16030100a5010000a10303', 'hex'), '\r\n\r\n'], [400]],
    ['HTTP of the future', () => [`GET / HTTP/9.9${CRLF}Host: oms${CRLF}${CRLF}`], [400]],
    ['no host', () => [`GET /api/oms/orders HTTP/1.1${CRLF}${CRLF}`], [400]],
    ['an unknown method', () => [head([], `BREW ${URL}`)], [400]],
    ['CONNECT', () => [`CONNECT oms:80 HTTP/1.1${CRLF}Host: oms${CRLF}${CRLF}`], [405]],
    ['an expectation', () => [head(['Expect: the-unexpected'])], [417]],
    ['a space in the path', () => [head([], 'GET /api/oms/or ders')], [400]],
    ['NUL in the path', () => [head([], 'GET /api/oms/orders/\0')], [400]],
    ['an encoded NUL in the path', () => [head([], 'GET /api/oms/orders/%00')], [400]],
    ['percent rubbish', () => [head([], 'PATCH /api/v3/osor_order/status/%E0%A4%A')], [400]],
    ['more percent rubbish', () => [head([], 'GET /api/oms/orders/%')], [400]],
    ['a whole URL', () => [head([], 'GET http://[bad/api')], [400]],
    ['an asterisk', () => [head([], 'OPTIONS *')], [400]],
    ['a long URL', () => [head([], `GET /api/oms/orders?q=${'x'.repeat(5000)}`)], [414]],
    ['a longer URL', () => [head([], `GET /api/oms/orders?q=${'x'.repeat(50_000)}`)], [431]],
    ['a query of many parameters', () => [head([], `GET /api/oms/orders?${'a=1&'.repeat(900)}`)], [400]],
    ['a query that reaches for a prototype', () => [head([], 'GET /api/oms/orders?__proto__=1')], [400]],
    ['the same, encoded', () => [head([], 'GET /api/oms/orders?%5f_proto__=1')], [400]],
    ['a huge header', () => [head([`X-Huge: ${'x'.repeat(20_000)}`])], [431]],
    ['two thousand headers', () => [head(Array.from({ length: 2000 }, (_, index) => `X-${index}: 1`))], [431]],
    ['a header without a name', () => [head([': value'])], [400]],
    ['a folded header', () => [head(['X-Folded: a', ' b'])], [400]],
    ['two tokens', () => [head([`X-User-Token: ${system.tokens.operator}`, json, 'Content-Length: 2']), '{}'], [401]],
    ['two content types', () => [head([json, 'Content-Type: text/plain', 'Content-Length: 2']), '{}'], [415]],
    ['two lengths', () => [head(['Content-Length: 2', 'Content-Length: 3', json]), '{}'], [400]],
    ['a length and chunks', () => [head(['Content-Length: 2', 'Transfer-Encoding: chunked', json]), `0${CRLF}${CRLF}`], [400]],
    ['a negative length', () => [head(['Content-Length: -1', json])], [400]],
    ['a length that is no number', () => [head(['Content-Length: 1e3', json])], [400]],
    ['a length beyond all numbers', () => [head([`Content-Length: ${'9'.repeat(40)}`, json])], [400, 413]],
    ['a length that the editor never takes, and nothing behind it', () => [head(['Content-Length: 99999999999', json], 'POST /editor/auth/token')], [413]],
    ['the same with a token that is none', () => [head(['Content-Length: 99999999999', json, 'Authorization: Basic Og=='], 'POST /editor/')], [413]],
    ['a broken chunk', () => [head(['Transfer-Encoding: chunked', json]), `zz${CRLF}{}${CRLF}`], [400]],
    ['a chunk longer than it says', () => [head(['Transfer-Encoding: chunked', json]), `1${CRLF}{}}}${CRLF}0${CRLF}${CRLF}`], [400]],
    ['endless chunk extensions', () => [head(['Transfer-Encoding: chunked', json]), `1;${'x'.repeat(60_000)}${CRLF}{${CRLF}`], [413]],
    ['a body where none belongs', () => [head(['Content-Length: 4', 'Content-Type: text/plain'], 'GET /api/oms/orders'), 'what'], [415]],
    ['a cookie bomb', () => [head([`Cookie: a=j:${'['.repeat(8000)}`, json, 'Content-Length: 2']), '{}'], [400]],
  ])('%s', async (_what, pieces, statuses) => {
    const answer = await send(...pieces());
    expect(statuses).toContain(refusal(answer));
  });

  test('a broken request behind a sound one: the sound one is answered', async () => {
    const answer = await send(`${head([], 'GET /api/oms/orders').replace(system.tokens.mulesoft, system.tokens.reader)}what is this\r\n\r\n`);
    expect(answer.status).toBe(200);
  });

  test('a cursor that looks like one of ours', async () => {
    for (const cursor of [['::::::::::', 1], ['2024-02-31 00:00:00.000000', 1], ['2024-01-01 00:00:00.000000', 1e308], ['2024-01-01 00:00:00.000000', null]]) {
      const after = Buffer.from(JSON.stringify(cursor).replace('1e+308', '1e999')).toString('base64url');
      expect((await system.api(`/api/oms/orders?status=SHIPPED&after=${after}`, { as: 'reader' })).status).toBe(400);
    }
  });

  test.each(['//', '/\\', 'http://a:b:c/', '/editor/comms/..', '/editor%2fcomms', '*'])('a WebSocket to %s ends neither the connection of others nor the process', async (url) => {
    const lines = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='];
    expect((await send(head(lines, `GET ${url}`))).status).toBe(0);
  });
});

test('a socket of the editor that is flooded is cut, whoever holds it', async () => {
  const socket = new WebSocket(`ws://127.0.0.1:${system.port}/editor/comms`);
  const closed = new Promise<void>((resolve) => socket.addEventListener('close', () => resolve()));
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve);
    socket.addEventListener('error', reject);
  });
  socket.send('['.repeat(2_000_000));
  await closed;
  expect(socket.readyState).toBe(WebSocket.CLOSED);
}, 20_000);

describe('who calls too often', () => {
  test('random tokens share the bucket of their address, and known callers have their own', async () => {
    const limited = await startSystem({ sandbox: false, beside: system, env: { OMS_RATE_LIMIT: '20' } });
    try {
      const answers = await Promise.all(Array.from({ length: 100 }, (_, index) => limited.api('/api/oms/orders', { as: null, headers: { 'x-user-token': `guess-${index}` } })));
      const statuses = answers.map(({ status }) => status);
      // Twenty a second: a hundred at once fall into two seconds at most.
      expect(statuses.filter((status) => status === 429).length).toBeGreaterThanOrEqual(60);
      expect(statuses.filter((status) => status !== 429 && status !== 401)).toEqual([]);
      expect(retryAfter(answers, 429)).toEqual(new Set(['1']));
      expect((await limited.api('/api/oms/orders', { as: 'reader' })).status).toBe(200);
    } finally {
      await limited.stop();
    }
  }, 60_000);

  test('who guesses the editor’s password is slowed down', async () => {
    const body = { client_id: 'node-red-admin', grant_type: 'password', scope: '*', username: 'admin', password: 'guess' };
    const answers = await Promise.all(Array.from({ length: 20 }, () => system.api('/editor/auth/token', { as: null, body })));
    expect(answers.filter(({ status }) => status === 429).length).toBeGreaterThanOrEqual(10);
    expect(retryAfter(answers, 429)).toEqual(new Set(['1']));
  }, 20_000);
});
