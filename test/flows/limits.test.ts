import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startSystem, type System, waitFor } from '../support/system';

/** What stands around the endpoints: limits, the watchdog, the doors of the editor. */

/** An endpoint whose answer never comes, and one that takes its body unparsed. */
const FORGETFUL = [
  { id: 'forgetful', type: 'tab', label: 'Forgetful', disabled: false, info: '' },
  { id: 'forgetful-in', type: 'http in', z: 'forgetful', name: 'Takes a request', url: '/api/forgetful', method: 'post', upload: false, swaggerDoc: '', x: 100, y: 100, wires: [[]] },
  { id: 'raw-in', type: 'http in', z: 'forgetful', name: 'Takes a raw body', url: '/api/raw', method: 'post', upload: false, skipBodyParsing: true, swaggerDoc: '', x: 100, y: 200, wires: [['raw-out']] },
  { id: 'raw-out', type: 'http response', z: 'forgetful', name: 'Gives it back', statusCode: '', headers: {}, x: 300, y: 200, wires: [] },
];

let system: System;
let flowsDir: string;

beforeAll(async () => {
  flowsDir = mkdtempSync(path.join(tmpdir(), 'oms-flows-'));
  cpSync(path.join(__dirname, '../../flows'), flowsDir, { recursive: true });
  writeFileSync(path.join(flowsDir, 'forgetful.json'), JSON.stringify(FORGETFUL));
  const order = path.join(flowsDir, '_order.json');
  writeFileSync(order, JSON.stringify([...(JSON.parse(readFileSync(order, 'utf8')) as string[]), 'forgetful']));
  system = await startSystem({ flowsDir, sandbox: false, env: { OMS_ANSWER_SECONDS: '1', OMS_RATE_LIMIT: '40' } });
}, 120_000);
afterAll(async () => {
  await system?.stop();
  rmSync(flowsDir, { recursive: true, force: true });
}, 60_000);

test('a flow that forgets to answer: the caller gets 504, and others are not held up', async () => {
  const begun = Date.now();
  const forgotten = system.api('/api/forgetful', { as: 'mulesoft', body: {}, headers: { 'x-correlation-id': 'forgotten-1' } });
  expect((await system.api('/api/oms/orders', { as: 'reader' })).status).toBe(200);
  expect(Date.now() - begun).toBeLessThan(1000);
  const answer = await forgotten;
  expect(answer.status).toBe(504);
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(answer.body).toMatchObject({ status: 504, correlation_id: 'forgotten-1' });
}, 20_000);

test('an endpoint for raw bodies gets them untouched, with the limits of all', async () => {
  const body = '{"a":  1}';
  expect(await system.api('/api/raw', { as: null, body })).toMatchObject({ status: 200, text: body });
  expect(await system.api('/api/raw', { as: null, body: `"${' '.repeat(1_048_576)}"` })).toMatchObject({ status: 413 });
  expect(await system.api('/api/raw', { as: null, body: '{"__proto__": 1}' })).toMatchObject({ status: 400, body: { pointer: '/__proto__' } });
});

test('a caller that is too fast gets 429 with Retry-After, and nobody else does', async () => {
  const answers = await Promise.all(Array.from({ length: 120 }, () => system.api('/api/oms/orders', { as: 'reader' })));
  const refused = answers.filter(({ status }) => status === 429);
  // Forty a second: a hundred and twenty at once fall into two seconds at most.
  expect(refused.length).toBeGreaterThanOrEqual(40);
  expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(40);
  for (const { headers, body } of refused) {
    expect(headers['retry-after']).toBe('1');
    expect(headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(body).toMatchObject({ status: 429 });
  }
  expect((await system.api('/api/oms/holds')).status).toBe(200);
}, 20_000);

test('health, readiness and metrics need no token', async () => {
  for (const url of ['/healthz', '/readyz', '/metrics']) expect(await system.api(url, { as: null })).toMatchObject({ status: 200 });
});

describe('the editor', () => {
  test.each([
    ['GET', '/editor/flows'],
    ['GET', '/editor/settings'],
    ['GET', '/editor/settings/user'],
    ['GET', '/editor/nodes'],
    ['GET', '/editor/flow/nav'],
    ['GET', '/editor/context/global'],
    ['GET', '/editor/library/local/flows/'],
    ['GET', '/editor/credentials/MySQLdatabase/watch-database'],
    ['GET', '/editor/diagnostics'],
    ['POST', '/editor/flows'],
    ['PUT', '/editor/flow/nav'],
    ['DELETE', '/editor/flow/nav'],
    ['POST', '/editor/debug/nav-fail-report/disable'],
  ])('%s %s answers 401 without a token, and with a partner’s', async (method, url) => {
    for (const as of [null, 'operator'] as const) {
      const { status, text } = await system.api(url, { method, as, ...(method !== 'GET' && { body: {} }) });
      expect([as, status, text]).toEqual([as, 401, 'Unauthorized']);
    }
  });

  test('no packages can be installed through it', async () => {
    const { status } = await system.api('/editor/nodes', { as: null, body: { module: 'node-red-contrib-anything' } });
    expect(status).toBe(404);
  });

  test('a token comes for the password alone', async () => {
    const login = (password: string) =>
      system.api('/editor/auth/token', { as: null, body: { client_id: 'node-red-admin', grant_type: 'password', scope: '*', username: 'admin', password } });
    expect((await login('admin')).status).toBe(403);
    const good = await login(system.adminPassword);
    expect(good.status).toBe(200);
    const { access_token: token } = good.body as { access_token: string };
    expect((await system.api('/editor/flows', { as: null, headers: { authorization: `Bearer ${token}` } })).status).toBe(200);
  });

  test.each([{}, [], 1, true, null, { length: 3 }])('a password that is no text (%j) is no password, and ends nothing', async (password) => {
    const body = { client_id: 'node-red-admin', grant_type: 'password', scope: '*', username: 'admin', password };
    const answer = await waitFor(
      async () => {
        const each = await system.api('/editor/auth/token', { as: null, body });
        return each.status !== 429 && each;
      },
      { what: 'an attempt to be heard' },
    );
    expect([400, 403]).toContain(answer.status);
    expect((await system.api('/editor/auth/token', { as: null, body: { ...body, username: password, password: 'x' } })).status).toBeLessThan(500);
  });

  test('its socket tells a stranger nothing', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${system.port}/editor/comms`);
    const heard: unknown[] = [];
    const closed = new Promise<void>((resolve) => socket.addEventListener('close', () => resolve()));
    socket.addEventListener('message', (event) => heard.push(JSON.parse(String(event.data))));
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve);
      socket.addEventListener('error', reject);
    });
    socket.send(JSON.stringify({ subscribe: 'debug' }));
    await closed;
    expect(heard.flat()).toEqual([{ auth: 'fail' }]);
  }, 20_000);
});

test.each(['/', '/api/oms/orders', '/api/service_bus/events', '/editor', '/editor/comms/more', '/comms'])('a WebSocket to %s is closed without a word', async (url) => {
  const outcome = await new Promise<string>((resolve) => {
    const headers = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' };
    const request = http.request(`${system.url}${url}`, { agent: false, headers });
    request.once('upgrade', (_response, socket) => {
      socket.destroy();
      resolve('open');
    });
    request.once('response', (response) => resolve(`answered ${response.statusCode}`));
    request.once('error', () => resolve('closed'));
    request.end();
  });
  expect(outcome).toBe('closed');
});
