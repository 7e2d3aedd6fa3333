import { randomUUID } from 'node:crypto';
import type { Answer, System } from '../support/system';

/** What the partners tell the OMS, told by hand. */

export interface Event {
  id: string;
  type: string;
  order_id: string;
  sequence: number;
  at: string;
  data?: object;
}

export function anEvent(name: string, type: string, more: Partial<Event> = {}): Event {
  return { id: `event-${randomUUID()}`, type, order_id: name, sequence: 1, at: new Date().toISOString(), ...more };
}

/** Posts a fulfilment event as the relay does. */
export const post = (system: System, event: object): Promise<Answer> => system.api('/api/service_bus/events', { as: 'service-bus', body: event });

export interface Report {
  status: string;
  event_id: string;
  nav_order_no?: string;
  reason?: string;
}

export const aRelease = (more: Partial<Report> = {}): Report => ({ status: 'RELEASED_FROM_NAV', event_id: `release-${randomUUID()}`, ...more });

export const release = (system: System, name: string, report: object = aRelease()): Promise<Answer> =>
  system.api(`/api/v3/osor_order/status/${encodeURIComponent(name)}`, { method: 'PATCH', as: 'mulesoft', body: report });

export interface Parcel {
  order_id: string;
  shipment_id: string;
  carrier: string;
  tracking: string;
  shipped_at: string;
  lines: { line_id: string; quantity: number }[];
}

export const aParcel = (name: string, lines: Parcel['lines'], more: Partial<Parcel> = {}): Parcel => ({
  order_id: name, shipment_id: `parcel-${randomUUID()}`, carrier: 'UPS', tracking: '1Z999', shipped_at: new Date().toISOString(), lines, ...more,
});

export interface ItemResult {
  order_id: string;
  result: string;
  status?: string;
  reason?: string;
}

export const ship = (system: System, ...orders: object[]): Promise<Answer> => system.api('/api/v3/osor_order/fulfill_orders', { as: 'mulesoft', body: { orders } });

/** The answers of each parcel, in order. */
export const results = (answer: Answer): ItemResult[] => (answer.body as { orders: ItemResult[] }).orders;

/** A parcel with everything that is ordered. */
export async function everything(system: System, name: string): Promise<Parcel> {
  const { lines } = await system.order(name);
  return aParcel(name, lines.map(({ line_id, quantity }) => ({ line_id, quantity })));
}
