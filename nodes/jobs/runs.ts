import { DATED } from '../lifecycle/put-back';
import { InvalidInput } from '../runtime/errors';
import { within } from '../runtime/within';
import { execute, inTransaction, patiently, type Pool, type PoolConnection, select } from '../store/pool';
import type { Processes } from '../work/processes';
import { type CatchUp, dueSlot } from './slots';

export interface Job {
  id: number;
  class: string;
  storeUrl: string;
  cron: string;
  enabled: boolean;
  catchUp: CatchUp;
  created: Date;
  watermark: Date | null;
}

/** The latest slot of a job, or a run that somebody asked for. */
interface KnownSlot {
  id: number;
  slot: Date;
  state: string;
  attempts: number;
}

/** What a run of a job is given, as it travels in `msg.job`. */
export interface Run {
  run: number;
  /** 1, or more where it got lost before. */
  attempt: number;
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
/** A run that gets lost again and again may be what ends the processes. */
const ATTEMPTS = 3;
/** Runs are kept for seven days (work/sweep.ts): who has none of an older slot may have had one. */
const KEPT_MS = 7 * 86_400_000;
/** A slot's own tick comes first. */
const GRACE_MS = 3000;
const COLUMNS = 'id, class, store_url AS storeUrl, cron, enabled, catch_up AS catchUp, created_at AS created, watermark';
/** Slots of the schedule have whole seconds. */
const LATEST = "SELECT id, slot, state, attempts FROM job_runs WHERE job_id = ? AND MICROSECOND(slot) = 0 ORDER BY slot DESC LIMIT 1";
/** A run that somebody asked for, or that was lost after that: within the hour it is begun again. */
const ASKED = `SELECT id, slot, state, attempts FROM job_runs WHERE job_id = ?
   AND (state = 'asked' OR (state = 'lost' AND asked_by IS NOT NULL AND attempts < ${ATTEMPTS} AND finished_at > NOW(6) - INTERVAL 1 HOUR)) ORDER BY slot LIMIT 1`;

/** Runs of recurring jobs. Timers only tick: which slot is due is computed from the database's time, and only one process gets it. */
export class JobRuns {
  readonly #pool: Pool;
  readonly #processes: Processes;
  /** Runs of this process that have not ended, with their attempt. */
  readonly #running = new Map<number, number>();
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

