import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { Proxy } from './rig/proxy';

let proxy: Proxy;
let server: http.Server;
let heard: string[];

beforeEach(async () => {
  heard = [];
  server = http.createServer((request, response) => {
    heard.push(request.url ?? '');
    response.end('a whole answer');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  proxy = await Proxy.listen();
  proxy.leadTo((server.address() as AddressInfo).port);
});
afterEach(async () => {
  await proxy.close();
  server.closeAllConnections();
  server.close();
});

const ask = (path: string): Promise<string> =>
  fetch(`http://127.0.0.1:${proxy.port}${path}`, { headers: { connection: 'close' } }).then((response) => response.text(), () => 'cut').catch(() => 'half an answer');

test('what is not struck goes through', async () => {
  proxy.strike('before', '/struck');
  expect([await ask('/passes'), heard, proxy.struck]).toEqual(['a whole answer', ['/passes'], 0]);
});

test('cut before: the other side hears nothing; as often as was said', async () => {
  proxy.strike('before', 'GET /struck', { times: 2 });
  expect([await ask('/struck'), await ask('/struck'), await ask('/struck')]).toEqual(['cut', 'cut', 'a whole answer']);
  expect([heard, proxy.struck]).toEqual([['/struck'], 2]);
});

test('cut after: the other side has acted, and nobody hears of it', async () => {
  proxy.strike('after', '/struck');
  expect([await ask('/struck'), heard]).toEqual(['cut', ['/struck']]);
});

test('truncate: half an answer', async () => {
  proxy.strike('truncate', '/struck');
  expect(['cut', 'half an answer']).toContain(await ask('/struck'));
  expect(heard).toEqual(['/struck']);
});

test('delay: the request comes later', async () => {
  proxy.strike('delay', '/struck', { ms: 80 });
  const begun = performance.now();
  expect(await ask('/struck')).toBe('a whole answer');
  expect(performance.now() - begun).toBeGreaterThanOrEqual(75);
});
