import type { FactContext } from './facts';
import { lifecycle, type Status } from './lifecycle';
import { fulfillerOf, isFulfillmentRequest, isQuestion, PRINT_REQUESTS, providerQuestions } from './requests';

/** What a person may do about an order. Refunds are made at the storefront as long as they are not built here. */
export type OrderAction = 'put-back' | 'processed-externally' | 'cancel' | 'refund';

/** Whether a whole order may be cancelled now. */
export type CancelAnswer =
  | { is: 'yes' }
  /** A remote call is in doubt: decided when its outcome is known. */
  | { is: 'wait'; reason: string }
  /** Somebody else has it in hand, is asked, and decides. */
  | { is: 'ask'; reason: string; of: AskedOf }
  /** Somebody else has it in hand, and cannot be asked yet. */
  | { is: 'not-yet'; reason: string }
  | { is: 'no'; reason: string; instead: readonly OrderAction[] };

/** States of an effect whose outcome nobody knows. */
export const IN_DOUBT: ReadonlySet<string> = new Set(['sent', 'unknown', 'parked']);

type Known = Pick<FactContext, 'effects' | 'exportSequence' | 'batchSequence' | 'navOrderNo' | 'provider'>;

/** Who is asked to stop an order: the print floor, its 3PL, or an own warehouse or vendor, whom nobody can call. */
export type AskedOf = 'print-station' | 'provider' | 'warehouse';

/** The kind of task, and of the effect, that asks the print floor to stop an order. */
export const PRINT_CANCEL_TASK = 'print-station.cancel';

/** The kind of task that asks a 3PL to stop an order. */
export const FULFILLMENT_CANCEL_TASK = 'fulfillment.cancel';

/** How each is asked: by which kind of task, and how often he was. */
export const QUESTIONS: Readonly<Record<AskedOf, { task?: string; count: (effects: Known['effects']) => number }>> = {
  'print-station': { task: PRINT_CANCEL_TASK, count: (effects) => effects.filter(({ kind }) => kind === PRINT_CANCEL_TASK).length },
  provider: { task: FULFILLMENT_CANCEL_TASK, count: (effects) => providerQuestions(effects).length },
  warehouse: { count: () => 0 },
};

/** The kinds of tasks that a wish to cancel may bring about. */
export const CANCEL_TASKS: readonly string[] = Object.values(QUESTIONS).flatMap(({ task }) => task ?? []);

/** The kind of hold that keeps an order while its cancel is asked for. */
export const CANCEL_ASKED = 'cancel.asked';

/** The kind of hold of an order, or a part of one, that somebody has stopped for a cancel which was declined. */
export const CANCEL_STOPPED = 'cancel.stopped';

/** Whether a 3PL, by its name, can be asked to stop an order. */
export type Askable = (provider: string) => boolean;

/** Decided on the locked order by what it says and what its remote calls have brought about. Marks, which may be repeated, and the question itself stand in nobody's way. */
export function mayCancel(status: Status, known: Known, askable: Askable): CancelAnswer {
  const { cancel } = lifecycle.statuses[status];
  if (cancel === 'closed') return closed(status);
  if (status === 'PARTIALLY_SHIPPED') return { is: 'no', reason: 'a part of the order has left the warehouse: it cannot be cancelled as a whole; refund what is left at the storefront', instead: ['refund'] };
  const doubt = doubtIn(known);
  if (doubt) return { is: 'wait', reason: `${doubt.kind} is ${doubt.state}: the cancel is decided when its outcome is known` };
  if (status === 'OMS_CREATED_ORDER_FULFILLMENT') return { is: 'ask', reason: ASKED.warehouse, of: 'warehouse' };
  // Between the 3PL's answer and our own step the status does not say yet that it has the order.
  if (cancel === 'late' || providerHas(known)) {
    const provider = fulfillerOf(known);
    return askable(provider) ? { is: 'ask', reason: ASKED.provider, of: 'provider' } : { is: 'not-yet', reason: notAskable(provider) };
  }
  if (cancel === 'print' || printFloorHas(status, known)) return { is: 'ask', reason: ASKED['print-station'], of: 'print-station' };
  return { is: 'yes' };
}

