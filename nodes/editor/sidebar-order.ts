import { covers } from '../lifecycle/stages';
import type { Cause } from '../orders/causes';
import { getOrder } from '../orders/find';
import type { Why } from '../orders/why';
import { InvalidInput } from '../runtime/errors';
import type { Pool } from '../store/pool';
import type { Pause, Pauses } from '../work/pauses';

/**
 * What an order is doing, or why it does nothing, as the sidebar's catalogues name it. `again`: a step failed and is tried at `due_at`;
 * `next`: the next free slot takes it; `blocked`: nothing works on it until somebody mends something.
 */
export type Standing = 'held' | 'running' | 'paused' | 'scheduled' | 'again' | 'next' | 'blocked' | 'waiting' | 'decision' | 'error' | 'final';

const STANDING: Readonly<Record<Cause['kind'], Standing>> = {
  hold: 'held', running: 'running', paused: 'paused', scheduled: 'scheduled', backoff: 'again', due: 'next', stranded: 'next', waiting: 'waiting', decision: 'decision', error: 'error', final: 'final',
  'no-stage': 'blocked', 'no-worker': 'blocked', 'not-buildable': 'blocked',
  // Never the first cause.
  'kept-fact': 'next', 'cancel-waiting': 'next', 'in-doubt': 'next', task: 'next',
};

/** Causes that the standing and the rest of the view do not say already. */
const TOLD: ReadonlySet<Cause['kind']> = new Set(['waiting', 'no-stage', 'no-worker', 'not-buildable', 'kept-fact', 'cancel-waiting', 'in-doubt', 'task']);

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
  attempts: number;
  reason: string | null;
  waits_for?: { runbook: string | null };
  holds: { id: number; kind: string; reason: string; opened: Date; resolved: Date | null; effect: { kind: string; key: string } | null }[];
  timeline: { at: Date; kind: string; actor: string; node: string | null; text: string }[];
}

/** An order as the sidebar shows it. */
export interface SidebarOrder extends Omit<Order, 'waits_for'> {
  standing: Standing;
  /** What else keeps it, or is open beside it, in plain words. */
  causes: string[];
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
export async function orderForSidebar({ pool, pauses, why }: { pool: Pool; pauses: Pauses; why: Why }, idOrName: string): Promise<SidebarOrder> {
  const [found, open, because] = await Promise.all([getOrder(pool, idOrName), pauses.list(), why.explain(idOrName)]);
  if (!found || !because) throw new InvalidInput(`there is no order ${idOrName.slice(0, 96)}`, { code: 'order.unknown' });
  const order = found as unknown as Order;
  const { id, name, platform_id, store, status, currency, total, nav_order_no, entered_at, due_at, attempts, reason } = order;
  const holds = order.holds.filter(({ resolved }) => resolved === null).map(({ id: hold, kind, reason: text, opened, resolved, effect }) => ({ id: hold, kind, reason: text, opened, resolved, effect }));
  return {
    id, name, platform_id, store, status, currency, total, nav_order_no, entered_at, due_at, attempts, reason, holds,
    standing: STANDING[because.causes[0]?.kind ?? 'final'],
    owner: because.owes,
    causes: because.causes.filter(({ kind }) => TOLD.has(kind)).map(({ text }) => text),
    runbook: order.waits_for?.runbook ?? null,
    pause: open.find((each) => covers(each, status, store)) ?? null,
    timeline: order.timeline.toReversed(),
  };
}
