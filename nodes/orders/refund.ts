import { InvalidInput } from '../runtime/errors';
import { type Pool, select } from '../store/pool';
import type { Order } from './order';

/** Money that goes back to the customer, for pieces of lines or for something else. */
export interface Refund {
  readonly id: number;
  /** Minor units; what the lines do not add up to is for no line, e.g. the shipping. */
  readonly amount: number;
  readonly currency: string;
  readonly reason: string;
  /** ISO 8601, UTC. */
  readonly refundedAt: string;
  readonly lines: readonly RefundedLine[];
}

export interface RefundedLine {
  readonly lineId: string;
  readonly sku: string;
  readonly quantity: number;
  /** Minor units. */
  readonly amount: number;
}

/** An order, and the one of its refunds that a step is about. */
export type RefundedOrder = Order & { readonly refund: Refund };

/** @param refund its id, as a task has it for its subject @throws InvalidInput `refund.unknown` where it is none of the order's */
export async function loadRefund(pool: Pool, order: number, refund: string | undefined): Promise<Refund> {
  const id = Number(/^\d{1,15}$/.exec(refund ?? '')?.[0] ?? NaN);
  const [found] = Number.isNaN(id)
    ? []
    : await select<Omit<Refund, 'lines' | 'refundedAt'> & { at: Date }>(pool, 'SELECT id, amount, currency, reason, created_at AS at FROM refunds WHERE id = ? AND order_id = ?', [id, order]);
  if (!found) throw new InvalidInput(`the order has no refund ${refund ?? '(none is named)'}`, { code: 'refund.unknown', next: 'The subject of the task must be the id of a refund of this order.' });
  const { at, ...rest } = found;
  const lines = await select<RefundedLine>(
    pool,
    'SELECT l.line_id AS lineId, l.sku, i.quantity, i.amount FROM refund_items i JOIN line_items l ON l.id = i.line_item_id WHERE i.refund_id = ? ORDER BY l.position',
    [id],
  );
  return { ...rest, refundedAt: new Date(at).toISOString(), lines };
}
