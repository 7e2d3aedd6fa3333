import type { PoolConnection } from '../store/pool';
import { type Pool, select } from '../store/pool';

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

/** The table of feature flags; a store's own row wins over the one for every store. */
export class Flags {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** A gate: as it stands now. */
  async isOn(flag: Flag, storeUrl: string, on: Pool | PoolConnection = this.#pool): Promise<boolean> {
    const rows = await select<{ enabled: number }>(
      on,
      "SELECT enabled FROM feature_flags WHERE name = ? AND store_url IN (?, '') ORDER BY store_url DESC LIMIT 1",
      [flag, storeUrl],
    );
    return rows[0] ? Boolean(rows[0].enabled) : FLAG_DEFAULTS[flag];
  }

  /** A fork: decided when the order first passes it, and pinned in the order until a put-back. */
  async decide(flag: Flag, order: number, storeUrl: string): Promise<boolean> {
    const [row] = await select<{ decisions: string | null }>(this.#pool, 'SELECT decisions FROM orders WHERE id = ?', [order]);
    const pinned = JSON.parse(row?.decisions ?? '{}') as Partial<Record<Flag, boolean>>;
    const known = pinned[flag];
    if (known !== undefined) return known;
    const decided = await this.isOn(flag, storeUrl);
    await this.#pool.query('UPDATE orders SET decisions = ? WHERE id = ?', [JSON.stringify({ ...pinned, [flag]: decided }), order]);
    return decided;
  }
}
