import { escape } from 'mysql2';
import type { Status } from '../lifecycle/lifecycle';
import { type Grouped, grouped } from '../store/grouping';
import { execute, type Pool, type RowDataPacket } from '../store/pool';

interface FlagDeclaration {
  /** A gate is read at every attempt; a fork is pinned when an order passes it; a setting is not about an order. */
  readonly kind: 'gate' | 'fork' | 'setting';
  /** What holds where the table has no row. */
  readonly default: boolean;
  /** For operators. */
  readonly does: string;
  /** Whoever waits there is looked at again as soon as the flag changes. */
  readonly wakes?: Status;
}

/** Flags that are asked. */
export const FLAGS = {
  cirro_fulfillment_request: { kind: 'gate', default: true, does: 'Off keeps orders in CIRRO_WAITING_FOR_FULFILLMENT instead of sending them to Cirro.', wakes: 'CIRRO_WAITING_FOR_FULFILLMENT' },
  print_station_create_order: { kind: 'gate', default: false, does: 'On sends printable orders to PrintStation instead of BatchStation.' },
  cirro_inventory_check: { kind: 'fork', default: false, does: 'Whether the stock is asked for before a request.' },
  fulfillment_confirmation: { kind: 'fork', default: true, does: 'Whether Cirro’s acceptance is waited for after a request.' },
  cirro_fulfillment_sequence: { kind: 'fork', default: true, does: 'Whether requests carry a sequence.' },
  sfcc_scapi_orders: { kind: 'setting', default: false, does: 'SCAPI instead of OCAPI.' },
  use_prod_arena: { kind: 'setting', default: false, does: 'Arena’s production workspace.' },
} as const satisfies Record<string, FlagDeclaration>;

export type Flag = keyof typeof FLAGS;

/** What holds where the table has no row. */
export const FLAG_DEFAULTS = Object.fromEntries(Object.entries(FLAGS).map(([name, flag]) => [name, flag.default])) as Readonly<Record<Flag, boolean>>;

export const isFlag = (name: string): name is Flag => Object.hasOwn(FLAGS, name);

export const declarationOf = (flag: Flag): FlagDeclaration => FLAGS[flag];

/** A question about a flag; with an order it is decided once and pinned. */
interface Question {
  flag: Flag;
  storeUrl: string;
  order?: number;
  /** Of the claim that asks: without it nothing is pinned any more. */
  token?: string;
}

type Decisions = Partial<Record<Flag, boolean>>;

/** The table of feature flags; a store's own row wins over the one for every store. Questions of one moment share their statements. */
export class Flags {
  readonly #pool: Pool;
  readonly #ask: Grouped<Question, boolean>;

  constructor(pool: Pool) {
    this.#pool = pool;
    this.#ask = grouped(1, 256, (questions) => this.#answer(questions));
  }

  /** A gate: as it stands now. */
  isOn(flag: Flag, storeUrl: string): Promise<boolean> {
    return this.#ask({ flag, storeUrl });
  }

  /** A fork: decided when the order first passes it, and pinned in the order until a put-back; a claim that was taken away pins nothing. */
  decide(flag: Flag, { order, token }: { order: number; token: string }, storeUrl: string): Promise<boolean> {
    return this.#ask({ flag, storeUrl, order, token });
  }

  async #answer(questions: readonly Question[]): Promise<boolean[]> {
    const orders = questions.flatMap(({ order }) => (order === undefined ? [] : [order]));
    const [results] = await this.#pool.query<RowDataPacket[][]>(
      'SELECT name, store_url AS storeUrl, enabled FROM feature_flags WHERE name IN (?); SELECT id, decisions FROM orders WHERE id IN (?)',
      [questions.map(({ flag }) => flag), orders.length > 0 ? orders : [0]],
    );
    const rows = new Map((results[0] ?? []).map(({ name, storeUrl, enabled }) => [`${name} ${storeUrl}`, Boolean(enabled)]));
    const pinned = new Map((results[1] ?? []).map(({ id, decisions }) => [id as number, JSON.parse((decisions as string | null) ?? '{}') as Decisions]));
    const fresh = new Set<number>();
    const answers = questions.map(({ flag, storeUrl, order }) => {
      const decisions = order === undefined ? undefined : pinned.get(order);
      const on = decisions?.[flag] ?? rows.get(`${flag} ${storeUrl}`) ?? rows.get(`${flag} `) ?? FLAG_DEFAULTS[flag];
      if (decisions && order !== undefined && decisions[flag] === undefined) {
        decisions[flag] = on;
        fresh.add(order);
      }
      return on;
    });
    if (fresh.size > 0) {
      const cases = [...fresh].map((order) => `WHEN ${order} THEN ${escape(JSON.stringify(pinned.get(order)))}`).join(' ');
      const tokens = questions.flatMap(({ order, token }) => (order !== undefined && token !== undefined && fresh.has(order) ? [token] : []));
      await execute(
        this.#pool,
        `UPDATE orders o SET o.decisions = CASE o.id ${cases} END
           WHERE o.id IN (?) AND (EXISTS (SELECT 1 FROM order_status s WHERE s.order_id = o.id AND s.claim_token IN (?)) OR EXISTS (SELECT 1 FROM tasks t WHERE t.order_id = o.id AND t.claim_token IN (?)))`,
        [[...fresh], tokens, tokens],
      );
    }
    return answers;
  }
}
