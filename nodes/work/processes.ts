import { inTransaction, type Pool, type PoolConnection, select } from '../store/pool';
import type { Log } from '../runtime/log';
import type { Departures } from './departures';
import { QUEUES } from './source';

/** Silent for this long (database time), a process counts as dead and its claims are freed by any other. */
const SILENCE_SECONDS = 5;
const BEAT_MS = 1000;
/** An order or task whose claims died this often with their process stands in a hold: it may be what kills them. */
export const CRASHES_BEFORE_HOLD = 5;

/**
 * This process among the others on the database. It beats every second; each beat also looks for processes that are silent, or
 * that were an earlier run of this instance, and frees what they had claimed. A remote call that was under way is then in doubt.
 */
export class Processes {
  readonly #pool: Pool;
  readonly #log: Log;
  readonly #about: { instance: string; role: string };
  readonly #departures: Departures | undefined;
  #id = 0;
  #revision: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #beating: Promise<void> | undefined;
  #freeing: Promise<void> | undefined;
  /** By this process's own clock: of the last beat, and before which nobody is taken for dead. */
  #beatAt = performance.now();
  #judgesFrom = 0;

  /** @param departures what this instance can tell about the calls of its earlier runs; nothing unless given */
  constructor(pool: Pool, log: Log, about: { instance: string; role: string }, departures?: Departures) {
    this.#pool = pool;
    this.#log = log;
    this.#about = about;
    this.#departures = departures;
  }

  /** The name of this process over its runs. */
  get instance(): string {
    return this.#about.instance;
  }

  /** The key of this run in `processes`. */
  get id(): number {
    return this.#id;
  }

  /** Registers this run and frees what an earlier run of the same instance left behind. */
  async start(): Promise<void> {
    const earlier = await select<{ id: number }>(this.#pool, 'SELECT id FROM processes WHERE instance = ? AND ended_at IS NULL', [this.#about.instance]);
    await this.#register();
    this.#beatAt = performance.now();
    for (const { id } of earlier) await this.#free(id, true, this.#departures?.leftBy(id));
    this.#departures?.forgetOthers(this.#id);
    this.#timer = setInterval(() => {
      this.#beating ??= this.#beat()
        .catch((error: Error) => this.#log.warn({ code: 'process.beat', reason: error.message }, 'the heartbeat could not be written'))
        .finally(() => (this.#beating = undefined));
      // Beside the beat: what a frozen process has locked may make this wait, and must not make us look dead, too.
      this.#freeing ??= this.#freeSilent()
        .catch((error: Error) => this.#log.warn({ code: 'process.free', reason: error.message }, 'the claims of a silent process could not be freed yet'))
        .finally(() => (this.#freeing = undefined));
    }, BEAT_MS);
  }

  async #register(): Promise<void> {
    const [result] = await this.#pool.query('INSERT INTO processes (instance, role, pid, flow_revision) VALUES (?, ?, ?, ?)', [
      this.#about.instance, this.#about.role, process.pid, this.#revision ?? null,
    ]);
    this.#id = (result as unknown as { insertId: number }).insertId;
    this.#departures?.open(this.#id);
  }

  /** A call's first byte comes next: from here on nobody can say that it never left. */
  leaves(effect: number, attempt: number): void {
    this.#departures?.note(effect, attempt);
  }

  /** Which flows this process runs, for everybody who looks. */
  async runs(revision: string): Promise<void> {
    this.#revision = revision;
    await this.#pool.query('UPDATE processes SET flow_revision = ? WHERE id = ?', [revision, this.#id]);
  }

  /** One heartbeat, and the freeing of what dead processes had claimed. */
  async beat(): Promise<void> {
    await this.#beat();
    await this.#freeSilent();
  }

  async #beat(): Promise<void> {
    const [result] = await this.#pool.query('UPDATE processes SET beat_at = NOW(6) WHERE id = ? AND ended_at IS NULL', [this.#id]);
    if ((result as unknown as { affectedRows: number }).affectedRows === 0) {
      // Others took this run for dead (a long stall): its claims are gone and fenced; it goes on under a new key.
      this.#log.warn({ code: 'process.declared-dead' }, 'this process was silent for too long and registers anew');
      await this.#register();
    }
    // Where this process itself could not beat (the database was away, or it was frozen), the others may not have been able to, either.
    const since = performance.now() - this.#beatAt;
    this.#beatAt = performance.now();
    if (since > SILENCE_SECONDS * 500) this.#judgesFrom = this.#beatAt + SILENCE_SECONDS * 1000;
  }

  async #freeSilent(): Promise<void> {
    if (performance.now() < this.#judgesFrom) return;
    const silent = await select<{ id: number }>(
      this.#pool,
      `SELECT id FROM processes WHERE ended_at IS NULL AND id <> ? AND beat_at < NOW(6) - INTERVAL ${SILENCE_SECONDS} SECOND`,
      [this.#id],
    );
    for (const { id } of silent) await this.#free(id, false);
  }

  /** @param left which of its calls left; without it every one of them may have */
  async #free(id: number, certainlyGone: boolean, left?: ReturnType<Departures['leftBy']>): Promise<void> {
    const freed = await inTransaction(this.#pool, async (connection) => {
      const still = await select<{ id: number }>(
        connection,
        `SELECT id FROM processes WHERE id = ? AND ended_at IS NULL ${certainlyGone ? '' : `AND beat_at < NOW(6) - INTERVAL ${SILENCE_SECONDS} SECOND`} FOR UPDATE SKIP LOCKED`,
        [id],
      );
      if (still.length === 0) return undefined;
      await connection.query('UPDATE processes SET ended_at = NOW(6) WHERE id = ?', [id]);
      await connection.query("UPDATE job_runs SET state = 'lost', finished_at = NOW(6), result = 'its process ended' WHERE process_id = ? AND state = 'running'", [id]);
      const orders = await freeClaims(connection, id, 'status');
      const tasks = await freeClaims(connection, id, 'task');
      await endCalls(connection, id, left);
      return { orders, tasks };
    });
    if (freed && freed.orders + freed.tasks > 0) this.#log.warn({ code: 'process.freed', process: id, orders: freed.orders, tasks: freed.tasks }, 'the claims of a dead process are free again');
  }

