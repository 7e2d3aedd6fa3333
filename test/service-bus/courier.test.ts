import { setTimeout as sleep } from 'node:timers/promises';
import { Deliveries } from '../../nodes/edge/deliveries';
import type { Failure } from '../../nodes/runtime/failure';
import { Courier } from '../../nodes/service-bus/courier';
import type { BusMessage, Outcome } from '../../nodes/service-bus/hand-over';
import { waitFor } from '../support/system';

/** What becomes of a message that fails: because of itself, or because of our database. */

const FAULTY: Failure = { class: 'bug', code: 'internal', message: 'the mapping knows no such part' };
const AWAY: Failure = { class: 'retryable', code: 'database.away', message: 'the database cannot be reached' };

/** A message, a bus and a database of this test alone. */
function aCourier({ maxDeliveries = 3, deliveryCount = 0, lockMs = 30_000 } = {}) {
  const seen = { given: 0, settled: [] as [Outcome, string?][], receiver: [] as string[], away: [] as boolean[], asked: 0 };
  const world = { database: true };
  const deliveries = new Deliveries();
  let latest = '';
  const courier = new Courier({
    receiver: () => ({
      pause: async (why) => void seen.receiver.push(`pause ${why}`),
      resume: async (why) => void seen.receiver.push(`resume ${why}`),
    }),
    deliveries,
    maxDeliveries,
    give(_message, delivery) {
      seen.given++;
      latest = delivery;
    },
    async ask() {
      seen.asked++;
      if (!world.database) throw new Error('away');
    },
    onAway: (away) => seen.away.push(away),
  });
  const message: BusMessage = {
    id: 'm', body: {}, deliveryCount, lockedUntil: Date.now() + lockMs,
    settle: async (outcome, reason) => void seen.settled.push(reason === undefined ? [outcome] : [outcome, reason]),
  };
  courier.deliver(message);
  return { courier, seen, world, fails: (failure: Failure) => deliveries.settle(latest, { outcome: 'abandon', failure }), done: () => deliveries.settle(latest, { outcome: 'complete' }) };
}

test('a message that fails is given back after a moment', async () => {
  const { seen, fails } = aCourier();
  await fails(FAULTY);
  expect(seen.settled).toEqual([['abandon']]);
});

test('the last delivery that is allowed ends as a dead letter, which says what failed', async () => {
  const { seen, fails } = aCourier({ maxDeliveries: 3, deliveryCount: 2 });
  await fails(FAULTY);
  expect(seen.settled).toEqual([['dead-letter', '3 deliveries failed, the last one with internal: the mapping knows no such part']]);
});

test('without a database the receiver pauses, and the message is handed out again when it answers, however often it was delivered', async () => {
  const { seen, world, fails, done } = aCourier({ maxDeliveries: 3, deliveryCount: 2 });
  world.database = false;
  await fails(AWAY);
  await waitFor(() => seen.asked >= 2, { what: 'a second look' });
  expect(seen).toMatchObject({ given: 1, settled: [], receiver: ['pause database'], away: [true] });
  world.database = true;
  await waitFor(() => seen.given === 2, { what: 'the message again' });
  await done();
  expect(seen).toMatchObject({ settled: [['complete']], receiver: ['pause database', 'resume database'], away: [true, false] });
});

test('a message whose lock is over by then is not handed out: it comes again by itself', async () => {
  const { seen, fails } = aCourier({ lockMs: 0 });
  await fails(AWAY);
  await waitFor(() => seen.settled.length > 0, { what: 'its place to be freed' });
  expect(seen.given).toBe(1);
});

test('after the close nothing is handed out and nobody asks any more', async () => {
  const { courier, seen, world, fails } = aCourier();
  world.database = false;
  await fails(AWAY);
  await waitFor(() => seen.asked >= 1, { what: 'a look' });
  courier.close();
  await waitFor(() => seen.settled.length === 1, { what: 'its place to be freed' });
  const { asked } = seen;
  await sleep(1200); // longer than between two looks
  expect(seen).toMatchObject({ asked, given: 1, receiver: ['pause database'] });
});
