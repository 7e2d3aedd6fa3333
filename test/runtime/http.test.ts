import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { InvalidInput, OutcomeUnknown, Retryable } from '../../nodes/runtime/errors';
import { waitFor } from '../support/system';
import { createHttpClient, type HttpClient, type HttpClientOptions, type HttpRequest } from '../../nodes/runtime/http';
import { closedPort, failureOf, portOf, startServer, type TestServer } from './a-server';

let server: TestServer | undefined;
let client: HttpClient | undefined;

afterEach(async () => {
  await client?.close();
  await server?.close();
  server = undefined;
  client = undefined;
});

async function serve(answer: Parameters<typeof startServer>[0], options: Partial<HttpClientOptions> = {}) {
  const started = await startServer(answer);
  const created = createHttpClient({ name: 'shop', baseUrl: `${started.url}/base/`, timeoutMs: 2000, ...options });
  server = started;
  client = created;
  return { server: started, client: created };
}

const read: HttpRequest = { method: 'GET', path: '/orders/1', mayHaveActed: false };
const act: HttpRequest = { method: 'POST', path: '/orders', body: '{"a":1}', mayHaveActed: true };

test('a request arrives once, with its body, headers and a correlation id', async () => {
  const { server: { received }, client: http } = await serve((_, response) => response.writeHead(201, { 'x-a': ['1', '2'] }).end('{"ok":true}'));
  const response = await http.request({ ...act, headers: { 'content-type': 'application/json' }, correlationId: 'abc' });
  expect(response).toMatchObject({ status: 201, headers: { 'x-a': '1,2' }, text: '{"ok":true}' });
  expect(response.json()).toEqual({ ok: true });
  expect(received).toEqual([
    expect.objectContaining({ method: 'POST', url: '/base/orders', body: '{"a":1}', headers: expect.objectContaining({ 'x-correlation-id': 'abc' }) }),
  ]);
});

test('a definite 4xx is an answer, for the caller to judge', async () => {
  const { client: http } = await serve((_, response) => response.writeHead(422).end('{"code":"no"}'));
  await expect(http.request(act)).resolves.toMatchObject({ status: 422 });
});

