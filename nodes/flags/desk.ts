import type { Status } from '../lifecycle/lifecycle';
import { InvalidInput } from '../runtime/errors';
import { execute, inTransaction, type Pool, select } from '../store/pool';
import { declarationOf, type Flag, FLAGS, isFlag } from './flags';

/** Who changes a flag, and why; both go into its history. */
export interface Changing {
  actor: string;
  reason: string;
}

export interface FlagChange {
  /** Its url; empty for every store. */
  store: string;
  /** `null` is the default. */
  from: boolean | null;
  to: boolean | null;
  actor: string;
  reason: string;
  at: Date;
}

/** A flag as an operator sees it. */
export interface FlagView {
  name: Flag;
  kind: 'gate' | 'fork' | 'setting';
  does: string;
  default: boolean;
  /** For every store without a row of its own. */
  enabled: boolean;
  stores: { store: string; enabled: boolean }[];
  /** The latest ones first. */
  changes: FlagChange[];
}

const CHANGES_SHOWN = 10;

interface FlagRow {
  name: string;
  store: string;
  enabled: number;
}

/**
 * What an operator does with flags. The history is written by the database's triggers, so that a change by hand is in it, too, under
 * the account that made it.
 */
export class FlagDesk {
  readonly #pool: Pool;
  readonly #due: (status: Status) => void;

  /** @param due says in this process that orders of a status are due */
  constructor({ pool, due }: { pool: Pool; due: (status: Status) => void }) {
    this.#pool = pool;
    this.#due = due;
  }

  async list(): Promise<FlagView[]> {
    return this.#read(Object.keys(FLAGS) as Flag[]);
  }

  /** @param store its url; empty for every store @throws InvalidInput `flag.unknown`, `store.unknown` */
  async set(name: string, { enabled, store = '' }: { enabled: boolean; store?: string | undefined }, who: Changing): Promise<FlagView> {
    const flag = await this.#known(name, store);
    return this.#change(flag, who, 'INSERT INTO feature_flags (name, store_url, enabled) VALUES (?, ?, ?) ON DUPLICATE KEY UPDATE enabled = VALUES(enabled)', [flag, store, enabled]);
  }

  /** Back to the default, or for a store to what holds for every store. @throws InvalidInput `flag.unknown`, `store.unknown` */
  async reset(name: string, store: string, who: Changing): Promise<FlagView> {
    const flag = await this.#known(name, store);
    return this.#change(flag, who, 'DELETE FROM feature_flags WHERE name = ? AND store_url = ?', [flag, store]);
  }

  async #known(name: string, store: string): Promise<Flag> {
    if (!isFlag(name)) throw new InvalidInput(`there is no flag named ${name.slice(0, 64)}`, { code: 'flag.unknown' });
    if (store !== '' && (await select(this.#pool, 'SELECT id FROM stores WHERE url = ?', [store])).length === 0)
      throw new InvalidInput(`there is no store with the url ${store.slice(0, 191)}`, { code: 'store.unknown', pointer: '/store' });
    return name;
  }

  async #change(flag: Flag, { actor, reason }: Changing, statement: string, values: readonly unknown[]): Promise<FlagView> {
    await inTransaction(this.#pool, async (connection) => {
      try {
        await connection.query('SET @flag_actor = ?, @flag_reason = ?', [actor, reason]);
        await connection.query(statement, [...values]);
      } finally {
        // The connection goes back to the pool.
        await connection.query('SET @flag_actor = NULL, @flag_reason = NULL');
      }
    });
    const { wakes } = declarationOf(flag);
    if (wakes) await this.#wake(wakes);
    const [view] = await this.#read([flag]);
    if (!view) throw new Error(`the flag ${flag} is not declared`);
    return view;
  }

  /** Whoever waits for the flag asks again now, and not when its next look or its schedule comes. */
  async #wake(status: Status): Promise<void> {
    const woken = await execute(this.#pool, 'UPDATE order_status SET due_at = NOW(6) WHERE status = ? AND (due_at IS NULL OR due_at > NOW(6)) AND claimed_by IS NULL AND holds = 0', [status]);
    if (woken > 0) this.#due(status);
  }

  async #read(flags: readonly Flag[]): Promise<FlagView[]> {
    const rows = await select<FlagRow>(this.#pool, 'SELECT name, store_url AS store, enabled FROM feature_flags WHERE name IN (?) ORDER BY store_url', [flags]);
    const changes = await Promise.all(flags.map((flag) => this.#changesOf(flag)));
    return flags.map((name, index) => {
      const own = rows.filter((row) => row.name === name);
      const everywhere = own.find(({ store }) => store === '');
      const { kind, does, default: fallback } = declarationOf(name);
      return {
        name, kind, does,
        default: fallback,
        enabled: everywhere === undefined ? fallback : Boolean(everywhere.enabled),
        stores: own.filter(({ store }) => store !== '').map(({ store, enabled }) => ({ store, enabled: Boolean(enabled) })),
        changes: changes[index] ?? [],
      };
    });
  }

  async #changesOf(flag: Flag): Promise<FlagChange[]> {
    const rows = await select<Omit<FlagChange, 'from' | 'to'> & { was: number | null; became: number | null }>(
      this.#pool,
      'SELECT store_url AS store, was_enabled AS was, now_enabled AS became, actor, reason, at FROM feature_flag_changes WHERE name = ? ORDER BY id DESC LIMIT ?',
      [flag, CHANGES_SHOWN],
    );
    return rows.map(({ store, was, became, actor, reason, at }) => ({ store, from: truth(was), to: truth(became), actor, reason, at }));
  }
}

const truth = (value: number | null): boolean | null => (value === null ? null : Boolean(value));
