import type { Log } from '../runtime/log';
import { lifecycle } from '../lifecycle/lifecycle';
import { pauseOf, type OpenPause, type Stages, worksSql } from '../lifecycle/stages';
import { NO_STAGE, type Transitions } from '../lifecycle/transitions';
import { execute, type Pool, select } from '../store/pool';
import type { ActiveWork } from './active';
import type { Claims } from './claims';
import type { Pauses } from './pauses';
import { QUEUES, type Source } from './source';

const EVERY_MS = 5000;
/** A row may stand between two statements of a writer for a moment; only what has stood still longer counts as stranded. */
const GRACE_SECONDS = 10;
const LIMIT = 1000;

const FORGET_EVERY_MS = 600_000;
const FORGET_LIMIT = 5000;
/** How long what is no order, money or audit is kept. Unpublished outbox rows and kept facts have no end. */
const RETENTION: readonly (readonly [table: string, where: string])[] = [
  ['job_runs', "state <> 'running' AND started_at < NOW(6) - INTERVAL 7 DAY"],
  ['idempotency_keys', 'created_at < NOW(6) - INTERVAL 7 DAY'],
  ['outbox', 'published_at < NOW(6) - INTERVAL 30 DAY'],
  ['inbox', "state <> 'kept' AND received_at < NOW(6) - INTERVAL 400 DAY"],
  ['processes', 'ended_at < NOW(6) - INTERVAL 30 DAY'],
];

/**
 * The safety net under the due times: ends pauses whose time has come, makes due what should be and is not (counted and logged,
 * because it means that a writer forgot), and releases the holds "no stage for …" once there is one.
 */
export class Sweep {
  readonly #pool: Pool;
  readonly #stages: Stages;
  readonly #pauses: Pauses;
  readonly #transitions: Transitions;
  readonly #claims: Claims;
  readonly #active: ActiveWork;
  readonly #log: Log;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #forgetAt = 0;

  constructor(parts: { pool: Pool; stages: Stages; pauses: Pauses; transitions: Transitions; claims: Claims; active: ActiveWork; log: Log }) {
    this.#pool = parts.pool;
    this.#stages = parts.stages;
    this.#pauses = parts.pauses;
    this.#transitions = parts.transitions;
    this.#claims = parts.claims;
    this.#active = parts.active;
    this.#log = parts.log;
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#running ??= this.run()
        .catch((error: Error) => this.#log.warn({ code: 'sweep.failed', reason: error.message }, 'the sweep failed and is tried again'))
        .finally(() => (this.#running = undefined));
    }, EVERY_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }

  async run(): Promise<void> {
    await this.#pauses.releaseExpired();
    const forgotten = await this.#claims.freeForgotten(this.#active);
    if (forgotten > 0) this.#log.warn({ code: 'work.forgotten', orders: forgotten }, 'claims that nothing worked on any more are free again');
    await this.#reviveStranded();
    await this.#releaseNoStage();
    if (Date.now() >= this.#forgetAt) {
      this.#forgetAt = Date.now() + FORGET_EVERY_MS;
      await this.#forget();
    }
  }

  /** What has a retention is deleted when its time is over, a little at a time. Orders, money and audits are never deleted. */
  async #forget(): Promise<void> {
    for (const [table, where] of RETENTION) await execute(this.#pool, `DELETE FROM ${table} WHERE ${where} LIMIT ${FORGET_LIMIT}`);
  }

  async #reviveStranded(): Promise<void> {
    const pauses = await select<OpenPause>(this.#pool, 'SELECT kind, name FROM pauses WHERE released_at IS NULL');
    const works = this.#stages.statuses().filter((status) => lifecycle.has(status) && lifecycle.statuses[status].kind === 'working');
    for (const status of works) if (!this.#stages.status(status)?.scheduled) await this.#revive('status', status, 'entered_at', pauses);
    for (const kind of this.#stages.tasks()) await this.#revive('task', kind, 'done_at IS NULL AND updated_at', pauses);
  }

  /** @param since what must lie behind for a while before a row counts as stranded */
  async #revive(source: Source['kind'], stage: string, since: string, pauses: readonly OpenPause[]): Promise<void> {
    if (pauseOf(pauses, stage, '')) return;
    const { table, id, by } = QUEUES[source];
    const paused = pauses.filter((pause) => pause.kind === 'store').map((pause) => pause.name);
    const works = source === 'status' ? worksSql(stage) : 'TRUE';
    const stranded = `${by} = ? AND ${works} AND due_at IS NULL AND claimed_by IS NULL AND holds = 0 AND ${since} < NOW(6) - INTERVAL ${GRACE_SECONDS} SECOND`;
    // Looked for without locks first: almost always there is nothing.
    const found = await select<{ id: number }>(
      this.#pool,
      `SELECT ${id} AS id FROM ${table} WHERE ${stranded} AND store_id NOT IN (SELECT id FROM stores WHERE url IN (?)) LIMIT ${LIMIT}`,
      [stage, [...paused, '']],
    );
    if (found.length === 0) return;
    const revived = await execute(this.#pool, `UPDATE ${table} SET due_at = NOW(6) WHERE ${stranded} AND ${id} IN (?)`, [stage, found.map((row) => row.id)]);
    if (revived > 0) this.#log.warn({ code: 'work.stranded', status: stage, orders: revived }, 'work that nobody had made due is due again');
  }

  async #releaseNoStage(): Promise<void> {
    const statuses = this.#stages.statuses();
    if (statuses.length === 0) return;
    const holds = await select<{ id: number; order: number }>(
      this.#pool,
      `SELECT h.id, h.order_id AS \`order\` FROM holds h JOIN order_status s ON s.order_id = h.order_id
         WHERE h.resolved_at IS NULL AND h.kind = '${NO_STAGE}' AND s.status IN (?) LIMIT ${LIMIT}`,
      [statuses],
    );
    await Promise.all(
      holds.map(({ id, order }) =>
        this.#transitions.transition({
          order,
          actor: 'system:sweep',
          decision: { hold: id, decision: 'release', by: 'system:sweep', reason: 'a stage for this status has been deployed' },
        }),
      ),
    );
  }
}
