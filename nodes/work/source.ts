import type { Captured, EffectOutcome, Split } from '../lifecycle/change';
import type { Write } from '../lifecycle/facts';
import type { Status } from '../lifecycle/lifecycle';

/** Where a stage takes its work from: the orders in a status, or the open tasks of a kind. */
export type Source = { kind: 'status'; name: Status } | { kind: 'task'; name: string };

/** The two tables that are claimed alike. */
export const QUEUES = {
  status: { table: 'order_status', id: 'order_id', by: 'status' },
  task: { table: 'tasks', id: 'id', by: 'kind' },
} as const;

/** When and how often a failing step is tried again, before its failure counts as final. */
export interface RetryPolicy {
  /** Attempts in all; retryable errors beyond it lead to the failure status, or to a hold. */
  attempts: number;
  /** Wait before the second attempt, in milliseconds; doubles each time, with jitter. */
  firstMs: number;
  /** The longest wait, in milliseconds. */
  maxMs: number;
}

/** One claimed order or task, as it travels in `msg.work`. Plain data: the token is what fences every write of the claim. */
export interface Work {
  source: Source['kind'];
  /** The status or the kind of task. */
  name: string;
  /** Key in its queue: the order's id, or the task's. */
  id: number;
  order: number;
  token: string;
  /** 1 at the first attempt. */
  attempt: number;
  lane: string;
  /** The order's version when it was claimed; tasks have none. */
  version?: number;
  /** What the task is about. */
  subject?: string;
  /** The `oms-work` node. */
  node: string;
  /** The node that has it now. */
  at?: string;
  /** Where a definite failure leads; absent: a hold. */
  failure?: Status;
  retry: RetryPolicy;
  /** Milliseconds of this process's clock at the claim. */
  since: number;
  /** Remote calls that were carried out and are written with the next transition. */
  effects: EffectOutcome[];
  /** The parts that the order is split into: written with the step to SPLIT. */
  split?: Split;
  /** Parts of the order that are decided with the end of the stage. */
  parts?: readonly number[];
  /** Rows that are written with the end of the stage. */
  writes?: Write[];
  /** What was found, added to the reason of the step. */
  found?: string;
  /** The storefront has captured the payments: written with the next transition. */
  captured?: Captured;
  /** The storefront knows that we took its order: written when the task ends. */
  exported?: { storeId: number; platformId: string };
  /** The storefront has voided the authorisations: written when the task ends. */
  voided?: boolean;
}

/** Milliseconds to wait for something else, never less: those who began together do not come again together. */
export const spread = (ms: number): number => Math.round(ms * (1 + Math.random() / 4));

/** Milliseconds to wait before attempt `attempt + 1`: exponential, with full jitter on the upper half. */
export function backoff(policy: RetryPolicy, attempt: number): number {
  const ceiling = Math.min(policy.maxMs, policy.firstMs * 2 ** Math.min(attempt - 1, 20));
  return Math.round(ceiling * (0.5 + Math.random() / 2));
}
