import { setTimeout as sleep } from 'node:timers/promises';
import { Chance } from '../../../sandbox/random';
import type { Template } from '../../../sandbox/sfcc/templates';
import { createOwnDatabase, type OwnDatabase } from '../../support/database';
import { type System, waitFor } from '../../support/system';
import { judge } from '../oracle';
import { callsUnderWay, comeToRest, conclude, naively, slowPartners, startRig, Watch } from '../rig/course';
import { CustomerService } from '../rig/customer-service';
import { armed, type Point, POINTS } from '../rig/points';
import { Recovery } from '../rig/recovery';
import { atLeast, atMost, type Options, type Outcome, type Scenario, told } from '../rig/scenario';

/** Of the strikes that are not at a failpoint, this share takes the sandbox or everything with it. */
const WIDER = 0.3;
/** Milliseconds between the start of the server and a random kill, on average. */
const MEAN_LIFE_MS = 700;
/** A point must be met within this time, or the run does not show what it says. */
const POINT_LIMIT_MS = 30_000;
const LONG_RUN = 300;

type Strike = { at: Point } | { at: 'random'; afterMs: number } | { at: 'sandbox' | 'everything' };

/** {@link kills}, at some of the points only. */
export const killsAt = (points: readonly Point[]): Scenario => ({
  name: 'kills',
  what: 'kill -9 at random and once at every failpoint × effect',
  control: 'after a kill whatever has no answer is sent again',
  long: { orders: 2000, strikes: 350, seeds: 5 },
  run: (options) => onSystem(options, points),
});

/** kill -9 at random and once at every failpoint × effect; the server is started again at once each time. */
export const kills = killsAt(POINTS);

async function onSystem(options: Options, points: readonly Point[]): Promise<Outcome> {
  const database = await createOwnDatabase();
  try {
    const system = await startRig({ ...naively('kills', options), database });
    try {
      return await new Run(system, database, options).judge(points);
    } finally {
      await system.stop();
    }
  } finally {
    await database.drop();
  }
}

/** One run of kills on a system of its own. */
class Run {
  readonly #system: System;
  readonly #database: OwnDatabase;
  readonly #options: Options;
  readonly #recovery: Recovery;
  readonly #names: string[] = [];
  readonly #notMet: string[] = [];
  #kills = 0;

  constructor(system: System, database: OwnDatabase, options: Options) {
    this.#system = system;
    this.#database = database;
    this.#options = options;
    this.#recovery = new Recovery(system);
  }

