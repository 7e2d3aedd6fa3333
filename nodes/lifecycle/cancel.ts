import type { FactContext } from './facts';
import type { CancelClass } from './define';
import { lifecycle, type Status } from './lifecycle';
import { isFulfillmentRequest } from './requests';

/** What a person may do about an order. Refunds are made at the storefront as long as they are not built here. */
export type OrderAction = 'put-back' | 'processed-externally' | 'cancel' | 'refund';

/** Whether a whole order may be cancelled now. */
export type CancelAnswer =
  | { is: 'yes' }
  /** A remote call is in doubt: decided when its outcome is known. */
  | { is: 'wait'; reason: string }
  /** Somebody else has it in hand and decides: this kind of task asks him. */
  | { is: 'ask'; reason: string; task: string }
  /** Somebody else has it in hand, and cannot be asked yet. */
  | { is: 'not-yet'; reason: string }
  | { is: 'no'; reason: string; instead: readonly OrderAction[] };

/** States of an effect whose outcome nobody knows. */
export const IN_DOUBT: ReadonlySet<string> = new Set(['sent', 'unknown', 'parked']);

type Known = Pick<FactContext, 'effects' | 'exportSequence' | 'navOrderNo'>;

/** The kind of task, and of the effect, that asks the print floor to stop an order. */
export const PRINT_CANCEL_TASK = 'print-station.cancel';

/** Decided on the locked order by what it says and what its remote calls have brought about. Marks, which may be repeated, and the question itself stand in nobody's way. */
export function mayCancel(status: Status, known: Known): CancelAnswer {
  const { cancel } = lifecycle.statuses[status];
  if (cancel === 'closed') return closed(status);
  const doubt = known.effects.find((effect) => IN_DOUBT.has(effect.state) && !effect.kind.includes('.mark-') && effect.kind !== PRINT_CANCEL_TASK);
  if (doubt) return { is: 'wait', reason: `${doubt.kind} is ${doubt.state}: the cancel is decided when its outcome is known` };
  // Between the 3PL's answer and our own step the status does not say yet that it has the order.
  if (cancel === 'late' || providerHas(known)) return { is: 'not-yet', reason: NOT_YET.late };
  if (cancel === 'print') return { is: 'ask', reason: 'the print floor has the order: it is asked to stop, and decides', task: PRINT_CANCEL_TASK };
  return { is: 'yes' };
}

/** A part of a split order, as a cancel of the whole asks it. */
export interface CancelledPart {
  name: string;
  status: Status;
  known: Known;
}

const STRICTEST = ['no', 'not-yet', 'wait'] as const;

/** A split order is cancelled with all its parts or not at all: the strictest answer of a part decides. One that is cancelled already is not asked. */
export function mayCancelWhole(status: Status, parts: readonly CancelledPart[]): CancelAnswer {
  if (lifecycle.statuses[status].cancel === 'closed') return closed(status);
  const answers = parts.filter((part) => !isCancelled(part.status)).map((part) => ({ name: part.name, answer: ofPart(mayCancel(part.status, part.known)) }));
  for (const is of STRICTEST) {
    const found = answers.find(({ answer }) => answer.is === is);
    if (found && found.answer.is !== 'yes') return { ...found.answer, reason: `${found.name}: ${found.answer.reason}` };
  }
  return { is: 'yes' };
}

/** Whoever has a part is not asked about the whole yet. */
const ofPart = (answer: CancelAnswer): CancelAnswer => (answer.is === 'ask' ? { is: 'not-yet', reason: NOT_YET.print } : answer);

/** The storefront knows nothing less than the whole order. */
export const partAlone = (whole: string): CancelAnswer => ({ is: 'no', reason: `it is a part of ${whole}, which is cancelled as a whole`, instead: [] });

/** Cancelled, whoever knows of it by now. */
export const isCancelled = (status: Status): boolean => lifecycle.statuses[status].phase === 'cancel' && status !== 'PROCESSED_EXTERNALLY';

/** Whether NAV has a document of the order, which a cancel has to take back with one of its own (DocType 7). */
export const navKnows = ({ effects, navOrderNo }: { effects: readonly { kind: string; state: string }[]; navOrderNo: string | null }): boolean =>
  navOrderNo !== null || effects.some((effect) => effect.kind === 'nav.create' && effect.state === 'done');

const providerHas = ({ effects, exportSequence }: Known): boolean =>
  effects.some((effect) => isFulfillmentRequest(effect.kind) && effect.state === 'done' && effect.key.endsWith(`:${exportSequence}`));

const NOT_YET: Readonly<Record<Extract<CancelClass, 'print' | 'late'>, string>> = {
  print: 'not yet: the print floor has this part and must acknowledge a cancel, which cannot be asked for a split order yet',
  late: 'not yet: the order is with the warehouse, which must confirm a cancel; it cannot be asked here yet',
};

function closed(status: Status): CancelAnswer {
  const { kind, phase } = lifecycle.statuses[status];
  if (phase === 'shipping') return { is: 'no', reason: `an order in ${status} has left the warehouse and cannot be cancelled; refund it at the storefront`, instead: ['refund'] };
  if (kind === 'error') return { is: 'no', reason: `an order in ${status} cannot be cancelled any more; put it back, or mark it as processed elsewhere`, instead: ['put-back', 'processed-externally'] };
  return { is: 'no', reason: `an order in ${status} is over: there is nothing left to cancel`, instead: [] };
}
