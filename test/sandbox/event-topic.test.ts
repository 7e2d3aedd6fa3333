import { ServiceBusClient, type ServiceBusMessage } from '@azure/service-bus';
import { eventSubscriptionName, eventTopicName } from '../../sandbox/service-bus/event-topic';
import { sasKey } from '../../sandbox/service-bus/sas';
import { aDataDirectory, aSandbox, type TestSandbox } from './a-sandbox';

/** The topic of the OMS's domain events, with Microsoft's own client. */

const data = aDataDirectory();
let sandbox: TestSandbox;
let client: ServiceBusClient;

async function start(): Promise<void> {
  sandbox = await aSandbox({ dataDir: data.path });
  const connection = `Endpoint=sb://127.0.0.1:${sandbox.amqpPort};SharedAccessKeyName=${sasKey.name};SharedAccessKey=${sasKey.value};UseDevelopmentEmulator=true`;
  client = new ServiceBusClient(connection, { retryOptions: { maxRetries: 0, timeoutInMs: 1000 } });
}

async function stop(): Promise<void> {
  await client.close().catch(() => undefined);
  await sandbox.close();
}

beforeEach(async () => {
  await start();
  await sandbox.control('POST', 'reset');
});
afterEach(stop);
afterAll(() => data.remove());

const event = (order: string, version: number): ServiceBusMessage => ({ messageId: `${order}:${version}:StatusChanged`, sessionId: order, subject: 'StatusChanged', contentType: 'application/json', body: { version } });
const send = (...messages: ServiceBusMessage[]): Promise<void> => client.createSender(eventTopicName).sendMessages(messages);

interface Page {
  events: { number: number; at: string; id: string; type: string; order: string }[];
  total: number;
}
const events = async (query = ''): Promise<Page> => (await (await sandbox.control('GET', `events${query}`)).json()) as Page;
const ids = async (): Promise<string[]> => (await events()).events.map(({ id }) => id);

test('a batch and a single message are taken, shown in order, and wait for the subscription', async () => {
  await send(event('A', 1), event('B', 1), event('A', 2));
  await client.createSender(eventTopicName).sendMessages(event('B', 2));
  expect((await events()).events.map(({ number, id, type, order }) => ({ number, id, type, order }))).toEqual([
    { number: 1, id: 'A:1:StatusChanged', type: 'StatusChanged', order: 'A' },
    { number: 2, id: 'B:1:StatusChanged', type: 'StatusChanged', order: 'B' },
    { number: 3, id: 'A:2:StatusChanged', type: 'StatusChanged', order: 'A' },
    { number: 4, id: 'B:2:StatusChanged', type: 'StatusChanged', order: 'B' },
  ]);
  const receiver = client.createReceiver(eventTopicName, eventSubscriptionName, { receiveMode: 'receiveAndDelete' });
  const received: string[] = [];
  while (received.length < 4) for (const message of await receiver.receiveMessages(4, { maxWaitTimeInMs: 2000 })) received.push(`${String(message.messageId)} ${JSON.stringify(message.body)} ${message.sessionId}`);
  expect(received).toEqual(['A:1:StatusChanged {"version":1} A', 'B:1:StatusChanged {"version":1} B', 'A:2:StatusChanged {"version":2} A', 'B:2:StatusChanged {"version":2} B']);
});

test('the log is paged, survives a restart, and is empty after a reset', async () => {
  for (const version of [1, 2, 3, 4, 5]) await send(event('A', version), event('B', version));
  expect((await events('?after=3&limit=4')).events.map(({ number, order }) => `${number} ${order}`)).toEqual(['4 B', '5 A', '6 B', '7 A']);
  await stop();
  await start();
  await send(event('C', 1));
  expect(await events('?after=9')).toMatchObject({ events: [{ number: 10, id: 'B:5:StatusChanged' }, { number: 11, id: 'C:1:StatusChanged' }], total: 11 });
  expect(await events('?after=11')).toEqual({ events: [], total: 11 });
  await sandbox.control('POST', 'reset');
  expect(await events()).toEqual({ events: [], total: 0 });
  expect((await sandbox.control('GET', 'events?limit=0')).status).toBe(400);
});

test.each(['error', 'throttle', 'reject', 'drop-before'])('%s of a send: refused or cut, and nothing was taken', async (fault) => {
  await sandbox.fault({ system: 'service-bus', operation: 'publish', fault, count: 1 });
  await expect(send(event('A', 1))).rejects.toThrow(/./);
  expect(await ids()).toEqual([]);
  await send(event('A', 1));
  expect(await ids()).toEqual(['A:1:StatusChanged']);
});

test('drop-after of a send: it was taken, though nobody said so', async () => {
  await sandbox.fault({ system: 'service-bus', operation: 'publish', fault: 'drop-after', count: 1 });
  await expect(send(event('A', 1), event('A', 2))).rejects.toThrow(/./);
  expect(await ids()).toEqual(['A:1:StatusChanged', 'A:2:StatusChanged']);
});

test('latency of a send: it is taken later', async () => {
  await sandbox.fault({ system: 'service-bus', operation: 'publish', fault: 'latency', ms: 300, count: 1 });
  const begin = performance.now();
  await send(event('A', 1));
  expect(performance.now() - begin).toBeGreaterThanOrEqual(295);
  expect(await ids()).toEqual(['A:1:StatusChanged']);
});

test('a subscription that nobody reads holds the newest ten thousand, while the log has them all', async () => {
  const sender = client.createSender(eventTopicName);
  for (let batch = 0; batch < 51; batch++) await sender.sendMessages(Array.from({ length: 200 }, (_, index) => event('A', batch * 200 + index)));
  expect((await events('?limit=1')).total).toBe(10_200);
  const [oldest] = await client.createReceiver(eventTopicName, eventSubscriptionName).peekMessages(1);
  expect(oldest?.messageId).toBe('A:200:StatusChanged');
}, 30_000);
