import { type ChildProcess, fork } from 'node:child_process';
import path from 'node:path';
import { Chance } from '../../../sandbox/random';
import type { Status } from '../../../nodes/lifecycle/lifecycle';
import { select } from '../../../nodes/store/pool';
import { createWorld, makeOrders, type World } from '../../support/orders';
import { ROOT } from '../../support/root';
import type { Go, RaceName, Side, Start } from '../races/racer';
import { atLeast, atMost, type Options, type Outcome, type Scenario, told } from '../rig/scenario';

const TO_CIRRO: Status[] = ['READY_TO_CREATE_IN_NAV', 'RELEASED_FROM_NAV', 'CIRRO_READY_FOR_FULFILLMENT'];

interface Race {
  name: RaceName;
  path: Status[];
  due?: boolean;
  /** An effect that has been there before, by its kind and state. */
  effect?: [kind: string, state: string];
  /** Rows that the winner alone may leave for each order: audits beyond its path, unless told otherwise. */
  leaves?: { what: string; sql: string };
}

const AUDITS = (steps: Status[]) => ({ what: 'audit row', sql: `SELECT order_id AS id, COUNT(*) - ${steps.length} AS written FROM order_audits WHERE order_id IN (?) GROUP BY order_id` });

const RACES: readonly Race[] = [
  { name: 'cancel–ship', path: TO_CIRRO },
  { name: 'cancel–effect', path: TO_CIRRO, due: true },
  { name: 'release–release', path: ['READY_TO_CREATE_IN_NAV', 'PENDING_NAV_RELEASE'], effect: ['nav.create', 'done'] },
  { name: 'ship–ship', path: [...TO_CIRRO, 'EXPORTED_TO_TPL'], effect: ['camel.request', 'done'] },
  { name: 'capture–cancel', path: [...TO_CIRRO, 'SHIPPED', 'EXPORTED_TO_NAV'], due: true },
  { name: 'claim–claim', path: ['READY_TO_CREATE_IN_NAV'], due: true, leaves: { what: 'attempt', sql: 'SELECT order_id AS id, attempts AS written FROM order_status WHERE order_id IN (?)' } },
  { name: 'job–job', path: [], leaves: { what: 'run', sql: 'SELECT job_id AS id, COUNT(*) AS written FROM job_runs WHERE job_id IN (?) GROUP BY job_id' } },
  { name: 'hold–hold', path: TO_CIRRO, effect: ['camel.request', 'parked'], leaves: { what: 'decision', sql: "SELECT h.id, COUNT(*) AS written FROM holds h JOIN order_events e ON e.order_id = h.order_id AND e.kind = 'hold.decided' WHERE h.id IN (?) GROUP BY h.id" } },
];

/** Two processes want the same, thousands of times: exactly one gets it, and it is written once. */
export const races: Scenario = {
  name: 'races',
  what: 'eight races between two processes on one database',
  control: 'both look with a plain SELECT and then act',
  long: { orders: 2000 * RACES.length, strikes: RACES.length },
  async run(options) {
    const world = await createWorld();
    const racers = { a: new RacerProcess(world), b: new RacerProcess(world) };
    try {
      const outcome: Outcome = { figures: [], violations: [] };
      let contested = 0;
      for (const race of RACES) contested += await runRace(race, world, racers, options, outcome);
      // Races that one side always wins are none; a capture always wins, because a cancel comes too late by then.
      if (!options.naive) outcome.figures.push(atLeast('wins of the weaker sides, in all', contested, RACES.length));
      return outcome;
    } finally {
      racers.a.stop();
      racers.b.stop();
      await world.close();
    }
  },
};

interface Answer {
  won: number[];
  deeds: [id: number, times: number][];
}

/** A racer as a process of its own. */
class RacerProcess {
  readonly #child: ChildProcess;
  readonly #ready: Promise<unknown>;
  #onEnd: () => void = () => undefined;

  constructor({ database }: World) {
    this.#child = fork(path.join(ROOT, 'dist/test/faults/races/racer.js'), [], {
      env: { ...process.env, RACE_DATABASE_URL: database.appUrl, RACE_ADMIN_URL: database.adminUrl },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child.once('exit', () => this.#onEnd());
    this.#ready = this.#answer();
  }

  async ask<T>(message: Start | Go): Promise<T> {
    await this.#ready;
    const answer = this.#answer();
    this.#child.send(message);
    return answer as Promise<T>;
  }

  #answer(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#child.once('message', (message: { error?: string }) => (message.error === undefined ? resolve(message) : reject(new Error(message.error))));
      this.#onEnd = () => reject(new Error('the racer has ended'));
    });
  }

  stop(): void {
    this.#onEnd = () => undefined;
    this.#child.kill('SIGKILL');
  }
}

