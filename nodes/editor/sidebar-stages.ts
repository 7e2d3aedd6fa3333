import { covers, type Stages } from '../lifecycle/stages';
import type { Pool } from '../store/pool';
import { countStages, NOTHING, type Tally } from '../work/board';
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

export interface StageRow extends Tally {
  /** The status or the kind of task. */
  stage: string;
  /** Its `oms-work`, with its name and its tab. */
  node: string;
  name: string;
  tab: string;
  /** The ids of the open pauses that stop it, for orders of every store. */
  pauses: number[];
}

/** The stages of the deployed flows as they are read on the canvas: tab by tab, from top to bottom; and every open pause. */
export async function stagesForSidebar(
  { pool, pauses, stages }: { pool: Pool; pauses: Pauses; stages: Stages },
  deployed: readonly DeployedNode[],
): Promise<{ stages: StageRow[]; pauses: Pause[] }> {
  const [counts, open] = await Promise.all([countStages(pool, stages), pauses.list()]);
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
