import { lifecycle } from '../lifecycle/lifecycle';
import type { Stages } from '../lifecycle/stages';
import { type Pool, select } from '../store/pool';

/** What stands in one stage. */
export interface Tally {
  /** Not claimed. */
  waiting: number;
  /** Claimed, by whichever process. */
  running: number;
  /** Of the waiting ones, those that have stood for longer than is usual. */
  late: number;
  /** Orders, or tasks, with an open hold. */
  held: number;
  /** Seconds since the longest waiting one came; null where none is there. */
  oldest: number | null;
}

export const NOTHING: Tally = { waiting: 0, running: 0, late: 0, held: 0, oldest: null };

const EVERY_MS = 2000;
const TASK_LATE_SECONDS = 900;

/** Seconds after which what stands in this stage counts as late. */
const lateAfter = (stage: string): number => (lifecycle.has(stage) ? (lifecycle.statuses[stage].stuckAfter ?? 0) : TASK_LATE_SECONDS);

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
    return this.#tallies.get(stage) ?? NOTHING;
  }

  async count(): Promise<void> {
    this.#tallies = await countStages(this.#pool, this.#stages);
  }
}

/** What stands in every stage of the deployed flows, by one statement over both queues. */
export async function countStages(pool: Pool, stages: Stages): Promise<Map<string, Tally>> {
  const queues = [
    { table: 'order_status', by: 'status', since: 'entered_at', only: 'children = 0', names: stages.statuses() },
    { table: 'tasks', by: 'kind', since: 'created_at', only: 'done_at IS NULL', names: stages.tasks() },
  ].filter(({ names }) => names.length > 0);
  if (queues.length === 0) return new Map();
  const sql = queues.map(
    ({ table, by, since, only, names }) =>
      `SELECT ${by} AS stage, SUM(claimed_by IS NULL) AS waiting, SUM(claimed_by IS NOT NULL) AS running, SUM(holds > 0) AS held, TIMESTAMPDIFF(SECOND, MIN(${since}), NOW(6)) AS oldest,
              SUM(claimed_by IS NULL AND ${since} < NOW(6) - INTERVAL (CASE ${by} ${names.map(() => 'WHEN ? THEN ?').join(' ')} ELSE 0 END) SECOND) AS late
         FROM ${table} WHERE ${by} IN (?) AND ${only} GROUP BY ${by}`,
  );
  const rows = await select<{ stage: string } & Record<keyof Tally, unknown>>(pool, sql.join(' UNION ALL '), queues.flatMap(({ names }) => [...names.flatMap((name) => [name, lateAfter(name)]), names]));
  return new Map(rows.map(({ stage, waiting, running, late, held, oldest }) => [stage, { waiting: Number(waiting), running: Number(running), late: Number(late), held: Number(held), oldest: Number(oldest) }]));
}
