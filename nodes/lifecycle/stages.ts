import { lifecycle, type Status } from './lifecycle';

/** What a flow says about the stage that begins with an `oms-work` node. */
export interface Stage {
  /** The node's id, for people who look for it on the canvas. */
  node: string;
  /** Its orders become due by a job's slot, not when they enter. */
  scheduled: boolean;
}

/** An open pause, as claims and transitions look at it. */
export interface OpenPause {
  kind: 'stage' | 'partner' | 'store';
  name: string;
}

/** Which statuses and task kinds the deployed flows work on. One per process; every process loads the same flows. */
export class Stages {
  readonly #statuses = new Map<string, Stage>();
  readonly #tasks = new Map<string, Stage>();

  addStatus(status: string, stage: Stage): void {
    this.#statuses.set(status, stage);
  }

  addTask(kind: string, stage: Stage): void {
    this.#tasks.set(kind, stage);
  }

  /** Forgets a stage when its node closes, unless another node has taken it over. */
  remove(name: string, node: string): void {
    for (const map of [this.#statuses, this.#tasks]) if (map.get(name)?.node === node) map.delete(name);
  }

  status(status: string): Stage | undefined {
    return this.#statuses.get(status);
  }

  statuses(): string[] {
    return [...this.#statuses.keys()];
  }

  task(kind: string): Stage | undefined {
    return this.#tasks.get(kind);
  }

  tasks(): string[] {
    return [...this.#tasks.keys()];
  }
}

/** What decides whether a status that works for some orders works for this one. */
export interface About {
  platform: string;
  /** Whether NAV has a document of the order. */
  navKnows: boolean;
  /** Whether it was split: it follows its parts, and no stage takes it. */
  isParent: boolean;
}

/** Whether a status is worked on for this order: some are final for one platform, or where NAV does not know the order. */
export function isWorking(status: Status, { platform, navKnows, isParent }: About): boolean {
  const { kind, workingWhen } = lifecycle.statuses[status];
  if (kind !== 'working' || isParent) return false;
  if (workingWhen === 'shopify') return platform === 'shopify';
  return workingWhen !== 'nav-knows' || navKnows;
}

/** {@link isWorking} as a condition on a row of `order_status`, for statements that make many orders due. */
export function worksSql(status: string): string {
  const { workingWhen } = lifecycle.has(status) ? lifecycle.statuses[status] : {};
  if (workingWhen === 'shopify') return "children = 0 AND store_id IN (SELECT id FROM stores WHERE platform = 'shopify')";
  if (workingWhen === 'nav-knows')
    return `children = 0 AND (EXISTS (SELECT 1 FROM orders o WHERE o.id = order_status.order_id AND o.nav_order_no IS NOT NULL)
      OR EXISTS (SELECT 1 FROM effects e WHERE e.order_id = order_status.order_id AND e.kind = 'nav.create' AND e.state = 'done'))`;
  return 'children = 0';
}

/** Whether a pause stops this status or kind of task, for orders of this store. */
export function covers({ kind, name }: OpenPause, stage: string, storeUrl: string): boolean {
  if (kind === 'store') return name === storeUrl;
  if (kind === 'stage') return name === stage;
  return name === (lifecycle.has(stage) ? lifecycle.statuses[stage].owner : TASK_OWNERS[stage.split('.')[0] ?? '']);
}

/** The pause that keeps this status of this store from being worked on, if any. */
export function pauseOf(pauses: readonly OpenPause[], stage: string, storeUrl: string): OpenPause | undefined {
  return pauses.find((pause) => covers(pause, stage, storeUrl));
}

/** The partner that a kind of task talks to, by the first word of the kind. */
const TASK_OWNERS: Readonly<Record<string, string>> = { sfcc: 'storefront', nav: 'NAV', camel: 'Cirro', fulfillment: 'Cirro', 'print-station': 'PrintStation' };
