import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ServiceBusClient } from '@azure/service-bus';
import { sasKey } from '../../sandbox/service-bus/sas';
import { aDataDirectory, controlled } from './a-sandbox';
import { aFailedStart, aSandboxProcess, compileSandbox, type SandboxProcess } from './a-sandbox-process';
import { anOms, isEvent, isRelease, isShipment, shipped, type TestOms } from './an-oms';
import { nameOf, navClient, requestFulfillment, salesOrder, sfccCalls, type ShownOrder, wholeFulfillment } from './partners';

/** The sandbox as a real process that is killed. */

let data: ReturnType<typeof aDataDirectory>;
const running: SandboxProcess[] = [];
const servers: TestOms[] = [];

beforeAll(compileSandbox, 30_000);
beforeEach(() => {
  data = aDataDirectory();
});
afterEach(async () => {
  for (const { child } of running.splice(0)) if (child.exitCode === null) child.kill('SIGKILL');
  for (const server of servers.splice(0)) await server.close();
  data.remove();
});

async function start(env: Record<string, string> = {}): Promise<SandboxProcess> {
  const sandbox = await aSandboxProcess({ OMS_DATA_DIR: data.path, OMS_URL: 'http://127.0.0.1:9', ...env });
  running.push(sandbox);
  return sandbox;
}

async function oms(): Promise<TestOms> {
  const server = await anOms();
  servers.push(server);
  return server;
}

test('what the partners hold survives kill -9: orders and their state, documents, effects, numbers', async () => {
  const before = await start();
  const made = await controlled(before.url).orders(6);
  const ref = made.find((one) => one.startsWith('US')) ?? '';
  const where = `/s/POPS-US/dw/shop/v20_4/orders/${ref}`;
  const shown = async (url: string): Promise<ShownOrder> => (await (await (await sfccCalls(url))('GET', where)).json()) as ShownOrder;
  const order = await shown(before.url);
  await (await sfccCalls(before.url))('POST', `/s/POPS-US/oms/v1/orders/${ref}/fulfillments`, wholeFulfillment(order));
  const nav = await navClient(before.url);
  const no = await nav.importDocument(1, salesOrder(ref));
  nav.close();
  const shownBefore = await shown(before.url);
  const effectsBefore = await controlled(before.url).effects();
  expect(await before.end('SIGKILL')).toBeNull();

  const after = await start();
  expect(await shown(after.url)).toEqual(shownBefore);
  expect(await controlled(after.url).effects()).toEqual(effectsBefore);
  expect(effectsBefore.map(({ operation }) => operation)).toEqual(['fulfill', 'capture', 'document:1']);
  const again = await navClient(after.url);
  expect(await again.findDocuments(1, nameOf(ref))).toContain(`No="${no}"`);
  expect(await again.importDocument(1, salesOrder('US1'))).not.toBe(no);
  again.close();
  const more = await controlled(after.url).orders(3);
  expect(made.filter((one) => more.includes(one))).toEqual([]);
});

test('what is owed to the OMS survives kill -9, and is told once it answers', async () => {
  const before = await start();
  const nav = await navClient(before.url);
  await nav.importDocument(1, salesOrder('US60000000'));
  nav.close();
  const refs = Array.from({ length: 30 }, (_, index) => `US${60_000_001 + index}`);
  for (const ref of refs) await requestFulfillment(before.url, ref);
  await before.end('SIGKILL');

  const server = await oms();
  const after = await start({ OMS_URL: server.url });
  expect((await server.received(1, isRelease))[0]?.path).toContain(nameOf('US60000000'));
  const events = await server.received(8, isEvent);
  const ids = new Set(events.map(({ body }) => body?.order_id));
  await server.received(1, () => {
    const told = new Set(server.calls.filter(isShipment).flatMap(shipped).map(({ order_id: id }) => id));
    return [...ids].every((id) => told.has(String(id)));
  });
  await after.end('SIGKILL');

  const calls = server.calls.length;
  const third = await start({ OMS_URL: server.url });
  const marker = await navClient(third.url);
  await marker.importDocument(1, salesOrder('US60000099'));
  marker.close();
  await server.received(1, (call) => call.path.includes('US60000099'));
  expect(server.calls.slice(calls).filter((call) => !call.path.includes('US60000099') && isRelease(call))).toEqual([]);
});

