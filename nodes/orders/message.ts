import { InvalidInput } from '../runtime/errors';
import type { StageMessage } from '../work/message';
import type { Order } from './order';

/**
 * The whole order that a stage was given.
 * @throws InvalidInput where there is only its id: it was never generalised
 */
export function requireOrder({ order }: StageMessage<Order>): Order {
  if (!Array.isArray(order.lines)) throw new InvalidInput('the order has no content: it was never generalised', { code: 'order.no-content' });
  return order;
}
