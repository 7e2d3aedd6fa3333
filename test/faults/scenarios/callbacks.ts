import { ServiceBusClient, type ServiceBusSender } from '@azure/service-bus';
import { setTimeout as sleep } from 'node:timers/promises';
import { Chance } from '../../../sandbox/random';
import { type Answer, type System, waitFor } from '../../support/system';
import { anEvent, everything, type Event, type Parcel, post, release, ship } from '../../flows/partners';
import { comeToRest, naively, startRig } from '../rig/course';
import { judge } from '../oracle';
import { atMost, type Options, type Outcome, type Scenario, told } from '../rig/scenario';

const TIMES = 10;
/** Of the acceptances that go over the bus, these come a second time. */
const REDELIVERED = 0.3;
/** Orders whose callbacks are being sent at once. */
const AT_ONCE = 16;
const BATCH = 100;
const NOT_BY_ITSELF = 600_000;

/** What an order has come to, without the names and times that differ from run to run. */
interface EndState {
  status: string;
  steps: string;
  shipped: string;
  parcels: number;
  payments: string;
  holds: number;
  effects: string;
}

/** Every callback ten times in parallel, early, late and shuffled, by REST and over a bus that redelivers. */
export const callbacks: Scenario = {
  name: 'callbacks',
  what: 'callbacks ten times in parallel, early, late, shuffled; 30 % of the bus redelivered',
  control: 'an inbox that takes every callback for a new one',
  long: { orders: 1000, strikes: TIMES },
  async run(options) {
    const system = await startRig({ ...naively('callbacks', options), env: { OMS_RATE_LIMIT: '1000000' } });
    try {
      return await compare(system, options);
    } finally {
      await system.stop();
    }
  },
};

async function compare(system: System, { seed, orders, strikes: times, naive, note }: Options): Promise<Outcome> {
  const clean = await system.place(orders, { seed: `callbacks ${seed}` });
  await comeToRest(system, clean);
  const expected = await endStates(system, clean);

  for (const operation of ['release', 'accept', 'ship']) await system.fault({ system: 'camel', operation, fault: 'latency', ms: NOT_BY_ITSELF });
  await system.fault({ system: 'service-bus', operation: 'deliver', fault: 'duplicate', rate: REDELIVERED });
  // Nothing gets to NAV yet: what is told about these orders now is early.
  const pause = await system.pause('stage', 'READY_TO_CREATE_IN_NAV');
  const names = await system.place(orders, { seed: `callbacks ${seed}` });
  await system.reach(names, 'READY_TO_CREATE_IN_NAV', 300_000);
  const storm = await Storm.prepare(system, names, new Chance(`callbacks ${seed}`), times);
  const bus = new ServiceBusClient(system.busConnection);
  const tally = new Map<string, number>();
  const begun = performance.now();
  try {
    await storm.early(bus.createSender('fulfillment-events'), tally);
    await system.resume(pause);
    await storm.meanwhile(tally);
    await waitFor(() => ended(system, names, naive), { what: 'the end of every order', timeoutMs: 300_000, seen: () => states(system, names) });
    await storm.late(tally);
  } finally {
    await bus.close();
  }
  await comeToRest(system, names, { calmSeconds: 5 });
  const came = await endStates(system, names);
  const verdict = await judge(system, [...clean, ...names]);
  const other = names.flatMap((name, index) => (JSON.stringify(came[index]) === JSON.stringify(expected[index]) ? [] : [`${name}: ${JSON.stringify(came[index])} instead of ${JSON.stringify(expected[index])}`]));
  const refused = [...tally].filter(([status]) => !/^20[02]$/.test(status)).map(([status, count]) => `${count} callbacks got ${status}`);
  note(`${[...tally.values()].reduce((sum, count) => sum + count, 0)} callbacks in ${Math.round((performance.now() - begun) / 1000)} s: ${[...tally].map(([status, count]) => `${count} × ${status}`).join(', ')}`);
  return {
    figures: naive
      ? [{ what: 'orders that came to another end, naive', value: String(other.length), goal: '≥ 1', reached: other.length > 0 }]
      : [
          told('orders, times each callback', `${names.length}, ${times}`),
          atMost('orders that came to another end than in the clean run', other.length, 0),
          atMost('callbacks without 200 or 202', refused.length, 0),
          atMost('orders lost', verdict.lost.length, 0),
          atMost('effects that happened twice', verdict.duplicates.length, 0),
          atMost('orders held', verdict.count.held, 0),
        ],
    violations: [...other, ...refused, ...(naive ? [] : verdict.violations)],
  };
}

type Callback = () => Promise<Answer>;

/** What partners tell about some orders, as often as it is to be told. */
class Storm {
  readonly #chance: Chance;
  readonly #times: number;
  readonly #orders: { event: Event; calls: Callback[]; when: 'early' | 'meanwhile' }[];

