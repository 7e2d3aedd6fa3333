import { InvalidInput, Rejected } from '../runtime/errors';
import { cursorOf, pageLimit, readCursor } from '../store/cursor';
import { execute, inTransaction, type Pool, select } from '../store/pool';
import { nextSlot } from './slots';

export interface JobView {
  id: number;
  class: string;
  store: string | null;
  cron: string;
  enabled: boolean;
  catch_up: string;
  /** Null where it is disabled, or its cron expression is none. */
  next_slot: Date | null;
  last_run: RunView | null;
  /** What keeps it from running now, or will. */
  downtimes: Downtime[];
}

export interface RunView {
  id: number;
  slot: Date;
  state: string;
  result: string | null;
  attempts: number;
  asked_by: string | null;
  reason: string | null;
  started_at: Date;
  finished_at: Date | null;
}

export interface Downtime {
  id: number;
  from: Date;
  until: Date | null;
  reason: string;
  actor: string;
}

interface Asked {
  actor: string;
  reason: string;
}

const RUN = 'r.id, r.slot, r.state, r.result, r.attempts, r.asked_by, r.reason, r.started_at, r.finished_at';
const DOWN = 'd.id, d.starts_at AS `from`, d.ends_at AS until, d.reason, d.actor';

/** What people see of the recurring jobs and do to them. The runs themselves are begun by `JobRuns`. */
export class JobDesk {
  readonly #pool: Pool;
  readonly #reads: Pool;

  constructor({ pool, reads }: { pool: Pool; reads: Pool }) {
    this.#pool = pool;
    this.#reads = reads;
  }

