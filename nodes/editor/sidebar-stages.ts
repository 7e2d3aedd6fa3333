import { covers, type Stages } from '../lifecycle/stages';
import { type Pool, select } from '../store/pool';
import { lateAfter } from '../work/board';
import type { Pause, Pauses } from '../work/pauses';

/** What is read of a node or a tab of the deployed flows. */
export interface DeployedNode {
  id: string;
  type: string;
  z?: string;
  name?: string;
  label?: string;
  x?: number;
  y?: number;
}

export interface StageRow {
  /** The status or the kind of task. */
  stage: string;
  /** Its `oms-work`, with its name and its tab. */
  node: string;
  name: string;
  tab: string;
  waiting: number;
  running: number;
  late: number;
  /** Orders, or tasks, with an open hold. */
  held: number;
  /** Seconds since the longest waiting one came; null where none is there. */
  oldest: number | null;
  /** The ids of the open pauses that stop it, for orders of every store. */
  pauses: number[];
}

type Counts = Pick<StageRow, 'waiting' | 'running' | 'late' | 'held' | 'oldest'>;

const NOTHING: Counts = { waiting: 0, running: 0, late: 0, held: 0, oldest: null };

/** The stages of the deployed flows as they are read on the canvas: tab by tab, from top to bottom; and every open pause. */
export async function stagesForSidebar(
  { pool, pauses, stages }: { pool: Pool; pauses: Pauses; stages: Stages },
  deployed: readonly DeployedNode[],
): Promise<{ stages: StageRow[]; pauses: Pause[] }> {
  const [counts, open] = await Promise.all([count(pool, stages), pauses.list()]);
  const tabs = deployed.filter(({ type }) => type === 'tab');
  const place = (node: DeployedNode | undefined): [number, number, number] => [tabs.findIndex(({ id }) => id === node?.z), node?.y ?? 0, node?.x ?? 0];
  const rows = [...stages.statuses().map((stage) => ({ stage, node: stages.status(stage)?.node })), ...stages.tasks().map((stage) => ({ stage, node: stages.task(stage)?.node }))]
    .map(({ stage, node: id }) => ({ stage, node: deployed.find((node) => node.id === id) }))
    .toSorted((a, b) => compare(place(a.node), place(b.node)))
    .map(({ stage, node }) => ({
      stage,
      node: node?.id ?? '',
      name: node?.name || stage,
      tab: tabs.find(({ id }) => id === node?.z)?.label ?? '',
      ...(counts.get(stage) ?? NOTHING),
      pauses: open.filter((pause) => pause.kind !== 'store' && covers(pause, stage, '')).map(({ id }) => id),
    }));
  return { stages: rows, pauses: open };
}

const compare = (a: readonly number[], b: readonly number[]): number => a.map((value, index) => value - (b[index] ?? 0)).find((difference) => difference !== 0) ?? 0;

/** Everything that is counted, in one statement: both queues, grouped by stage. */
async function count(pool: Pool, stages: Stages): Promise<Map<string, Counts>> {
  const queues = [
    { table: 'order_status', by: 'status', since: 'entered_at', only: 'TRUE', names: stages.statuses() },
    { table: 'tasks', by: 'kind', since: 'created_at', only: 'done_at IS NULL', names: stages.tasks() },
  ].filter(({ names }) => names.length > 0);
  if (queues.length === 0) return new Map();
  const sql = queues.map(
    ({ table, by, since, only, names }) =>
      `SELECT ${by} AS stage, SUM(claimed_by IS NULL) AS waiting, SUM(claimed_by IS NOT NULL) AS running, SUM(holds > 0) AS held, TIMESTAMPDIFF(SECOND, MIN(${since}), NOW(6)) AS oldest,
              SUM(claimed_by IS NULL AND ${since} < NOW(6) - INTERVAL (CASE ${by} ${names.map(() => 'WHEN ? THEN ?').join(' ')} ELSE 0 END) SECOND) AS late
         FROM ${table} WHERE ${by} IN (?) AND ${only} GROUP BY ${by}`,
  );
  const rows = await select<{ stage: string } & Record<keyof Counts, unknown>>(pool, sql.join(' UNION ALL '), queues.flatMap(({ names }) => [...names.flatMap((name) => [name, lateAfter(name)]), names]));
  return new Map(rows.map(({ stage, waiting, running, late, held, oldest }) => [stage, { waiting: Number(waiting), running: Number(running), late: Number(late), held: Number(held), oldest: Number(oldest) }]));
}