  private constructor(system: System, chance: Chance, times: number, orders: { name: string; parcel: Parcel }[]) {
    this.#chance = chance;
    this.#times = times;
    this.#orders = orders.map(({ name, parcel }) => {
      const event = anEvent(name, 'accepted', { id: `accepted-${name}` });
      const report = { status: 'RELEASED_FROM_NAV', event_id: `release-${name}`, nav_order_no: `NO-${name}` };
      const calls = [() => release(system, name, report), () => post(system, event), () => ship(system, { ...parcel, shipment_id: `parcel-${name}` })];
      return { event, calls, when: chance.between(0, 1) === 0 ? 'early' : 'meanwhile' };
    });
  }

  static async prepare(system: System, names: readonly string[], chance: Chance, times: number): Promise<Storm> {
    const orders: { name: string; parcel: Parcel }[] = [];
    for (const name of names) orders.push({ name, parcel: await everything(system, name) });
    return new Storm(system, chance, times, orders);
  }

  /** Half of the orders hear everything before NAV knows them; every acceptance goes over the bus, too. */
  async early(sender: ServiceBusSender, tally: Map<string, number>): Promise<void> {
    const messages = this.#orders.map(({ event }) => ({ messageId: event.id, contentType: 'application/json', body: event }));
    while (messages.length > 0) await sender.sendMessages(messages.splice(0, BATCH));
    await this.#send(this.#orders.filter(({ when }) => when === 'early').map(({ calls }) => calls), tally, 0);
  }

  /** The others while they are on their way. */
  async meanwhile(tally: Map<string, number>): Promise<void> {
    await this.#send(this.#orders.filter(({ when }) => when === 'meanwhile').map(({ calls }) => calls), tally, 40);
  }

  /** And all of them once more when everything is over. */
  async late(tally: Map<string, number>): Promise<void> {
    await this.#send(this.#orders.map(({ calls }) => calls), tally, 0, 1);
  }

  /** Each order's callbacks in a shuffled order, so many times, in parallel. */
  async #send(orders: readonly Callback[][], tally: Map<string, number>, upToMs: number, times = this.#times): Promise<void> {
    const left = [...orders];
    const work = async (): Promise<void> => {
      for (let calls = left.shift(); calls; calls = left.shift()) {
        const all = calls.flatMap((callback) => Array.from({ length: times }, () => ({ callback, at: this.#chance.between(0, 1_000_000), wait: this.#chance.between(0, upToMs) })));
        await Promise.all(
          all.toSorted((a, b) => a.at - b.at).map(async ({ callback, wait }) => {
            await sleep(wait);
            const status = await callback().then((answer) => String(answer.status), (error: Error) => error.message);
            tally.set(status, (tally.get(status) ?? 0) + 1);
          }),
        );
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }
}

const states = async (system: System, names: readonly string[]): Promise<unknown> => [...Map.groupBy(await system.standings(names), ({ status, holds }) => `${status} ${holds}`)].map(([key, orders]) => `${key}: ${orders.length}`);

const ended = async (system: System, names: readonly string[], naive: boolean): Promise<boolean> =>
  (await system.standings(names)).every(({ status, holds }) => status === 'FULFILLED' || (naive && holds > 0));

/** How the way of an order reads without the steps that a callback in time makes unnecessary. */
const SKIPPABLE = new Set(['PENDING_NAV_RELEASE', 'WAITING_FULFILLMENT_CONFIRMATION', 'EXPORTED_TO_TPL']);

async function endStates(system: System, names: readonly string[]): Promise<EndState[]> {
  const rows = await system.sql<Omit<EndState, 'effects'> & { name: string; steps: string }>(
    `SELECT o.name, s.status, s.holds, (SELECT GROUP_CONCAT(a.to_status ORDER BY a.version) FROM order_audits a WHERE a.order_id = o.id) AS steps,
            (SELECT GROUP_CONCAT(l.quantity_shipped ORDER BY l.position) FROM line_items l WHERE l.order_id = o.id) AS shipped,
            (SELECT COUNT(*) FROM fulfillments f WHERE f.order_id = o.id) AS parcels,
            (SELECT GROUP_CONCAT(p.state ORDER BY p.id) FROM payments p WHERE p.order_id = o.id) AS payments
       FROM orders o JOIN order_status s ON s.order_id = o.id WHERE o.name IN (?)`,
    [names],
  );
  const byName = new Map(rows.map((row) => [row.name, row]));
  const effects = Map.groupBy(await system.effects(), ({ ref }) => ref);
  return names.map((name) => {
    const { name: _name, ...row } = byName.get(name) ?? ({ steps: '' } as (typeof rows)[number]);
    const way = row.steps.split(',').filter((status) => !SKIPPABLE.has(status)).join(',');
    const done = (effects.get(name.slice(3)) ?? []).map(({ system: partner, operation }) => `${partner} ${operation}`).toSorted().join(', ');
    return { ...row, steps: way, effects: done };
  });
}