describe('provably nothing reached the remote', () => {
  test('connection refused', async () => {
    client = createHttpClient({ name: 'shop', baseUrl: `http://127.0.0.1:${await closedPort()}` });
    expect(await failureOf(client.request(act))).toMatchObject({ constructor: Retryable, code: 'shop.unreachable', partnerDown: 'shop' });
  });

  test('a name that nobody has', async () => {
    client = createHttpClient({ name: 'shop', baseUrl: 'http://nobody.invalid' });
    expect(await failureOf(client.request(act))).toMatchObject({ constructor: Retryable, code: 'shop.unreachable' });
  });

  test('a TLS handshake that fails', async () => {
    const { server: { url, received } } = await serve((_, response) => response.end());
    const tls = createHttpClient({ name: 'shop', baseUrl: url.replace('http:', 'https:') });
    expect(await failureOf(tls.request(act))).toMatchObject({ constructor: Retryable, code: 'shop.unreachable' });
    expect(received).toEqual([]);
    await tls.close();
  });

  test.each([
    [401, 'shop.unauthorized'],
    [403, 'shop.forbidden'],
    [408, 'shop.timed-out'],
    [429, 'shop.throttled'],
  ])('HTTP %d', async (status, code) => {
    const { client: http } = await serve((_, response) => response.writeHead(status, { 'retry-after': '3' }).end());
    expect(await failureOf(http.request(act))).toMatchObject({ constructor: Retryable, code, retryAfterMs: 3000 });
  });

  test('the start was too late', async () => {
    const { server: { received }, client: http } = await serve((_, response) => response.end());
    expect(await failureOf(http.request({ ...act, startBy: Date.now() - 1 }))).toMatchObject({ constructor: Retryable, code: 'shop.too-late' });
    await http.request({ ...act, startBy: Date.now() + 10_000 });
    expect(received).toHaveLength(1);
  });

  test('the caller is told right before the first byte, and may keep it from being written', async () => {
    const { server: { received }, client: http } = await serve((_, response) => response.end());
    const told: number[] = [];
    await failureOf(http.request({ ...act, startBy: Date.now() - 1, leave: () => told.push(-1) }));
    await http.request({ ...act, leave: () => told.push(received.length) });
    expect(told).toEqual([0]);
    const noNote = (): never => {
      throw new Error('no space left on device');
    };
    expect(await failureOf(http.request({ ...act, leave: noNote }))).toBeInstanceOf(Retryable);
    expect(received).toHaveLength(1);
  });

  test('too many are under way', async () => {
    const arrived = Promise.withResolvers<ServerResponse>();
    const { server: { received }, client: http } = await serve((_, response) => arrived.resolve(response), { connections: 1, queue: 0 });
    const first = http.request(act);
    expect(await failureOf(http.request(act))).toMatchObject({ constructor: Retryable, code: 'shop.busy' });
    expect(http.states()).toEqual([{ partner: 'shop', endpoint: 'api', breaker: 'closed', lanes: 1, busy: 1, waiting: 0 }]);
    (await arrived.promise).end();
    await expect(first).resolves.toMatchObject({ status: 200 });
    expect(received).toHaveLength(1);
  });

  test('the breaker is open, and closes after an answer', async () => {
    let healthy = false;
    const { server: { received }, client: http } = await serve((_, response) => response.writeHead(healthy ? 200 : 500).end(), {
      breaker: { failures: 2, halfOpenAfterMs: 50 },
    });
    await failureOf(http.request(act));
    await failureOf(http.request(act));
    expect(await failureOf(http.request(act))).toMatchObject({ constructor: Retryable, code: 'shop.breaker-open', partnerDown: 'shop', message: expect.stringMatching(/^shop is down since 20\S+Z: shop failed \(HTTP 500\)$/) as string });
    expect(() => http.requireUp()).toThrow(/^shop is down/);
    expect(received).toHaveLength(2);
    expect(http.states()).toMatchObject([{ breaker: 'open', busy: 0 }]);
    healthy = true;
    await waitFor(() => http.request(act).then(() => true, () => false), { what: 'the partner to be tried again' });
    expect(received).toHaveLength(3);
    expect(http.states()).toMatchObject([{ breaker: 'closed' }]);
    expect(() => http.requireUp()).not.toThrow();
  });

  test('refusals of the caller do not open the breaker', async () => {
    const { client: http } = await serve((_, response) => response.writeHead(429).end(), { breaker: { failures: 1, halfOpenAfterMs: 60_000 } });
    await failureOf(http.request(act));
    expect(await failureOf(http.request(act))).toMatchObject({ code: 'shop.throttled' });
  });
});

