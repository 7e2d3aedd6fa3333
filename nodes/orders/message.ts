import { InvalidInput } from '../runtime/errors';
import { requireWork, type StageMessage } from '../work/message';
import type { Order } from './order';

/**
 * The whole order that a stage was given.
 * @throws InvalidInput where there is only its id: it was never generalised
 */
export function requireOrder({ order }: StageMessage<Order>): Order {
  if (!Array.isArray(order.lines)) throw new InvalidInput('the order has no content: it was never generalised', { code: 'order.no-content' });
  return order;
}

/** An order that somebody wants to cancel, and that somebody else is asked to stop. */
export interface AskedOrder extends Order {
  /** Counts the questions to him about this order, from 1. */
  readonly question: number;
}

/** The order of a task that asks; its subject is the order and the number of the question. @throws InvalidInput as {@link requireOrder} */
export const requireAskedOrder = (message: StageMessage<Order>): AskedOrder => ({ ...requireOrder(message), question: Number(requireWork(message).subject?.split(':')[1] ?? 1) });