  /** The jobs of a class for which no tick may come: somebody asked for a run, or a slot went by without one. `what` stays the same while nothing has changed. */
  async overdue(jobClass: string): Promise<{ id: number; what: string }[]> {
    const jobs = await select<Job & { now: Date; running: number }>(
      this.#pool,
      `SELECT ${COLUMNS}, NOW(6) AS now, (SELECT COUNT(*) FROM job_runs r WHERE r.job_id = j.id AND r.state = 'running') AS running FROM recurring_jobs j WHERE class = ? AND enabled`,
      [jobClass],
    );
    const overdue: { id: number; what: string }[] = [];
    for (const job of jobs) {
      const [asked] = await select<KnownSlot>(this.#pool, ASKED, [job.id]);
      const [latest] = await select<KnownSlot>(this.#pool, LATEST, [job.id]);
      const what = asked ? `run ${asked.id}, attempt ${asked.attempts}, ${asked.state}` : orNone(() => missed(job, job.now, latest));
      if (what !== undefined) overdue.push({ id: job.id, what: `${what}, ${job.running} running` });
    }
    return overdue;
  }

  /**
   * Claims a run under the job's lock: of two processes, or two slots that meet, one begins. First what somebody asked for, then the slot that is due; a lost one
   * is given again. What falls into a downtime is noted as skipped. @returns the run, or why this tick starts none
   */
  async begin(id: number): Promise<Run | string> {
    let run = 0;
    const begun = await inTransaction(this.#pool, async (connection) => {
      this.#running.delete(run); // of a try before this one
      await connection.query('SELECT id FROM recurring_jobs WHERE id = ? FOR UPDATE', [id]);
      const [job] = await select<Job & { now: Date; running: number }>(
        connection,
        `SELECT ${COLUMNS}, NOW(6) AS now, (SELECT COUNT(*) FROM job_runs r WHERE r.job_id = j.id AND r.state = 'running') AS running FROM recurring_jobs j WHERE j.id = ?`,
        [id],
      );
      if (!job?.enabled) return 'disabled';
      if (job.running > 0 && (await giveUpLost(connection, id, this.#processes.id, [...this.#running.keys()])) < job.running) return 'the run before it has not ended';
      const [asked] = await select<KnownSlot>(connection, ASKED, [id]);
      const [latest] = await select<KnownSlot>(connection, LATEST, [id]);
      const known = asked ?? (latest && mayBeGivenAgain(job, job.now, latest) ? latest : undefined);
      const slot = known?.slot ?? dueSlot(job, job.now, latest?.slot ?? job.created);
      if (!slot) return 'no slot is due';
      if (!known && latest && latest.slot >= slot) return 'another process has this slot';
      const down = await downtimeAt(connection, id, slot);
      if (down !== undefined) {
        await skip(connection, id, known, slot, `skipped: downtime: ${down}`);
        return `downtime: ${down}`;
      }
      const attempt = known?.state === 'lost' ? known.attempts + 1 : 1;
      run = known?.id ?? (await insertRun(connection, id, slot, this.#processes.id));
      if (known) await connection.query("UPDATE job_runs SET state = 'running', attempts = ?, process_id = ?, result = NULL, started_at = NOW(6), finished_at = NULL WHERE id = ?", [attempt, this.#processes.id, run]);
      // Known before it can be seen: the next tick of this process would take it for lost.
      this.#running.set(run, attempt);
      return { job, slot, attempt };
    }).catch((error: unknown) => {
      this.#running.delete(run);
      throw error;
    });
    if (typeof begun === 'string') return begun;
    const { job, slot, attempt } = begun;
    return {
      run,
      attempt,
      id,
      class: job.class,
      storeUrl: job.storeUrl,
      slot: slot.toISOString(),
      ...(job.watermark && { watermark: job.watermark.toISOString() }),
      since: performance.now(),
    };
  }

  /** Ends a run, also where the database is away for a while; the second end of a run changes nothing, nor does that of an attempt that was given up. */
  async end({ run, attempt }: Pick<Run, 'run' | 'attempt'>, state: 'done' | 'failed' | 'lost', result: string): Promise<void> {
    try {
      await patiently(() => this.#write(run, attempt, state, result));
    } finally {
      if (this.#running.get(run) === attempt) this.#running.delete(run);
      if (this.#running.size === 0) for (const resolve of this.#onIdle.splice(0)) resolve();
    }
  }

  #write(run: number, attempt: number, state: string, result: string): Promise<number> {
    return execute(this.#pool, "UPDATE job_runs SET state = ?, result = ?, finished_at = NOW(6) WHERE id = ? AND attempts = ? AND state = 'running'", [state, result.slice(0, 500), run, attempt]);
  }

  /** Resolves when no run of this process is under way, or after `limitMs`. */
  async idle(limitMs: number): Promise<void> {
    if (this.#running.size > 0) await within(limitMs, new Promise<void>((resolve) => this.#onIdle.push(resolve)));
  }

  /** A deploy took the flows apart: the messages of runs that still went on are gone, and are given again (runs of jobs that catch up), or the next slot begins anew. */
  async loseRunning(): Promise<void> {
    for (const [run, attempt] of this.#running) await this.end({ run, attempt }, 'lost', 'the flows were deployed before it had ended');
  }

  /** Moves the watermark forward, never back. */
  async advance(job: number, watermark: Date): Promise<void> {
    await execute(this.#pool, 'UPDATE recurring_jobs SET watermark = GREATEST(COALESCE(watermark, ?), ?) WHERE id = ?', [watermark, watermark, job]);
  }

  /** Makes the orders that wait in a scheduled status due; of those that wait for a date, the ones whose date has come. @returns how many */
  async makeDue(status: string): Promise<number> {
    return execute(this.#pool, `UPDATE order_status SET due_at = NOW(6) WHERE status = ? AND due_at IS NULL AND claimed_by IS NULL AND holds = 0 AND children = 0${DATED.has(status) ? ' AND EXISTS (SELECT 1 FROM orders o WHERE o.id = order_status.order_id AND o.resume_at <= NOW(6))' : ''}`, [status]);
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

/** Whether a lost run is begun once more: only while no later slot has come, which stands for it. */
function mayBeGivenAgain(job: Job, now: Date, { state, slot, attempts }: KnownSlot): boolean {
  if (state !== 'lost' || attempts >= ATTEMPTS || job.catchUp === 'none') return false;
  return job.catchUp === 'all' || dueSlot(job, now, slot)?.getTime() === slot.getTime();
}

/** Which slot of the time since the job was made has no run, and its own tick will not come any more. */
function missed(job: Job, now: Date, latest: KnownSlot | undefined): string | undefined {
  if (job.catchUp === 'none') return undefined;
  if (latest && mayBeGivenAgain(job, now, latest)) return `run ${latest.id}, attempt ${latest.attempts}`;
  const since = new Date(Math.max(job.created.getTime(), latest?.slot.getTime() ?? 0, now.getTime() - KEPT_MS));
  const slot = dueSlot(job, new Date(now.getTime() - GRACE_MS), since);
  return slot !== undefined && slot > since ? `slot ${slot.toISOString()}` : undefined;
}

/** One bad cron expression must not hide the other jobs of its class. */
function orNone(what: () => string | undefined): string | undefined {
  try {
    return what();
  } catch (error) {
    if (error instanceof InvalidInput) return undefined;
    throw error;
  }
}

/** Why nothing runs now, or was to run at that slot. */
async function downtimeAt(connection: PoolConnection, job: number, slot: Date): Promise<string | undefined> {
  const covers = (at: string): string => `(starts_at <= ${at} AND (ends_at IS NULL OR ends_at > ${at}))`;
  const [down] = await select<{ reason: string }>(connection, `SELECT reason FROM job_downtimes WHERE job_id = ? AND (${covers('NOW(6)')} OR ${covers('?')}) ORDER BY id LIMIT 1`, [job, slot, slot]);
  return down?.reason;
}

async function insertRun(connection: PoolConnection, job: number, slot: Date, process: number): Promise<number> {
  const [result] = await connection.query('INSERT INTO job_runs (job_id, slot, process_id) VALUES (?, ?, ?)', [job, slot, process]);
  return (result as unknown as { insertId: number }).insertId;
}

async function skip(connection: PoolConnection, job: number, known: KnownSlot | undefined, slot: Date, result: string): Promise<void> {
  if (known) await connection.query("UPDATE job_runs SET state = 'skipped', result = ?, finished_at = NOW(6) WHERE id = ?", [result.slice(0, 500), known.id]);
  else await connection.query("INSERT INTO job_runs (job_id, slot, state, result, finished_at) VALUES (?, ?, 'skipped', ?, NOW(6))", [job, slot, result.slice(0, 500)]);
}
