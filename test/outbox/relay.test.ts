import { Outbox } from '../../nodes/outbox/outbox';
import { Relay } from '../../nodes/outbox/relay';
import { createEngine, type Engine } from '../support/engine';
import { count, createWorld, makeOrders, type World } from '../support/orders';
import { waitFor } from '../support/system';

/** Batches one after the other, whatever the bus does. */

let world: World;
let engine: Engine;

beforeAll(async () => {
  world = await createWorld();
  engine = await createEngine(world);
});
afterAll(async () => {
  await engine.processes.stop();
  await world.close();
});

interface Bus {
  /** Ids as the bus took them. */
  taken: string[];
  /** How often it shall refuse. */
  refusals: number;
  relay: Relay;
}

/** A relay whose bus is this array. */
function relayTo(bus: { taken: string[]; refusals: number }, size = 5): Bus {
  const outbox = new Outbox(world.pool, engine.processes);
  const relay = new Relay({
    outbox, transitions: engine.transitions, active: engine.active, size,
    emit: (batch, events) => {
      if (bus.refusals-- > 0) void outbox.giveBack(batch.token);
      else {
        bus.taken.push(...events.map(({ id }) => id));
        void outbox.published(batch);
      }
    },
    onError: (error) => {
      throw error;
    },
  });
  return Object.assign(bus, { relay });
}

const move = (orders: readonly number[], to: 'READY_TO_CREATE_IN_NAV' | 'PENDING_NAV_RELEASE') => Promise.all(orders.map((order) => engine.transitions.transition({ order, to, actor: 'flow:test' })));
const waiting = (): Promise<number> => count(world, 'SELECT COUNT(*) FROM outbox WHERE published_at IS NULL');
const allTold = (): Promise<true> => waitFor(async () => (await waiting()) === 0 && (true as const), { what: 'an empty outbox' });

test('what happens is told at once, batch after batch', async () => {
  const bus = relayTo({ taken: [], refusals: 0 });
  await move(await makeOrders(world, 23), 'READY_TO_CREATE_IN_NAV');
  await allTold();
  expect(bus.taken).toHaveLength(23);
  expect(bus.relay.trouble.failures).toBe(0);
  await bus.relay.close();
});

test('while the bus refuses nothing is lost, nothing overtakes, and the waits grow', async () => {
  const bus = relayTo({ taken: [], refusals: 2 });
  const orders = await makeOrders(world, 8);
  await move(orders, 'READY_TO_CREATE_IN_NAV');
  await waitFor(() => bus.relay.trouble.failures === 1 && (true as const), { what: 'the first refusal' });
  expect(bus.relay.trouble.retrySeconds).toBeGreaterThan(0);
  await move(orders, 'PENDING_NAV_RELEASE');
  await allTold();
  const versions = new Map<string, number>();
  for (const id of bus.taken) {
    const [name = '', version] = id.split(':');
    expect(Number(version)).toBe((versions.get(name) ?? 1) + 1);
    versions.set(name, Number(version));
  }
  expect(bus.taken).toHaveLength(16);
  expect(bus.relay.trouble.failures).toBe(0);
  await bus.relay.close();
});

test('while a deploy or a stop is under way nothing is taken', async () => {
  let looks = 0;
  Object.defineProperty(engine.active, 'paused', { configurable: true, get: () => looks++ >= 0 });
  const bus = relayTo({ taken: [], refusals: 0 });
  await move(await makeOrders(world, 3), 'READY_TO_CREATE_IN_NAV');
  const before = looks;
  await waitFor(() => looks > before + 1 && (true as const), { what: 'two looks at whether it may' });
  expect(bus.taken).toEqual([]);
  expect(await waiting()).toBe(3);
  Object.defineProperty(engine.active, 'paused', { value: false, writable: true });
  await allTold();
  await bus.relay.close();
});

test('a batch whose message went down with its flow is given back by the close, and the next relay tells it', async () => {
  const outbox = new Outbox(world.pool, engine.processes);
  let emitted = 0;
  const deaf = new Relay({ outbox, transitions: engine.transitions, active: engine.active, size: 5, emit: () => emitted++, onError: () => undefined });
  await move(await makeOrders(world, 2), 'READY_TO_CREATE_IN_NAV');
  await waitFor(() => emitted === 1 && (true as const), { what: 'a batch on its way' });
  const idle = outbox.idle(10_000);
  await deaf.close();
  await idle;
  expect(await count(world, 'SELECT COUNT(*) FROM outbox_claims WHERE claim_token IS NOT NULL')).toBe(0);
  const bus = relayTo({ taken: [], refusals: 0 });
  await allTold();
  expect(bus.taken).toHaveLength(2);
  await bus.relay.close();
});