/** @returns how often the weaker side has won */
async function runRace(race: Race, world: World, racers: Record<Side, RacerProcess>, { seed, orders, naive, note }: Options, { figures, violations }: Outcome): Promise<number> {
  const ids = await setUp(race, world, Math.ceil(orders / RACES.length));
  const chance = new Chance(`${race.name} ${seed}`);
  const starts = (['a', 'b'] as const).map((side): Start => ({ race: race.name, side, ids: shuffled(ids, chance), naive }));
  for (const start of starts) await racers[start.side].ask(start);
  const begun = performance.now();
  const go: Go = { at: Date.now() + 30 };
  const [a, b] = await Promise.all([racers.a.ask<Answer>(go), racers.b.ask<Answer>(go)]);
  const ms = Math.round(performance.now() - begun);
  const wins = new Map<number, number>();
  for (const id of [...a.won, ...b.won]) wins.set(id, (wins.get(id) ?? 0) + 1);
  const several = ids.filter((id) => (wins.get(id) ?? 0) > 1).length;
  note(`${race.name}: ${a.won.length} to ${b.won.length} in ${ms} ms`);
  if (naive) {
    figures.push(told(`${race.name}: won by both, naive`, several));
    if (several > 0) violations.push(`${race.name}: ${several} of ${ids.length} were won by both`);
    return several;
  }
  const none = ids.filter((id) => !wins.has(id)).length;
  const { what, sql } = race.leaves ?? AUDITS(race.path);
  const rows = new Map((await select<{ id: number; written: number }>(world.admin, sql, [ids])).map(({ id, written }) => [id, written]));
  const wrong = ids.filter((id) => rows.get(id) !== 1);
  const twice = [...a.deeds, ...b.deeds].filter(([, times]) => times > 1).length;
  figures.push(
    { what: `${race.name}: exactly one winner`, value: `${ids.length - several - none} of ${ids.length}`, goal: String(ids.length), reached: several + none === 0 },
    atMost(`${race.name}: not exactly one ${what}`, wrong.length, 0),
    ...(race.name === 'cancel–effect' || race.name === 'capture–cancel' ? [atMost(`${race.name}: deeds done twice, or for a cancelled order`, twice + (await deedsOfCancelled(world, [...a.deeds, ...b.deeds])), 0)] : []),
  );
  if (several + none > 0) violations.push(`${race.name}: ${several} won by both, ${none} by nobody`);
  if (wrong.length > 0) violations.push(`${race.name}: ${wrong.length} have not exactly one ${what}, e.g. ${wrong.slice(0, 3).map((id) => `${id}: ${rows.get(id) ?? 0}`).join(', ')}`);
  return Math.min(a.won.length, b.won.length);
}

async function deedsOfCancelled(world: World, deeds: readonly [id: number, times: number][]): Promise<number> {
  const ids = [...deeds.map(([id]) => id), 0];
  const [row] = await select<{ cancelled: number }>(world.admin, "SELECT COUNT(*) AS cancelled FROM order_status WHERE order_id IN (?) AND status = 'CS_CANCELLED'", [ids]);
  return Number(row?.cancelled);
}

const shuffled = (ids: readonly number[], chance: Chance): number[] => ids.map((id) => ({ id, at: chance.between(0, 1_000_000) })).toSorted((one, other) => one.at - other.at).map(({ id }) => id);

async function setUp(race: Race, world: World, count: number): Promise<number[]> {
  await world.admin.query('UPDATE order_status SET due_at = NULL');
  if (race.name === 'job–job') return jobs(world, count);
  const parts = await Promise.all([0, 1, 2, 3].map((part) => makeOrders(world, Math.ceil((count - part) / 4), race.path, race.due)));
  const orders = parts.flat();
  if (race.effect) {
    const [kind, state] = race.effect;
    await world.admin.query('INSERT INTO effects (kind, `key`, order_id, request_hash, state, attempt) VALUES ?', [orders.map((id) => [kind, `${kind}:${id}:1`, id, '', state, 1])]);
  }
  return race.name === 'hold–hold' ? holds(world, orders) : orders;
}

async function jobs(world: World, count: number): Promise<number[]> {
  const [result] = await world.admin.query('INSERT INTO recurring_jobs (class, store_url, cron) VALUES ?', [Array.from({ length: count }, (_each, index) => ['race', `https://${index}.test`, '* * * * *'])]);
  const { insertId } = result as unknown as { insertId: number };
  const rows = await select<{ id: number }>(world.admin, "SELECT id FROM recurring_jobs WHERE class = 'race' AND id >= ? ORDER BY id", [insertId]);
  return rows.map(({ id }) => id);
}

async function holds(world: World, orders: readonly number[]): Promise<number[]> {
  await world.admin.query("INSERT INTO holds (order_id, effect_id, kind, reason, actor) SELECT order_id, id, 'camel.request.in-doubt', 'a race', 'test' FROM effects WHERE order_id IN (?)", [orders]);
  await world.admin.query('UPDATE order_status SET holds = 1 WHERE order_id IN (?)', [orders]);
  const rows = await select<{ id: number }>(world.admin, 'SELECT id FROM holds WHERE order_id IN (?)', [orders]);
  return rows.map(({ id }) => id);
}
