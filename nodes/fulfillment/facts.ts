import type { Reading } from '../edge/readers';
import type { FactContext, FactDecision, FactRules, UsualFact, Write } from '../lifecycle/facts';
import { CANCEL_STOPPED, isCancelled, STOPPED_AGAIN } from '../lifecycle/cancel';
import { lifecycle, type Status } from '../lifecycle/lifecycle';
import { isAfter, isBefore } from '../lifecycle/line';
import { BEGUN, fulfillerOf, isFulfillmentRequest, providerQuestions, providerInWords } from '../lifecycle/requests';

/** A fulfilment event (docs/contracts/fulfillment-event.schema.json), by REST or over Service Bus. */
export interface FulfillmentEvent {
  id: string;
  /** The 3PL; Cirro where it says none. */
  provider?: string;
  type: string;
  order_id: string;
  sequence: number;
  at: string;
  data?: { reason?: string };
}

/** One order of a shipment report (docs/contracts/fulfill-orders.schema.json). */
export interface Shipment {
  order_id: string;
  provider?: string;
  shipment_id: string;
  carrier: string;
  tracking: string;
  shipped_at: string;
  lines: { line_id: string; quantity: number }[];
}

/** Who reports without a name: the first 3PL there was. */
const DEFAULT_PROVIDER = 'cirro';

/** An answer to a request that named no sequence names 0: it is about the current one. */
const isCurrent = ({ sequence }: FulfillmentEvent, current: number): boolean => sequence === current || sequence === 0;

/** The 3PL's name as a person writes it. */
const nameOf = ({ provider = DEFAULT_PROVIDER }: Reporter): string => providerInWords(provider);

/** The name of the 3PL that has the order. */
const fulfillerName = (context: FactContext): string => nameOf({ provider: fulfillerOf(context) });

const requestsOf = ({ effects }: FactContext): FactContext['effects'] => effects.filter(({ kind }) => isFulfillmentRequest(kind));

/** Whether the 3PL can know the order: a request of this sequence went out, or may have. */
const requested = (context: FactContext): boolean => requestsOf(context).some(({ state, key }) => BEGUN.has(state) && key.endsWith(`:${context.exportSequence}`));

/** Its requests that the report proves to have arrived. */
const proven = (context: FactContext): string[] => [...new Set(requestsOf(context).map(({ kind }) => kind))];

/** Questions whether it can stop the order. */
const questionsOf = ({ effects }: FactContext): string[] => providerQuestions(effects).map(({ kind }) => kind);

/** Whether an answer is about a question before the last one; 0 names none, and is about the last. */
const isOlder = ({ sequence }: FulfillmentEvent, context: FactContext): boolean => sequence !== 0 && sequence < questionsOf(context).length;

/** Whether a wish to cancel waits for the 3PL, or for an own warehouse or vendor. */
const isAsked = ({ cancelAsked }: FactContext): boolean => cancelAsked === 'provider' || cancelAsked === 'warehouse';

/** Who answers a wish to cancel. */
const answererOf = (event: FulfillmentEvent, { cancelAsked }: FactContext): string => (cancelAsked === 'warehouse' ? 'the warehouse' : nameOf(event));

const AT_THE_DOOR = new Set<Status>(['CIRRO_READY_FOR_FULFILLMENT', 'CIRRO_INVENTORY_CONFIRMED']);
const ASKED = new Set<Status>(['WAITING_FULFILLMENT_CONFIRMATION']);
const UNDER_WAY = new Set<Status>(['EXPORTED_TO_TPL', 'PARTIALLY_SHIPPED']);
const NOT_YET = new Set<Status>(['CIRRO_PENDING_INVENTORY_CHECK', 'CIRRO_WAITING_INVENTORY', 'CIRRO_WAITING_FOR_FULFILLMENT', 'FAILED_TO_EXPORT_TO_TPL']);

const isEarly = (status: Status): boolean => isBefore(status, 'cirro') || AT_THE_DOOR.has(status) || NOT_YET.has(status);

