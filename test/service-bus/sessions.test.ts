import { EventEmitter, once } from 'node:events';
import type { Entity } from '../../nodes/service-bus/entity';
import type { BusMessage } from '../../nodes/service-bus/hand-over';
import { type ReceiverOptions, startReceiver } from '../../nodes/service-bus/receiver';
import type { Receiver } from '../../nodes/service-bus/reception';
import { createSender, type Sender } from '../../nodes/service-bus/sender';
import { startSessionReceiver } from '../../nodes/service-bus/session-receiver';
import { eventSubscriptionName, eventTopicName } from '../../sandbox/service-bus/event-topic';
import { sasKey } from '../../sandbox/service-bus/sas';
import { aSandbox, type TestSandbox } from '../sandbox/a-sandbox';
import { waitFor } from '../support/system';

/** Sessions, scheduled messages and locks that are renewed, over AMQP with Microsoft's client. */

const ENTITY: Entity = { topic: eventTopicName, subscription: eventSubscriptionName };

let sandbox: TestSandbox;
let sender: Sender;
const open: Receiver[] = [];
const connectionString = (): string => `Endpoint=sb://127.0.0.1:${sandbox.amqpPort};SharedAccessKeyName=${sasKey.name};SharedAccessKey=${sasKey.value};UseDevelopmentEmulator=true`;

async function begin(lockMs?: number): Promise<void> {
  sandbox = await aSandbox(lockMs === undefined ? {} : { lockMs });
  await sandbox.control('POST', 'reset');
  sender = createSender({ connectionString: connectionString(), topic: eventTopicName });
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((receiver) => receiver.close(200)));
  await sender.close();
  await sandbox.close();
});

const aMessage = (id: string, session?: string, more: object = {}) => ({ id, body: { id }, ...(session !== undefined && { session }), ...more });

/** What a receiver gets, and waits for. */
function receive(start: typeof startReceiver, onMessage: (message: BusMessage) => void | Promise<void>, more: Partial<ReceiverOptions> = {}) {
  const got: BusMessage[] = [];
  const came = new EventEmitter();
  const receiver = start({
    connectionString: connectionString(), entity: ENTITY, maxInFlight: 2, timeoutMs: 2000, ...more,
    onMessage(message) {
      got.push(message);
      came.emit('message');
      return onMessage(message);
    },
  });
  open.push(receiver);
  return {
    receiver,
    got,
    first: async (count: number): Promise<BusMessage[]> => {
      while (got.length < count) await once(came, 'message');
      return got;
    },
  };
}
const complete = (message: BusMessage): Promise<void> => message.settle('complete');

test('the messages of a session come in their order, the next one after the one before is settled; another session goes on meanwhile', async () => {
  await begin();
  await sender.send([aMessage('a1', 'A'), aMessage('a2', 'A'), aMessage('b1', 'B'), aMessage('b2', 'B')]);
  const held = Promise.withResolvers<void>();
  const { got, first } = receive(startSessionReceiver, async (message) => {
    if (message.id === 'a1') await held.promise;
    await complete(message);
  });
  await first(3);
  expect(got.map(({ id, session }) => `${session} ${id}`).toSorted()).toEqual(['A a1', 'B b1', 'B b2']);
  held.resolve();
  await first(4);
  expect(got.map(({ id }) => id).filter((id) => id.startsWith('b'))).toEqual(['b1', 'b2']);
  expect(got.at(-1)?.id).toBe('a2');
}, 30_000);

test('a session has one receiver: a second one gets the others; what is given back comes again before what stands behind it', async () => {
  await begin();
  await sender.send([aMessage('a1', 'A')]);
  const held = Promise.withResolvers<void>();
  const one = receive(startSessionReceiver, async (message) => {
    if (message.deliveryCount === 0) {
      await held.promise;
      return message.settle('abandon');
    }
    return complete(message);
  }, { maxInFlight: 1 });
  await one.first(1);
  const two = receive(startSessionReceiver, complete, { maxInFlight: 1 });
  await sender.send([aMessage('a2', 'A'), aMessage('b1', 'B')]);
  expect((await two.first(1)).map(({ id }) => id)).toEqual(['b1']);
  held.resolve();
  expect((await one.first(3)).map(({ id, deliveryCount }) => `${id} ${deliveryCount}`)).toEqual(['a1 0', 'a1 1', 'a2 0']);
  expect(two.got).toHaveLength(1);
}, 30_000);

test('paused, no session is served; resumed, it goes on where it stood', async () => {
  await begin();
  const { receiver, got, first } = receive(startSessionReceiver, complete, { maxInFlight: 1 });
  await sender.send([aMessage('a1', 'A')]);
  await first(1);
  await receiver.pause();
  await sender.send([aMessage('a2', 'A')]);
  await receiver.resume();
  expect((await first(2)).map(({ id }) => id)).toEqual(['a1', 'a2']);
  expect(got).toHaveLength(2);
}, 30_000);

test.each([
  ['a message', startReceiver, undefined],
  ['a session', startSessionReceiver, 'A'],
] as const)('%s in hand longer than its lock is kept by renewing it; the control: without renewal it comes again', async (_what, start, session) => {
  await begin(600);
  for (const renewForMs of [10_000, 0]) {
    await sender.send([aMessage(`m-${renewForMs}`, session)]);
    const lockMs = 600;
    const { receiver, got, first } = receive(start, async (message) => {
      const until = Date.now() + 3 * lockMs;
      await waitFor(async () => Date.now() > until || (message.deliveryCount > 0), { what: 'three times its lock' });
      await complete(message);
    }, { maxInFlight: 1, renewForMs });
    await first(renewForMs > 0 ? 1 : 2);
    await receiver.close(5000);
    expect(got.map(({ deliveryCount }) => deliveryCount)).toEqual(renewForMs > 0 ? [0] : [0, 1]);
  }
}, 60_000);

test('a session with many quick messages outlasts its lock', async () => {
  await begin(600);
  await sender.send(Array.from({ length: 15 }, (_, index) => aMessage(`m${index}`, 'A')));
  const { got, first } = receive(startSessionReceiver, async (message) => {
    const until = Date.now() + 120;
    await waitFor(async () => Date.now() > until, { what: 'a little work' });
    await complete(message);
  }, { maxInFlight: 1 });
  await first(15);
  expect(got.map(({ id, deliveryCount }) => `${id} ${deliveryCount}`)).toEqual(Array.from({ length: 15 }, (_, index) => `m${index} 0`));
}, 30_000);

test('a message that nobody ever settles comes again when its lock is over, before what stands behind it', async () => {
  await begin(600);
  await sender.send([aMessage('a1', 'A'), aMessage('a2', 'A')]);
  const { first } = receive(startSessionReceiver, (message) => (message.deliveryCount === 0 && message.id === 'a1' ? undefined : complete(message)), { maxInFlight: 1 });
  expect((await first(3)).map(({ id, deliveryCount }) => `${id} ${deliveryCount}`)).toEqual(['a1 0', 'a1 1', 'a2 0']);
}, 30_000);

test('a scheduled message is not there before its time', async () => {
  await begin();
  const at = Date.now() + 1500;
  await sender.send([aMessage('later', undefined, { at: new Date(at).toISOString() }), aMessage('now')]);
  const times: [string, number][] = [];
  const { first } = receive(startReceiver, (message) => {
    times.push([message.id, Date.now()]);
    return complete(message);
  });
  await first(2);
  expect(times.map(([id]) => id)).toEqual(['now', 'later']);
  expect(times[1]?.[1]).toBeGreaterThanOrEqual(at);
}, 30_000);
