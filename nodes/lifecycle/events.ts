import { insert } from '../store/rows';
import { cancelled, type Status } from './lifecycle';
import { rowsOf, type Write } from './facts';

/** What is told to whoever subscribes to the topic of domain events (docs/contracts/order-event.schema.json). */
export const EVENT_TYPES = ['OrderCreated', 'StatusChanged', 'PaymentCaptured', 'Shipped', 'Cancelled'] as const;

/** Something that has happened to an order, written in the transaction in which it happens. Holds no personal data. */
export interface DomainEvent {
  order: number;
  /** Of the order, after what happened. With order and type it is the identity of the event; the capture of a parcel has the parcel's, too. */
  version: number;
  type: (typeof EVENT_TYPES)[number];
  data: Record<string, unknown>;
}

/** Rows of the outbox. Name and store of the order are added when they are published: a transition does not look them up. */
export function insertEvents(events: readonly DomainEvent[]): string[] {
  return insert('outbox', events.map(({ order, version, type, data }) => ({ order_id: order, version, type, data: JSON.stringify({ version, ...data }) })));
}

export const orderCreated = (order: number, status: string): DomainEvent => ({ order, version: 1, type: 'OrderCreated', data: { status } });

/** A step of the lifecycle, and the cancel that it may be. */
export function statusChanged(order: number, version: number, from: Status, to: Status, actor: string): DomainEvent[] {
  const changed: DomainEvent = { order, version, type: 'StatusChanged', data: { from, to } };
  const why = WHY_CANCELLED[to];
  return why === undefined ? [changed] : [changed, { order, version, type: 'Cancelled', data: { status: to, decided_by: kindOf(actor), why } }];
}

/** Whose wish a cancel was. */
const WHY_CANCELLED: Partial<Record<Status, string>> = {
  CS_CANCELLED: 'customer-service',
  CUSTOMER_CANCELLED: 'customer',
  OMS_CANCELLED: 'rule',
  PLATFORM_CANCELLED: 'storefront',
  SHOPIFY_CANCELLED: 'storefront',
  SFCC_CANCELLED: 'storefront',
} satisfies Record<(typeof cancelled)[number], string>;

/** Who acted, without a name: an operator, a partner, or the system itself. */
function kindOf(actor: string): 'operator' | 'partner' | 'system' {
  const [kind] = actor.split(':');
  return kind === 'operator' || kind === 'partner' ? kind : 'system';
}

/** The parcels among the rows that a fact writes. */
export function shipped(order: number, version: number, writes: readonly Write[]): DomainEvent[] {
  return rowsOf(writes, 'fulfillments').map(({ shipment_id, carrier, tracking, shipped_at }) => ({
    order,
    version,
    type: 'Shipped',
    data: {
      shipment_id,
      carrier,
      tracking,
      shipped_at,
      lines: rowsOf(writes, 'fulfillment_items').filter((item) => item['shipment_id'] === shipment_id).map(({ line_id, quantity }) => ({ line_id, quantity })),
    },
  }));
}

/** What the storefront has captured, for the order or for one parcel of it: a decimal text of the currency. */
export function paymentCaptured(order: number, version: number, { amount, currency, reference, parcel }: { amount: string; currency: string; reference?: string | undefined; parcel?: string | undefined }): DomainEvent {
  return { order, version, type: 'PaymentCaptured', data: { amount, currency, ...(reference !== undefined && { reference }), ...(parcel !== undefined && { parcel }) } };
}
