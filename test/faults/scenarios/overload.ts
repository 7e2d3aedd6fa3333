import { setTimeout as sleep } from 'node:timers/promises';
import { quantile } from '../../../bench/rig/measure';
import { makeOrders } from '../../../bench/rig/orders';
import { startSystem, type System } from '../../support/system';
import type { LoadResult } from '../load/generator';
import { Generator, separate } from '../load/load';
import { naively } from '../rig/course';
import { atLeast, atMost, type Figure, type Options, type Outcome, type Scenario, told } from '../rig/scenario';

const CONNECTIONS = 128;
const CAPACITY_SECONDS = 8;
/** From here on a run has the machine to itself, and speed is judged. */
const LONG_SECONDS = 30;
const FAR_TOO_MUCH_SECONDS = 20;

/** Callbacks from many connections, twice as many as can be served. `strikes` is how many seconds that lasts. */
export const overload: Scenario = {
  name: 'overload',
  what: 'callbacks at twice the measured capacity',
  control: 'no limit of requests under way',
  long: { orders: 450_000, strikes: 120 },
  async run(options) {
    const system = await startSystem({ ...naively('overload', options), sandbox: false, env: { OMS_RATE_LIMIT: '1000000' } });
    const generator = new Generator();
    try {
      await prepare(system, options.orders);
      const long = options.strikes >= LONG_SECONDS;
      if (long) await separate(system, generator);
      return await strike(system, generator, options, long);
    } finally {
      generator.stop();
      await system.stop();
    }
  },
};

/** Orders that wait for their release; what comes after it is paused. */
async function prepare({ pool }: System, orders: number): Promise<void> {
  await pool.query(`
    INSERT INTO tenants (id, name) VALUES (1, 'load');
    INSERT INTO warehouses (id, \`key\`, nav_key, cirro_region) VALUES (1, 'us-east', 'US', 'NA');
    INSERT INTO stores (id, tenant_id, url, platform, site, prefix, warehouse_id) VALUES (1, 1, 'https://shop.load', 'sfcc', 'LOAD', 'B-', 1);
    INSERT INTO pauses (kind, name, reason, actor) VALUES ('stage', 'RELEASED_FROM_NAV', 'only callbacks are measured', 'test')`);
  await makeOrders(pool, orders, 'PENDING_NAV_RELEASE', '{}'); // nothing reads what they hold
  await pool.query("INSERT INTO effects (kind, `key`, order_id, request_hash, state, attempt) SELECT 'nav.create', CONCAT('nav.create:', id), id, REPEAT('0', 32), 'done', 1 FROM orders");
}

async function strike(system: System, generator: Generator, { strikes: seconds, naive, note }: Options, long: boolean): Promise<Outcome> {
  let from = 1;
  const accepted: number[] = [];
  const run = async (more: { seconds: number; rate?: number; connections?: number }): Promise<LoadResult> => {
    const result = await generator.run({ port: system.port, token: system.tokens.mulesoft, from, ...more });
    from = result.next;
    for (const number of result.accepted) accepted.push(number); // too many for the arguments of one call
    return result;
  };
  await run({ seconds: 2, connections: CONNECTIONS }); // compiled and with warm connections
  const alone = await run({ seconds: long ? CAPACITY_SECONDS : 3, connections: CONNECTIONS });
  const capacity = alone.accepted.length / alone.seconds;
  if (capacity === 0) throw new Error(`no callback was accepted: ${JSON.stringify(alone.others)} ${system.warnings().join(' ')}`);
  note(`capacity with ${CONNECTIONS} connections: ${capacity.toFixed(0)}/s`);
  const twice = await run({ seconds, rate: 2 * capacity });
  const fiveTimes = long && !naive ? await run({ seconds: FAR_TOO_MUCH_SECONDS, rate: 5 * capacity }) : undefined;
  await sleep(100);
  const lost = await lostOf(system, accepted);
  const p99 = quantile(twice.acceptedMs, 0.99);
  const others = Object.entries({ ...twice.others }).map(([what, times]) => `${times} times ${what} at 2 ×`);
  if (naive) {
    const damage = p99 > 1000 ? [`half of the accepted waited ${quantile(twice.acceptedMs, 0.5).toFixed(0)} ms, one in a hundred ${p99.toFixed(0)} ms or more`] : [];
    return { figures: [atLeast('accepted p99 at 2 ×, naive', p99, 1000, ' ms')], violations: [...damage, ...others] };
  }
  return { figures: [told('capacity, callbacks a second', capacity.toFixed(0)), ...figures(twice, capacity, long), atMost('accepted, then lost', lost.length, 0), ...(fiveTimes ? farTooMuch(fiveTimes, capacity) : [])], violations: others };
}

function figures(load: LoadResult, capacity: number, judged: boolean): Figure[] {
  const goodput = (load.accepted.length / load.seconds / capacity) * 100;
  const [accepted, refused] = [quantile(load.acceptedMs, 0.99), quantile(load.refusedMs, 0.99)];
  return [
    told('sent, accepted, refused', `${load.sent}, ${load.accepted.length}, ${load.refusedMs.length}`),
    atLeast('told to come back', load.refusedMs.length, 1),
    // Beside other tests on the same cores the times say more about those.
    judged ? atMost('accepted p99', accepted, 1000, ' ms') : told('accepted p99', `${accepted.toFixed(0)} ms`),
    told('accepted p50', `${quantile(load.acceptedMs, 0.5).toFixed(0)} ms`),
    judged ? atLeast('goodput of the capacity', goodput, 80, ' %') : told('goodput of the capacity', `${goodput.toFixed(0)} %`),
    judged ? atMost('refusals p99', refused, 50, ' ms') : told('refusals p99', `${refused.toFixed(0)} ms`),
    told('refusals p50, slowest', `${quantile(load.refusedMs, 0.5).toFixed(1)} ms, ${quantile(load.refusedMs, 1).toFixed(0)} ms`),
  ];
}

const farTooMuch = (load: LoadResult, capacity: number): Figure[] =>
  [...figures(load, capacity, false), told('other answers', JSON.stringify(load.others))].map((figure) => ({ ...told(`5 ×: ${figure.what}`, figure.value) }));

/** Orders whose callback was answered with 200 and that do not stand where it moved them. */
async function lostOf(system: System, accepted: readonly number[]): Promise<number[]> {
  const rows = await system.sql<{ id: number }>("SELECT order_id AS id FROM order_status WHERE status = 'RELEASED_FROM_NAV'");
  const moved = new Set(rows.map(({ id }) => id));
  return accepted.filter((number) => !moved.has(number));
}
