import { setTimeout as sleep } from 'node:timers/promises';
import { judge } from '../faults/oracle';
import { movement } from '../faults/rig/course';
import { createOwnDatabase } from '../support/own-database';
import { startSystem, type System } from '../support/system';
import { differences, type Difference } from './compare';
import { type Found, findOrders } from './found';
import { mix } from './mix';
import { People } from './people';
import type { Scenario } from './scenario';
import { CLOSED, SCENARIOS, SITES, SLOW_MS } from './scenarios';

/** So many orders are placed together, every second. */
const WAVE = 20;
const LOOK_MS = 250;
const NOTE_MS = 5000;
/** When nothing has moved for so long, what is left does not come to its end. */
const CALM_MS = 60_000;

export interface DayOptions {
  orders: number;
  seed: number;
  note: (text: string) => void;
  /** The whole day unless given. */
  scenarios?: readonly Scenario[];
}

/** An order of the day: what was to become of it, and what has. */
export interface Ended {
  name: string;
  scenario: Scenario;
  /** Undefined where it is not there. */
  found: Found | undefined;
  /** From the storefront to its end. */
  seconds: number;
  differences: readonly Difference[];
}

export interface Day {
  orders: readonly Ended[];
  /** What belongs to no order of a scenario: laws that were broken, people who were refused. */
  others: readonly Difference[];
  seconds: number;
  decided: number;
}

/** Runs a day on a database, a server and partners of its own. */
export async function runDay(options: DayOptions): Promise<Day> {
  const database = await createOwnDatabase();
  try {
    const system = await startSystem({ database });
    try {
      await arrange(system);
      return await new Run(system, options).toItsEnd();
    } finally {
      await system.stop();
    }
  } finally {
    await database.drop();
  }
}

/** What sets the stores apart, and schedules that do not let a day wait. */
async function arrange(system: System): Promise<void> {
  const urlOf = (site: string): string => `https://${site.slice(-2).toLowerCase()}.shop.sandbox`;
  await system.sql("UPDATE stores SET export_to_nav = FALSE, capture_per = 'shipment' WHERE site = ?", [SITES.withoutNav]);
  const flags = ['cirro_inventory_check', 'print_station_create_order'];
  await system.sql('INSERT INTO feature_flags (name, store_url, enabled) VALUES ?', [flags.map((flag) => [flag, urlOf(SITES.us), true])]);
  await system.sql("UPDATE recurring_jobs SET cron = '* * * * * *' WHERE class = 'cirro.inventory-recheck'");
  await system.sql('INSERT INTO batching_capacities (warehouse_id, capacity) SELECT id, 0 FROM warehouses WHERE `key` = ?', [CLOSED]);
  await system.fault({ system: 'nav', endpoint: 'japan', fault: 'latency', ms: SLOW_MS });
}

class Run {
  readonly #system: System;
  readonly #options: DayOptions;
  readonly #scenarios: readonly Scenario[];
  readonly #people: People;
  readonly #scenarioOf = new Map<string, Scenario>();
  /** When each was placed. Milliseconds since 1970. */
  readonly #placedAt = new Map<string, number>();
  readonly #begun = Date.now();
  /** Scenarios whose orders have stood where somebody had to do something for all of them. */
  readonly #opened = new Set<Scenario>();

  constructor(system: System, options: DayOptions) {
    this.#system = system;
    this.#options = options;
    this.#scenarios = options.scenarios ?? SCENARIOS;
    this.#people = new People(system, this.#scenarios);
  }

