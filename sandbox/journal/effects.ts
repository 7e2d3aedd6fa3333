import type { Change, Replayable } from './ledger';

/** One time that a remote really acted. */
export interface Effect {
  id: number;
  at: string;
  system: string;
  operation: string;
  /** The storefront's order number. */
  ref: string;
  /** The business key that the request itself carried. */
  key: string;
  detail: Record<string, unknown>;
}

/** The change that logs an effect; committed together with what the effect changed. */
export interface EffectChange extends Change, Omit<Effect, 'id'> {
  type: 'effect.happened';
}

export interface EffectFilter {
  system?: string | undefined;
  operation?: string | undefined;
  ref?: string | undefined;
  /** Only effects with a higher id. */
  after?: number | undefined;
  limit?: number | undefined;
}

/** Makes the change that logs an effect as of now. `detail` holds no personal data. */
export function effect(system: string, operation: string, ref: string, key: string, detail: Record<string, unknown>): EffectChange {
  return { type: 'effect.happened', at: new Date().toISOString(), system, operation, ref, key, detail };
}

/** Everything the remotes did, in order. Ids count from 1 and stay the same over restarts. */
export class EffectLog implements Replayable {
  #effects: Effect[] = [];

  apply({ type: _type, ...what }: EffectChange): void {
    this.#effects.push({ id: this.#effects.length + 1, ...what });
  }

  reset(): Change[] {
    this.#effects = [];
    return [];
  }

  /** `total` counts the matches of system, operation and ref; `after` and `limit` (1,000) choose the page. */
  find({ system, operation, ref, after = 0, limit = 1000 }: EffectFilter): { effects: Effect[]; total: number } {
    const matches = this.#effects.filter(
      (entry) =>
        (system === undefined || entry.system === system) &&
        (operation === undefined || entry.operation === operation) &&
        (ref === undefined || entry.ref === ref),
    );
    const page = after === 0 ? matches : matches.filter((entry) => entry.id > after);
    return { effects: page.slice(0, limit), total: matches.length };
  }
}