describe('the request may have been carried out', () => {
  const packed = gzipSync(' '.repeat(900_000));
  const failures: ReadonlyArray<[string, Parameters<typeof startServer>[0], string]> = [
    ['HTTP 500', (_, response) => response.writeHead(500).end('oops'), 'shop.server-error'],
    ['HTTP 503 of a gateway', (_, response) => response.writeHead(503, { 'retry-after': '1' }).end(), 'shop.server-error'],
    ['a redirect', (_, response) => response.writeHead(307, { location: '/elsewhere' }).end(), 'shop.redirected'],
    ['a reset before the answer', (_, __, socket) => socket.resetAndDestroy(), 'shop.no-answer'],
    ['an end before the answer', (_, __, socket) => socket.end(), 'shop.no-answer'],
    [
      'a reset within the answer',
      (_, response, socket) => {
        response.writeHead(200, { 'content-length': '100' });
        response.write('half', () => socket.resetAndDestroy());
      },
      'shop.no-answer',
    ],
    ['an answer that is not HTTP', (_, __, socket) => socket.end('nonsense\r\n\r\n'), 'shop.no-answer'],
    ['no answer in time', () => undefined, 'shop.no-answer'],
    [
      'an answer that drips without end',
      (_, response) => {
        response.writeHead(200);
        const drip = setInterval(() => response.write('.'), 20);
        response.on('close', () => clearInterval(drip));
      },
      'shop.no-answer',
    ],
    ['an answer that is too large', (_, response) => response.end('x'.repeat(5000)), 'shop.no-answer'],
    ['an answer that says it is too large', (_, response) => response.writeHead(200, { 'content-length': '5000' }).write('x'.repeat(2000)), 'shop.no-answer'],
    // A megabyte of blanks in a thousand bytes: nobody asked for it to be packed, and it is not unpacked.
    ['a compressed answer', (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(packed), 'shop.no-answer'],
  ];

  test.each(failures)('%s', async (_, answer, code) => {
    const { server: { received }, client: http } = await serve(answer, { timeoutMs: 500, maxResponseBytes: 1000 });
    expect(await failureOf(http.request(act))).toMatchObject({ constructor: OutcomeUnknown, code });
    expect(received).toHaveLength(1);
  });

  test.each(failures)('%s: a read is simply tried again later', async (_, answer, code) => {
    const { client: http } = await serve(answer, { timeoutMs: 500, maxResponseBytes: 1000 });
    expect(await failureOf(http.request(read))).toMatchObject({ constructor: Retryable, code });
  });

  test('an answer that is not JSON', async () => {
    const { client: http } = await serve((_, response) => response.end('<html>'));
    const [acted, readBack] = [await http.request(act), await http.request(read)];
    expect(() => acted.json()).toThrow(OutcomeUnknown);
    expect(() => readBack.json()).toThrow(Retryable);
  });

  test.each(['{"a": {"__proto__": {"polluted": true}}}', `${'['.repeat(40)}${']'.repeat(40)}`])('an answer that nobody may pass on: %s', async (text) => {
    const { client: http } = await serve((_, response) => response.end(text));
    const [acted, readBack] = [await http.request(act), await http.request(read)];
    expect(() => acted.json()).toThrow(OutcomeUnknown);
    expect(() => readBack.json()).toThrow(Retryable);
    expect(readBack.json({ any: true })).toEqual(JSON.parse(text));
  });
});

/** Answers the first request on a connection and cuts it at the next one: how a server ends an idle connection under a request. */
async function cuttingServer(cut: 'reset' | 'end') {
  const bodies: string[] = [];
  const tcp = createTcpServer((socket) => {
    let answered = 0;
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      const text = data.toString();
      bodies.push(text.slice(text.indexOf('\r\n\r\n') + 4));
      answered += 1;
      if (answered === 1) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: keep-alive\r\n\r\n{}');
      else if (cut === 'reset') socket.resetAndDestroy();
      else socket.end();
    });
  });
  tcp.listen(0, '127.0.0.1');
  await once(tcp, 'listening');
  return { bodies, url: `http://127.0.0.1:${portOf(tcp)}`, close: () => tcp.close() };
}

describe('nothing is sent twice', () => {
  test.each(['reset', 'end'] as const)('over a kept connection that is cut by %s as the request arrives', async (cut) => {
    const { bodies, url, close } = await cuttingServer(cut);
    client = createHttpClient({ name: 'shop', baseUrl: url, connections: 1 });
    await client.request({ ...act, body: 'first' });
    expect(await failureOf(client.request({ ...act, body: 'second' }))).toMatchObject({ constructor: OutcomeUnknown, code: 'shop.no-answer' });
    await client.request({ ...act, body: 'third' });
    expect(bodies).toEqual(['first', 'second', 'third']);
    close();
  });

  test('a thousand requests over a server that cuts at random arrive at most once each', async () => {
    let count = 0;
    const { server: { received }, client: http } = await serve(
      (_, response, socket) => {
        count += 1;
        if (count % 3 === 0) socket.destroy();
        else if (count % 5 === 0) response.writeHead(200, { connection: 'close' }).end('{}');
        else response.end('{}');
      },
      { connections: 8, queue: 2000, breaker: { failures: 10_000, halfOpenAfterMs: 1 } },
    );
    const results = await Promise.allSettled(Array.from({ length: 1000 }, (_, index) => http.request({ ...act, body: String(index) })));
    const bodies = received.map(({ body }) => body);
    expect(new Set(bodies).size).toBe(bodies.length);
    // Whatever is said to have not been sent has not arrived.
    const notSent = results.flatMap((result, index) => (result.status === 'rejected' && result.reason instanceof Retryable ? [String(index)] : []));
    expect(bodies.filter((body) => notSent.includes(body))).toEqual([]);
    expect(bodies.length).toBeGreaterThan(900);
  });
});

test('a kept connection is used again', async () => {
  const { server: started, client: http } = await serve((_, response) => response.end('{}'), { connections: 1 });
  await http.request(act);
  await http.request(act);
  expect(started.connections).toBe(1);
});

test.each(['ftp://shop', 'shop', 'http://user:secret@shop', 'http://shop/?a=1'])('the URL %s is refused', (baseUrl) => {
  expect(() => createHttpClient({ name: 'shop', baseUrl })).toThrow(InvalidInput);
});
