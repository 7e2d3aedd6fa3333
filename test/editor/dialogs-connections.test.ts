import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { tryConnection } from '../../nodes/editor/dialogs-connections';
import camelConnection from '../../nodes/camel/oms-camel-connection';
import navConnection from '../../nodes/nav/oms-nav-connection';
import serviceBusConnection from '../../nodes/service-bus/oms-service-bus-connection';
import sfccConnection from '../../nodes/sfcc/oms-sfcc-connection';
import { Environment } from '../../nodes/runtime/environment';
import type { Red } from '../../nodes/runtime/node';
import { Services } from '../../nodes/runtime/services';
import { Database } from '../../nodes/store/database';
import { startNav } from '../nav/a-nav';
import { closedPort, portOf, startServer } from '../runtime/a-server';
import { aSandbox, type TestSandbox } from '../sandbox/a-sandbox';
import { createWorld, type World } from '../support/orders';

const { sandboxVariables } = require('../../bin/sandbox') as { sandboxVariables: (ports: { port: number; amqpPort: number }, env: object) => Record<string, string> };

const SETTINGS = { timeoutSeconds: 30, sockets: 4 };
const TYPES = ['oms-nav-connection', 'oms-camel-connection', 'oms-sfcc-connection', 'oms-service-bus-connection'];
/** Everything that must not stand in an answer. */
const SECRETS = ['sandbox-nav', 'sandbox-camel', 'sandbox-subscription-key', 'sandbox-secret', 'sandbox-key', 'wrong-one'];

let world: World;
let sandbox: TestSandbox;
let partners: Record<string, string>;

beforeAll(async () => {
  world = await createWorld();
  sandbox = await aSandbox();
  partners = sandboxVariables({ port: Number(new URL(sandbox.url).port), amqpPort: sandbox.amqpPort }, {});
}, 60_000);
afterAll(async () => {
  await sandbox?.close();
  await world?.close();
});

/** Tries a connection in a process with these variables beside the sandbox's; answers what the dialog shows. */
async function attempt(type: string, variables: Record<string, string> = {}, limitMs?: number): Promise<{ ok: boolean; said: string[] }> {
  const services = new Services();
  services.provide(Environment, new Environment({ ...partners, ...variables }));
  services.provide(Database, new Database(world.pool, world.pool));
  const red = { settings: { services }, nodes: { registerType: () => undefined } } as unknown as Red;
  for (const connection of [navConnection, camelConnection, serviceBusConnection, sfccConnection]) connection(red);
  const { ok, findings } = await tryConnection(type, SETTINGS, services, limitMs);
  const said = findings.map(({ text }) => text);
  for (const secret of SECRETS) expect(said.join('\n')).not.toContain(secret);
  return { ok, said };
}

describe('a partner that lets us in', () => {
  test('NAV says so at each of its endpoints, with the account', async () => {
    const { ok, said } = await attempt('oms-nav-connection');
    expect(ok).toBe(true);
    const accounts = { US: String.raw`PSCORP\oms`, EMEA: String.raw`PSCORP\oms-emea`, WRITEON: String.raw`PSCORP\oms-writeon`, JAPAN: String.raw`PSJAPAN\oms-japan` };
    expect(said.map((line) => line.replace(/\d+ ms/, 'n ms'))).toEqual(Object.entries(accounts).map(([key, account]) => `NAV ${key} answered in n ms, signed in as ${account}`));
  });

  test('Camel says so with the account', async () => {
    expect(await attempt('oms-camel-connection')).toEqual({ ok: true, said: [expect.stringMatching(/^Camel answered in \d+ ms, signed in as oms$/)] });
  });

  test('SFCC gives a token and lets the site of each store be searched', async () => {
    const { ok, said } = await attempt('oms-sfcc-connection');
    expect({ ok, said }).toEqual({ ok: true, said: [expect.stringMatching(/^SFCC answered in \d+ ms, signed in$/), expect.stringMatching(/^SFCC POPS-US answered in \d+ ms, orders can be searched$/)] });
  });

  test('Service Bus lets its subscriptions be peeked at and its topics be sent to', async () => {
    const { ok, said } = await attempt('oms-service-bus-connection');
    const ways = ['may listen to fulfillment-events/oms', 'may send to order-events', 'may listen to int-prod-batching-update-oms/oms', 'may send to int-prod-order-update-bs'];
    expect({ ok, said: said.map((line) => line.replace(/\d+ ms/, 'n ms')) }).toEqual({ ok: true, said: ways.map((way) => `Service Bus answered in n ms, ${way}`) });
  });

  test('nothing was done at any partner', async () => {
    const before = (await sandbox.effects()).length;
    for (const type of TYPES) await attempt(type);
    expect(await sandbox.effects()).toHaveLength(before);
  });
});

