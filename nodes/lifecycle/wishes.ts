/** Wishes to cancel: each leaves a row, whatever becomes of it, and waits where somebody else has the order in hand. */
import { raw } from 'mysql2';
import type { Change, ChangeResult, Image } from './change';
import { type Askable, type AskedOf, CANCEL_ASKED, CANCEL_STOPPED, CANCEL_TASKS, type CancelAnswer, type CancelledPart, IN_DOUBT, isCancelled, isStillWith, isStoppedBy, mayCancel, mayCancelWhole, MOVED_ON, partAlone, QUESTIONS, STOPPED_AGAIN, type WholeAnswer } from './cancel';
import { EMPTY } from './facts';
import { lifecycle, type Status } from './lifecycle';
import { type By, closeHolds, endHolds, move, openHold, type Plan, type WishState } from './plan';
import type { Beside, WaitingCancellation } from './read';
import { isQuestion } from './requests';

/** What a wish to cancel is decided by, beside the order itself. */
export interface Around {
  /** The parts of a split order, locked with it. */
  parts: readonly Image[];
  beside: Beside;
  askable: Askable;
}

/** A wish as it was uttered. */
type Wish = Pick<WaitingCancellation, 'to' | 'actor' | 'reason'>;

/**
 * A wish to cancel leaves a row, whatever becomes of it: granted with the move, declined with the reason, or waiting, once, for the
 * outcome of a call or for the answer of whoever has the order. @returns undefined where it is granted
 */
export function decideWish(change: Change, to: Status, image: Image, around: Around, plan: Plan): ChangeResult | undefined {
  const answer = cancelOf(image, around);
  const isWaiting = openWish(image, around.beside) !== undefined;
  const wish: Wish = { to, actor: change.actor, reason: change.reason ?? '' };
  const standing = { moved: false, status: image.status, version: image.version } as const;
  if (answer.is === 'yes') {
    if (isWaiting && image.children > 0) {
      // The last answer has just come in: the first wish is decided by it, in this group.
      image.changed = true;
      return { ...standing, waiting: 'all its parts may be cancelled: the wish that waits is decided now' };
    }
    record(image, wish, 'granted', { why: GRANTED }, plan);
    return undefined;
  }
  if (answer.is !== 'wait' && answer.is !== 'ask') {
    record(image, wish, 'declined', { why: answer.reason }, plan);
    return { ...standing, refused: answer.is === 'not-yet' ? 'not-yet' : 'illegal', why: answer.reason, ...(answer.is === 'no' && { instead: answer.instead }) };
  }
  if (!isWaiting) {
    record(image, wish, 'waiting', { why: answer.reason, ...(answer.is === 'ask' && { asked: 'of' in answer ? answer.of : 'parts' }) }, plan);
    if (answer.is === 'ask') ask(image, answer, wish, { around, plan, isFirst: true });
  }
  return { ...standing, waiting: answer.reason };
}

/** What becomes of the cancels that waited for this order: for the outcome of a call, or for whoever has it in hand. Those of a part are decided where its whole looks. */
export function decideWaiting(image: Image, around: Around, plan: Plan): void {
  if (image.parent !== null || around.parts.length < image.children) return;
  for (const waiting of around.beside.cancellations.filter((row) => row.order === image.order)) {
    if (image.children > 0) decideWhole(waiting, image, around, plan);
    else decideOne(waiting, image, around, plan);
  }
}

/** The wish whose answer is awaited: of a part also after its first answer, until the whole is decided. */
export const askedOf = (image: Image, { cancellations }: Beside): (WaitingCancellation & { askedOf: AskedOf }) | undefined =>
  cancellations.find((row): row is WaitingCancellation & { askedOf: AskedOf } => row.order === image.order && row.askedOf !== null && (row.ask === 'asked' || (image.parent !== null && row.ask === 'granted')));

/** Notes what was answered. The answer about a part is kept: its whole looks at it with the others. */
export function takeAnswer(image: Image, answer: 'granted' | 'refused', said: string, beside: Beside, plan: Plan): void {
  const asked = askedOf(image, beside);
  if (!asked) return;
  Object.assign(asked, { ask: answer, said });
  if (image.parent !== null) plan.asked.push({ id: asked.id, ask: answer, of: asked.askedOf, said });
}

