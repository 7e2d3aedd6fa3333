import type { Reading } from '../edge/readers';
import type { FactContext, FactDecision, FactRules, UsualFact, Write } from '../lifecycle/facts';
import { lifecycle, type Status } from '../lifecycle/lifecycle';
import { isAfter, isBefore } from '../lifecycle/line';

/** A fulfilment event (docs/contracts/fulfillment-event.schema.json), by REST or over Service Bus. */
export interface FulfillmentEvent {
  id: string;
  type: string;
  order_id: string;
  sequence: number;
  at: string;
  data?: { reason?: string };
}

/** One order of a shipment report (docs/contracts/fulfill-orders.schema.json). */
export interface Shipment {
  order_id: string;
  shipment_id: string;
  carrier: string;
  tracking: string;
  shipped_at: string;
  lines: { line_id: string; quantity: number }[];
}

const REQUEST = 'camel.request';
const BEGUN = new Set(['sent', 'unknown', 'parked', 'done']);

/** An answer to a request that named no sequence names 0: it is about the current one. */
const isCurrent = ({ sequence }: FulfillmentEvent, current: number): boolean => sequence === current || sequence === 0;

/** Whether Cirro can know the order: a request of this sequence went out, or may have. */
function requested({ effects, exportSequence }: FactContext): boolean {
  return effects.some((effect) => effect.kind === REQUEST && BEGUN.has(effect.state) && effect.key.endsWith(`:${exportSequence}`));
}

const AT_THE_DOOR = new Set<Status>(['CIRRO_READY_FOR_FULFILLMENT', 'CIRRO_INVENTORY_CONFIRMED']);
const ASKED = new Set<Status>(['WAITING_FULFILLMENT_CONFIRMATION']);
const UNDER_WAY = new Set<Status>(['EXPORTED_TO_TPL', 'PARTIALLY_SHIPPED']);
const NOT_YET = new Set<Status>(['CIRRO_PENDING_INVENTORY_CHECK', 'CIRRO_WAITING_INVENTORY', 'CIRRO_WAITING_FOR_FULFILLMENT', 'FAILED_TO_EXPORT_TO_TPL']);

const isEarly = (status: Status): boolean => isBefore(status, 'cirro') || AT_THE_DOOR.has(status) || NOT_YET.has(status);

/** Facts about the physical world: an impossible one is kept with a hold, since the world did not ask us. */
export const camelFacts: FactRules = {
  accepted(event: FulfillmentEvent, context): FactDecision {
    const { status, exportSequence } = context;
    if (isBefore(status, 'cirro')) return { is: 'early' };
    if (!isCurrent(event, exportSequence)) return wrongSequence('accepted', event, exportSequence);
    if ((AT_THE_DOOR.has(status) || ASKED.has(status)) && requested(context))
      return { is: 'applied', to: 'EXPORTED_TO_TPL', reason: `Cirro accepted sequence ${event.sequence}`, settles: [REQUEST] };
    if (UNDER_WAY.has(status) || isShipped(status)) return { is: 'already' };
    if (isEarly(status)) return { is: 'early' };
    return { is: 'exception', reason: `Cirro accepted an order that stands in ${status}${stop(status)}` };
  },

  rejected(event: FulfillmentEvent, context): FactDecision {
    const { status, exportSequence } = context;
    if (isBefore(status, 'cirro')) return { is: 'early' };
    if (!isCurrent(event, exportSequence)) return wrongSequence('rejected', event, exportSequence);
    const atTheDoor = AT_THE_DOOR.has(status);
    if ((atTheDoor || ASKED.has(status) || status === 'EXPORTED_TO_TPL') && requested(context)) {
      const reason = `Cirro rejected sequence ${event.sequence}${event.data?.reason ? `: ${event.data.reason}` : ''}`;
      return {
        is: 'applied',
        // At the door it stays where it is: the hold keeps it there.
        ...(!atTheDoor && { to: 'CIRRO_READY_FOR_FULFILLMENT' as const }),
        reason,
        settles: [REQUEST],
        order: { export_sequence: exportSequence + 1 },
        hold: { kind: 'cirro.rejected', reason },
      };
    }
    if (isEarly(status)) return { is: 'early' };
    return { is: 'exception', reason: `Cirro rejected an order that stands in ${status}` };
  },

  shipped(shipment: Shipment, context): FactDecision {
    const { status } = context;
    const movable = UNDER_WAY.has(status) || status === 'OMS_CREATED_ORDER_FULFILLMENT' || ((AT_THE_DOOR.has(status) || ASKED.has(status)) && requested(context));
    if (!movable) {
      if (isEarly(status)) return { is: 'early' };
      return { is: 'exception', reason: `shipment ${shipment.shipment_id} came for an order that stands in ${status}${bringBack(status)}` };
    }
    const wrong = misfit(shipment, context);
    if (wrong) return { is: 'exception', reason: wrong };
    const left = context.lines.reduce((sum, line) => sum + line.quantity - line.shipped - line.cancelled, 0);
    const parcel = shipment.lines.reduce((sum, line) => sum + line.quantity, 0);
    return {
      is: 'applied',
      to: parcel < left ? 'PARTIALLY_SHIPPED' : 'SHIPPED',
      reason: `shipment ${shipment.shipment_id} with ${shipment.carrier}`,
      settles: [REQUEST],
      shipped: shipment.lines.map(({ line_id: lineId, quantity }) => ({ lineId, quantity })),
      writes: parcelRows(shipment, context.order),
    };
  },
};