  async toItsEnd(): Promise<Day> {
    const { orders, seed } = this.#options;
    await this.#goThrough(mix(this.#scenarios, orders, seed));
    const seconds = (Date.now() - this.#begun) / 1000;
    const names = [...this.#scenarioOf.keys()];
    const found = new Map((await findOrders(this.#system, names)).map((order) => [order.name, order]));
    const { violations } = await judge(this.#system, names);
    return {
      orders: this.#scenarios.flatMap((scenario) => names.filter((name) => this.#scenarioOf.get(name) === scenario).map((name) => this.#judged(name, scenario, found.get(name)))),
      others: [...this.#people.refusals, ...this.#neverTogether(), ...violations.map((law): Difference => ({ order: 'the laws', what: 'conservation', expected: 'kept', found: law }))],
      seconds,
      decided: this.#people.acted,
    };
  }

  #judged(name: string, scenario: Scenario, found: Found | undefined): Ended {
    return {
      name,
      scenario,
      found,
      seconds: found ? (found.endedAt - (this.#placedAt.get(name) ?? Number.NaN)) / 1000 : Number.NaN,
      differences: differences(name, scenario.ends({ lines: found?.lines ?? 0 }), found),
    };
  }

  /** Does what is done for all orders of a scenario at once, where they stand together. @returns how much that was */
  async #openForAll(): Promise<number> {
    let opened = 0;
    for (const scenario of this.#scenarios.filter((each) => each.together && !this.#opened.has(each))) {
      const standings = await this.#system.standings([...this.#namesOf(scenario), '']);
      if (standings.length < this.#namesOf(scenario).length || standings.some(({ status }) => status !== scenario.together?.status)) continue;
      this.#opened.add(scenario);
      await scenario.together?.does(this.#system);
      opened++;
    }
    return opened;
  }

  #neverTogether(): Difference[] {
    return this.#scenarios.flatMap((scenario) => (scenario.together && !this.#opened.has(scenario) ? [{ order: scenario.name, what: `all of them in ${scenario.together.status} together`, expected: 'once', found: 'never' }] : []));
  }

  #namesOf(scenario: Scenario): string[] {
    return [...this.#scenarioOf].flatMap(([name, its]) => (its === scenario ? [name] : []));
  }

  /** Places order after order, and goes on until all have come to their end or nothing moves any more. */
  async #goThrough(day: readonly Scenario[]): Promise<void> {
    let placed = 0;
    let seen = { trace: '', at: Date.now() };
    let noted = Date.now();
    for (;;) {
      for (const due = (Math.floor((Date.now() - this.#begun) / 1000) + 1) * WAVE; placed < Math.min(due, day.length); placed += WAVE) await this.#place(day.slice(placed, placed + WAVE));
      // People come after the look: what waits for them was there when it was taken.
      const { atRest, trace } = await movement(this.#system, [...this.#scenarioOf.keys()]);
      const acted = (await this.#people.round(this.#scenarioOf)) + (placed >= day.length ? await this.#openForAll() : 0);
      if (Date.now() - noted >= NOTE_MS) {
        noted = Date.now();
        await this.#note(day.length);
      }
      if (placed >= day.length && atRest && acted === 0) return;
      if (trace !== seen.trace || acted > 0) seen = { trace, at: Date.now() };
      else if (Date.now() - seen.at > CALM_MS) return this.#options.note(`nothing has moved for ${CALM_MS / 1000} s`);
      await sleep(LOOK_MS);
    }
  }

  async #place(orders: readonly Scenario[]): Promise<void> {
    const seed = `day ${this.#options.seed} ${this.#scenarioOf.size}`;
    for (const [scenario, { length: count }] of Map.groupBy(orders, (each) => each)) {
      const at = Date.now();
      for (const name of await this.#system.place(count, { ...scenario.placed, seed })) {
        this.#scenarioOf.set(name, scenario);
        this.#placedAt.set(name, at);
      }
    }
  }

  async #note(orders: number): Promise<void> {
    const rows = await this.#system.sql<{ status: string; orders: number }>('SELECT status, COUNT(*) AS orders FROM order_status GROUP BY status ORDER BY orders DESC');
    const seconds = Math.round((Date.now() - this.#begun) / 1000);
    const most = rows.slice(0, 4).map(({ status, orders: count }) => `${count} ${status}`).join(', ');
    this.#options.note(`${String(seconds).padStart(4)} s: ${this.#scenarioOf.size} of ${orders} placed, ${this.#people.acted} decided by people; ${most}`);
  }
}
