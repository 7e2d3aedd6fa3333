import type { Reading } from '../edge/readers';
import { CANCEL_STOPPED, isCancelled, isStoppedBy, PRINT_CANCEL_TASK, STOPPED_AGAIN } from '../lifecycle/cancel';
import type { FactContext, FactDecision, FactRules, UsualFact } from '../lifecycle/facts';
import { lifecycle, type Status } from '../lifecycle/lifecycle';
import { isAfter, isBefore } from '../lifecycle/line';
import { BEGUN, PRINT_REQUESTS, printerOf } from '../lifecycle/requests';

/** What the print floor tells about one request (docs/contracts/print-station-event.schema.json). */
export interface PrintEvent {
  id: string;
  type: string;
  order_id: string;
  /** Of the request that it is about. */
  sequence: number;
  at: string;
  data?: { batch_reference?: string; reason?: string; granted?: boolean };
}

/** One result of a batch, by REST (docs/contracts/print-batches.schema.json). */
export interface BatchResult {
  event_id: string;
  order_id: string;
  sequence: number;
  at: string;
  result: 'batched' | 'failed';
  batch_reference?: string;
  reason?: string;
}

/** Whether the print floor can know the order: a request of this sequence went out, or may have. */
function requested({ effects, batchSequence }: FactContext): boolean {
  return effects.some(({ kind, key, state }) => PRINT_REQUESTS.includes(kind) && BEGUN.has(state) && key.endsWith(`:${batchSequence}`));
}

/** Where a batch leads from each status that waits for one. */
const BATCHED_TO: Readonly<Partial<Record<Status, Status>>> = {
  PRINT_STATION_READY_FOR_BATCHING: 'PRINT_STATION_BATCHED',
  PRINT_STATION_WAITING_FOR_BATCHING: 'PRINT_STATION_BATCHED',
  READY_FOR_BATCHING: 'BATCHED',
  WAITING_BATCHING_CAPACITY: 'BATCHED',
};
const AT_PRINT_STATION = new Set<Status>(['PRINT_STATION_READY_FOR_BATCHING', 'PRINT_STATION_WAITING_FOR_BATCHING']);

const isBatched = (status: Status): boolean => status === 'BATCHED' || status === 'PRINT_STATION_BATCHED' || isAfter(status, 'batching');
const isEarly = (context: FactContext): boolean => isBefore(context.status, 'batching') || (context.status in BATCHED_TO && !requested(context));

