import { lifecycle } from '../lifecycle/lifecycle';
import type { Stages } from '../lifecycle/stages';
import { type Pool, select } from '../store/pool';

export interface Tally {
  waiting: number;
  late: number;
}

const EVERY_MS = 2000;
const TASK_LATE_SECONDS = 900;

/** Seconds after which what stands in this stage counts as late. */
export const lateAfter = (stage: string): number => (lifecycle.has(stage) ? (lifecycle.statuses[stage].stuckAfter ?? 0) : TASK_LATE_SECONDS);

/** How much waits in each stage and how much of it is late, counted for all badges of the process by one query every two seconds. */
export class Board {
  readonly #pool: Pool;
  readonly #stages: Stages;
  #tallies = new Map<string, Tally>();
  #timer: NodeJS.Timeout | undefined;

  constructor(pool: Pool, stages: Stages) {
    this.#pool = pool;
    this.#stages = stages;
  }

  start(): void {
    const turn = async (): Promise<void> => {
      await this.count().catch(() => undefined); // the badge keeps its last figure; the heartbeat reports a database that is away
      this.#timer = setTimeout(() => void turn(), EVERY_MS);
    };
    void turn();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  of(stage: string): Tally {
    return this.#tallies.get(stage) ?? { waiting: 0, late: 0 };
  }

  async count(): Promise<void> {
    const statuses = this.#stages.statuses();
    const kinds = this.#stages.tasks();
    const cases = statuses.map(() => 'WHEN ? THEN ?').join(' ');
    const rows = [
      ...(statuses.length > 0
        ? await select<{ name: string; waiting: number; late: string | null }>(
            this.#pool,
            `SELECT status AS name, COUNT(*) AS waiting, SUM(entered_at < NOW(6) - INTERVAL (CASE status ${cases} ELSE 0 END) SECOND) AS late
               FROM order_status WHERE status IN (?) AND claimed_by IS NULL GROUP BY status`,
            [...statuses.flatMap((status) => [status, lateAfter(status)]), statuses],
          )
        : []),
      ...(kinds.length > 0
        ? await select<{ name: string; waiting: number; late: string | null }>(
            this.#pool,
            `SELECT kind AS name, COUNT(*) AS waiting, SUM(created_at < NOW(6) - INTERVAL ${TASK_LATE_SECONDS} SECOND) AS late
               FROM tasks WHERE kind IN (?) AND done_at IS NULL AND claimed_by IS NULL GROUP BY kind`,
            [kinds],
          )
        : []),
    ];
    this.#tallies = new Map(rows.map((row) => [row.name, { waiting: row.waiting, late: Number(row.late ?? 0) }]));
  }
}