/** A cancel of the whole takes every part with it. */
export function cancelParts(to: Status, parts: readonly Image[], by: By & { reason: string }, beside: Beside, plan: Plan): void {
  for (const part of parts.filter(({ status }) => !isCancelled(status))) {
    move(part, to, by, `the whole order is cancelled: ${by.reason}`, plan);
    endHolds(part, to, by.actor, beside, plan);
  }
}

const openWish = (image: Image, { cancellations }: Beside): WaitingCancellation | undefined => cancellations.find((row) => row.order === image.order);

/** The row of a wish; `asked` says whom it waits for, a split order's waits for rows of its parts. */
function record(image: Image, { to, actor, reason }: Wish, state: WishState, { why, asked }: { why: string; asked?: AskedOf | 'parts' }, plan: Plan): void {
  const waits = state === 'waiting';
  plan.wishes.push({
    order_id: image.order, state, to_status: to, actor, reason: reason.slice(0, 500), decision_reason: waits ? null : why.slice(0, 500), decided_at: waits ? null : NOW,
    ask: asked === undefined ? null : 'asked', asked_of: asked === undefined || asked === 'parts' ? null : asked, asked_at: asked === undefined ? null : NOW,
  });
  if (waits) image.pending++;
  if (state !== 'granted') plan.events.push({ order: image.order, kind: `cancel.${state}`, actor, text: why });
  image.changed = true;
}

interface Asking {
  around: Around;
  plan: Plan;
  /** Whether nobody has been asked yet because of this wish. */
  isFirst: boolean;
}

/** Has whoever has the order, or a part of it, asked, and keeps it where it is until he answers or somebody releases it. */
function ask(image: Image, answer: (CancelAnswer | WholeAnswer) & { is: 'ask' }, wish: Wish, asking: Asking): void {
  if ('of' in answer) return askOne(image, answer, wish.actor, asking);
  const { around, plan, isFirst } = asking;
  const whole = nameOf(image, around);
  const awaited = answer.parts.map(({ name }) => name).join(', ');
  for (const part of around.parts.filter(({ status }) => !isCancelled(status))) {
    if (openWish(part, around.beside) || isAskedNow(part, plan)) continue;
    const asked = answer.parts.find(({ name }) => name === nameOf(part, around));
    if (asked) {
      release(part, 'whoever has it is asked himself', wish.actor, around.beside, plan);
      record(part, { ...wish, reason: `the whole order ${whole} is to be cancelled: ${wish.reason}` }, 'waiting', { why: asked.reason, asked: asked.of }, plan);
      askOne(part, asked, wish.actor, asking);
    } else if (isFirst) openHold(part, CANCEL_ASKED, `the cancel of ${whole} waits for the answer about ${awaited}: until then this part is kept where it is`, wish.actor, plan);
  }
}

/** Whether this group asks about it already: the whole may look twice in one. */
const isAskedNow = ({ order }: Image, plan: Plan): boolean => plan.wishes.some(({ order_id: asked, state }) => asked === order && state === 'waiting');

function askOne(image: Image, { of, reason }: { of: AskedOf; reason: string }, actor: string, { around: { beside }, plan }: Asking): void {
  const { task, count } = QUESTIONS[of];
  const before = count(beside.context.get(image.order)?.effects ?? []);
  if (task !== undefined) plan.writes.push({ table: 'tasks', rows: [{ kind: task, order_id: image.order, store_id: image.storeId, subject: `${image.order}:${before + 1}`, lane: image.lane }] });
  openHold(image, CANCEL_ASKED, reason, actor, plan);
}

const known = (order: number, { beside: { context } }: Around) => ({ ...EMPTY, name: '', ...context.get(order) });
const nameOf = ({ order }: Image, around: Around): string => known(order, around).name;

/** Whether the order may be cancelled now; a split one asks its parts, a part is none of its own. */
function cancelOf(image: Image, around: Around): CancelAnswer | WholeAnswer {
  if (image.parent !== null) return partAlone(nameOf(image, around).replace(/-\d+$/, ''));
  return image.children > 0 ? wholeOf(image, around) : mayCancel(image.status, known(image.order, around), around.askable);
}