/** Facts about the physical world: an impossible one is kept with a hold, since the world did not ask us. */
export const fulfillmentFacts: FactRules = {
  accepted(event: FulfillmentEvent, context): FactDecision {
    const { status, exportSequence } = context;
    if (isStranger(event, context)) return stranger('accepted', event, context);
    if (isBefore(status, 'cirro')) return { is: 'early' };
    if (!isCurrent(event, exportSequence)) return wrongSequence('accepted', event, exportSequence);
    if ((AT_THE_DOOR.has(status) || ASKED.has(status)) && requested(context))
      return { is: 'applied', to: 'EXPORTED_TO_TPL', reason: `${nameOf(event)} accepted sequence ${event.sequence}`, settles: proven(context) };
    if (UNDER_WAY.has(status) || isShipped(status)) return { is: 'already' };
    if (isEarly(status)) return { is: 'early' };
    // It was accepted, then stopped where it had been accepted.
    if (isCancelled(status) && questionsOf(context).length > 0) return { is: 'already' };
    return { is: 'exception', reason: `${nameOf(event)} accepted an order that stands in ${status}${stop(status)}` };
  },

  rejected(event: FulfillmentEvent, context): FactDecision {
    const { status, exportSequence } = context;
    if (isStranger(event, context)) return stranger('rejected', event, context);
    if (isBefore(status, 'cirro')) return { is: 'early' };
    if (!isCurrent(event, exportSequence)) return wrongSequence('rejected', event, exportSequence);
    const atTheDoor = AT_THE_DOOR.has(status);
    if ((atTheDoor || ASKED.has(status) || status === 'EXPORTED_TO_TPL') && requested(context)) {
      const reason = `${nameOf(event)} rejected sequence ${event.sequence}${event.data?.reason ? `: ${event.data.reason}` : ''}`;
      return {
        is: 'applied',
        // At the door it stays where it is: the hold keeps it there.
        ...(!atTheDoor && { to: 'CIRRO_READY_FOR_FULFILLMENT' as const }),
        reason,
        settles: proven(context),
        order: { export_sequence: exportSequence + 1 },
        // Who does not take it has stopped it, too.
        ...(isAsked(context) ? { cancel: 'granted' as const } : { hold: { kind: `${event.provider ?? DEFAULT_PROVIDER}.rejected`, reason } }),
      };
    }
    if (isEarly(status)) return { is: 'early' };
    return { is: 'exception', reason: `${nameOf(event)} rejected an order that stands in ${status}` };
  },

  shipped(shipment: Shipment, context): FactDecision {
    const { status } = context;
    if (isStranger(shipment, context)) return stranger('shipped', shipment, context);
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
      settles: proven(context),
      shipped: shipment.lines.map(({ line_id: lineId, quantity }) => ({ lineId, quantity })),
      writes: parcelRows(shipment, context.order),
    };
  },

  cancel_acknowledged(event: FulfillmentEvent, context): FactDecision {
    const { status } = context;
    if (isStranger(event, context)) return stranger('stopped', event, context);
    if (isCancelled(status) || isOlder(event, context)) return { is: 'already' };
    if (!isAsked(context)) return unwanted(event, context);
    return { is: 'applied', reason: `${answererOf(event, context)} has stopped it${because(event)}`, settles: questionsOf(context), cancel: 'granted' };
  },

  cancel_refused(event: FulfillmentEvent, context): FactDecision {
    const { status } = context;
    if (isStranger(event, context)) return stranger('refused to stop', event, context);
    if (isOlder(event, context)) return { is: 'already' };
    if (isAsked(context)) return { is: 'applied', reason: `${answererOf(event, context)} does not stop it${because(event)}`, settles: questionsOf(context), cancel: 'refused' };
    if (questionsOf(context).length === 0) return { is: 'impossible', reason: 'nobody has asked to cancel it' };
    return isCancelled(status) ? { is: 'exception', reason: `${nameOf(event)} does not stop an order that stands in ${status}${bringBack(status)}` } : { is: 'already' };
  },
};

/** A stop that nobody asks for: one that was asked for once comes too late for its wish, and the order is to be taken up again. */
function unwanted(event: FulfillmentEvent, context: FactContext): FactDecision {
  const { status } = context;
  const what = `${nameOf(event)} stopped an order that nobody asks to cancel`;
  const isTooLate = questionsOf(context).length > 0 && (ASKED.has(status) || status === 'EXPORTED_TO_TPL' || AT_THE_DOOR.has(status));
  if (isTooLate) return { is: 'exception', hold: CANCEL_STOPPED, reason: `${what} any more and that stands in ${status}. ${STOPPED_AGAIN.provider}` };
  return { is: 'exception', reason: `${what} and that stands in ${status}: ask whether its parcel comes` };
}

