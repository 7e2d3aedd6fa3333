import { ServiceBusClient, type ServiceBusReceivedMessage } from '@azure/service-bus';
import Long from 'long';
import { setTimeout as sleep } from 'node:timers/promises';
import { createOwnDatabase, type OwnDatabase } from '../support/database';
import { startSystem, type System, waitFor } from '../support/system';
import { anEvent } from './partners';

/** Messages of the bus that fail: for reasons of their own they become dead letters, for ours they do not. */

const MAX = 3;

let system: System;
let database: OwnDatabase;
let client: ServiceBusClient;

beforeAll(async () => {
  database = await createOwnDatabase();
  system = await startSystem({
    database,
    lockMs: 2000,
    flows: (node) => {
      if (node.id === 'cirro-bus') node['maxDeliveries'] = MAX;
      // A step of the flow that cannot do with some messages.
      if (node.id === 'cirro-bus-valid') Object.assign(node, { type: 'function', func: "if (msg.payload.data?.reason === 'poison') throw new Error('the mapping knows no such part');\nreturn msg;", outputs: 1, timeout: 0, noerr: 0, initialize: '', finalize: '', libs: [] });
    },
  });
  client = new ServiceBusClient(system.busConnection);
  // Acceptances are told by hand here.
  await system.fault({ system: 'camel', operation: 'accept', fault: 'latency', ms: 600_000 });
}, 120_000);
afterAll(async () => {
  await client?.close();
  await system?.stop();
  await database?.drop();
}, 60_000);

const publish = (...events: object[]): Promise<void> => client.createSender('fulfillment-events').sendMessages(events.map((body) => ({ body, contentType: 'application/json' })));
const dead = (): Promise<ServiceBusReceivedMessage[]> => client.createReceiver('fulfillment-events', 'oms', { subQueueType: 'deadLetter' }).peekMessages(100, { fromSequenceNumber: Long.ONE });

async function asked(): Promise<string> {
  const [name = ''] = await system.place(1);
  await system.reach(name, 'WAITING_FULFILLMENT_CONFIRMATION');
  return name;
}

test('a message that fails again and again is a dead letter after so many deliveries, with the last failure as its reason', async () => {
  const name = await asked();
  await publish(anEvent(name, 'accepted', { data: { reason: 'poison' } }), anEvent(name, 'accepted'));
  await system.reach(name, 'EXPORTED_TO_TPL');
  const [letter] = await waitFor(async () => { const letters = await dead(); return letters.length > 0 && letters; }, { what: 'a dead letter' });
  expect(letter?.deadLetterReason).toMatch(new RegExp(`^${MAX} deliveries failed, the last one with \\S+: .*the mapping knows no such part`));
}, 60_000);

test('while the database is away, for longer than so many deliveries take, no message becomes a dead letter; afterwards all are applied', async () => {
  const before = (await dead()).length;
  const names = [await asked(), await asked()];
  await database.kill();
  await publish(...names.map((name) => anEvent(name, 'accepted')));
  await waitFor(() => system.logs().some((line) => line.includes('"service-bus.paused"')), { what: 'the receiver to pause' });
  // Given back each time, three deliveries take 1 + 2 s, and the lock of a message ends after 2 s.
  await sleep(10_000);
  await database.start();
  await system.reach(names, 'EXPORTED_TO_TPL');
  expect(await dead()).toHaveLength(before);
  expect(system.logs().some((line) => line.includes('"service-bus.resumed"'))).toBe(true);
}, 120_000);