/** The call whose outcome a cancel waits for. */
export const doubtIn = ({ effects }: Pick<Known, 'effects'>): Known['effects'][number] | undefined => effects.find(({ kind, state }) => IN_DOUBT.has(state) && !kind.includes('.mark-') && !isQuestion(kind));

/** Where an order waits for its batch without its status saying whether the print floor was asked for it: it may wait for a place there, or for our own step. */
const BEFORE_THE_BATCH: ReadonlySet<Status> = new Set(['READY_FOR_BATCHING', 'WAITING_BATCHING_CAPACITY', 'PRINT_STATION_READY_FOR_BATCHING']);

const printFloorHas = (status: Status, { effects, batchSequence }: Known): boolean =>
  BEFORE_THE_BATCH.has(status) && effects.some(({ kind, key, state }) => PRINT_REQUESTS.includes(kind) && state === 'done' && key.endsWith(`:${batchSequence}`));

const ASKED: Readonly<Record<AskedOf, string>> = {
  'print-station': 'the print floor has the order: it is asked to stop, and decides',
  provider: 'the warehouse has the order: its 3PL is asked to stop, and decides',
  warehouse: 'an own warehouse or a vendor has the order, whom nobody can call from here: ask there, and report the answer (cancel_acknowledged or cancel_refused)',
};

const notAskable = (provider: string): string => `not yet: the order is with the warehouse, which must confirm a cancel, and its 3PL (${provider}) cannot be asked here`;

/** What was asked about a part because of a wish to cancel its whole, and what was answered. */
export interface PartQuestion {
  ask: 'asked' | 'granted' | 'refused';
  askedOf: AskedOf;
  /** The answer in words. */
  said: string | null;
}

/** A part of a split order, as a cancel of the whole asks it. */
export interface CancelledPart {
  name: string;
  status: Status;
  known: Known;
  question?: PartQuestion | undefined;
  /** Whoever had it has stopped it for a cancel that was declined, and nobody has had it taken up again. */
  isStopped: boolean;
}

/** Whether a split order may be cancelled with all its parts now. */
export type WholeAnswer =
  | Exclude<CancelAnswer, { is: 'ask' }>
  /** Some parts are in somebody else's hands, whose answers are awaited. */
  | { is: 'ask'; reason: string; parts: readonly { name: string; of: AskedOf; reason: string }[] };

const STRICTEST = ['no', 'not-yet', 'wait'] as const;

/** A split order is cancelled with all its parts or not at all: the strictest answer of a part decides. One that is cancelled already is not asked. */
export function mayCancelWhole(status: Status, parts: readonly CancelledPart[], askable: Askable): WholeAnswer {
  if (lifecycle.statuses[status].cancel === 'closed') return closed(status);
  const answers = parts.filter((part) => !isCancelled(part.status)).map((part) => ({ name: part.name, answer: ofPart(part, askable) }));
  for (const is of STRICTEST) {
    const found = answers.find(({ answer }) => answer.is === is);
    if (found && found.answer.is !== 'yes' && found.answer.is !== 'ask') return { ...found.answer, reason: `${found.name}: ${found.answer.reason}` };
  }
  const asked = answers.flatMap(({ name, answer }) => (answer.is === 'ask' ? [{ name, of: answer.of, reason: answer.reason }] : []));
  return asked.length === 0 ? { is: 'yes' } : { is: 'ask', reason: asked.map(({ name, reason }) => `${name}: ${reason}`).join('; '), parts: asked };
}

