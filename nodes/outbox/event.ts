import { createHash } from 'node:crypto';
import type { DomainEvent } from '../lifecycle/events';
import type { BusSend } from '../service-bus/sender';

/** A domain event as it is told (docs/contracts/order-event.schema.json). */
export interface OrderEvent {
  /** The same for ever: order, version, type; with the capture of a parcel, which is no step of the order, also which one. */
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

export function toEvent({ version, type, data: text, at, name, store }: EventRow): OrderEvent {
  const data = JSON.parse(text) as Record<string, unknown>;
  const parcel = type === 'PaymentCaptured' && typeof data['parcel'] === 'string' ? `:${shortened(data['parcel'])}` : '';
  return { id: `${name}:${version}:${type}${parcel}`, type, order_id: name, store, at: at.toISOString(), data };
}

/** An id of the bus has 128 characters: the name of a parcel may be longer. */
const shortened = (parcel: string): string => createHash('sha1').update(parcel).digest('hex').slice(0, 12);

/** As it goes over the Service Bus: whoever reads by session gets the events of one order in their order. */
export const toMessage = (event: OrderEvent): BusSend => ({ id: event.id, session: event.order_id, subject: event.type, body: event });
