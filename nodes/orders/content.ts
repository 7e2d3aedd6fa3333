import type { CanonicalOrder } from './order';

/** The parts of a canonical order that are kept as one JSON document in `orders.content`. */
export type OrderContent = Pick<
  CanonicalOrder,
  'placedAt' | 'modifiedAt' | 'customer' | 'shippingAddress' | 'billingAddress' | 'shipping' | 'discounts' | 'totals' | 'taxation' | 'properties'
>;

export function contentOf({ placedAt, modifiedAt, customer, shippingAddress, billingAddress, shipping, discounts, totals, taxation, properties }: CanonicalOrder): OrderContent {
  return { placedAt, modifiedAt, customer, shippingAddress, billingAddress, shipping, discounts, totals, taxation, properties };
}
