import { effect } from '../../../nodes/effects/effect';
import { JobRuns } from '../../../nodes/jobs/runs';
import type { HoldDecision } from '../../../nodes/lifecycle/change';
import type { Status } from '../../../nodes/lifecycle/lifecycle';
import { createPool, type Pool, select } from '../../../nodes/store/pool';
import type { Claim } from '../../../nodes/work/claims';
import type { Work } from '../../../nodes/work/source';
import { createEngine, type Engine } from '../../support/engine';
import type { World } from '../../support/orders';
import { NAIVE } from './naive';

/** One of the two processes of a race. It is told what to run with what, and answers which of them it has won. */

export type RaceName = 'cancel–ship' | 'cancel–effect' | 'release–release' | 'ship–ship' | 'capture–cancel' | 'claim–claim' | 'job–job' | 'hold–hold';
export type Side = 'a' | 'b';

export interface Start {
  race: RaceName;
  side: Side;
  /** Orders, holds or jobs; their order is that in which this side goes. */
  ids: number[];
  naive: boolean;
}

/** The start, by the machine's clock. */
export interface Go {
  at: number;
}

export interface Racer {
  pool: Pool;
  engine: Engine;
  jobs: JobRuns;
  side: Side;
  /** What this side has claimed beforehand, by order. */
  works: Map<number, Work>;
  /** How often this side has done the remote's deed for an order. */
  deeds: Map<number, number>;
}

/** @returns whether this side has won this one */
export type Run = (racer: Racer, id: number) => Promise<boolean>;

const actor = ({ side }: Racer): string => `racer:${side}`;
const cancel: Run = async (racer, order) => (await racer.engine.transitions.transition({ order, to: 'CS_CANCELLED', actor: actor(racer), reason: 'a race', wish: true })).moved;
const parcel = (order: number, side: Side) => ({ order_id: '', shipment_id: `S-${order}-${side}`, carrier: 'UPS', tracking: '1Z', shipped_at: '2026-11-21T10:00:00Z', lines: [{ line_id: 'L1', quantity: 2 }] });
const applied = async (racer: Racer, type: string, order: number, body: object): Promise<boolean> =>
  (await racer.engine.transitions.apply({ source: 'race', eventId: `${type}-${order}-${racer.side}`, type, order, body, actor: actor(racer) })).result === 'applied';

/** Makes a call for a claimed order and moves it on; the deed is what counts. */
const call = (kind: string, to: Status): Run => async (racer, order) => {
  const work = racer.works.get(order);
  if (!work) throw new Error(`order ${order} was not claimed`);
  const deed = effect<null, { id: number; revision: number }, string>({
    kind, key: ({ id }) => `${kind}:${id}:1`, policy: 'human', request: () => 'x',
    send: async (_remote, _request, _order, { leave }) => {
      leave();
      racer.deeds.set(order, (racer.deeds.get(order) ?? 0) + 1);
      return { reference: 'R' };
    },
  });
  try {
    await racer.engine.ledger.perform(deed, null, { id: order, revision: 1 }, work);
  } catch (error) {
    if ((error as { code?: string }).code !== 'claim.lost') throw error;
    return false; // nothing was sent
  }
  await racer.engine.ends.move(work, to, actor(racer), 'the call was made');
  return true;
};

const decide = (decision: HoldDecision): Run => async (racer, hold) => {
  const [row] = await select<{ order: number }>(racer.pool, 'SELECT order_id AS `order` FROM holds WHERE id = ?', [hold]);
  const result = await racer.engine.transitions.transition({ order: row?.order ?? 0, actor: actor(racer), decision: { hold, decision, by: actor(racer), reason: 'a race' } });
  return result.moved || result.refused === undefined;
};