/** A batch is a fact of the print floor: an impossible one is kept with a hold, since the print floor did not ask us. */
export const printStationFacts: FactRules = {
  batched({ sequence, data = {} }: PrintEvent, context): FactDecision {
    const { status, batchSequence, batchReference, path } = context;
    const { batch_reference: reference } = data;
    if (path !== null && path !== 'printable') return { is: 'exception', reason: 'a batch was reported for an order that is not printed here' };
    if (reference === undefined) return { is: 'exception', reason: 'a batch was reported without its reference: ask the print floor for it' };
    if (batchReference === reference && isBatched(status)) return { is: 'already' };
    if (sequence !== batchSequence) return wrongSequence(`batched it as ${reference}`, sequence, batchSequence);
    if (isEarly(context)) return { is: 'early' };
    const to = BATCHED_TO[status];
    if (to === undefined) return { is: 'exception', reason: `batch ${reference} was reported for an order that stands in ${status}${stop(status)}` };
    return { is: 'applied', to, reason: `batched as ${reference}`, settles: PRINT_REQUESTS, order: { batch_reference: reference } };
  },

  /** The next request is another one: an answer to this one would come too late. */
  batch_failed({ sequence, data = {} }: PrintEvent, context): FactDecision {
    const { status, batchSequence } = context;
    const { reason = 'no reason is given' } = data;
    if (sequence !== batchSequence) return wrongSequence(`failed to batch it (${reason})`, sequence, batchSequence);
    if (isEarly(context)) return { is: 'early' };
    if (BATCHED_TO[status] === undefined) return { is: 'exception', reason: `a failed batch was reported for an order that stands in ${status}: ${reason}` };
    return { is: 'applied', to: 'FAILED_TO_BATCH', reason: `the batch failed: ${reason}`, settles: PRINT_REQUESTS, order: { batch_sequence: batchSequence + 1 } };
  },

  'print_station.order_created'({ sequence }: PrintEvent, context): FactDecision {
    const { status, batchSequence } = context;
    if (isBatched(status) || sequence < batchSequence) return { is: 'already' };
    if (isEarly(context)) return { is: 'early' };
    if (!AT_PRINT_STATION.has(status)) return { is: 'exception', reason: `PrintStation has created an order that stands in ${status}${stop(status)}` };
    return { is: 'applied', reason: `PrintStation has the order (request ${sequence})`, settles: PRINT_REQUESTS };
  },

  /** Only a refusal says so; an acknowledgement alone grants it. */
  'print_station.cancellation_acknowledged'({ sequence, data = {} }: PrintEvent, { status, effects, cancelAsked }): FactDecision {
    const asked = effects.filter(({ kind }) => kind === PRINT_CANCEL_TASK).length;
    const printer = printerOf(effects);
    if (isCancelled(status) || sequence < asked) return { is: 'already' };
    const refused = data.granted === false;
    if (cancelAsked !== 'print-station') {
      if (asked === 0) return { is: 'impossible', reason: `nobody has asked ${printer} to cancel it` };
      // Somebody else is asked now, or it has left: what was stopped is no question any more.
      if (refused || cancelAsked !== null || lifecycle.statuses[status].cancel === 'closed') return { is: 'already' };
      const what = `${printer} has stopped an order that nobody asks it to cancel any more and that stands in ${status}`;
      // Where a warehouse has it by now it is there that somebody has to look.
      return isStoppedBy('print-station', status) ? { is: 'exception', hold: CANCEL_STOPPED, reason: `${what}. ${STOPPED_AGAIN['print-station']}` } : { is: 'exception', reason: what };
    }
    const why = data.reason === undefined ? '' : `: ${data.reason}`;
    return { is: 'applied', reason: refused ? `${printer} does not stop it${why}` : `${printer} has stopped it${why}`, settles: [PRINT_CANCEL_TASK], cancel: refused ? 'refused' : 'granted' };
  },
};

/** What follows where a cancel has won against the print floor. */
const stop = (status: Status): string => (lifecycle.statuses[status].phase === 'cancel' ? ': stop it on the print floor' : '');

const wrongSequence = (what: string, sequence: number, current: number): FactDecision => ({ is: 'exception', reason: `the print floor ${what} by request ${sequence}, but ${current} is the current one` });

/** What the print floor usually tells about the current request. */
export const printStationUsual: readonly UsualFact[] = ['batched', 'batch_failed'].map((type) => ({
  type,
  from: () => 'the print floor',
  body: ({ batchSequence: sequence }): PrintEvent => ({ id: '', type, order_id: '', sequence, at: '', data: { batch_reference: '…', reason: '…' } }),
}));

/** PrintStation's names of what it tells. */
const TYPES: Readonly<Record<string, string>> = {
  'Event::PrintStationOrderCreated': 'print_station.order_created',
  'Event::PrintStationCancellationAcknowledged': 'print_station.cancellation_acknowledged',
  'Event::BatchCreated': 'batched',
  'Event::BatchFailed': 'batch_failed',
};

/** Service Bus and REST carry the same event with the same id: they share one inbox source. */
export const printStationReadings: Readonly<Record<string, Reading>> = {
  'print-station-event': {
    answers: 'one',
    read: (event: PrintEvent) => [factOf({ ...event, type: TYPES[event.type] ?? event.type })],
  },
  'print-batches': {
    answers: 'each',
    read: ({ orders }: { orders: BatchResult[] }) => orders.map((result) => factOf(toEvent(result))),
  },
};

function toEvent({ event_id: id, order_id, sequence, at, result, batch_reference, reason }: BatchResult): PrintEvent {
  return { id, type: result === 'batched' ? 'batched' : 'batch_failed', order_id, sequence, at, data: { ...(batch_reference !== undefined && { batch_reference }), ...(reason !== undefined && { reason }) } };
}

const factOf = (event: PrintEvent): ReturnType<Reading['read']>[number] => ({ source: 'print-station', eventId: event.id, type: event.type, orderName: event.order_id, body: event });
