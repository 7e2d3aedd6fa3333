import { lifecycle } from '../lifecycle/lifecycle';
import { covers, type Stages, worksSql } from '../lifecycle/stages';
import { InvalidInput } from '../runtime/errors';
import { execute, type Pool, select } from '../store/pool';

export interface PauseRequest {
  kind: 'stage' | 'partner' | 'store';
  name: string;
  reason: string;
  actor: string;
  /** When it ends by itself. */
  until?: Date | undefined;
}

export interface Pause extends PauseRequest {
  id: number;
  opened: Date;
}

const CHUNK = 2000;

/**
 * Pauses of a stage, a partner or a store. What is claimed already is finished; nothing new is claimed while one is open, since
 * every claim looks at the open pauses, and what waits has no due time. Releasing makes it due now.
 */
export class Pauses {
  readonly #pool: Pool;
  readonly #stages: Stages;

  constructor(pool: Pool, stages: Stages) {
    this.#pool = pool;
    this.#stages = stages;
  }

  /** @throws InvalidInput where nothing has that name, or its end is over */
  async open(request: PauseRequest): Promise<number> {
    await this.#assertKnown(request);
    const until = request.until ?? null;
    const [result] = await this.#pool.query('INSERT INTO pauses (kind, name, reason, actor, until) SELECT ?, ?, ?, ?, ? FROM DUAL WHERE ? IS NULL OR ? > NOW(6)', [
      request.kind, request.name, request.reason, request.actor, until, until, until,
    ]);
    if ((result as unknown as { affectedRows: number }).affectedRows === 0) throw new InvalidInput('this time is over', { code: 'pause.past', pointer: '/until' });
    await this.#inChunks('due_at = NULL', 'due_at IS NOT NULL', request);
    return (result as unknown as { insertId: number }).insertId;
  }

  /** @returns false where no such pause is open */
  async release(id: number, actor: string): Promise<boolean> {
    const [pause] = await select<PauseRequest>(this.#pool, 'SELECT kind, name FROM pauses WHERE id = ? AND released_at IS NULL', [id]);
    if (!pause) return false;
    const released = await execute(this.#pool, 'UPDATE pauses SET released_at = NOW(6), released_by = ? WHERE id = ? AND released_at IS NULL', [actor, id]);
    await this.#inChunks('due_at = NOW(6)', 'due_at IS NULL AND claimed_by IS NULL AND holds = 0', pause);
    return released === 1;
  }

  /** Ends the pauses whose time has come, by the database's clock. */
  async releaseExpired(): Promise<void> {
    const expired = await select<{ id: number }>(this.#pool, 'SELECT id FROM pauses WHERE released_at IS NULL AND until <= NOW(6)');
    for (const { id } of expired) await this.release(id, 'system:until');
  }

  async list(): Promise<Pause[]> {
    return select<Pause>(this.#pool, 'SELECT id, kind, name, reason, actor, until, opened_at AS opened FROM pauses WHERE released_at IS NULL ORDER BY id');
  }

  async #assertKnown({ kind, name }: PauseRequest): Promise<void> {
    if (kind === 'stage' && (lifecycle.has(name) || this.#stages.task(name))) return;
    if (kind === 'partner' && lifecycle.names.some((status) => lifecycle.statuses[status].owner === name)) return;
    if (kind === 'store' && (await select(this.#pool, 'SELECT 1 FROM stores WHERE url = ?', [name])).length > 0) return;
    throw new InvalidInput(`there is no ${kind} named ${name}`, { code: 'pause.unknown-name', pointer: '/name' });
  }

  /** Only stages that claim at once: a scheduled one gets its due time from its job. */
  async #inChunks(set: string, where: string, pause: Pick<PauseRequest, 'kind' | 'name'>): Promise<void> {
    const statuses = this.#stages.statuses().filter((status) => !this.#stages.status(status)?.scheduled && covers(pause, status, pause.name));
    for (const status of statuses) await this.#update('order_status', 'status', status, set, `${where} AND ${worksSql(status)}`, pause);
    for (const task of this.#stages.tasks()) if (covers(pause, task, pause.name)) await this.#update('tasks', 'kind', task, set, `done_at IS NULL AND ${where}`, pause);
  }

  async #update(table: string, column: string, name: string, set: string, where: string, pause: Pick<PauseRequest, 'kind' | 'name'>): Promise<void> {
    const store = pause.kind === 'store' ? 'AND store_id = (SELECT id FROM stores WHERE url = ?)' : '';
    for (let changed = CHUNK; changed === CHUNK; ) {
      changed = await execute(this.#pool, `UPDATE ${table} SET ${set} WHERE ${column} = ? AND ${where} ${store} LIMIT ${CHUNK}`, [
        name, ...(pause.kind === 'store' ? [pause.name] : []),
      ]);
    }
  }
}
