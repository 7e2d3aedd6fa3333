import type { DomainEvent } from '../lifecycle/events';
import type { BusSend } from '../service-bus/sender';

/** A domain event as it is told (docs/contracts/order-event.schema.json). */
export interface OrderEvent {
  /** The same for ever: order, version, type. */
  id: string;
  type: DomainEvent['type'];
  /** The order's name. */
  order_id: string;
  /** The store's url. */
  store: string;
  at: string;
  data: Record<string, unknown>;
}

/** A row of the outbox with the names that partners use. */
export interface EventRow {
  id: number;
  version: number;
  type: DomainEvent['type'];
  /** JSON. */
  data: string;
  at: Date;
  name: string;
  store: string;
}

export const toEvent = ({ version, type, data, at, name, store }: EventRow): OrderEvent => ({
  id: `${name}:${version}:${type}`,
  type,
  order_id: name,
  store,
  at: at.toISOString(),
  data: JSON.parse(data) as Record<string, unknown>,
});

/** As it goes over the Service Bus: whoever reads by session gets the events of one order in their order. */
export const toMessage = (event: OrderEvent): BusSend => ({ id: event.id, session: event.order_id, subject: event.type, body: event });
