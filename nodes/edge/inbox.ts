import type { FactResult } from '../lifecycle/change';
import type { Rehearsal, Transitions } from '../lifecycle/transitions';
import type { Metrics } from '../runtime/metrics';
import { type Grouped, grouped } from '../store/grouping';
import { type Pool, select } from '../store/pool';

/** A fact before its order has been looked up by the name that partners use. */
export interface NamedFact {
  source: string;
  eventId: string;
  type: string;
  orderName: string;
  body: unknown;
}

/** What a partner is told about one fact. */
export interface FactAnswer {
  order_id: string;
  result: 'applied' | 'already' | 'kept' | 'refused' | 'unknown';
  status?: string;
  reason?: string;
}

const CACHED_NAMES = 20_000;

/** Takes facts from partners: stored and applied, or kept, in one transaction before anybody is answered. */
export class Inbox {
  /** Requests of one moment share the look-up of their orders. */
  readonly #lookUp: Grouped<string, number | undefined>;
  readonly #transitions: Transitions;
  readonly #metrics: Metrics;
  /** Names never change, so they are kept until there are too many. */
  readonly #ids = new Map<string, number>();

  constructor(parts: { pool: Pool; transitions: Transitions; metrics: Metrics }) {
    this.#lookUp = grouped(1, 500, (names) => idsOf(parts.pool, names));
    this.#transitions = parts.transitions;
    this.#metrics = parts.metrics;
  }

  /** Facts of one request; each is decided for itself. An unknown order is not stored. @param node the node of the flows that took them */
  async receive(facts: readonly NamedFact[], node?: string): Promise<FactAnswer[]> {
    return Promise.all(
      facts.map(async ({ source, eventId, type, orderName, body }) => {
        const order = await this.#idOf(orderName);
        const result: FactResult =
          order === undefined ? { result: 'unknown' } : await this.#transitions.apply({ source, eventId, type, order, body, actor: `partner:${source}`, node });
        this.#metrics.fact(source, type, result.result);
        return answerOf(orderName, result);
      }),
    );
  }

  /** What {@link receive} would do with them now, one by one; nothing is written. */
  async rehearse(facts: readonly NamedFact[]): Promise<Rehearsal[]> {
    return Promise.all(
      facts.map(async ({ source, eventId, type, orderName, body }) => {
        const order = await this.#idOf(orderName);
        if (order === undefined) return { result: 'unknown', known: false, holds: [] };
        return this.#transitions.rehearse({ source, eventId, type, order, body, actor: `partner:${source}` });
      }),
    );
  }

  async #idOf(name: string): Promise<number | undefined> {
    const known = this.#ids.get(name);
    if (known !== undefined) return known;
    const id = await this.#lookUp(name);
    if (id === undefined) return undefined;
    if (this.#ids.size >= CACHED_NAMES) this.#ids.clear();
    this.#ids.set(name, id);
    return id;
  }
}

async function idsOf(pool: Pool, names: readonly string[]): Promise<(number | undefined)[]> {
  const rows = await select<{ id: number; name: string }>(pool, 'SELECT id, name FROM orders WHERE name IN (?)', [names]);
  const ids = new Map(rows.map(({ id, name }) => [name, id]));
  return names.map((name) => ids.get(name));
}

function answerOf(name: string, { result, status, reason }: FactResult): FactAnswer {
  return {
    order_id: name,
    result: result === 'impossible' ? 'refused' : result,
    ...(status !== undefined && { status }),
    ...(reason !== undefined && { reason }),
  };
}

/** The HTTP status of one fact's answer. */
export const STATUS_OF_ANSWER: Readonly<Record<FactAnswer['result'], number>> = { applied: 200, already: 200, kept: 202, refused: 409, unknown: 404 };
