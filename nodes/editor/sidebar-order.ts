import { covers, type Stages } from '../lifecycle/stages';
import { lifecycle } from '../lifecycle/lifecycle';
import { getOrder } from '../orders/find';
import { InvalidInput } from '../runtime/errors';
import type { Pool } from '../store/pool';
import type { Pause, Pauses } from '../work/pauses';

/** What an order is doing, or why it does nothing. `again`: a step failed and is tried at `due_at`; `next`: the next free slot takes it. */
export type Standing = 'held' | 'running' | 'paused' | 'scheduled' | 'again' | 'next' | 'waiting' | 'decision' | 'error' | 'final';

/** What is read of an order; the rest, the customer above all, stays here. */
interface Order {
  id: number;
  name: string;
  platform_id: string;
  store: string;
  status: string;
  currency: string | null;
  total: string | null;
  nav_order_no: string | null;
  entered_at: Date;
  due_at: Date | null;
  claimed_at: Date | null;
  attempts: number;
  reason: string | null;
  waits_for?: { kind: 'working' | Extract<Standing, 'waiting' | 'decision' | 'error' | 'final'>; owner: string; runbook: string | null };
  holds: { id: number; kind: string; reason: string; opened: Date; resolved: Date | null; effect: { kind: string; key: string } | null }[];
  timeline: { at: Date; kind: string; actor: string; node: string | null; text: string }[];
}

/** An order as the sidebar shows it. */
export interface SidebarOrder extends Omit<Order, 'claimed_at' | 'waits_for'> {
  standing: Standing;
  /** The partner or the people whose turn it is. */
  owner: string;
  runbook: string | null;
  /** What keeps its stage from working on it. */
  pause: Pause | null;
}

/**
 * Where an order stands, why, and its timeline, the newest step first. Nothing of the customer is in it.
 * @throws InvalidInput `order.unknown`
 */
export async function orderForSidebar({ pool, pauses, stages }: { pool: Pool; pauses: Pauses; stages: Stages }, idOrName: string): Promise<SidebarOrder> {
  const [found, open] = await Promise.all([getOrder(pool, idOrName), pauses.list()]);
  if (!found) throw new InvalidInput(`there is no order ${idOrName.slice(0, 96)}`, { code: 'order.unknown' });
  const order = found as unknown as Order;
  const { id, name, platform_id, store, status, currency, total, nav_order_no, entered_at, due_at, attempts, reason } = order;
  const pause = open.find((each) => covers(each, status, store)) ?? null;
  const holds = order.holds.filter(({ resolved }) => resolved === null).map(({ id: hold, kind, reason: why, opened, resolved, effect }) => ({ id: hold, kind, reason: why, opened, resolved, effect }));
  return {
    id, name, platform_id, store, status, currency, total, nav_order_no, entered_at, due_at, attempts, reason, holds,
    standing: standingOf({ ...order, holds }, pause, stages.status(status)?.scheduled === true),
    owner: order.waits_for?.owner ?? '-',
    runbook: order.waits_for?.runbook ?? null,
    pause,
    timeline: order.timeline.toReversed(),
  };
}

function standingOf({ holds, claimed_at, waits_for, due_at, status }: Order, pause: Pause | null, scheduled: boolean): Standing {
  if (holds.length > 0) return 'held';
  if (claimed_at) return 'running';
  const kind = waits_for?.kind ?? (lifecycle.has(status) ? lifecycle.statuses[status].kind : 'final');
  if (kind !== 'working') return kind;
  if (pause) return 'paused';
  if (due_at === null) return scheduled ? 'scheduled' : 'next';
  return due_at.getTime() > Date.now() ? 'again' : 'next';
}
