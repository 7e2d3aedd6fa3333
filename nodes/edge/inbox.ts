import type { FactResult } from '../lifecycle/change';
import type { Transitions } from '../lifecycle/transitions';
import type { Metrics } from '../runtime/metrics';
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
  readonly #pool: Pool;
  readonly #transitions: Transitions;
  readonly #metrics: Metrics;
  /** Names never change, so they are kept; the oldest leave first. */
  readonly #ids = new Map<string, number>();

  constructor(parts: { pool: Pool; transitions: Transitions; metrics: Metrics }) {
    this.#pool = parts.pool;
    this.#transitions = parts.transitions;
    this.#metrics = parts.metrics;
  }

  /** Facts of one request; each is decided for itself. An unknown order is not stored. @param node the node of the flows that took them */
  async receive(facts: readonly NamedFact[], node?: string): Promise<FactAnswer[]> {
    const ids = await this.#idsOf(facts.map((fact) => fact.orderName));
    return Promise.all(
      facts.map(async ({ source, eventId, type, orderName, body }) => {
        const order = ids.get(orderName);
        const result: FactResult =
          order === undefined ? { result: 'unknown' } : await this.#transitions.apply({ source, eventId, type, order, body, actor: `partner:${source}`, node });
        this.#metrics.fact(source, type, result.result);
        return answerOf(orderName, result);
      }),
    );
  }

  async #idsOf(names: readonly string[]): Promise<Map<string, number>> {
    const found = new Map<string, number>();
    for (const name of names) {
      const id = this.#ids.get(name);
      if (id !== undefined) found.set(name, id);
    }
    const missing = [...new Set(names)].filter((name) => !found.has(name));
    if (missing.length === 0) return found;
    for (const { id, name } of await select<{ id: number; name: string }>(this.#pool, 'SELECT id, name FROM orders WHERE name IN (?)', [missing])) {
      found.set(name, id);
      this.#ids.set(name, id);
    }
    for (const oldest of this.#ids.keys()) {
      if (this.#ids.size <= CACHED_NAMES) break;
      this.#ids.delete(oldest);
    }
    return found;
  }
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
