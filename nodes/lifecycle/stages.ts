import { lifecycle, type Status } from './lifecycle';
import { isAfter } from './line';

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

/** Whether a status is worked on for this order: some are final for one platform, or where NAV does not know the order. */
export function isWorking(status: Status, from: Status | undefined, platform: string): boolean {
  const { kind, workingWhen } = lifecycle.statuses[status];
  if (kind !== 'working') return false;
  if (workingWhen === 'shopify') return platform === 'shopify';
  if (workingWhen === 'nav-knows') return from !== undefined && navKnows(from);
  return true;
}

/** Whether an order that leaves this status is known to NAV. */
function navKnows(from: Status): boolean {
  const { cancel, phase } = lifecycle.statuses[from];
  return cancel === 'nav' || phase === 'refund' || isAfter(from, 'nav') || from === 'FAILED_TO_CANCEL_ON_NAV';
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
const TASK_OWNERS: Readonly<Record<string, string>> = { sfcc: 'storefront', nav: 'NAV', camel: 'Cirro' };