test('messages on the Service Bus survive kill -9; their completion leads to the shipment', async () => {
  const server = await oms();
  const before = await start({ OMS_URL: server.url });
  for (let index = 0; index < 20; index += 1) await requestFulfillment(before.url, `US${60_000_100 + index}`);
  await server.received(5, isEvent);
  await before.end('SIGKILL');

  const after = await start({ OMS_URL: server.url });
  const client = new ServiceBusClient(`Endpoint=sb://127.0.0.1:${after.amqpPort};SharedAccessKeyName=${sasKey.name};SharedAccessKey=${sasKey.value};UseDevelopmentEmulator=true`);
  const receiver = client.createReceiver('fulfillment-events', 'oms');
  const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 5000 });
  const event = message?.body as { type: string; order_id: string };
  expect(event.type).toBe('accepted');
  const told = (): boolean => server.calls.filter(isShipment).flatMap(shipped).some(({ order_id: id }) => id === event.order_id);
  if (message) await receiver.completeMessage(message);
  await server.received(1, told);
  await client.close();
});

test('a torn last line is forgotten, and the next change is readable', async () => {
  const before = await start();
  const [ref = ''] = await controlled(before.url).orders(1);
  await before.end('SIGKILL');
  const journal = path.join(data.path, 'sandbox/journal.jsonl');
  appendFileSync(journal, '[{"type":"sfcc.cancelled","ref":"');
  const after = await start();
  expect(await (await controlled(after.url).control('GET', `orders/${ref}`)).json()).toMatchObject({ ref, cancelled: false });
  const [next = ''] = await controlled(after.url).orders(1);
  await after.end('SIGKILL');
  const third = await start();
  expect((await controlled(third.url).control('GET', `orders/${next}`)).status).toBe(200);
});

test('a line in the middle that cannot be read stops the start and is named', async () => {
  const sandbox = await start();
  await sandbox.end('SIGKILL');
  const journal = path.join(data.path, 'sandbox/journal.jsonl');
  writeFileSync(journal, `rubbish\n${readFileSync(journal, 'utf8')}`);
  const { code, stderr } = await aFailedStart({ OMS_DATA_DIR: data.path });
  expect(code).toBe(1);
  expect(stderr).toContain('journal.jsonl: line 1 cannot be read');
});

test('it says when it is ready, and ends at SIGTERM with code 0 within two seconds, callers or not', async () => {
  const sandbox = await start({ OMS_SANDBOX_PACE: '1' });
  expect(JSON.parse(sandbox.output().split('\n')[0] ?? '')).toMatchObject({ msg: 'ready', port: sandbox.port, amqpPort: sandbox.amqpPort });
  await controlled(sandbox.url).fault({ system: 'camel', fault: 'latency', ms: 60_000 });
  const hanging = requestFulfillment(sandbox.url, 'US1').catch(() => 'cut');
  const begin = performance.now();
  expect(await sandbox.end('SIGTERM')).toBe(0);
  expect(performance.now() - begin).toBeLessThan(2000);
  expect(await hanging).toBe('cut');
});

test('a port that is taken: one clear line, exit code 1, and the state of the one that has it is untouched', async () => {
  const first = await start();
  const { code, stderr } = await aFailedStart({ OMS_DATA_DIR: data.path, OMS_SANDBOX_PORT: String(first.port) });
  expect({ code, stderr }).toEqual({ code: 1, stderr: `The sandbox cannot start: port ${first.port} is taken\n` });
  expect(await aFailedStart({ OMS_DATA_DIR: data.path, OMS_SANDBOX_PORT: 'x' })).toEqual({ code: 1, stderr: 'The sandbox cannot start: OMS_SANDBOX_PORT cannot be x\n' });
  expect(await aFailedStart({ OMS_DATA_DIR: data.path, OMS_SANDBOX_AMQP_PORT: String(first.amqpPort) })).toMatchObject({ code: 1, stderr: expect.stringContaining(`port ${first.amqpPort} is taken`) });
});

test('a restart with twenty thousand orders takes seconds and little memory', async () => {
  const first = await start();
  await controlled(first.url).orders(20_000);
  await first.end('SIGKILL');
  const begin = performance.now();
  const again = await start();
  expect(performance.now() - begin).toBeLessThan(5000);
  const status = readFileSync(`/proc/${again.child.pid}/status`, 'utf8');
  expect(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1])).toBeLessThan(250_000);
}, 20_000);
