import type { FactContext } from './facts';
import { lifecycle, type Status } from './lifecycle';
import { isFulfillmentRequest, PRINT_REQUESTS } from './requests';

/** An order that failed while it waited for an answer is asked about anew: it goes to the step before. */
const ASKED_ANEW: Readonly<Partial<Record<Status, Status>>> = {
  PRINT_STATION_WAITING_FOR_BATCHING: 'PRINT_STATION_READY_FOR_BATCHING',
  WAITING_BATCHING_CAPACITY: 'READY_FOR_BATCHING',
};

/** Statuses in which nothing has begun and an order waits for its date (`orders.resume_at`). */
export const DATED: ReadonlySet<string> = new Set<Status>(['PRE_ORDER', 'DELAYED']);

/** Where an order goes that waits for its date and that a person begins before. */
export const begunEarly = (status: Status): Status | undefined => (DATED.has(status) ? 'READY_FOR_PROCESSING' : undefined);

/**
 * Where a put-back leads from an error: to where the order failed from, or else along the first declared way.
 * @param failedFrom what its last audit left
 * @returns undefined where it is not in error, nothing leads back, or somebody must choose the way
 */
export function putBackTo(status: Status, failedFrom: string): Status | undefined {
  if (lifecycle.statuses[status].kind !== 'error') return undefined;
  const from = lifecycle.has(failedFrom) ? (ASKED_ANEW[failedFrom] ?? failedFrom) : undefined;
  if (from !== undefined && lifecycle.allows(status, from)) return from;
  return status === 'STROOPWAFEL_EXCEPTION' ? undefined : lifecycle.statuses[status].next[0];
}

/**
 * Where a put-back may lead when an operator chooses. Only an import brings an order into STROOPWAFEL_EXCEPTION, so only a person knows
 * how far it has come; from any other error there is no choice, or steps could be left out.
 */
export function putBackChoices(status: Status, failedFrom: string): readonly Status[] {
  if (status === 'STROOPWAFEL_EXCEPTION') return lifecycle.statuses[status].next;
  const to = putBackTo(status, failedFrom) ?? begunEarly(status);
  return to === undefined ? [] : [to];
}

/** Where a put-back leads, as a person reads it before: an order that was never read may turn out to wait for its date. */
export const backInWords = (status: Status, back: Status): string => `${back}${status === 'GENERALIZE_ERROR' ? ', or where it waits for its date' : ''}`;

/** How an order is asked for again: where it goes (it may stay where it is), and under which number. */
export interface Repush {
  to: Status;
  columns: { batch_sequence: number } | { export_sequence: number };
  /** In words. */
  what: string;
}

type Asked = Pick<FactContext, 'effects' | 'batchSequence' | 'exportSequence'>;

/** A 3PL that has stopped an order is asked again from the step before; so is one whose answer our own step has not followed yet. */
const REQUESTED_ANEW: Readonly<Partial<Record<Status, Status>>> = {
  WAITING_FULFILLMENT_CONFIRMATION: 'CIRRO_READY_FOR_FULFILLMENT',
  EXPORTED_TO_TPL: 'CIRRO_READY_FOR_FULFILLMENT',
  CIRRO_READY_FOR_FULFILLMENT: 'CIRRO_READY_FOR_FULFILLMENT',
  CIRRO_INVENTORY_CONFIRMED: 'CIRRO_INVENTORY_CONFIRMED',
};

/**
 * Where an order goes that the print floor is to be asked for again while it waits for its batch; one that was stopped for a cancel
 * which was declined is asked for again also after its batch, and at its 3PL.
 * @returns undefined where it waits for nothing, or was not asked for yet
 */
export function repushTo(status: Status, asked: Asked, isStopped: boolean): Repush | undefined {
  const { effects, batchSequence, exportSequence } = asked;
  const isDone = (isRequest: (kind: string) => boolean, sequence: number): boolean => effects.some(({ kind, key, state }) => isRequest(kind) && state === 'done' && key.endsWith(`:${sequence}`));
  const toPrint = ASKED_ANEW[status] ?? (isStopped && status === 'PRINT_STATION_BATCHED' ? 'PRINT_STATION_READY_FOR_BATCHING' : undefined);
  if (toPrint && isDone((kind) => PRINT_REQUESTS.includes(kind), batchSequence))
    return { to: toPrint, columns: { batch_sequence: batchSequence + 1 }, what: `the print floor is asked again, by request ${batchSequence + 1}` };
  const toSend = isStopped ? REQUESTED_ANEW[status] : undefined;
  if (toSend && isDone(isFulfillmentRequest, exportSequence))
    return { to: toSend, columns: { export_sequence: exportSequence + 1 }, what: `its 3PL is asked again, by request ${exportSequence + 1}` };
  return undefined;
}