  async judge(points: readonly Point[]): Promise<Outcome> {
    const { orders, naive, note } = this.#options;
    const strikes = plan(this.#options, points);
    const watch = new Watch(this.#system, () => this.#names);
    const service = new CustomerService(this.#system);
    await this.#slowDown();
    for (const [index, strike] of strikes.entries()) {
      await this.#place(Math.ceil((orders - this.#names.length) / (strikes.length - index)), `${index}`);
      await this.#strike(strike);
      if (index % 10 === 9 || index === strikes.length - 1) note(`${this.#kills} kills, ${this.#names.length} orders`);
    }
    await this.#system.startServer();
    await comeToRest(this.#system, this.#names, naive ? { calmSeconds: 5 } : {});
    if (naive) return this.#damage(service, watch);
    const { struck, moved, p95 } = await this.#recovery.figures();
    const { alone, after, held } = await conclude(this.#system, this.#names);
    await service.end();
    const stuck = await watch.end();
    const heldShare = (100 * alone.count.held) / this.#names.length;
    return {
      figures: [
        told('orders, kills, orders in work at a kill', `${this.#names.length}, ${this.#kills}, ${struck}`),
        atMost('points that no order came to', this.#notMet.length, 0),
        atMost('orders lost', alone.lost.length, 0),
        atMost('effects that happened twice', after.duplicates.length, 0),
        atMost('illegal steps', after.illegal.length, 0),
        atMost('orders that stood still for two minutes', stuck.length, 0),
        orders >= LONG_RUN ? atMost('orders held at the end', heldShare, 3, ' %') : told('orders held at the end, %', heldShare.toFixed(1)),
        told('holds', held),
        told('fulfilled by themselves, after a person decided the holds', `${alone.fulfilled}, ${after.fulfilled}`),
        told(`until the same order moves again, under further kills, 95 in 100 of ${moved}`, `${p95.toFixed(1)} s`),
      ],
      violations: [...this.#notMet, ...(await this.#openAttempts()), ...alone.violations, ...after.violations, ...stuck],
    };
  }

  /** What a killed process had begun has come to an end: in doubt where it had left, else as never sent. */
  /** Where the orders stand, for the message that none of them came to a point. */
  #standing(): Promise<unknown> {
    return this.#system.sql('SELECT status, reason, COUNT(*) AS orders FROM order_status GROUP BY status, reason');
  }

  async #openAttempts(): Promise<string[]> {
    const open = await this.#system.count('SELECT COUNT(*) FROM effect_attempts a JOIN processes p ON p.id = a.process_id WHERE a.ended_at IS NULL AND p.ended_at IS NOT NULL');
    return open > 0 ? [`${open} attempts of processes that are over are still open`] : [];
  }

  async #damage(service: CustomerService, watch: Watch): Promise<Outcome> {
    await Promise.all([service.end(), watch.end()]);
    const { duplicates } = await judge(this.#system, this.#names);
    return { figures: [atLeast('effects that happened twice, naive', duplicates.length, this.#options.orders >= LONG_RUN ? 20 : 1)], violations: duplicates };
  }

  /** Partners that take a moment, and now and then a release that fails: that order is cancelled. */
  async #slowDown(): Promise<void> {
    await this.#system.fault(...slowPartners(10), { system: 'camel', operation: 'release', fault: 'reject', rate: 0.05 });
  }

  async #place(count: number, seed: string, template?: Template): Promise<void> {
    if (count > 0) this.#names.push(...(await this.#system.place(count, { seed: `${this.#options.seed} ${seed}`, ...(template && { template }) })));
  }

  /** The server runs when this is called or does not; it does not when it returns. */
  async #strike(strike: Strike): Promise<void> {
    if (typeof strike.at === 'object') return this.#at(strike.at);
    if (!this.#system.process) await this.#system.startServer();
    if (strike.at === 'random') await sleep('afterMs' in strike ? strike.afterMs : 0);
    else await callsUnderWay(this.#system);
    if (strike.at === 'sandbox') await this.#killSandbox();
    await Promise.all([this.#system.kill('SIGKILL'), ...(strike.at === 'everything' ? [this.#system.killSandbox('SIGKILL'), this.#database.kill()] : [])]);
    this.#kills += strike.at === 'everything' ? 3 : 1;
    if (strike.at === 'everything') {
      await this.#database.start();
      await this.#system.startSandbox();
      await this.#slowDown();
    }
    await this.#recovery.struck();
  }

  /** The server goes on for a moment without its partners. */
  async #killSandbox(): Promise<void> {
    await this.#system.killSandbox('SIGKILL');
    this.#kills++;
    await sleep(300);
    await this.#system.startSandbox();
    await this.#slowDown();
  }

  /** Kills the server where it is said, the next time that an order comes there. */
  async #at(point: Point): Promise<void> {
    if (point.cancelled) {
      await this.#system.fault({ system: 'camel', operation: 'release', fault: 'reject', count: 1 });
      await this.#place(1, `${point.site} ${point.about}`);
    }
    if (point.split) await this.#place(2, `${point.site} ${point.about}`, 'split');
    if (point.parcels) {
      await this.#system.sql("UPDATE stores SET capture_per = 'shipment'");
      await this.#place(2, `${point.site} ${point.about}`, 'parcels');
    }
    await this.#system.kill('SIGKILL');
    await this.#system.startServer(armed(point, 'kill'));
    try {
      await waitFor(() => this.#system.process?.signalCode === 'SIGKILL', { what: `an order at ${point.site}/${point.about}`, timeoutMs: POINT_LIMIT_MS, seen: () => this.#standing() });
    } catch (error) {
      this.#notMet.push((error as Error).message);
      this.#options.note((error as Error).message);
    }
    await this.#system.kill('SIGKILL');
    this.#kills++;
    // Orders under way go on by what has happened to them.
    if (point.parcels) await this.#system.sql("UPDATE stores SET capture_per = 'order'");
    await this.#recovery.struck();
  }
}

/** Every point once, and random strikes between them up to the number that is asked for. */
function plan({ seed, strikes }: Options, points: readonly Point[]): Strike[] {
  const chance = new Chance(`kills ${seed}`);
  const random = Array.from({ length: Math.max(0, strikes - points.length) }, (): Strike => {
    if (chance.happens(WIDER)) return { at: chance.oneOf(['sandbox', 'everything'] as const) };
    return { at: 'random', afterMs: Math.round(-Math.log(1 - chance.fraction()) * MEAN_LIFE_MS) };
  });
  return shuffled([...points.map((at) => ({ at })), ...random], chance);
}

function shuffled<T>(items: readonly T[], chance: Chance): T[] {
  return items.map((item) => ({ item, place: chance.fraction() })).toSorted((a, b) => a.place - b.place).map(({ item }) => item);
}