/** What follows where a cancel has won against the warehouse. */
const stop = (status: Status): string => (isCancelled(status) ? ': stop it there, nobody has paid for it' : '');
const bringBack = (status: Status): string => (isCancelled(status) ? ': have the parcel brought back, or charge it anew; the payment of the cancelled order is void' : '');
const isCancelled = (status: Status): boolean => lifecycle.statuses[status].phase === 'cancel';

const isShipped = (status: Status): boolean => isAfter(status, 'cirro');

function wrongSequence(what: string, event: FulfillmentEvent, current: number): FactDecision {
  return { is: 'exception', reason: `Cirro ${what} sequence ${event.sequence}, but ${current} is the current one` };
}

/** The parcel as it is kept: its row, and how much of each line it holds. */
function parcelRows({ shipment_id, carrier, tracking, shipped_at, lines }: Shipment, order: number): Write[] {
  const packed = new Map<string, number>();
  for (const { line_id: line, quantity } of lines) packed.set(line, (packed.get(line) ?? 0) + quantity);
  return [
    { table: 'fulfillments', rows: [{ order_id: order, shipment_id, carrier, tracking, shipped_at: new Date(shipped_at) }] },
    { table: 'fulfillment_items', rows: [...packed].map(([line_id, quantity]) => ({ order_id: order, shipment_id, line_id, quantity })) },
  ];
}

/** Why a parcel cannot be what is left of the order. */
function misfit({ shipment_id: shipment, lines }: Shipment, context: FactContext): string | undefined {
  const packed = new Map<string, number>();
  for (const { line_id: line, quantity } of lines) packed.set(line, (packed.get(line) ?? 0) + quantity);
  for (const [id, quantity] of packed) {
    const line = context.lines.find((each) => each.lineId === id);
    if (!line) return `shipment ${shipment} names a line that the order does not have: ${id}`;
    if (quantity > line.quantity - line.shipped - line.cancelled) return `shipment ${shipment} holds more of line ${id} than is left to ship`;
  }
  return undefined;
}

/** What Cirro usually tells about the current sequence, and about a parcel with everything that is left. */
export const camelUsual: readonly UsualFact[] = [
  { type: 'accepted', from: 'Cirro', body: ({ exportSequence: sequence }): FulfillmentEvent => ({ id: '', type: 'accepted', order_id: '', sequence, at: '' }) },
  { type: 'shipped', from: 'Cirro', body: ({ lines }): Shipment => ({ order_id: '', shipment_id: '', carrier: '', tracking: '', shipped_at: '1970-01-01T00:00:00Z', lines: left(lines) }) },
  { type: 'rejected', from: 'Cirro', body: ({ exportSequence: sequence }): FulfillmentEvent => ({ id: '', type: 'rejected', order_id: '', sequence, at: '' }) },
];

const left = (lines: FactContext['lines']): Shipment['lines'] =>
  lines.map(({ lineId, quantity, shipped, cancelled }) => ({ line_id: lineId, quantity: quantity - shipped - cancelled })).filter(({ quantity }) => quantity > 0);

/** What the print floor tells shares the stream of Cirro's events. */
const sourceOf = (type: string): string => (type === 'batched' || type.startsWith('print_station.') ? 'print-station' : 'cirro');

/** REST and Service Bus carry the same event with the same id: they share one inbox source. */
export const camelReadings: Readonly<Record<string, Reading>> = {
  'fulfillment-event': {
    answers: 'one',
    read: (event: FulfillmentEvent) => [{ source: sourceOf(event.type), eventId: event.id, type: event.type, orderName: event.order_id, body: event }],
  },
  'fulfill-orders': {
    answers: 'each',
    read: ({ orders }: { orders: Shipment[] }) =>
      orders.map((shipment) => ({ source: 'cirro', eventId: shipment.shipment_id, type: 'shipped', orderName: shipment.order_id, body: shipment })),
  },
};
