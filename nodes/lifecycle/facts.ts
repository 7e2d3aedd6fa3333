import type { AskedOf } from './cancel';
import type { Status } from './lifecycle';

/** Something a partner tells us about an order: a release, an acceptance, a rejection, a shipment. */
export interface Fact {
  /** The partner; REST and Service Bus share it. */
  source: string;
  /** The partner's identity of the event: the same event twice is applied once. */
  eventId: string;
  type: string;
  order: number;
  /** As received, for the inbox. */
  body: unknown;
  actor: string;
  /** The node of the flows that took it. */
  node?: string | undefined;
}

/** What a rule may look at; read under the order's lock. */
export interface FactContext {
  order: number;
  status: Status;
  exportSequence: number;
  /** NAV's own number, once it is known. */
  navOrderNo: string | null;
  /** Who fulfils it; NULL where its lines go different ways, or it was never generalised. */
  path: string | null;
  /** The batch it is printed in, once that is known. */
  batchReference: string | null;
  /** Counts the requests to print it. */
  batchSequence: number;
  /** The 3PL of its warehouse, which need not be the one that has it: `fulfillerOf` tells. */
  provider: string;
  /** Whose answer a wish to cancel waits for; NULL where none does. */
  cancelAsked: AskedOf | null;
  lines: readonly { lineId: string; quantity: number; shipped: number; cancelled: number }[];
  effects: readonly { id: number; kind: string; key: string; state: string; attempt: number }[];
}

/** Of an order about which nothing was read. */
export const EMPTY: Omit<FactContext, 'status' | 'order' | 'cancelAsked'> = { exportSequence: 0, navOrderNo: null, provider: '', path: null, batchReference: null, batchSequence: 0, lines: [], effects: [] };

/** Rows written in the transition's own transaction. */
export interface Write {
  table: 'fulfillments' | 'fulfillment_items' | 'order_events' | 'tasks';
  rows: Record<string, unknown>[];
}

/** The rows of one table among those that are written. */
export const rowsOf = (writes: readonly Write[], wanted: Write['table']): Write['rows'] => writes.filter(({ table }) => table === wanted).flatMap(({ rows }) => rows);

/** What a fact means for an order that stands in a given status. */
export type FactDecision =
  /** It happens now: the order moves (or stays, where `to` is absent) and these rows are written. */
  | {
      is: 'applied';
      to?: Status;
      reason: string;
      writes?: Write[];
      /** Quantities that a shipment adds to the order's lines. */
      shipped?: { lineId: string; quantity: number }[];
      /** Kinds of effects that this fact proves to have happened. */
      settles?: readonly string[];
      /** Columns of the order that the fact teaches us. */
      order?: { nav_order_no?: string; export_sequence?: number; batch_reference?: string; batch_sequence?: number };
      hold?: { kind: string; reason: string };
      /** The answer to a cancel that was asked for. */
      cancel?: 'granted' | 'refused';
    }
  /** The order has passed it; nothing is to be done. */
  | { is: 'already' }
  /** It is for a later step: kept, and applied by the transition that makes it possible. */
  | { is: 'early' }
  /** It cannot be: refused with the current status. */
  | { is: 'impossible'; reason: string }
  /** A physical fact that cannot be: kept, with a hold, since the world did not ask us. */
  | {
      is: 'exception';
      reason: string;
      /** The kind of the hold, where it is one with a way out of its own. */
      hold?: string;
    };

/** What one type of fact means; pure. */
export type FactRule = (body: never, context: FactContext) => FactDecision;

/** A fact as it usually comes, to ask its rule what it would do to an order. */
export interface UsualFact {
  type: string;
  /** Who tells it. */
  from(context: FactContext): string;
  body(context: FactContext): unknown;
}

export type FactRules = Readonly<Record<string, FactRule>>;
