import { ServiceBusClient, type ServiceBusReceivedMessage, type ServiceBusReceiver } from '@azure/service-bus';
import { within } from '../../nodes/runtime/within';
import { sasKey } from '../../sandbox/service-bus/sas';
import { aSandbox, type TestSandbox } from './a-sandbox';

/** The Service Bus peer with Microsoft's own client. */

let sandbox: TestSandbox;
let client: ServiceBusClient;
const receivers: ServiceBusReceiver[] = [];

const connectionString = (key: string = sasKey.value): string =>
  `Endpoint=sb://127.0.0.1:${sandbox.amqpPort};SharedAccessKeyName=${sasKey.name};SharedAccessKey=${key};UseDevelopmentEmulator=true`;

async function start(lockMs?: number): Promise<void> {
  sandbox = await aSandbox(lockMs === undefined ? {} : { lockMs });
  client = new ServiceBusClient(connectionString(), { retryOptions: { maxRetries: 2, retryDelayInMs: 50, timeoutInMs: 1000 } });
}

afterEach(async () => {
  // The client may wait for ever for the end of a link that was cut while it said something on it.
  await within(2000, client.close());
  await sandbox.close();
});

function receiver(subQueueType?: 'deadLetter'): ServiceBusReceiver {
  const made = client.createReceiver('fulfillment-events', 'oms', { receiveMode: 'peekLock', maxAutoLockRenewalDurationInMs: 0, ...(subQueueType && { subQueueType }) });
  receivers.push(made);
  return made;
}

async function publish(...ids: string[]): Promise<void> {
  const sender = client.createSender('fulfillment-events');
  await sender.sendMessages(ids.map((id) => ({ messageId: id, contentType: 'application/json', body: { id } })));
  await sender.close();
}

async function one(from: ServiceBusReceiver): Promise<ServiceBusReceivedMessage> {
  const [message] = await from.receiveMessages(1, { maxWaitTimeInMs: 5000 });
  if (!message) throw new Error('no message came');
  return message;
}

const nothing = (from: ServiceBusReceiver): Promise<ServiceBusReceivedMessage[]> => from.receiveMessages(1, { maxWaitTimeInMs: 100 });

test('a message is received under lock, completed and gone', async () => {
  await start();
  await publish('a');
  const from = receiver();
  const message = await one(from);
  expect(message).toMatchObject({ messageId: 'a', body: { id: 'a' }, contentType: 'application/json', deliveryCount: 0 });
  expect(message.lockedUntilUtc?.getTime()).toBeGreaterThan(Date.now());
  expect(message.enqueuedTimeUtc?.getTime()).toBeLessThanOrEqual(Date.now());
  expect(await nothing(from)).toEqual([]);
  await from.completeMessage(message);
  expect(await receiver().peekMessages(10)).toEqual([]);
});

test('an abandoned message comes again with its count, and the tenth time is the last', async () => {
  await start();
  await publish('a');
  const from = receiver();
  for (let count = 0; count < 10; count += 1) {
    const message = await one(from);
    expect(message.deliveryCount).toBe(count);
    await from.abandonMessage(message);
  }
  expect(await nothing(from)).toEqual([]);
  expect(await one(receiver('deadLetter'))).toMatchObject({ messageId: 'a', deadLetterReason: 'MaxDeliveryCountExceeded' });
});

test('a dead-lettered message lies in the dead-letter queue with its reason', async () => {
  await start();
  await publish('a');
  const from = receiver();
  await from.deadLetterMessage(await one(from), { deadLetterReason: 'malformed', deadLetterErrorDescription: 'no JSON' });
  const dead = receiver('deadLetter');
  const message = await one(dead);
  expect(message).toMatchObject({ messageId: 'a', deadLetterReason: 'malformed', deadLetterErrorDescription: 'no JSON' });
  await dead.completeMessage(message);
  expect(await nothing(dead)).toEqual([]);
});

test('of two messages each gets its own outcome', async () => {
  await start();
  await publish('a', 'b');
  const from = receiver();
  const [a, b] = [await one(from), await one(from)];
  await from.completeMessage(a);
  await from.deadLetterMessage(b);
  expect((await one(receiver('deadLetter'))).messageId).toBe('b');
  expect(await nothing(receiver('deadLetter'))).toEqual([]);
  expect(await nothing(from)).toEqual([]);
});

test('a deferred message is only given to who asks for its number', async () => {
  await start();
  await publish('a');
  const from = receiver();
  const message = await one(from);
  await from.deferMessage(message);
  expect(await nothing(from)).toEqual([]);
  if (!message.sequenceNumber) throw new Error('no number');
  const [again] = await from.receiveDeferredMessages(message.sequenceNumber);
  expect(again).toMatchObject({ messageId: 'a' });
  if (again) await from.completeMessage(again);
  await expect(from.receiveDeferredMessages(message.sequenceNumber)).rejects.toThrow('no deferred message');
});

test('no more is given to a receiver than it asked for: the rest is there for others', async () => {
  await start();
  await publish('a', 'b', 'c');
  const first = receiver();
  expect((await one(first)).messageId).toBe('a');
  const second = receiver();
  expect([(await one(second)).messageId, (await one(second)).messageId]).toEqual(['b', 'c']);
});

test('a lock that ran out is lost, and the message comes again', async () => {
  await start(300);
  await publish('a');
  const from = receiver();
  const late = await one(from);
  const again = await one(from);
  expect(again.deliveryCount).toBe(1);
  await expect(from.completeMessage(late)).rejects.toMatchObject({ code: 'MessageLockLost' });
  await from.completeMessage(again);
});

test('a renewed lock lasts longer', async () => {
  await start(1500);
  await publish('a');
  const from = receiver();
  const message = await one(from);
  const before = message.lockedUntilUtc?.getTime() ?? 0;
  await nothing(from);
  const until = await from.renewMessageLock(message);
  expect(until.getTime()).toBeGreaterThan(before);
  await from.completeMessage(message);
  await expect(from.renewMessageLock(message)).rejects.toMatchObject({ code: 'MessageLockLost' });
});

test('a client whose connection was cut comes back and goes on', async () => {
  await start(300);
  await publish('a', 'b');
  const got: string[] = [];
  const errors: unknown[] = [];
  await sandbox.fault({ system: 'service-bus', operation: 'deliver', fault: 'drop-after', count: 1 });
  await new Promise<void>((resolve) => {
    receiver().subscribe({
      processMessage: (message) => {
        got.push(String(message.messageId));
        if (new Set(got).size === 2) resolve();
        return Promise.resolve();
      },
      processError: ({ error }) => {
        errors.push(error);
        return Promise.resolve();
      },
    }, { maxConcurrentCalls: 1 });
  });
  expect(new Set(got)).toEqual(new Set(['a', 'b']));
});

test('a client with a wrong key receives nothing', async () => {
  await start();
  await publish('a');
  const stranger = new ServiceBusClient(connectionString('guessed'), { retryOptions: { maxRetries: 0 } });
  await expect(stranger.createReceiver('fulfillment-events', 'oms').receiveMessages(1, { maxWaitTimeInMs: 500 })).rejects.toMatchObject({ code: 'UnauthorizedAccess' });
  await stranger.close();
});

test('there is no other topic', async () => {
  await start();
  await expect(client.createReceiver('elsewhere', 'oms').receiveMessages(1, { maxWaitTimeInMs: 500 })).rejects.toMatchObject({ code: 'MessagingEntityNotFound' });
});
