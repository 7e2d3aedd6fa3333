import { ServiceBusClient } from '@azure/service-bus';
import Long from 'long';
import { DeadLetterQueue, sequenceOf } from '../../nodes/service-bus/dead-letters';
import { sasKey } from '../../sandbox/service-bus/sas';
import { aSandbox, type TestSandbox } from '../sandbox/a-sandbox';

/** One dead letter by its number, among others. */

let sandbox: TestSandbox;
let queue: DeadLetterQueue;
let connectionString: string;

beforeAll(async () => {
  sandbox = await aSandbox();
  connectionString = `Endpoint=sb://127.0.0.1:${sandbox.amqpPort};SharedAccessKeyName=${sasKey.name};SharedAccessKey=${sasKey.value};UseDevelopmentEmulator=true`;
  const client = new ServiceBusClient(connectionString);
  const receiver = client.createReceiver('fulfillment-events', 'oms');
  for (const messageId of ['a', 'b', 'c', 'd', 'e', 'f']) {
    await client.createSender('fulfillment-events').sendMessages({ messageId, body: { messageId } });
    const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 5000 });
    if (message) await receiver.deadLetterMessage(message, { deadLetterReason: 'a test', deadLetterErrorDescription: '' });
  }
  await client.close();
  queue = new DeadLetterQueue({ connectionString, topic: 'fulfillment-events', subscription: 'oms' });
}, 30_000);
afterAll(() => sandbox.close());

const left = async (): Promise<string[]> => (await queue.peek(Long.ONE, 10)).map(({ message_id: id }) => id);
const numbers = async (): Promise<Long[]> => (await queue.peek(Long.ONE, 10)).map(({ sequence }) => Long.fromValue(sequence));

test('the one is completed, the ones before it are given back at once', async () => {
  const [, , third = Long.ZERO] = await numbers();
  expect(await queue.take(third, async ({ message_id: id }) => id)).toBe('c');
  expect(await left()).toEqual(['a', 'b', 'd', 'e', 'f']);
  const [, second = Long.ZERO] = await numbers();
  expect(await queue.take(second, async ({ message_id: id, body }) => ({ id, body }))).toEqual({ id: 'b', body: { messageId: 'b' } });
  expect(await left()).toEqual(['a', 'd', 'e', 'f']);
});

test('what fails stays, and its error is told as it is', async () => {
  const [first = Long.ZERO] = await numbers();
  await expect(queue.take(first, () => Promise.reject(new RangeError('not this one')))).rejects.toThrow(RangeError);
  expect(await left()).toEqual(['a', 'd', 'e', 'f']);
  expect(await queue.take(first, async ({ message_id: id }) => id)).toBe('a');
});

test('several at once come one after the other', async () => {
  const [d = Long.ZERO, , f = Long.ZERO] = await numbers();
  const worked: string[] = [];
  const all = await Promise.allSettled([f, d, d].map((number) => queue.take(number, async ({ message_id: id }) => worked.push(id))));
  expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
  expect(worked).toEqual(['f', 'd']);
  expect(await left()).toEqual(['e']);
});

test('one that somebody else has is busy, and untouched', async () => {
  const client = new ServiceBusClient(connectionString);
  const receiver = client.createReceiver('fulfillment-events', 'oms', { subQueueType: 'deadLetter' });
  const [theirs] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 5000 });
  const [number = Long.ZERO] = await numbers();
  await expect(queue.take(number, async () => 'mine')).rejects.toMatchObject({ code: 'dead-letter.busy' });
  if (theirs) await receiver.abandonMessage(theirs);
  await client.close();
});

test('the control: taken out before it is applied, one whose application fails is lost', async () => {
  const client = new ServiceBusClient(connectionString);
  const receiver = client.createReceiver('fulfillment-events', 'oms', { subQueueType: 'deadLetter', receiveMode: 'receiveAndDelete' });
  const naive = async (): Promise<void> => {
    const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 5000 });
    throw new Error(`could not apply ${String(message?.messageId)}`);
  };
  await expect(naive()).rejects.toThrow('could not apply e');
  await client.close();
  expect(await left()).toEqual([]);
});

test.each(['', '0', '-1', '01', '1.0', '9223372036854775808', 'x'])('“%s” is no number of a message', (text) => {
  expect(() => sequenceOf(text)).toThrow('there is no dead letter');
});
