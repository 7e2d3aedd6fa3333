import { EventEmitter, once } from 'node:events';
import { InvalidInput } from '../../nodes/runtime/errors';
import type { BusMessage } from '../../nodes/service-bus/hand-over';
import { type ReceiverOptions, startReceiver } from '../../nodes/service-bus/receiver';
import type { Receiver } from '../../nodes/service-bus/reception';
import { FakeBus } from './a-bus';

const entity = 'fulfillment-events/Subscriptions/oms';
let bus: FakeBus;
let receiver: Receiver | undefined;

beforeEach(async () => {
  bus = await FakeBus.start(entity);
});

afterEach(async () => {
  await receiver?.close(100);
  receiver = undefined;
  await bus.close();
});

/** Starts a receiver and collects what it gets. */
function receive({ onMessage, ...options }: Partial<ReceiverOptions> = {}) {
  const got: BusMessage[] = [];
  const statuses: string[] = [];
  const events = new EventEmitter();
  receiver = startReceiver({
    connectionString: options.connectionString ?? bus.connectionString,
    entity: { topic: 'fulfillment-events', subscription: 'oms' },
    maxInFlight: 10,
    timeoutMs: 900,
    ...options,
    onMessage(message) {
      got.push(message);
      events.emit('message');
      return onMessage?.(message);
    },
    onStatus(status) {
      statuses.push(status);
      events.emit('status');
    },
  });
  return {
    receiver,
    statuses,
    events,
    /** Waits until so many messages came. */
    messages: async (count: number): Promise<BusMessage[]> => {
      while (got.length < count) await once(events, 'message');
      return got;
    },
  };
}

function byId(messages: readonly BusMessage[], id: string): BusMessage {
  const found = messages.find((message) => message.id === id);
  if (found === undefined) throw new Error(`no message ${id}`);
  return found;
}

test('a message comes with its id and its JSON, and is settled when its receiver says so', async () => {
  const { messages, statuses } = receive();
  bus.publish('E-1', { type: 'accepted', order_id: 'US-1' });
  const [message] = await messages(1);
  expect(message).toMatchObject({ id: 'E-1', body: { type: 'accepted', order_id: 'US-1' }, deliveryCount: 0 });
  expect(bus.settlements).toEqual([]);
  await message?.settle('complete');
  expect(bus.settlements).toEqual([{ id: 'E-1', outcome: 'complete' }]);
  expect(statuses).toEqual(['connected']);
});

test('complete and dead-letter that start together end as complete and dead-letter', async () => {
  const { messages } = receive();
  for (let round = 0; round < 25; round += 1) {
    bus.publish(`A-${round}`, {});
    bus.publish(`B-${round}`, {});
    const got = await messages(2 * (round + 1));
    await Promise.all([byId(got, `A-${round}`).settle('complete'), byId(got, `B-${round}`).settle('dead-letter', 'unreadable')]);
  }
  expect(bus.settlements.filter(({ id }) => id.startsWith('A')).map(({ outcome }) => outcome)).toEqual(Array(25).fill('complete'));
  expect(bus.settlements.filter(({ id }) => id.startsWith('B'))).toEqual(
    Array.from({ length: 25 }, (_, round) => ({ id: `B-${round}`, outcome: 'dead-letter', reason: 'unreadable' })),
  );
});

test('an abandoned message comes again, counted', async () => {
  const { messages } = receive({ onMessage: (message) => message.settle(message.deliveryCount === 0 ? 'abandon' : 'complete') });
  bus.publish('E-1', {});
  const [, again] = await messages(2);
  expect(again).toMatchObject({ id: 'E-1', deliveryCount: 1 });
  await expect(bus.settled(2)).resolves.toEqual([
    { id: 'E-1', outcome: 'abandon' },
    { id: 'E-1', outcome: 'complete' },
  ]);
});

test('a message whose receiver fails is abandoned', async () => {
  const { messages } = receive({
    onMessage(message) {
      if (message.deliveryCount === 0) throw new Error('database away');
      return message.settle('complete');
    },
  });
  bus.publish('E-1', {});
  await messages(2);
  await expect(bus.settled(2)).resolves.toMatchObject([{ outcome: 'abandon' }, { outcome: 'complete' }]);
});