const wholeOf = (image: Image, around: Around): WholeAnswer => mayCancelWhole(image.status, around.parts.map((part) => partOf(part, around)), around.askable);

const partOf = (part: Image, around: Around): CancelledPart => {
  const question = openWish(part, around.beside);
  return {
    name: nameOf(part, around),
    status: part.status,
    known: known(part.order, around),
    isStopped: around.beside.holds.some(({ order, kind }) => order === part.order && kind === CANCEL_STOPPED),
    question: question && question.ask !== null && question.askedOf !== null ? { ask: question.ask, askedOf: question.askedOf, said: question.said } : undefined,
  };
};

function decideOne(waiting: WaitingCancellation, image: Image, around: Around, plan: Plan): void {
  const { beside, askable } = around;
  const answer = mayCancel(image.status, known(image.order, around), askable);
  if (isOpen(waiting, answer, image, around, plan)) return;
  close(waiting, image, beside, plan);
  const refused = waiting.ask === 'refused' ? waiting.said : null;
  if (refused === null && (answer.is === 'yes' || (waiting.ask === 'granted' && isStillWith(waiting.askedOf, answer)))) {
    move(image, waiting.to, waiting, waiting.reason, plan);
    endHolds(image, waiting.to, waiting.actor, beside, plan);
    plan.cancellations.push({ id: waiting.id, state: 'granted', reason: waiting.said ?? GRANTED });
  } else decline(waiting, image, refused ?? (answer.is === 'ask' ? MOVED_ON[answer.of] : 'reason' in answer ? answer.reason : ''), beside, plan);
}

/** Whether a wish stays open: for the outcome of a call, or for the answer of whoever has the order, who is asked here where nobody has asked him yet. */
function isOpen(waiting: WaitingCancellation, answer: CancelAnswer, image: Image, around: Around, plan: Plan): boolean {
  if (answer.is === 'wait') {
    // A yes that came while another call is in doubt is not asked for again.
    if (waiting.ask === 'granted') plan.asked.push({ id: waiting.id, ask: 'granted', of: waiting.askedOf, said: waiting.said });
    return waiting.ask !== 'refused';
  }
  // Who was asked decides, also where nobody would have to be asked any more.
  if (waiting.ask === 'asked') return isStillWith(waiting.askedOf, answer);
  if (answer.is !== 'ask' || waiting.ask !== null) return false;
  beginToAsk(waiting, answer, image, around, plan);
  waiting.askedOf = answer.of;
  return true;
}

/** A split order is cancelled with all its parts, in this one transaction, or goes on with all of them. */
function decideWhole(waiting: WaitingCancellation, image: Image, around: Around, plan: Plan): void {
  const answer = wholeOf(image, around);
  if (answer.is === 'wait') return letSettle(waiting.actor, around, plan);
  if (answer.is === 'ask') {
    if (waiting.ask === null) beginToAsk(waiting, answer, image, around, plan);
    // A part that has gone on to somebody since is asked about, too.
    else ask(image, answer, waiting, { around, plan, isFirst: false });
    return;
  }
  const { beside, parts } = around;
  close(waiting, image, beside, plan);
  const questions = parts.flatMap((part) => (openWish(part, beside) ? [{ part, row: openWish(part, beside) as WaitingCancellation }] : []));
  for (const { part, row } of questions) close(row, part, beside, plan);
  if (answer.is === 'yes') {
    move(image, waiting.to, waiting, waiting.reason, plan);
    endHolds(image, waiting.to, waiting.actor, beside, plan);
    cancelParts(waiting.to, parts, waiting, beside, plan);
    const said = questions.flatMap(({ part, row }) => (row.said === null ? [] : `${nameOf(part, around)}: ${row.said}`));
    plan.cancellations.push({ id: waiting.id, state: 'granted', reason: said.join('; ') || GRANTED }, ...questions.map(({ row }) => ({ id: row.id, state: 'granted' as const, reason: row.said ?? GRANTED })));
    return;
  }
  decline(waiting, image, answer.reason, beside, plan);
  const declined = `the cancel of the whole order is declined: ${answer.reason}`;
  for (const { part, row } of questions) decline(row, part, row.ask === 'refused' && row.said !== null ? row.said : declined, beside, plan);
  for (const part of parts) release(part, declined, waiting.actor, beside, plan);
  for (const { part, row } of questions) if (row.ask === 'granted' && row.askedOf) keepStopped(part, { askedOf: row.askedOf, said: row.said ?? '', declined }, waiting.actor, plan);
}