/** What each side does. */
const RUNS: Readonly<Record<Exclude<RaceName, 'claim–claim'>, Record<Side, Run>>> = {
  'cancel–ship': {
    a: cancel,
    b: async (racer, order) => (await racer.engine.transitions.transition({ order, from: 'CIRRO_READY_FOR_FULFILLMENT', to: 'SHIPPED', actor: actor(racer) })).moved,
  },
  'cancel–effect': { a: cancel, b: call('camel.request', 'WAITING_FULFILLMENT_CONFIRMATION') },
  'release–release': { a: (racer, order) => applied(racer, 'RELEASED_FROM_NAV', order, {}), b: (racer, order) => applied(racer, 'RELEASED_FROM_NAV', order, {}) },
  'ship–ship': { a: (racer, order) => applied(racer, 'shipped', order, parcel(order, 'a')), b: (racer, order) => applied(racer, 'shipped', order, parcel(order, 'b')) },
  'capture–cancel': { a: cancel, b: call('sfcc.fulfil', 'FULFILLED') },
  'job–job': {
    a: async ({ jobs }, job) => typeof (await jobs.begin(job)) !== 'string',
    b: async ({ jobs }, job) => typeof (await jobs.begin(job)) !== 'string',
  },
  'hold–hold': { a: decide('done'), b: decide('void') },
};

/** The stage whose orders side b claims before the race begins. */
const CLAIMED: Readonly<Partial<Record<RaceName, Status>>> = { 'cancel–effect': 'CIRRO_READY_FOR_FULFILLMENT', 'capture–cancel': 'EXPORTED_TO_NAV' };
const AT_ONCE = 64;

async function claimAll(engine: Engine, status: Status, limit: number): Promise<Claim[]> {
  const claimed: Claim[] = [];
  for (;;) {
    const more = await engine.claims.claim({ kind: 'status', name: status }, 'US', limit);
    if (more.length === 0) return claimed;
    claimed.push(...more);
  }
}

async function prepare(racer: Racer, { race, side, naive }: Start): Promise<void> {
  racer.works.clear();
  racer.deeds.clear();
  const status = CLAIMED[race];
  if (!status || side === 'a' || naive) return;
  for (const claim of await claimAll(racer.engine, status, 500)) {
    const work: Work = { ...claim, node: 'race', retry: { attempts: 3, firstMs: 10, maxMs: 100 }, since: performance.now(), effects: [] };
    racer.engine.active.begin(work, () => undefined);
    racer.works.set(claim.order, work);
  }
}

async function run(racer: Racer, { race, side, ids, naive }: Start): Promise<number[]> {
  if (race === 'claim–claim') {
    const claimed = await (naive ? NAIVE.claims(racer) : claimAll(racer.engine, 'READY_TO_CREATE_IN_NAV', 20));
    return claimed.map(({ order }) => order);
  }
  const step = naive ? NAIVE.runs[race][side] : RUNS[race][side];
  const won: number[] = [];
  const left = [...ids];
  const work = async (): Promise<void> => {
    for (let id = left.shift(); id !== undefined; id = left.shift()) if (await step(racer, id)) won.push(id);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return won;
}

async function main(appUrl: string): Promise<void> {
  const pool = createPool(appUrl, 8);
  const engine = await createEngine({ pool } as World, `racer-${process.pid}`);
  const racer: Racer = { pool, engine, jobs: new JobRuns(pool, engine.processes), side: 'a', works: new Map(), deeds: new Map() };
  let start: Start | undefined;
  process.on('message', (message: Start | Go) => {
    const answer = async (): Promise<object> => {
      if ('at' in message) {
        while (Date.now() < message.at); // both begin in the same millisecond
        return { won: start ? await run(racer, start) : [], deeds: [...racer.deeds] };
      }
      start = message;
      racer.side = message.side;
      await prepare(racer, message);
      return { ready: true };
    };
    answer().then(
      (result) => process.send?.(result),
      (error: Error) => process.send?.({ error: error.stack }),
    );
  });
  process.once('disconnect', () => process.exit(0));
  process.send?.({ ready: true });
}

if (require.main === module) void main(process.env['RACE_DATABASE_URL'] ?? '');
