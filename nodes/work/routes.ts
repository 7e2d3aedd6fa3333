import type { Status } from '../lifecycle/lifecycle';

/** The way of an order through one stage of the deployed flows. */
export interface Route {
  /** The `oms-work` node, its name and its tab, as they are read on the canvas. */
  node: string;
  name: string;
  tab: string;
  /** Attempts before a retryable failure counts as final. */
  attempts: number;
  /** Where a definite failure leads; undefined: a hold. */
  failure: Status | undefined;
  /** Where its transitions lead. */
  leads: Status[];
  /** Every node that an order may pass on the way, the stage's own first. */
  nodes: string[];
  /** The flags that are asked on the way. */
  flags: { name: string; mode: string }[];
  /** The classes of jobs whose slots make its orders due; none where they are due at once. */
  jobs: string[];
}

/** Looks up the stages of the flows that run. Provided by the subject that owns flows. */
export abstract class StageRoutes {
  /** @param stage a status or a kind of task */
  abstract of(stage: string): Promise<Route | undefined>;
}