test('only the first outcome of a message counts', async () => {
  const { messages } = receive();
  bus.publish('E-1', {});
  const [message] = await messages(1);
  await Promise.all([message?.settle('complete'), message?.settle('dead-letter')]);
  expect(bus.settlements).toEqual([{ id: 'E-1', outcome: 'complete' }]);
});

test('a lost lock is no error', async () => {
  const { messages } = receive();
  bus.lost.add('E-1');
  bus.publish('E-1', {});
  const [message] = await messages(1);
  await expect(message?.settle('complete')).resolves.toBeUndefined();
});

test('no more messages are given out than may be in flight', async () => {
  const { messages } = receive({ maxInFlight: 2 });
  for (const id of ['A', 'B', 'C']) bus.publish(id, {});
  const got = await messages(2);
  await byId(got, 'A').settle('complete');
  expect((await messages(3)).map(({ id }) => id)).toEqual(['A', 'B', 'C']);
  expect(bus.settlements).toHaveLength(1);
});

test('text that is no JSON comes as it is', async () => {
  const { messages } = receive();
  bus.publish('E-1', 'not json');
  const [message] = await messages(1);
  expect(String(message?.body)).toBe('not json');
});

test('after pause nothing comes but what was given out can be settled; after resume it goes on', async () => {
  const { receiver: started, messages } = receive();
  bus.publish('E-1', {});
  const [first] = await messages(1);
  await started.pause();
  bus.publish('E-2', {});
  await first?.settle('complete');
  expect(await messages(1)).toHaveLength(1);
  await started.resume();
  expect((await messages(2)).map(({ id }) => id)).toEqual(['E-1', 'E-2']);
});

test('a cut connection comes back by itself, and with it the message', async () => {
  const { messages, statuses, events } = receive();
  bus.publish('E-1', {});
  const [first] = await messages(1);
  bus.cut();
  const [, again] = await messages(2);
  expect(again).toMatchObject({ id: 'E-1', deliveryCount: 1 });
  await again?.settle('complete');
  // Its lock is lost, and that is no error.
  await first?.settle('complete');
  while (statuses.at(-1) !== 'connected') await once(events, 'status');
  expect(bus.settlements).toEqual([{ id: 'E-1', outcome: 'complete' }]);
});

test('a settlement whose answer is lost with the connection does not hold up the next one', async () => {
  const { messages } = receive();
  bus.unanswered.add('E-1');
  bus.publish('E-1', {});
  const [first] = await messages(1);
  const asked = once(bus.events, 'unanswered');
  const settled = first?.settle('complete');
  await asked;
  bus.cut();
  await settled;
  const [, again] = await messages(2);
  await again?.settle('complete');
  expect(bus.settlements).toEqual([{ id: 'E-1', outcome: 'complete' }]);
});

test('a bus that is away is reported, and found when it comes', async () => {
  const { port, connectionString } = bus;
  await bus.close();
  const { receiver: started, statuses, events, messages } = receive({ connectionString });
  while (!statuses.includes('disconnected')) await once(events, 'status');
  expect(started.state()).toMatchObject({ connected: false, paused: false, inFlight: 0 });
  bus = await FakeBus.start(entity, port);
  bus.publish('E-1', {});
  const [message] = await messages(1);
  expect(statuses.at(-1)).toBe('connected');
  expect(started.state()).toMatchObject({ connected: true, paused: false, inFlight: 1 });
  await message?.settle('complete');
  await started.pause();
  expect(started.state()).toMatchObject({ paused: true, inFlight: 0 });
});

test('close waits for the messages in flight', async () => {
  const { receiver: started, messages } = receive();
  bus.publish('E-1', {});
  const [message] = await messages(1);
  const closed = started.close();
  await message?.settle('complete');
  await closed;
  expect(bus.settlements).toEqual([{ id: 'E-1', outcome: 'complete' }]);
  receiver = undefined;
});

test('close does not wait for ever', async () => {
  const { receiver: started, messages } = receive();
  bus.publish('E-1', {});
  await messages(1);
  await started.close(20);
  expect(bus.settlements).toEqual([]);
  receiver = undefined;
});

test('a connection string that is none is refused', () => {
  expect(() => startReceiver({ connectionString: 'nonsense', entity: { queue: 'q' }, onMessage: () => undefined })).toThrow(InvalidInput);
});
