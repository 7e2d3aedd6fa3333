import { within } from '../runtime/within';
import { execute, inTransaction, patiently, type Pool, type PoolConnection, select } from '../store/pool';
import type { Processes } from '../work/processes';
import { slotAt } from './slots';

export interface Job {
  id: number;
  class: string;
  storeUrl: string;
  cron: string;
  enabled: boolean;
  watermark: Date | null;
}

/** What a run of a job is given, as it travels in `msg.job`. */
export interface Run {
  run: number;
  id: number;
  class: string;
  storeUrl: string;
  slot: string;
  /** By the remote's clock. */
  watermark?: string;
  /** Milliseconds of this process's clock at the start. */
  since: number;
}

const STUCK_MINUTES = 30;
const COLUMNS = 'id, class, store_url AS storeUrl, cron, enabled, watermark';

/** Runs of recurring jobs. Timers only tick: which slot is due is computed from the database's time, and only one process gets it. */
export class JobRuns {
  readonly #pool: Pool;
  readonly #processes: Processes;
  /** Runs of this process that have not ended. */
  readonly #running = new Set<number>();
  #onIdle: (() => void)[] = [];

  constructor(pool: Pool, processes: Processes) {
    this.#pool = pool;
    this.#processes = processes;
  }

  /** The jobs of one class, enabled or not. */
  async jobs(jobClass: string): Promise<Job[]> {
    return select<Job>(this.#pool, `SELECT ${COLUMNS} FROM recurring_jobs WHERE class = ? ORDER BY id`, [jobClass]);
  }

  /** The classes that have a job, enabled or not. */
  async classes(): Promise<string[]> {
    const rows = await select<{ class: string }>(this.#pool, 'SELECT DISTINCT class FROM recurring_jobs ORDER BY class');
    return rows.map((row) => row.class);
  }

  /** Claims the slot under the job's lock: of two processes, or two slots that meet, one begins. @returns the run, or why this tick starts none */
  async begin(id: number): Promise<Run | string> {
    let run = 0;
    const begun = await inTransaction(this.#pool, async (connection) => {
      this.#running.delete(run); // of a try before this one
      await connection.query('SELECT id FROM recurring_jobs WHERE id = ? FOR UPDATE', [id]);
      const [job] = await select<Job & { now: Date; running: number; down: string | null }>(
        connection,
        `SELECT ${COLUMNS}, NOW(6) AS now, (SELECT COUNT(*) FROM job_runs r WHERE r.job_id = j.id AND r.state = 'running') AS running,
                (SELECT d.reason FROM job_downtimes d WHERE d.job_id = j.id AND NOW(6) BETWEEN d.starts_at AND d.ends_at LIMIT 1) AS down
           FROM recurring_jobs j WHERE j.id = ?`,
        [id],
      );
      if (!job?.enabled) return 'disabled';
      if (job.down !== null) return `downtime: ${job.down}`;
      if (job.running > 0 && (await giveUpLost(connection, id, this.#processes.id, [...this.#running])) < job.running) return 'the run before it has not ended';
      const slot = slotAt(job.cron, job.now);
      if (!slot) return 'no slot is due';
      const known = await select(connection, 'SELECT id FROM job_runs WHERE job_id = ? AND slot = ?', [id, slot]);
      if (known.length > 0) return 'another process has this slot';
      const [result] = await connection.query('INSERT INTO job_runs (job_id, slot, process_id) VALUES (?, ?, ?)', [id, slot, this.#processes.id]);
      // Known before it can be seen: the next tick of this process would take it for lost.
      this.#running.add((run = (result as unknown as { insertId: number }).insertId));
      return { job, slot };
    }).catch((error: unknown) => {
      this.#running.delete(run);
      throw error;
    });
    if (typeof begun === 'string') return begun;
    const { job, slot } = begun;
    return {
      run,
      id,
      class: job.class,
      storeUrl: job.storeUrl,
      slot: slot.toISOString(),
      ...(job.watermark && { watermark: job.watermark.toISOString() }),
      since: performance.now(),
    };
  }

  /** Ends a run, also where the database is away for a while; the second end of a run changes nothing. */
  async end(run: number, state: 'done' | 'failed' | 'lost', result: string): Promise<void> {
    try {
      await patiently(() => this.#write(run, state, result));
    } finally {
      this.#running.delete(run);
      if (this.#running.size === 0) for (const resolve of this.#onIdle.splice(0)) resolve();
    }
  }

  #write(run: number, state: string, result: string): Promise<number> {
    return execute(this.#pool, "UPDATE job_runs SET state = ?, result = ?, finished_at = NOW(6) WHERE id = ? AND state = 'running'", [state, result.slice(0, 500), run]);
  }

  /** Resolves when no run of this process is under way, or after `limitMs`. */
  async idle(limitMs: number): Promise<void> {
    if (this.#running.size > 0) await within(limitMs, new Promise<void>((resolve) => this.#onIdle.push(resolve)));
  }

  /** A deploy took the flows apart: the messages of runs that still went on are gone, and the next slot begins anew. */
  async loseRunning(): Promise<void> {
    for (const run of this.#running) await this.end(run, 'lost', 'the flows were deployed before it had ended');
  }

  /** Moves the watermark forward, never back. */
  async advance(job: number, watermark: Date): Promise<void> {
    await execute(this.#pool, 'UPDATE recurring_jobs SET watermark = GREATEST(COALESCE(watermark, ?), ?) WHERE id = ?', [watermark, watermark, job]);
  }

  /** Makes the orders that wait in a scheduled status due. @returns how many */
  async makeDue(status: string): Promise<number> {
    return execute(this.#pool, 'UPDATE order_status SET due_at = NOW(6) WHERE status = ? AND due_at IS NULL AND claimed_by IS NULL AND holds = 0 AND children = 0', [status]);
  }
}

/**
 * Runs that would hold up their job for ever: of this process, which knows nothing of them (the answer to their beginning or their end
 * was lost with the database), or of anybody after a long time (their message was lost on its way). @returns how many were given up
 */
async function giveUpLost(connection: PoolConnection, job: number, process: number, known: readonly number[]): Promise<number> {
  const [result] = await connection.query(
    `UPDATE job_runs SET state = 'lost', finished_at = NOW(6), result = 'its beginning or its end got lost'
       WHERE job_id = ? AND state = 'running' AND ((process_id = ? AND id NOT IN (?)) OR started_at < NOW(6) - INTERVAL ${STUCK_MINUTES} MINUTE)`,
    [job, process, [0, ...known]],
  );
  return (result as unknown as { affectedRows: number }).affectedRows;
}