  /** Says goodbye: what is still claimed is due at once for the others. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all([this.#beating, this.#freeing]);
    await this.#free(this.#id, true);
  }
}

/** Frees the claims of a process; the attempt counts, and the crash is counted. Called under no other lock. */
async function freeClaims(connection: PoolConnection, process: number, kind: 'status' | 'task'): Promise<number> {
  const { table, id } = QUEUES[kind];
  const claimed = await select<{ id: number; order: number; crashes: number }>(
    connection,
    `SELECT ${id} AS id, order_id AS \`order\`, crashes FROM ${table} WHERE claimed_by = ? ORDER BY ${id} FOR UPDATE`,
    [process],
  );
  if (claimed.length === 0) return 0;
  const poison = claimed.filter((row) => row.crashes + 1 >= CRASHES_BEFORE_HOLD);
  await connection.query(
    `UPDATE ${table} SET crashes = crashes + 1, claimed_by = NULL, claim_token = NULL, claimed_at = NULL, due_at = IF(holds > 0, NULL, NOW(6)),
       reason = 'the process that worked on it ended' WHERE ${id} IN (?)`,
    [claimed.map((row) => row.id)],
  );
  if (poison.length > 0) {
    const reason = `its process ended ${CRASHES_BEFORE_HOLD} times while it worked on this`;
    await connection.query(`UPDATE ${table} SET holds = holds + 1, crashes = 0, due_at = NULL WHERE ${id} IN (?)`, [poison.map((row) => row.id)]);
    await connection.query('INSERT INTO holds (order_id, task_id, kind, reason, actor) VALUES ?', [
      poison.map((row) => [row.order, kind === 'task' ? row.id : null, 'crashes', reason, 'system:processes']),
    ]);
  }
  return claimed.length;
}

/** Calls that the dead process had begun: nobody heard the answer. One that provably never left is begun again. */
async function endCalls(connection: PoolConnection, process: number, left: ReturnType<Departures['leftBy']>): Promise<void> {
  const open = await select<{ effect: number; attempt: number }>(connection, 'SELECT effect_id AS effect, attempt FROM effect_attempts WHERE process_id = ? AND ended_at IS NULL', [process]);
  const never = left ? open.filter(({ effect, attempt }) => !left.has(effect, attempt)) : [];
  await end(connection, process, never, { state: 'intent', outcome: 'not sent', reason: 'the process ended before the first byte was sent' });
  await end(connection, process, open.filter((call) => !never.includes(call)), { state: 'unknown', outcome: 'unknown', reason: 'the process that sent it ended before the answer' });
}

async function end(connection: PoolConnection, process: number, calls: readonly { effect: number }[], as: { state: string; outcome: string; reason: string }): Promise<void> {
  if (calls.length === 0) return;
  const ids = calls.map(({ effect }) => effect);
  await connection.query("UPDATE effects SET state = ?, reason = ? WHERE id IN (?) AND state = 'sent'", [as.state, as.reason, ids]);
  await connection.query('UPDATE effect_attempts SET outcome = ?, detail = ?, ended_at = NOW(6) WHERE effect_id IN (?) AND process_id = ? AND ended_at IS NULL', [as.outcome, as.reason, ids, process]);
}
