import { escape } from 'mysql2';
import { type Grouped, grouped } from '../store/grouping';
import { execute, type Pool, type RowDataPacket } from '../store/pool';

/** Flags that are asked, with what holds where the table has no row. */
export const FLAG_DEFAULTS = {
  /** Gate: off keeps orders in CIRRO_WAITING_FOR_FULFILLMENT instead of sending them to Cirro. */
  cirro_fulfillment_request: true,
  /** Gate: on sends printable orders to PrintStation instead of BatchStation. */
  print_station_create_order: false,
  /** Fork: whether the inventory is asked before a request. */
  cirro_inventory_check: false,
  /** Fork: whether Cirro's acceptance is waited for after a request. */
  fulfillment_confirmation: true,
  /** Fork: whether requests carry a sequence. */
  cirro_fulfillment_sequence: true,
  /** Call setting: SCAPI instead of OCAPI. */
  sfcc_scapi_orders: false,
  /** Call setting: Arena's production workspace. */
  use_prod_arena: false,
} as const;

export type Flag = keyof typeof FLAG_DEFAULTS;

export const isFlag = (name: string): name is Flag => Object.hasOwn(FLAG_DEFAULTS, name);

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