/** What a part says by its own standing, and by what was answered about it. */
function ofPart({ status, known, question, isStopped }: CancelledPart, askable: Askable): CancelAnswer {
  const answer = mayCancel(status, known, askable);
  if (question?.ask === 'refused') return { is: 'no', reason: question.said ?? '', instead: [] };
  if (answer.is === 'no' || answer.is === 'wait') return answer;
  if (!question) return isStopped && answer.is === 'ask' ? { is: 'yes' } : answer;
  if (!isStillWith(question.askedOf, answer)) return answer.is === 'ask' ? { is: 'no', reason: MOVED_ON[answer.of], instead: [] } : answer;
  // Who was asked decides, also where nobody would have to be asked any more.
  return question.ask === 'granted' ? { is: 'yes' } : { is: 'ask', reason: ASKED[question.askedOf], of: question.askedOf };
}

/** Whether the order has not gone on to somebody else since somebody was asked to stop it; a 3PL whose connection is not deployed just now still has it. */
export const isStillWith = (of: AskedOf | null, answer: CancelAnswer): boolean => answer.is === 'yes' || (answer.is === 'ask' && answer.of === of) || (answer.is === 'not-yet' && of === 'provider');

/** The phase in which each has an order in hand. */
const IN_HAND: Readonly<Record<AskedOf, string>> = { 'print-station': 'batching', provider: 'cirro', warehouse: 'shipping' };

/** Whether what he has stopped can stand in this status: it has not gone on to anybody else, and nothing of it has left. Holds too while a call is in doubt. */
export const isStoppedBy = (of: AskedOf, status: Status): boolean => lifecycle.statuses[status].phase === IN_HAND[of] && lifecycle.statuses[status].cancel !== 'closed' && status !== 'PARTIALLY_SHIPPED';

/** Why a wish is declined that somebody else was asked about. */
export const MOVED_ON: Readonly<Record<AskedOf, string>> = {
  'print-station': 'the print floor has the order by now: ask again',
  provider: 'the warehouse has the order by now: ask again',
  warehouse: 'an own warehouse or a vendor has the order by now: ask again',
};

/** What a person may do about an order, or a part of one, that was stopped for nothing. */
export const STOPPED_AGAIN: Readonly<Record<AskedOf, string>> = {
  'print-station': 'Have the print floor take it up again (a repush asks it; where none is offered ask there, then release this hold), or cancel the whole order again.',
  provider: 'Have its 3PL asked for it again (by a repush; where none is offered, by a release of this hold), or cancel the whole order again.',
  warehouse: 'Have the warehouse take it up again and release this hold, or cancel the whole order again.',
};

/** The storefront knows nothing less than the whole order. */
export const partAlone = (whole: string): CancelAnswer => ({ is: 'no', reason: `it is a part of ${whole}, which is cancelled as a whole`, instead: [] });

/** Cancelled, whoever knows of it by now. */
export const isCancelled = (status: Status): boolean => lifecycle.statuses[status].phase === 'cancel' && status !== 'PROCESSED_EXTERNALLY';

/** Whether NAV has a document of the order, which a cancel has to take back with one of its own (DocType 7). */
export const navKnows = ({ effects, navOrderNo }: { effects: readonly { kind: string; state: string }[]; navOrderNo: string | null }): boolean =>
  navOrderNo !== null || effects.some((effect) => effect.kind === 'nav.create' && effect.state === 'done');

const providerHas = ({ effects, exportSequence }: Known): boolean =>
  effects.some((effect) => isFulfillmentRequest(effect.kind) && effect.state === 'done' && effect.key.endsWith(`:${exportSequence}`));

function closed(status: Status): CancelAnswer & { is: 'no' } {
  const { kind, phase } = lifecycle.statuses[status];
  if (phase === 'shipping') return { is: 'no', reason: `an order in ${status} has left the warehouse and cannot be cancelled; refund it at the storefront`, instead: ['refund'] };
  if (kind === 'error') return { is: 'no', reason: `an order in ${status} cannot be cancelled any more; put it back, or mark it as processed elsewhere`, instead: ['put-back', 'processed-externally'] };
  return { is: 'no', reason: `an order in ${status} is over: there is nothing left to cancel`, instead: [] };
}
