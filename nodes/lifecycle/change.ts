import type { OrderAction } from './cancel';
import type { Fact, Write } from './facts';
import type { Status } from './lifecycle';

/** How a remote call ended, written together with the transition that it leads to. */
export interface EffectOutcome {
  id: number;
  attempt: number;
  state: 'done';
  reference?: string | undefined;
}

/** What the storefront says that it has captured. */
export interface Captured {
  /** Its own number of it. */
  reference?: string | undefined;
  /** Decimal text; absent where nothing was left to be captured. */
  paid?: { amount: string; currency: string };
  /** The parcel that alone it is about, as the request named it: the payments are marked when the last has been told. */
  parcel?: string;
}

/** A part that an order is split into. What is not here is copied from the parent's own rows. */
export interface ChildOrder {
  /** 1, 2, 3 …; the child is named after it. */
  part: number;
  path: string;
  /** The key of its warehouse. */
  warehouse: string;
  /** Where it begins. */
  status: Status;
  /** Minor units. */
  total: number;
  /** `orders.content` of the child. */
  content: string;
  /** Ids of the lines that it takes. */
  lines: readonly string[];
  /** What of each payment stands for it. */
  payments: readonly { instrumentId: string; amount: number }[];
}

/** The parts of an order, made from one revision of it. */
export interface Split {
  revision: number;
  children: readonly ChildOrder[];
}

/** One wanted transition, as data. */
export interface Change {
  order: number;
  /** Where it must stand; the change is refused as stale otherwise. */
  from?: Status;
  /** Absent: no move, only what waits for the order (kept facts, waiting cancellations) is looked at again. */
  to?: Status;
  version?: number;
  /** The claim that does it; a change by a claim that was taken away is refused as fenced. */
  token?: string;
  actor: string;
  /** The node of the flows that does it. */
  node?: string | undefined;
  reason?: string;
  /** A wish to cancel: it is granted, refused, or kept until a call in doubt is settled. */
  wish?: boolean;
  writes?: Write[];
  /** Columns of the order itself that change with it. */
  columns?: { batch_sequence: number } | { export_sequence: number };
  /** Parts of the order that are locked and decided with it. */
  parts?: readonly number[];
  /** With a step to SPLIT: the parts, written with it. */
  split?: Split;
  effects?: EffectOutcome[];
  /** Answers of remote calls that arrive without a claim: a late one settles the doubt about its own attempt, and about nothing else. */
  answers?: EffectOutcome[];
  /** Effects that a put-back frees for another attempt (rejected, not done → intent). */
  renewEffects?: boolean;
  /** A person's decision on an open hold of the order; refused where the hold is closed already. */
  decision?: { hold: number; decision: HoldDecision; by: string; reason: string; reference?: string | undefined };
  /** Marks what the storefront was told: the payments as captured, the parcels as told. */
  captured?: Captured;
  /** The storefront knows that we took its order. */
  exported?: { storeId: number; platformId: string };
  /** The storefront has voided the authorisations. */
  voided?: boolean;
  /** The task that ends with it; refused as fenced where its claim was taken away. */
  task?: { id: number; token: string; result: string };
}

export type Entry = { change: Change } | { fact: Fact };

/** On a call in doubt: it happened, it did not, send it again. On any other hold: release it. */
export type HoldDecision = 'done' | 'void' | 'resend' | 'release';

/** What a decision makes of the effect that the hold names. */
export const DECIDED: Readonly<Record<Exclude<HoldDecision, 'release'>, string>> = { done: 'done', void: 'not_done', resend: 'intent' };

export type Refusal = 'unknown-order' | 'fenced' | 'stale' | 'illegal' | 'not-yet' | 'hold-closed' | 'decision-does-not-fit' | 'no-parts';

export type ChangeResult =
  | { moved: true; from: Status; to: Status; version: number }
  | { moved: false; refused?: Refusal; status?: Status; version?: number; why?: string; instead?: readonly OrderAction[]; waiting?: string };

export type FactResult = { result: 'applied' | 'already' | 'kept' | 'impossible' | 'unknown'; status?: Status; reason?: string };

/** The row of an order as the group sees it after the lock; changed in memory as its entries are decided. */
export interface Image {
  order: number;
  storeId: number;
  /** The order that it is a part of. */
  parent: number | null;
  /** How many parts it was split into; an order with parts follows them and is never due. */
  children: number;
  status: Status;
  version: number;
  token: string | null;
  holds: number;
  pending: number;
  lane: string;
  /** The status that the last move of this group left. */
  cameFrom?: Status;
  changed: boolean;
  /** The counters and the claim as they were locked. */
  before: { holds: number; pending: number; token: string | null };
}