test.each([
  ['oms-nav-connection', { NAV_PASSWORD: 'wrong-one' }, /^NAV US: sign-in refused: NAV does not accept the user or its password/],
  ['oms-camel-connection', { CAMEL_PASSWORD: 'wrong-one' }, /^Camel: sign-in refused: camel does not accept the credentials \(HTTP 401\)/],
  ['oms-camel-connection', { CAMEL_SUBSCRIPTION_KEY: 'wrong-one' }, /^Camel: sign-in refused: /],
  ['oms-sfcc-connection', { SFCC_CLIENT_SECRET: 'wrong-one' }, /^SFCC: sign-in refused: SFCC does not accept the client id and secret/],
  ['oms-service-bus-connection', () => ({ SERVICE_BUS_CONNECTION_STRING: partners['SERVICE_BUS_CONNECTION_STRING']?.replace('sandbox-key', 'wrong-one') ?? '' }), /^Service Bus: sign-in refused: the key of the connection string is not accepted/],
] as [string, Record<string, string> | (() => Record<string, string>), RegExp][])('%s with a wrong secret %j: the sign-in is refused, in words', async (type, variables, words) => {
  const { ok, said } = await attempt(type, typeof variables === 'function' ? variables() : variables);
  expect(ok).toBe(false);
  expect(said[0]).toMatch(words);
});

const addressOf = (port: number, type: string): Record<string, string> => {
  const url = `http://127.0.0.1:${port}`;
  if (type === 'oms-nav-connection') return { NAV_URL_US: `${url}/nav`, NAV_URL_EMEA: '', NAV_URL_WRITEON: '', NAV_URL_JAPAN: '' };
  if (type === 'oms-camel-connection') return { CAMEL_URL: url };
  if (type === 'oms-sfcc-connection') return { SFCC_URL: url };
  return { SERVICE_BUS_CONNECTION_STRING: `Endpoint=sb://127.0.0.1:${port};SharedAccessKeyName=oms;SharedAccessKey=sandbox-key;UseDevelopmentEmulator=true` };
};

test.each(TYPES)('%s at a port where nobody is: nothing listens on that address', async (type) => {
  const { ok, said } = await attempt(type, addressOf(await closedPort(), type));
  expect(ok).toBe(false);
  expect(said).toEqual([expect.stringMatching(/: nothing listens on that address$/)]);
});

describe('a server that takes the connection and never answers', () => {
  let silent: Server;
  const sockets = new Set<Socket>();
  beforeAll(async () => {
    silent = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
    });
    await once(silent.listen(0, '127.0.0.1'), 'listening');
  });
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    silent.close();
    await once(silent, 'close');
  });

  test.each(TYPES)('%s: no answer within the limit', async (type) => {
    const { ok, said } = await attempt(type, addressOf(portOf(silent), type), 400);
    expect(ok).toBe(false);
    expect(said).toEqual([expect.stringMatching(/: no answer within 0.4 s$/)]);
  });
});

test('a host name that does not exist is called one', async () => {
  const { said } = await attempt('oms-camel-connection', { CAMEL_URL: 'http://camel.invalid' });
  expect(said[0]).toMatch(/^Camel: (there is no host of that name|the name of the host cannot be looked up)$/);
});