/**
 * Every answer is in, and a call about a part that nobody was asked about is in doubt: its stage has to settle it, which the hold would
 * keep it from. Where that leads to somebody, he is asked, too.
 */
function letSettle(actor: string, around: Around, plan: Plan): void {
  const { parts, beside, askable } = around;
  if (parts.some((part) => openWish(part, beside)?.ask === 'asked')) return;
  const isInDoubt = (part: Image): boolean => mayCancel(part.status, known(part.order, around), askable).is === 'wait';
  for (const part of parts) if (!openWish(part, beside) && isInDoubt(part)) release(part, 'every answer is in: what waits is the outcome of a call about this part', actor, beside, plan);
}

/** The first questions because of this wish. */
function beginToAsk(waiting: WaitingCancellation, answer: (CancelAnswer | WholeAnswer) & { is: 'ask' }, image: Image, around: Around, plan: Plan): void {
  plan.asked.push({ id: waiting.id, ask: 'asked', of: 'of' in answer ? answer.of : null, said: null });
  plan.events.push({ order: image.order, kind: 'cancel.waiting', actor: waiting.actor, text: answer.reason });
  waiting.ask = 'asked';
  image.changed = true;
  ask(image, answer, waiting, { around, plan, isFirst: true });
}

/** A wish that is decided waits no more, and a question that has not gone out yet is not put any more. */
function close(row: WaitingCancellation, image: Image, beside: Beside, plan: Plan): void {
  beside.cancellations = beside.cancellations.filter((each) => each !== row);
  image.pending--;
  image.changed = true;
  if (row.askedOf === null) return;
  plan.unasked.push(image.order);
  const inDoubt = (beside.context.get(image.order)?.effects ?? []).filter(({ kind, state }) => isQuestion(kind) && IN_DOUBT.has(state)).map(({ id }) => id);
  // A hold that names no call, of a task that was given up, may be about the one in doubt.
  const isSettled = (effect: number | null): boolean => (effect === null ? inDoubt.length === 0 : !inDoubt.includes(effect));
  const held = beside.holds.filter(({ order, taskKind, effect }) => order === image.order && taskKind !== null && CANCEL_TASKS.includes(taskKind) && isSettled(effect));
  closeHolds(held, row.actor, 'moot', 'the cancel is decided: nobody asks any more', image, beside, plan);
}

function decline({ id, actor }: WaitingCancellation, image: Image, reason: string, beside: Beside, plan: Plan): void {
  plan.events.push({ order: image.order, kind: 'cancel.declined', actor, text: reason });
  plan.cancellations.push({ id, state: 'declined', reason });
  release(image, `the cancel is declined: ${reason}`, actor, beside, plan);
}

/** The order goes on from where an open question has kept it. */
const release = (image: Image, reason: string, actor: string, beside: Beside, plan: Plan): void =>
  closeHolds(beside.holds.filter(({ order, kind }) => order === image.order && kind === CANCEL_ASKED), actor, 'moot', reason, image, beside, plan);

/** Whoever had this part has stopped it, and the whole is not cancelled: nobody would bring the part on, so a person is told. */
function keepStopped(part: Image, { askedOf: of, said, declined }: { askedOf: AskedOf; said: string; declined: string }, actor: string, plan: Plan): void {
  if (lifecycle.statuses[part.status].cancel === 'closed') return;
  // It went on all the same, to somebody whom nobody may ask for it twice, or some of it has left.
  if (!isStoppedBy(of, part.status)) return openHold(part, 'fact.exception', `${brief(said, 130)}, but it stands in ${part.status}: ask whether what is left of it comes. ${declined}`, actor, plan);
  // However much they have said, there is room for the way out.
  openHold(part, CANCEL_STOPPED, `${brief(said, 130)}, but ${brief(declined, 190)}. ${STOPPED_AGAIN[of]}`, actor, plan);
}

const brief = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

const GRANTED = 'nothing stood against it';
const NOW = raw('NOW(6)');
