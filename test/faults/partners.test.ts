import { lifecycle } from '../../nodes/lifecycle/lifecycle';
import { type Fault, startSystem, type System, waitFor } from '../support/system';
import { aRelease, everything, release, ship } from '../flows/partners';
import { doneTwice, judge } from './oracle';
import { impatient, recover } from './rig/person';

/**
 * Every way in which a partner can misbehave, at every partner: once it is well again and a careful person has decided what is in
 * doubt and put back what failed, every order is fulfilled, nothing has happened twice, and no order ever stood still without a reason.
 */

/** What the partners do slowly takes longer than anybody waits for it. Milliseconds. */
const LATENCY_MS = 1600;
const TIMEOUT_SECONDS = 1;
const ORDERS = 9;

let system: System;
let watch: Watch;

beforeAll(async () => {
  system = await startSystem({
    // Two seconds, since an acceptance whose settlement is lost comes again when its lock ends.
    lockMs: 2000,
    env: { OMS_INQUIRY_SECONDS: '0.2,0.5', SFCC_OVERLAP_SECONDS: '60' },
    flows: impatient(TIMEOUT_SECONDS),
  });
  // The orders of one store in three capture by the shipment.
  await system.sql("UPDATE stores SET capture_per = 'shipment' WHERE site = 'POPS-EU'");
  watch = new Watch(system);
}, 120_000);
afterAll(async () => {
  await watch?.stop();
  await system?.stop();
}, 60_000);
afterEach(() => system.clearFaults());

/** A shipped order waits for the next slot of its job, which comes every second; on a busy machine a little later. */
const LONGEST_SLOT_MS = 15_000;

/** Looks all the time for orders that stand still and do not say why. */
class Watch {
  readonly #system: System;
  readonly stillStanding: string[] = [];
  looks = 0;
  #stopped = false;
  /** Since when a shipped order has been waiting for its slot. */
  #waiting = new Map<string, number>();
  readonly #running: Promise<void>;

  constructor(watched: System) {
    this.#system = watched;
    this.#running = this.#run();
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      const waiting = new Map<string, number>();
      for (const { name, status, due, claimed, holds } of await this.#system.standings()) {
        if (due || claimed || holds > 0 || lifecycle.statuses[status].kind !== 'working' || status === 'FULFILLED') continue;
        const since = this.#waiting.get(name) ?? Date.now();
        waiting.set(name, since);
        if (status !== 'SHIPPED' || Date.now() - since > LONGEST_SLOT_MS) this.stillStanding.push(`${name} in ${status}`);
      }
      this.#waiting = waiting;
      for (const { name, status, reason } of await this.#errors()) if (reason.length < 10) this.stillStanding.push(`${name} in ${status} says "${reason}"`);
      this.looks++;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  #errors(): Promise<{ name: string; status: string; reason: string }[]> {
    const errors = lifecycle.names.filter((status) => lifecycle.statuses[status].kind === 'error');
    return this.#system.sql(
      'SELECT o.name, s.status, a.reason FROM order_status s JOIN orders o ON o.id = s.order_id JOIN order_audits a ON a.order_id = s.order_id AND a.version = s.version WHERE s.status IN (?)',
      [errors],
    );
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }
}

type Kind = Fault['fault'];

/** What each partner does for an order; the first of each are struck for certain. */
const STRUCK: readonly (readonly [system: Fault['system'], operations: readonly string[]])[] = [
  ['sfcc', ['fulfill', 'capture', 'mark-exported', 'search', 'token']],
  ['nav', ['document:1', 'document:6']],
  ['camel', ['fulfillment-request', 'release', 'accept', 'ship']],
  ['service-bus', ['deliver', 'settle']],
];

/** At what a fault means nothing, so that it would wait there for ever. */
const MEANS_NOTHING: Readonly<Partial<Record<Kind, RegExp>>> = {
  duplicate: /^(?:sfcc (?!search)|nav |camel fulfillment-request|service-bus settle)/,
  reorder: /^(?:sfcc (?!search)|nav |camel fulfillment-request|service-bus settle)/,
  malformed: /^service-bus settle/,
};

const faultsOf = (fault: Kind): Fault[] =>
  STRUCK.flatMap(([partner, operations]) =>
    operations
      .filter((operation) => !MEANS_NOTHING[fault]?.test(`${partner} ${operation}`))
      .map((operation) => ({ system: partner, operation, fault, count: 2, ...(fault === 'latency' && { ms: LATENCY_MS }) })),
  );

const KINDS: readonly Kind[] = ['error', 'latency', 'drop-before', 'drop-after', 'duplicate', 'reorder', 'malformed', 'throttle', 'reject'];

/** The partner was told to say no in its callbacks; a person there has corrected that, and tells it by hand. */
async function tellByHand(names: readonly string[]): Promise<void> {
  for (const { name, status, secondsThere } of await system.standings(names)) {
    if (secondsThere < 1.5) continue;
    if (status === 'PENDING_NAV_RELEASE') await release(system, name, aRelease());
    if (status === 'EXPORTED_TO_TPL') await ship(system, await everything(system, name));
  }
}