  async list(): Promise<JobView[]> {
    const jobs = await select<Omit<JobView, 'enabled' | 'next_slot' | 'last_run' | 'downtimes'> & { enabled: number; now: Date }>(
      this.#reads,
      "SELECT id, class, NULLIF(store_url, '') AS store, cron, enabled, catch_up, NOW(6) AS now FROM recurring_jobs ORDER BY class, store_url",
    );
    const last = await select<RunView & { job: number }>(
      this.#reads,
      `SELECT j.id AS job, ${RUN} FROM recurring_jobs j JOIN job_runs r ON r.id = (SELECT id FROM job_runs WHERE job_id = j.id ORDER BY slot DESC LIMIT 1)`,
    );
    const downtimes = await select<Downtime & { job: number }>(this.#reads, `SELECT d.job_id AS job, ${DOWN} FROM job_downtimes d WHERE d.ends_at IS NULL OR d.ends_at > NOW(6) ORDER BY d.id`);
    const mine = <Row extends { job: number }>(rows: readonly Row[], id: number): Omit<Row, 'job'>[] => rows.filter(({ job }) => job === id).map(({ job: _job, ...row }) => row);
    return jobs.map(({ now, ...job }) => ({
      ...job,
      enabled: Boolean(job.enabled),
      next_slot: job.enabled ? orNone(() => nextSlot(job.cron, now)) : null,
      last_run: mine(last, job.id)[0] ?? null,
      downtimes: mine(downtimes, job.id),
    }));
  }

  /** A page of a job's runs, the latest slot first. @throws InvalidInput `job.unknown`, `query.bad-cursor` */
  async runs(job: number, { after, limit: asked }: { after?: string | undefined; limit?: number | undefined }): Promise<{ runs: RunView[]; next: string | null }> {
    const limit = pageLimit(asked);
    const cursor = after === undefined ? undefined : readCursor(after);
    await assertKnown(this.#reads, job);
    const rows = await select<RunView & { at: string }>(
      this.#reads,
      `SELECT ${RUN}, DATE_FORMAT(r.slot, '%Y-%m-%d %H:%i:%s.%f') AS at FROM job_runs r WHERE r.job_id = ? ${cursor ? 'AND r.slot < ?' : ''} ORDER BY r.slot DESC LIMIT ?`,
      [job, ...(cursor ? [cursor.at] : []), limit + 1],
    );
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    return { runs: page.map(({ at: _at, ...run }) => run), next: rows.length > limit && last ? cursorOf(last.at, last.id) : null };
  }

  /** From now on nothing begins; each slot in it is noted as skipped. @throws InvalidInput `job.unknown`, `downtime.past` */
  async openDowntime(job: number, { actor, reason, until }: Asked & { until?: Date | undefined }): Promise<{ id: number }> {
    await assertKnown(this.#pool, job);
    const [result] = await this.#pool.query('INSERT INTO job_downtimes (job_id, starts_at, ends_at, reason, actor) SELECT ?, NOW(6), ?, ?, ? FROM DUAL WHERE ? IS NULL OR ? > NOW(6)', [
      job, until ?? null, reason, actor, until ?? null, until ?? null,
    ]);
    const { insertId, affectedRows } = result as unknown as { insertId: number; affectedRows: number };
    if (affectedRows === 0) throw new InvalidInput('this time is over', { code: 'downtime.past', pointer: '/until' });
    return { id: insertId };
  }

  /** The next slot runs again. @throws InvalidInput `downtime.unknown` */
  async endDowntime(job: number, id: number, actor: string): Promise<{ id: number; ended: true }> {
    const ended = await execute(this.#pool, 'UPDATE job_downtimes SET ends_at = NOW(6), ended_by = ? WHERE id = ? AND job_id = ? AND (ends_at IS NULL OR ends_at > NOW(6))', [actor, id, job]);
    if (ended === 0) throw new InvalidInput(`the job has no downtime ${id} that goes on`, { code: 'downtime.unknown' });
    return { id, ended: true };
  }

  /**
   * Asks for a run now, beside the schedule; who watches the job's class begins it within seconds, after the run that goes on. Asked twice, it runs once.
   * @throws InvalidInput `job.unknown` · Rejected `job.disabled`, `job.in-downtime`
   */
  async ask(job: number, { actor, reason }: Asked): Promise<{ id: number; state: 'asked' }> {
    return inTransaction(this.#pool, async (connection) => {
      await connection.query('SELECT id FROM recurring_jobs WHERE id = ? FOR UPDATE', [job]);
      const [row] = await select<{ enabled: number; down: string | null; asked: number | null }>(
        connection,
        `SELECT j.enabled, (SELECT reason FROM job_downtimes d WHERE d.job_id = j.id AND d.starts_at <= NOW(6) AND (d.ends_at IS NULL OR d.ends_at > NOW(6)) LIMIT 1) AS down,
                (SELECT id FROM job_runs r WHERE r.job_id = j.id AND r.state = 'asked' LIMIT 1) AS asked FROM recurring_jobs j WHERE j.id = ?`,
        [job],
      );
      if (!row) throw unknownJob(job);
      if (!row.enabled) throw new Rejected('the job is disabled', { code: 'job.disabled' });
      if (row.down !== null) throw new Rejected(`the job is in a downtime: ${row.down}; end it first`, { code: 'job.in-downtime' });
      if (row.asked !== null) return { id: row.asked, state: 'asked' };
      // With a fraction of a second it is no slot of the schedule.
      const [result] = await connection.query("INSERT INTO job_runs (job_id, slot, state, asked_by, reason) VALUES (?, NOW(6) + INTERVAL (MICROSECOND(NOW(6)) = 0) MICROSECOND, 'asked', ?, ?)", [job, actor, reason]);
      return { id: (result as unknown as { insertId: number }).insertId, state: 'asked' };
    });
  }
}

const unknownJob = (job: number): InvalidInput => new InvalidInput(`there is no job ${job}`, { code: 'job.unknown' });

async function assertKnown(pool: Pool, job: number): Promise<void> {
  if ((await select(pool, 'SELECT id FROM recurring_jobs WHERE id = ?', [job])).length === 0) throw unknownJob(job);
}

/** One bad row must not hide the others. */
function orNone(slot: () => Date | undefined): Date | null {
  try {
    return slot() ?? null;
  } catch {
    return null;
  }
}