test('a certificate that the pinned CA has not signed', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'oms-connection-'));
  try {
    const make = (name: string): { key: string; cert: string } => {
      const [key, cert] = [path.join(directory, `${name}.key`), path.join(directory, `${name}.pem`)];
      const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
      execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-keyout', key, '-out', cert, ...subject], { stdio: 'ignore' });
      return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
    };
    make('other');
    const nav = await startNav(undefined, make('server'));
    const only = { NAV_URL_US: nav.url, NAV_URL_EMEA: '', NAV_URL_WRITEON: '', NAV_URL_JAPAN: '' };
    expect((await attempt('oms-nav-connection', { ...only, NAV_CA_FILE: path.join(directory, 'other.pem') })).said).toEqual(['NAV US: the certificate is not signed by the pinned CA']);
    expect((await attempt('oms-nav-connection', { ...only, NAV_CA_FILE: path.join(directory, 'server.pem') })).ok).toBe(true);
    expect((await attempt('oms-nav-connection', only)).said).toEqual(['NAV US: the certificate is not signed by an authority that is trusted here']);
    await nav.close();
  } finally {
    rmSync(directory, { recursive: true });
  }
});

describe('an address where something else answers', () => {
  test.each(['oms-nav-connection', 'oms-camel-connection', 'oms-sfcc-connection'])('%s says what it got', async (type) => {
    const page = await startServer((_request, response) => response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>nothing here</h1>'));
    const { ok, said } = await attempt(type, addressOf(Number(new URL(page.url).port), type));
    await page.close();
    expect(ok).toBe(false);
    expect(said[0]).toContain('HTTP 404');
  });

  test('Service Bus without the subscription names it', async () => {
    const { ok, said } = await attempt('oms-service-bus-connection', { SERVICE_BUS_SUBSCRIPTION: 'nobody' });
    expect(ok).toBe(false);
    expect(said[0]).toBe('Service Bus: there is no subscription fulfillment-events/nobody. Correct SERVICE_BUS_TOPIC and SERVICE_BUS_SUBSCRIPTION.');
  });

  test('Service Bus without the topic of the domain events names it', async () => {
    const { ok, said } = await attempt('oms-service-bus-connection', { SERVICE_BUS_EVENTS_TOPIC: 'nothing' });
    expect(ok).toBe(false);
    expect(said[1]).toBe('Service Bus: there is no topic nothing. Correct SERVICE_BUS_EVENTS_TOPIC, or make the topic.');
  });

  test.each([
    ['SERVICE_BUS_BATCHING_TOPIC', 2, 'there is no subscription nothing/oms. Correct SERVICE_BUS_BATCHING_TOPIC and SERVICE_BUS_BATCHING_SUBSCRIPTION.'],
    ['SERVICE_BUS_PRINT_TOPIC', 3, 'there is no topic nothing. Correct SERVICE_BUS_PRINT_TOPIC, or make the topic.'],
  ])('Service Bus without what %s names says so', async (variable, index, words) => {
    const { ok, said } = await attempt('oms-service-bus-connection', { [variable]: 'nothing' });
    expect(ok).toBe(false);
    expect(said[index]).toBe(`Service Bus: ${words}`);
  });
});

test('one endpoint of NAV that fails leaves the others their own answer', async () => {
  const { ok, said } = await attempt('oms-nav-connection', { NAV_URL_EMEA: `http://127.0.0.1:${await closedPort()}/nav` });
  expect(ok).toBe(false);
  expect(said.map((text) => /answered/.test(text))).toEqual([true, false, true, true]);
});

test.each([
  ['oms-camel-connection', { CAMEL_USERNAME: '' }, 'CAMEL_USERNAME is not set'],
  ['oms-nav-connection', { NAV_CA_FILE: '/nowhere/ca.pem' }, 'the file that NAV_CA_FILE names cannot be read: /nowhere/ca.pem'],
  ['oms-service-bus-connection', { SERVICE_BUS_CONNECTION_STRING: 'nonsense' }, 'The connection string of the Service Bus cannot be read'],
  ['oms-nothing', {}, 'oms-nothing is no connection that can be tested'],
] as [string, Record<string, string>, string][])('%s with %j is refused before anything is called', async (type, variables, message) => {
  await expect(attempt(type, variables)).rejects.toThrow(message);
});