const because = ({ data }: FulfillmentEvent): string => (data?.reason ? `: ${data.reason}` : '');

/** What follows where a cancel has won against the warehouse. */
const stop = (status: Status): string => (isCancelled(status) ? ': stop it there, nobody has paid for it' : '');
const bringBack = (status: Status): string => (isCancelled(status) ? ': have the parcel brought back, or charge it anew; the payment of the cancelled order is void' : '');

const isShipped = (status: Status): boolean => isAfter(status, 'cirro');

interface Reporter {
  provider?: string;
}

/** A 3PL that reports on what another one was asked for, or is to be asked for. An own warehouse or a vendor, which no request goes to, reports without a name. */
function isStranger({ provider }: Reporter, context: FactContext): boolean {
  if (provider === undefined && requestsOf(context).length === 0) return false;
  return (provider ?? DEFAULT_PROVIDER) !== fulfillerOf(context);
}

const stranger = (what: string, report: Reporter, context: FactContext): FactDecision => ({ is: 'exception', reason: `${nameOf(report)} ${what} an order that ${fulfillerName(context)} fulfils` });

function wrongSequence(what: string, event: FulfillmentEvent, current: number): FactDecision {
  return { is: 'exception', reason: `${nameOf(event)} ${what} sequence ${event.sequence}, but ${current} is the current one` };
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

/** Who has the parcel: where no 3PL was asked it is the status's owner, an own warehouse or a vendor. */
const shipperOf = (context: FactContext): string => (requestsOf(context).length === 0 ? lifecycle.statuses[context.status].owner : fulfillerName(context));

/** What the order's 3PL usually tells about the current sequence, and about a parcel with everything that is left. */
export const fulfillmentUsual: readonly UsualFact[] = [
  { type: 'accepted', from: fulfillerName, body: (context): FulfillmentEvent => usualEvent('accepted', context) },
  { type: 'shipped', from: shipperOf, body: (context): Shipment => ({ order_id: '', provider: fulfillerOf(context), shipment_id: '', carrier: '', tracking: '', shipped_at: '1970-01-01T00:00:00Z', lines: left(context.lines) }) },
  { type: 'rejected', from: fulfillerName, body: (context): FulfillmentEvent => usualEvent('rejected', context) },
  ...['cancel_acknowledged', 'cancel_refused'].map((type): UsualFact => ({
    type,
    from: (context) => (context.cancelAsked === 'warehouse' ? 'the warehouse' : fulfillerName(context)),
    body: (context): FulfillmentEvent => ({ ...usualEvent(type, context), sequence: 0 }),
  })),
];

const usualEvent = (type: string, context: FactContext): FulfillmentEvent => ({ id: '', provider: fulfillerOf(context), type, order_id: '', sequence: context.exportSequence, at: '' });

const left = (lines: FactContext['lines']): Shipment['lines'] =>
  lines.map(({ lineId, quantity, shipped, cancelled }) => ({ line_id: lineId, quantity: quantity - shipped - cancelled })).filter(({ quantity }) => quantity > 0);

/** What the print floor tells shares the stream of Cirro's events; and no 3PL can take the name of another partner. */
function sourceOf({ provider = DEFAULT_PROVIDER }: Reporter, type = 'shipped'): string {
  if (type === 'batched' || type.startsWith('print_station.')) return 'print-station';
  return provider === DEFAULT_PROVIDER ? provider : `3pl:${provider}`;
}

/** REST and Service Bus carry the same event with the same id: they share the inbox source of their 3PL. */
export const fulfillmentReadings: Readonly<Record<string, Reading>> = {
  'fulfillment-event': {
    answers: 'one',
    read: (event: FulfillmentEvent) => [{ source: sourceOf(event, event.type), eventId: event.id, type: event.type, orderName: event.order_id, body: event }],
  },
  'fulfill-orders': {
    answers: 'each',
    read: ({ orders }: { orders: Shipment[] }) =>
      orders.map((shipment) => ({ source: sourceOf(shipment), eventId: shipment.shipment_id, type: 'shipped', orderName: shipment.order_id, body: shipment })),
  },
};
