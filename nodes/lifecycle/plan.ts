/** What one group of changes and facts is going to write, and the few ways in which its decisions add to it. */
import type { Change, Image, Split } from './change';
import type { AskedOf } from './cancel';
import type { Parcel } from './captures';
import { type DomainEvent, statusChanged } from './events';
import type { Fact, Write } from './facts';
import type { Status } from './lifecycle';
import type { Beside } from './read';

export interface Audit {
  order: number;
  version: number;
  from: Status;
  to: Status;
  actor: string;
  node: string | null;
  reason: string;
}

/** Who does it, and by which node of the flows. */
export interface By {
  actor: string;
  node?: string | null | undefined;
}

/** Everything that one group will write, collected while its entries are decided in memory. */
export class Plan {
  readonly audits: Audit[] = [];
  readonly writes: Write[] = [];
  readonly splits: (By & { order: number; split: Split })[] = [];
  readonly effects: NonNullable<Change['effects']>[number][] = [];
  readonly settled: { ids: number[]; reason: string }[] = [];
  readonly renewed: number[] = [];
  readonly captured: { order: number; reference: string | null; isParent: boolean }[] = [];
  readonly voided: number[] = [];
  readonly exported: { storeId: number; platformId: string }[] = [];
  readonly tasks: { id: number; result: string }[] = [];
  readonly shipped: { order: number; lineId: string; quantity: number }[] = [];
  readonly orders: { order: number; columns: Record<string, string | number> }[] = [];
  readonly holds: { order: number; kind: string; reason: string; actor: string }[] = [];
  readonly resolvedHolds: { ids: number[]; tasks: number[]; by: string; decision: string; reason: string }[] = [];
  readonly decidedEffects: { id: number; state: string; reason: string; reference: string | null }[] = [];
  readonly inbox: { fact: Fact; state: string; reason: string | null; status: Status }[] = [];
  readonly inboxApplied: { id: number; state: string; reason: string | null; status: Status }[] = [];
  readonly wishes: { order_id: number; state: WishState; to_status: Status; actor: string; reason: string; decision_reason: string | null; decided_at: unknown; ask: 'asked' | null; asked_of: AskedOf | null; asked_at: unknown }[] = [];
  readonly asked: { id: number; ask: 'asked' | 'granted' | 'refused'; of: AskedOf | null; said: string | null }[] = [];
  /** Orders that nobody asks about any more. */
  readonly unasked: number[] = [];
  readonly cancellations: { id: number; state: 'granted' | 'declined'; reason: string }[] = [];
  readonly events: { order: number; kind: string; actor: string; text: string }[] = [];
  /** Parcels that were reported; each is captured by itself where its store says so. */
  readonly parcels: Parcel[] = [];
  /** What is told to the world. */
  readonly outbox: DomainEvent[] = [];
}

export type WishState = 'granted' | 'declined' | 'waiting';

/** One step of the order; the image follows, so that what is decided next in the group sees it. */
export function move(image: Image, to: Status, { actor, node = null }: By, reason: string, plan: Plan): void {
  image.version++;
  plan.audits.push({ order: image.order, version: image.version, from: image.status, to, actor, node, reason: reason.slice(0, 500) });
  plan.outbox.push(...statusChanged(image.order, image.version, image.status, to, actor));
  image.cameFrom = image.status;
  image.status = to;
  image.token = null;
  image.changed = true;
}

export function openHold(image: Image, kind: string, reason: string, actor: string, plan: Plan): void {
  plan.holds.push({ order: image.order, kind, reason, actor });
  image.holds++;
  image.changed = true;
}

export function closeHolds(holds: Beside['holds'], by: string, decision: string, reason: string, image: Image, beside: Beside, plan: Plan): void {
  if (holds.length === 0) return;
  const tasks = holds.flatMap((hold) => (hold.task === null ? [] : [hold.task]));
  plan.resolvedHolds.push({ ids: holds.map((hold) => hold.id), tasks, by, decision, reason: reason.slice(0, 500) });
  beside.holds = beside.holds.filter((hold) => !holds.includes(hold));
  image.holds -= holds.length - tasks.length;
  image.changed = true;
}

/** Cancelled, or settled elsewhere: what was open about the order is decided by that. */
export const endsOrder = (to: Status): boolean => to === 'PROCESSED_EXTERNALLY' || to.endsWith('_CANCELLED');

export const endHolds = (image: Image, to: Status, actor: string, beside: Beside, plan: Plan): void =>
  closeHolds(beside.holds.filter((hold) => hold.order === image.order), actor, 'moot', `the order is ${to}`, image, beside, plan);