test.each(KINDS)('%s, at every partner', async (kind) => {
  const faults = faultsOf(kind);
  // Beside those that surely strike, a fifth of all other requests, reads and handshakes included.
  const sprinkled = STRUCK.map(([partner]): Fault => ({ system: partner, fault: kind, rate: 0.2, count: 12, ...(kind === 'latency' && { ms: LATENCY_MS }) }));
  await system.fault(...faults, ...sprinkled);
  const names = await system.place(ORDERS);

  // Orders that an earlier fault has stopped are helped on, so that the later ones strike, too.
  // Tokens are fetched rarely: nobody waits for theirs.
  const left = async (): Promise<string[]> => {
    const { faults: inForce } = await system.control<{ faults: (Fault & { fired: number })[] }>('GET', 'faults');
    return inForce.filter(({ operation, fired }) => operation !== undefined && operation !== 'token' && fired === 0).map(({ system: partner, operation }) => `${partner} ${operation}`);
  };
  let unstruck: string[] = [];
  await waitFor(
    async () => {
      unstruck = await left();
      if (unstruck.length > 0) await recover(system, () => kind === 'latency');
      if (unstruck.length > 0 && kind === 'reject') await tellByHand(names);
      return unstruck.length === 0;
    },
    { what: 'every fault to strike', timeoutMs: 60_000, seen: async () => ({ unstruck, standings: await system.standings(names) }) },
  );

  await system.clearFaults();
  const cleared = Date.now();
  const mayStillAct = (): boolean => kind === 'latency' && Date.now() - cleared < 2 * LATENCY_MS;
  await waitFor(
    async () => {
      const standings = await system.standings(names);
      if (standings.length === names.length && standings.every(({ status }) => status === 'FULFILLED')) return true;
      await recover(system, mayStillAct);
      if (kind === 'reject') await tellByHand(names);
      return false;
    },
    { what: `${ORDERS} fulfilled orders`, timeoutMs: 60_000, seen: async () => ({ standings: (await system.standings(names)).filter(({ status }) => status !== 'FULFILLED'), holds: await system.holds() }) },
  );
  await waitFor(
    async () => {
      await recover(system);
      return (await system.count('SELECT COUNT(*) FROM tasks WHERE done_at IS NULL')) === 0 && (await system.holds()).length === 0;
    },
    { what: 'all marks to be set and all holds to be decided', seen: () => system.sql('SELECT kind, subject, holds, attempts, reason FROM tasks WHERE done_at IS NULL') },
  );
  expect((await judge(system, names)).violations).toEqual([]);
  for (const name of names) expect(await system.storefront(name)).toMatchObject({ exported: true, captured: true });
}, 150_000);

test('no order ever stood still without a reason that a person can read', () => {
  expect(watch.looks).toBeGreaterThan(100);
  expect([...new Set(watch.stillStanding)]).toEqual([]);
});

test('all this was no fair weather: calls were in doubt, refused and sent again', async () => {
  const outcomes = await system.sql<{ outcome: string; times: number }>('SELECT outcome, COUNT(*) AS times FROM effect_attempts GROUP BY outcome');
  for (const outcome of ['done', 'unknown', 'rejected', 'not sent']) expect(outcomes.find((row) => row.outcome === outcome)?.times ?? 0).toBeGreaterThan(0);
  expect(await system.count("SELECT COUNT(*) FROM holds WHERE decision = 'done'")).toBeGreaterThan(0);
  expect(await system.count("SELECT COUNT(*) FROM holds WHERE decision = 'resend'")).toBeGreaterThan(0);
});

test('the control: a caller who simply sends again after a cut connection has the partner act twice', async () => {
  await system.fault({ system: 'camel', operation: 'accept', fault: 'latency', ms: 600_000 }, { system: 'camel', operation: 'fulfillment-request', fault: 'drop-after', count: 1 });
  const request = {
    order_id: 'NAIVE-1', sequence: 1, platform_order_no: 'NAIVE1', part: 0, warehouse: 'us-east',
    ship_to: { name: 'A', address1: 'B', city: 'C', postal_code: 'D', country: 'US' }, lines: [{ line_id: '1', sku: 'S', quantity: 1 }],
  };
  const send = (): Promise<Response> =>
    fetch(`${system.partnersUrl}/camel/fulfillment-requests`, {
      method: 'POST',
      headers: { 'ocp-apim-subscription-key': 'sandbox-subscription-key', authorization: `Basic ${Buffer.from('oms:sandbox-camel').toString('base64')}`, 'content-type': 'application/json' },
      body: JSON.stringify(request),
    });
  await expect(send()).rejects.toThrow('fetch failed');
  expect((await send()).status).toBe(202);
  expect(doneTwice({ effects: await system.effects() })).toEqual(['camel fulfillment-request of NAIVE-1/1: 2 times']);
}, 30_000);
