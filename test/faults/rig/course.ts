import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Fault, startSystem, type System, type SystemOptions, waitFor } from '../../support/system';
import { ROOT } from '../../support/root';
import { lifecycle } from '../../../nodes/lifecycle/lifecycle';
import { LONGEST_MS } from '../../../nodes/runtime/breaker';
import { judge, stuckNow, type Verdict } from '../oracle';
import { type Facts, gather, withParts } from './facts';
import { impatient, recover } from './person';
import type { Options } from './scenario';

/** What leaves something out, by its name in test/faults/rig/naive: loaded into the server before anything else. */
export const naively = (control: string, { naive }: Pick<Options, 'naive'>): Pick<SystemOptions, 'execArgv'> => (naive ? { execArgv: loadedFirst(`naive/${control}`) } : {});

/** Node's arguments that load a module of test/faults/rig into the server before anything else. */
export const loadedFirst = (module: string): string[] => ['--require', path.join(ROOT, 'test/faults/rig', `${module}.js`)];

/** The system under test: stages and looks that try again soon, so that a run is about faults and not about waiting. */
export function startRig(options: SystemOptions = {}): Promise<System> {
  return startSystem({ ...options, flows: options.flows ?? impatient(), env: { OMS_INQUIRY_SECONDS: '0.2,0.5,1', ...options.env } });
}

/** Partners that take their time, so that calls are under way when something strikes. */
export const slowPartners = (ms: number): Fault[] => [
  { system: 'nav', operation: 'document:1', fault: 'latency', ms },
  { system: 'nav', operation: 'document:6', fault: 'latency', ms },
  { system: 'camel', operation: 'fulfillment-request', fault: 'latency', ms },
  { system: 'sfcc', operation: 'fulfill', fault: 'latency', ms },
  { system: 'sfcc', operation: 'capture', fault: 'latency', ms },
  { system: 'sfcc', operation: 'mark-exported', fault: 'latency', ms },
];

const LOOK_MS = 250;

/** The longest that the system waits by itself before it tries a partner again that is down: its longest pause and the spread of those who wait. */
const LONGEST_WAIT_MS = 2 * LONGEST_MS;

/**
 * Waits until work has come to its end: every order is final or held and no task is left, or nothing has moved for `calmSeconds`. What
 * is tried again later than soon, since its partner counts as down, still moves by itself.
 * Whatever is left then is for the oracle to judge.
 */
export async function comeToRest(system: System, names: readonly string[], { calmSeconds = 20, limitSeconds = 600 } = {}): Promise<void> {
  const limit = Date.now() + limitSeconds * 1000;
  let seen = '';
  let since = Date.now();
  let moved = since;
  while (Date.now() < limit) {
    const { atRest, trace, later } = await movement(system, names);
    if (atRest) return;
    if (trace !== seen) moved = since = Date.now();
    else if (later && Date.now() - moved < LONGEST_WAIT_MS) since = Date.now();
    else if (Date.now() - since > calmSeconds * 1000) return;
    seen = trace;
    await sleep(LOOK_MS);
  }
}

/** Where nothing moves any more by itself. An order in error waits for a person. */
const RESTS: readonly string[] = lifecycle.names.filter((name) => lifecycle.statuses[name].kind === 'final' || lifecycle.statuses[name].kind === 'error' || name === 'FULFILLED');

/** Stages of the rig try again within half a second, looks at what is in doubt within one. */
const isLater = (table: string): string => `${table}.holds = 0 AND ${table}.due_at > NOW(6) + INTERVAL 2 SECOND`;

/** Whether every one of these orders and their parts is at rest and no task of theirs is left (a split order moves by its parts and by tasks alone); `trace` changes with whatever moves; `later` where something is to be tried again, and not soon. */
export async function movement(system: System, names: readonly string[]): Promise<{ atRest: boolean; trace: string; later: boolean }> {
  const [orders] = await system.sql<{ there: string; versions: string; moving: string; later: string }>(
    `SELECT SUM(o.part = 0) AS there, SUM(s.version + s.holds) AS versions, SUM(s.children = 0 AND s.holds = 0 AND s.status NOT IN (?)) AS moving, COALESCE(SUM(${isLater('s')}), 0) AS later
       FROM order_status s JOIN orders o ON o.id = s.order_id WHERE o.id IN (${withParts})`,
    [RESTS, names, names],
  );
  const [tasks] = await system.sql<{ open: number; later: string }>(`SELECT COUNT(*) AS open, COALESCE(SUM(${isLater('t')}), 0) AS later FROM tasks t JOIN orders o ON o.id = t.order_id WHERE t.done_at IS NULL AND t.holds = 0 AND o.name IN (?)`, [names]);
  const atRest = orders !== undefined && Number(orders.there) === names.length && Number(orders.moving) === 0 && tasks?.open === 0;
  return { atRest, later: Number(orders?.later) + Number(tasks?.later) > 0, trace: `${orders?.there} ${orders?.versions} ${orders?.moving} ${tasks?.open}` };
}

/** Looks every second for orders that stand still, for as long as a run goes on. */
export class Watch {
  readonly stuck = new Set<string>();
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;

  constructor(system: System, names: () => readonly string[]) {
    this.#running = this.#run(system, names);
  }

  async #run(system: System, names: () => readonly string[]): Promise<void> {
    while (!this.#stop.signal.aborted) {
      // The database may be what was struck.
      const facts = await gather(system, names()).catch((): Facts | undefined => undefined);
      if (facts) for (const each of stuckNow(facts)) this.stuck.add(each);
      await sleep(5000, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
  }

  async end(): Promise<readonly string[]> {
    this.#stop.abort();
    await this.#running;
    return [...this.stuck];
  }
}

/** The last look: first as the system came to rest by itself, then after a careful person has decided every hold. */
export async function conclude(system: System, names: readonly string[], limitSeconds = 180): Promise<{ alone: Verdict; after: Verdict; held: string }> {
  await comeToRest(system, names, { limitSeconds });
  const alone = await judge(system, names);
  const kinds = Map.groupBy(await system.holds(), ({ kind }) => kind);
  const held = [...kinds].map(([kind, holds]) => `${holds.length} ${kind}`).join(', ');
  const limit = Date.now() + limitSeconds * 1000;
  while (Date.now() < limit) {
    const { decided, putBack } = await recover(system);
    await comeToRest(system, names, { calmSeconds: 10, limitSeconds: 60 });
    if (decided.length + putBack.length === 0) break;
  }
  return { alone, after: await judge(system, names), held: held || 'none' };
}

/** Waits until calls of any kind are under way: sent, and not answered. */
export const callsUnderWay = (system: System, limitMs = 30_000): Promise<true> =>
  waitFor(async () => (await system.count("SELECT COUNT(*) FROM effects WHERE state = 'sent'")) > 0 && (true as const), { what: 'calls under way', timeoutMs: limitMs, seen: () => system.warnings() });
