import type { System } from '../support/system';
import type { Difference } from './compare';
import type { HoldDuty, Scenario, StatusDuty } from './scenario';

type Waiting = { name: string; duty: string; act: () => Promise<string | undefined> };

/** So many people work at once. */
const AT_ONCE = 8;

/** The people of the day: customer service and operations, who do what the scenarios say where orders wait for them. */
export class People {
  readonly #system: System;
  /** Where people are waited for at all. */
  readonly #statuses: readonly string[];
  /** What was answered other than yes. */
  readonly refusals: Difference[] = [];
  acted = 0;

  constructor(system: System, scenarios: readonly Scenario[]) {
    this.#system = system;
    this.#statuses = scenarios.flatMap(({ people = [] }) => people.flatMap((duty) => ('status' in duty ? [duty.status] : [])));
  }

  /** Does everything that waits for a person now. @returns how much that was */
  async round(scenarioOf: ReadonlyMap<string, Scenario>): Promise<number> {
    const waiting = await this.#waiting(scenarioOf);
    for (let done = 0; done < waiting.length; done += AT_ONCE)
      await Promise.all(waiting.slice(done, done + AT_ONCE).map(async ({ name, duty, act }) => {
        const refused = await act();
        if (refused !== undefined) this.refusals.push({ order: name, what: `what a person does (${duty})`, expected: 'done', found: refused });
      }));
    this.acted += waiting.length;
    return waiting.length;
  }

  async #waiting(scenarioOf: ReadonlyMap<string, Scenario>): Promise<Waiting[]> {
    const people = (name: string): readonly (HoldDuty | StatusDuty)[] => scenarioOf.get(name)?.people ?? [];
    const held = (await this.#system.holds()).flatMap((hold): Waiting[] => {
      const duty = people(hold.name).find((each): each is HoldDuty => 'hold' in each && each.hold === hold.kind);
      return duty ? [{ name: hold.name, duty: duty.hold, act: () => duty.does(this.#system, hold) }] : [];
    });
    if (this.#statuses.length === 0) return held;
    const standing = await this.#system.sql<{ name: string; root: string; status: string }>(
      'SELECT o.name, COALESCE(root.name, o.name) AS root, s.status FROM order_status s JOIN orders o ON o.id = s.order_id LEFT JOIN orders root ON root.id = o.parent_order_id WHERE s.status IN (?) AND s.holds = 0',
      [this.#statuses],
    );
    return [
      ...held,
      ...standing.flatMap(({ name, root, status }): Waiting[] => {
        const duty = people(root).find((each): each is StatusDuty => 'status' in each && each.status === status);
        return duty ? [{ name, duty: duty.status, act: () => duty.does(this.#system, name) }] : [];
      }),
    ];
  }
}
