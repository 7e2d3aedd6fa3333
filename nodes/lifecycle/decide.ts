import { raw } from 'mysql2';
import type { Beside, StoredFact } from './read';
import { type Change, type ChangeResult, DECIDED, type EffectOutcome, type FactResult, type Image, type Refusal, type Split } from './change';
import { type Askable, type AskedOf, CANCEL_ASKED, type CancelAnswer, IN_DOUBT, isCancelled, mayCancel, mayCancelWhole, partAlone, QUESTIONS } from './cancel';
import { type DomainEvent, paymentCaptured, shipped as parcelsOf, statusChanged } from './events';
import type { Fact, FactContext, FactDecision, FactRules, Write } from './facts';
import { lifecycle, type Status } from './lifecycle';

export interface Audit {
  order: number;
  version: number;
  from: Status;
  to: Status;
  actor: string;
  node: string | null;
  reason: string;
}

/** Who does it, and by which node of the flows. */
interface By {
  actor: string;
  node?: string | null | undefined;
}

/** Everything that one group will write, collected while its entries are decided in memory. */
export class Plan {
  readonly audits: Audit[] = [];
  readonly writes: Write[] = [];
  readonly splits: (By & { order: number; split: Split })[] = [];
  readonly effects: NonNullable<Change['effects']>[number][] = [];
  readonly settled: { ids: number[]; reason: string }[] = [];
  readonly renewed: number[] = [];
  readonly captured: { order: number; reference: string | null; isParent: boolean }[] = [];
  readonly voided: number[] = [];
  readonly exported: { storeId: number; platformId: string }[] = [];
  readonly tasks: { id: number; result: string }[] = [];
  readonly shipped: { order: number; lineId: string; quantity: number }[] = [];
  readonly orders: { order: number; columns: Record<string, string | number> }[] = [];
  readonly holds: { order: number; kind: string; reason: string; actor: string }[] = [];
  readonly resolvedHolds: { ids: number[]; tasks: number[]; by: string; decision: string; reason: string }[] = [];
  readonly decidedEffects: { id: number; state: string; reason: string; reference: string | null }[] = [];
  readonly inbox: { fact: Fact; state: string; reason: string | null; status: Status }[] = [];
  readonly inboxApplied: { id: number; state: string; reason: string | null; status: Status }[] = [];
  readonly wishes: { order_id: number; state: WishState; to_status: Status; actor: string; reason: string; decision_reason: string | null; decided_at: unknown; ask: 'asked' | null; asked_of: AskedOf | null; asked_at: unknown }[] = [];
  readonly asked: { id: number; ask: 'asked' | 'granted'; of: AskedOf | null }[] = [];
  readonly cancellations: { id: number; state: 'granted' | 'declined'; reason: string }[] = [];
  readonly events: { order: number; kind: string; actor: string; text: string }[] = [];
  /** What is told to the world. */
  readonly outbox: DomainEvent[] = [];
}

/** Decides a wanted transition on the locked image; an accepted one changes the image, so that the next entry sees it. */
export function decideChange(change: Change, image: Image | undefined, { parts = [], beside, askable, plan }: { parts?: readonly Image[]; beside: Beside; askable: Askable; plan: Plan }): ChangeResult {
  if (!image) return { moved: false, refused: 'unknown-order' };
  if (change.wish && change.to !== undefined) {
    if (parts.length < image.children) return { moved: false, refused: 'stale', status: image.status, version: image.version };
    const answer = decideWish(change, change.to, image, { parts, beside, askable }, plan);
    if (answer) return answer;
  }
  const refused = refusalOf(change, image, beside) ?? (change.decision && decideHold(change.decision, image, beside, plan));
  if (refused) return { moved: false, refused, status: image.status, version: image.version };
  if (change.answers) return takeAnswers(change, change.answers, image, beside, plan);
  image.changed = true;
  note(change, image, beside, plan);
  if (change.to === undefined) return { moved: false, status: image.status, version: image.version };
  const from = image.status;
  move(image, change.to, change, change.reason ?? '', plan);
  if (change.split) {
    image.children = change.split.children.length;
    plan.splits.push({ order: image.order, actor: change.actor, node: change.node, split: change.split });
  }
  if (endsOrder(change.to)) endHolds(image, change.to, change.actor, beside, plan);
  if (change.wish) cancelParts(change.to, parts, { ...change, reason: change.reason ?? '' }, beside, plan);
  return { moved: true, from, to: change.to, version: image.version };
}

/** What a partner answered, however late: it settles the attempt that it is about, if that is still in doubt, and the hold that asks about it. */
function takeAnswers(change: Change, answers: readonly EffectOutcome[], image: Image, beside: Beside, plan: Plan): ChangeResult {
  for (const answer of answers) {
    const effect = beside.context.get(image.order)?.effects.find(({ id }) => id === answer.id);
    if (!effect || effect.attempt !== answer.attempt || !IN_DOUBT.has(effect.state)) continue;
    const late = effect.state !== 'sent';
    effect.state = 'done';
    image.changed = true;
    plan.effects.push(answer);
    if (!late) continue;
    const reason = `${effect.kind} has happened: its answer came late`;
    plan.events.push({ order: image.order, kind: 'effect.late-answer', actor: change.actor, text: reason });
    closeHolds(beside.holds.filter((hold) => hold.effect === answer.id), change.actor, 'settled', reason, image, beside, plan);
  }
  return { moved: false, status: image.status, version: image.version };
}

/** What is written with a change, whether or not it moves the order. */
function note(change: Change, image: Image, beside: Beside, plan: Plan): void {
  if (change.writes) plan.writes.push(...change.writes);
  if (change.columns) plan.orders.push({ order: image.order, columns: change.columns });
  if (change.effects) {
    plan.effects.push(...change.effects);
    // What waits for the outcome of these calls is decided in the same group.
    for (const effect of beside.context.get(image.order)?.effects ?? []) if (change.effects.some(({ id }) => id === effect.id)) effect.state = 'done';
  }
  if (change.renewEffects) plan.renewed.push(image.order);
  if (change.captured) {
    plan.captured.push({ order: image.order, reference: change.captured.reference ?? null, isParent: image.children > 0 });
    // Of the version that the change leads to.
    if (change.captured.paid) plan.outbox.push(paymentCaptured(image.order, image.version + (change.to === undefined ? 0 : 1), { ...change.captured.paid, reference: change.captured.reference }));
  }
  if (change.exported) plan.exported.push(change.exported);
  if (change.voided) plan.voided.push(image.order);
  if (change.task) {
    plan.tasks.push(change.task);
    beside.tasks.delete(change.task.id);
  }
}

/** Cancelled, or settled elsewhere: what was open about the order is decided by that. */
export const endsOrder = (to: Status): boolean => to === 'PROCESSED_EXTERNALLY' || to.endsWith('_CANCELLED');

/**
 * A wish to cancel leaves a row, whatever becomes of it: granted with the move, declined with the reason, or waiting, once, for the
 * outcome of a call or for the answer of whoever has the order. @returns undefined where it is granted
 */
function decideWish(change: Change, to: Status, image: Image, around: Around, plan: Plan): ChangeResult | undefined {
  const answer = cancelOf(image, around);
  const { beside } = around;
  const asked = answer.is === 'ask' ? answer.of : null;
  const decided = (state: WishState, why: string): void => {
    plan.wishes.push({ order_id: image.order, state, to_status: to, actor: change.actor, reason: (change.reason ?? '').slice(0, 500), decision_reason: state === 'waiting' ? null : why, decided_at: state === 'waiting' ? null : NOW, ask: asked && 'asked', asked_of: asked, asked_at: asked && NOW });
    if (state !== 'granted') plan.events.push({ order: image.order, kind: `cancel.${state}`, actor: change.actor, text: why });
    image.changed = true;
  };
  if (answer.is === 'yes') {
    decided('granted', GRANTED);
    return undefined;
  }
  const standing = { moved: false, status: image.status, version: image.version } as const;
  if (answer.is !== 'wait' && answer.is !== 'ask') {
    decided('declined', answer.reason);
    return { ...standing, refused: answer.is === 'not-yet' ? 'not-yet' : 'illegal', why: answer.reason, ...(answer.is === 'no' && { instead: answer.instead }) };
  }
  if (!beside.cancellations.some((waiting) => waiting.order === image.order)) {
    decided('waiting', answer.reason);
    image.pending++;
    if (answer.is === 'ask') askFor(image, answer, change.actor, beside, plan);
  }
  return { ...standing, waiting: answer.reason };
}

/** Has whoever has the order asked, and keeps it where it is until he answers or somebody releases it. */
function askFor(image: Image, { of, reason }: CancelAnswer & { is: 'ask' }, actor: string, beside: Beside, plan: Plan): void {
  const { task, count } = QUESTIONS[of];
  const before = count(beside.context.get(image.order)?.effects ?? []);
  if (task !== undefined) plan.writes.push({ table: 'tasks', rows: [{ kind: task, order_id: image.order, store_id: image.storeId, subject: `${image.order}:${before + 1}`, lane: image.lane }] });
  openHold(image, CANCEL_ASKED, reason, actor, plan);
}

const askedOf = (image: Image, beside: Beside): Beside['cancellations'][number] | undefined => beside.cancellations.find(({ order, ask }) => order === image.order && ask === 'asked');

/** What a wish to cancel is decided by, beside the order itself. */
interface Around {
  parts: readonly Image[];
  beside: Beside;
  askable: Askable;
}

/** Whether the order may be cancelled now; a split one asks its parts, a part is none of its own. */
function cancelOf(image: Image, { parts, beside: { context }, askable }: Around): CancelAnswer {
  const known = (order: number) => ({ ...EMPTY, name: '', ...context.get(order) });
  if (image.parent !== null) return partAlone(known(image.order).name.replace(/-\d+$/, ''));
  if (image.children > 0) return mayCancelWhole(image.status, parts.map((part) => ({ name: known(part.order).name, status: part.status, known: known(part.order) })));
  return mayCancel(image.status, known(image.order), askable);
}

/** A cancel of the whole takes every part with it. */
function cancelParts(to: Status, parts: readonly Image[], by: By & { reason: string }, beside: Beside, plan: Plan): void {
  for (const part of parts.filter(({ status }) => !isCancelled(status))) {
    move(part, to, by, `the whole order is cancelled: ${by.reason}`, plan);
    endHolds(part, to, by.actor, beside, plan);
  }
}

const endHolds = (image: Image, to: Status, actor: string, beside: Beside, plan: Plan): void =>
  closeHolds(beside.holds.filter((hold) => hold.order === image.order), actor, 'moot', `the order is ${to}`, image, beside, plan);

type WishState = 'granted' | 'declined' | 'waiting';

const GRANTED = 'nothing stood against it';
const NOW = raw('NOW(6)');

/** Closes the hold; a decision about a call in doubt is written into the ledger, and what waited for it is looked at again. */
function decideHold(wanted: NonNullable<Change['decision']>, image: Image, beside: Beside, plan: Plan): Refusal | undefined {
  const hold = beside.holds.find((each) => each.id === wanted.hold);
  if (!hold) return 'hold-closed';
  if ((hold.effect === null) !== (wanted.decision === 'release')) return 'decision-does-not-fit';
  if (hold.effect !== null && wanted.decision !== 'release') {
    const state = DECIDED[wanted.decision];
    const effect = beside.context.get(image.order)?.effects.find((each) => each.id === hold.effect);
    if (effect) effect.state = state;
    plan.decidedEffects.push({ id: hold.effect, state, reason: `${wanted.by}: ${wanted.reason}`.slice(0, 500), reference: wanted.reference ?? null });
  }
  closeHolds([hold], wanted.by, wanted.decision, wanted.reason, image, beside, plan);
  plan.events.push({ order: image.order, kind: 'hold.decided', actor: wanted.by, text: `${wanted.decision}: ${wanted.reason}` });
  return undefined;
}

function closeHolds(holds: Beside['holds'], by: string, decision: string, reason: string, image: Image, beside: Beside, plan: Plan): void {
  if (holds.length === 0) return;
  const tasks = holds.flatMap((hold) => (hold.task === null ? [] : [hold.task]));
  plan.resolvedHolds.push({ ids: holds.map((hold) => hold.id), tasks, by, decision, reason: reason.slice(0, 500) });
  beside.holds = beside.holds.filter((hold) => !holds.includes(hold));
  image.holds -= holds.length - tasks.length;
  image.changed = true;
}

function refusalOf(change: Change, image: Image, beside: Beside): Refusal | undefined {
  if (change.task && beside.tasks.get(change.task.id) !== change.task.token) return 'fenced';
  if (change.token !== undefined && image.token !== change.token) return 'fenced';
  if (change.version !== undefined && image.version !== change.version) return 'stale';
  if (change.from !== undefined && image.status !== change.from) return 'stale';
  if (change.to !== undefined && !lifecycle.allows(image.status, change.to)) return 'illegal';
  if (change.to === 'SPLIT' && image.children === 0 && !change.split?.children.length) return 'no-parts';
  if (change.split && (image.children > 0 || beside.context.get(image.order)?.revision !== change.split.revision)) return 'stale';
  return undefined;
}

function move(image: Image, to: Status, { actor, node = null }: By, reason: string, plan: Plan): void {
  image.version++;
  plan.audits.push({ order: image.order, version: image.version, from: image.status, to, actor, node, reason: reason.slice(0, 500) });
  plan.outbox.push(...statusChanged(image.order, image.version, image.status, to, actor));
  image.cameFrom = image.status;
  image.status = to;
  image.token = null;
  image.changed = true;
}

const EMPTY: Omit<FactContext, 'status' | 'order' | 'cancelAsked'> = { exportSequence: 0, navOrderNo: null, provider: '', path: null, batchReference: null, batchSequence: 0, lines: [], effects: [] };

/** Decides an incoming fact; the same event again gets the stored answer. */
export function decideFact(fact: Fact, image: Image | undefined, beside: Beside, rules: FactRules, plan: Plan): FactResult {
  if (!image) return { result: 'unknown' };
  const stored = beside.inbox.find((row) => row.order === fact.order && row.source === fact.source && row.eventId === fact.eventId);
  if (stored) return answerOf(stored);
  const decision = judge(fact.type, fact.body, image, beside, rules);
  if (decision.is === 'impossible') return { result: 'impossible', status: image.status, reason: decision.reason };
  if (decision.is === 'applied') apply(fact, decision, image, beside, plan);
  if (decision.is === 'exception') openHold(image, 'fact.exception', decision.reason, fact.actor, plan);
  if (decision.is === 'early') {
    image.pending++;
    image.changed = true;
    plan.events.push({ order: image.order, kind: 'fact.kept', actor: fact.actor, text: `${fact.type} came early and is kept` });
  }
  const state = decision.is === 'early' ? 'kept' : decision.is;
  const reason = 'reason' in decision ? decision.reason : null;
  plan.inbox.push({ fact, state, reason, status: image.status });
  // Rows that the group has not written yet: the same event twice in one group is answered from here.
  beside.inbox.push({ id: 0, order: fact.order, node: fact.node ?? null, source: fact.source, eventId: fact.eventId, type: fact.type, body: fact.body, state, status: image.status, reason });
  return answerOf({ state, status: image.status, reason });
}

function answerOf({ state, status, reason }: Pick<StoredFact, 'state' | 'status' | 'reason'>): FactResult {
  const result = state === 'exception' ? 'kept' : state;
  return { result, status, ...(reason !== null && { reason }) };
}

function judge(type: string, body: unknown, image: Image, beside: Beside, rules: FactRules): FactDecision {
  const rule = rules[type];
  if (!rule) return { is: 'impossible', reason: `nothing here takes ${type}` };
  const decision = rule(body as never, { ...EMPTY, ...beside.context.get(image.order), order: image.order, status: image.status, cancelAsked: askedOf(image, beside)?.askedOf ?? null });
  if (image.children > 0 && decision.is !== 'impossible') return { is: 'exception', reason: `${type} came for an order that was split: partners know its parts alone` };
  if (decision.is === 'applied' && decision.to !== undefined && !lifecycle.allows(image.status, decision.to))
    return { is: 'exception', reason: `${type} would lead from ${image.status} to ${decision.to}, which is no legal step` };
  return decision;
}

function apply(from: Pick<Fact, 'type' | 'actor' | 'node'>, decision: FactDecision & { is: 'applied' }, image: Image, beside: Beside, plan: Plan): void {
  const { to, reason, writes = [], shipped = [], settles = [], order, hold } = decision;
  if (to !== undefined) move(image, to, from, reason, plan);
  else plan.events.push({ order: image.order, kind: from.type, actor: from.actor, text: reason });
  plan.writes.push(...writes);
  plan.outbox.push(...parcelsOf(image.order, image.version, writes));
  const context = beside.context.get(image.order);
  for (const { lineId, quantity } of shipped) {
    plan.shipped.push({ order: image.order, lineId, quantity });
    const line = context?.lines.find((each) => each.lineId === lineId);
    if (line) line.shipped += quantity;
  }
  settle(image, settles, `settled by ${from.type}`, from.actor, beside, plan);
  if (order) {
    plan.orders.push({ order: image.order, columns: order });
    if (context) learn(context, order);
  }
  if (hold) {
    openHold(image, hold.kind, hold.reason, from.actor, plan);
    // Whoever is at work on it has been overtaken: his answer must not lead the order on.
    image.token = null;
  }
  const asked = decision.cancel && askedOf(image, beside);
  if (asked) Object.assign(asked, { ask: decision.cancel, said: reason });
  image.changed = true;
}

/** What is decided next in the same group knows it, too. */
function learn(context: Omit<FactContext, 'status' | 'cancelAsked'>, { export_sequence: exportSequence, batch_sequence: batchSequence, batch_reference: batchReference }: NonNullable<(FactDecision & { is: 'applied' })['order']>): void {
  if (exportSequence !== undefined) context.exportSequence = exportSequence;
  if (batchSequence !== undefined) context.batchSequence = batchSequence;
  if (batchReference !== undefined) context.batchReference = batchReference;
}

/** A fact that implies a remote call settles it as done, and closes the hold that asked about it. */
function settle(image: Image, kinds: readonly string[], reason: string, actor: string, beside: Beside, plan: Plan): void {
  const effects = beside.context.get(image.order)?.effects ?? [];
  const proven = effects.filter((effect) => kinds.includes(effect.kind) && IN_DOUBT.has(effect.state));
  if (proven.length === 0) return;
  for (const effect of proven) effect.state = 'done';
  const ids = proven.map((effect) => effect.id);
  plan.settled.push({ ids, reason });
  closeHolds(beside.holds.filter((hold) => hold.effect !== null && ids.includes(hold.effect)), actor, 'settled', reason, image, beside, plan);
}

export function openHold(image: Image, kind: string, reason: string, actor: string, plan: Plan): void {
  plan.holds.push({ order: image.order, kind, reason, actor });
  image.holds++;
  image.changed = true;
}

/**
 * What waited for this order to move: kept facts whose time has come, in the order they came, then cancellations that were asked
 * for while a remote call was in doubt, or whoever has the order had not answered.
 */
export function decidePending(image: Image, { parts = [], beside, rules, askable, plan }: { parts?: readonly Image[]; beside: Beside; rules: FactRules; askable: Askable; plan: Plan }): void {
  for (let moved = true; moved; ) {
    moved = false;
    for (const kept of beside.inbox.filter((row) => row.order === image.order && row.state === 'kept' && row.id > 0)) {
      const decision = judge(kept.type, kept.body, image, beside, rules);
      if (decision.is === 'early') continue;
      const actor = `partner:${kept.source}`;
      if (decision.is === 'applied') apply({ type: kept.type, actor, node: kept.node ?? undefined }, decision, image, beside, plan);
      else if (decision.is !== 'already') openHold(image, 'fact.exception', `${kept.type} was kept and is impossible now: ${decision.reason}`, actor, plan);
      kept.state = decision.is === 'impossible' ? 'exception' : decision.is;
      kept.status = image.status;
      kept.reason = 'reason' in decision ? decision.reason : null;
      plan.inboxApplied.push({ id: kept.id, state: kept.state, reason: kept.reason, status: image.status });
      image.pending--;
      image.changed = true;
      moved = true;
    }
  }
  // The parts of a split order are at hand where it looks at them: there its wishes are decided.
  if (parts.length < image.children) return;
  for (const waiting of beside.cancellations.filter((row) => row.order === image.order)) {
    const answer = cancelOf(image, { parts, beside, askable });
    if (isOpen(waiting, answer, image, beside, plan)) continue;
    beside.cancellations = beside.cancellations.filter((row) => row !== waiting);
    image.pending--;
    image.changed = true;
    const refused = waiting.ask === 'refused' ? waiting.said : undefined;
    if (refused === undefined && (answer.is === 'yes' || (waiting.ask === 'granted' && isStillWith(waiting.askedOf, answer)))) {
      move(image, waiting.to, waiting, waiting.reason, plan);
      endHolds(image, waiting.to, waiting.actor, beside, plan);
      cancelParts(waiting.to, parts, waiting, beside, plan);
      plan.cancellations.push({ id: waiting.id, state: 'granted', reason: waiting.said ?? GRANTED });
    } else {
      const reason = refused ?? (answer.is === 'ask' ? MOVED_ON[answer.of] : 'reason' in answer ? answer.reason : '');
      plan.events.push({ order: image.order, kind: 'cancel.declined', actor: waiting.actor, text: reason });
      plan.cancellations.push({ id: waiting.id, state: 'declined', reason });
      closeHolds(beside.holds.filter((hold) => hold.order === image.order && hold.kind === CANCEL_ASKED), waiting.actor, 'moot', `the cancel is declined: ${reason}`, image, beside, plan);
    }
  }
}

/** Whether a wish stays open: for the outcome of a call, or for the answer of whoever has the order, who is asked here where nobody has asked him yet. */
function isOpen(waiting: Beside['cancellations'][number], answer: CancelAnswer, image: Image, beside: Beside, plan: Plan): boolean {
  if (answer.is === 'wait') {
    // A yes that came while another call is in doubt is not asked for again.
    if (waiting.said !== undefined && waiting.ask === 'granted') plan.asked.push({ id: waiting.id, ask: 'granted', of: waiting.askedOf });
    return waiting.ask !== 'refused';
  }
  // Who was asked decides, also where nobody would have to be asked any more.
  if (waiting.ask === 'asked') return isStillWith(waiting.askedOf, answer);
  if (answer.is !== 'ask' || waiting.ask !== null) return false;
  plan.asked.push({ id: waiting.id, ask: 'asked', of: answer.of });
  plan.events.push({ order: image.order, kind: 'cancel.waiting', actor: waiting.actor, text: answer.reason });
  askFor(image, answer, waiting.actor, beside, plan);
  waiting.ask = 'asked';
  waiting.askedOf = answer.of;
  image.changed = true;
  return true;
}

/** Whether the order has not gone on to somebody else since somebody was asked to stop it; a 3PL whose connection is not deployed just now still has it. */
const isStillWith = (of: AskedOf | null, answer: CancelAnswer): boolean => answer.is === 'yes' || (answer.is === 'ask' && answer.of === of) || (answer.is === 'not-yet' && of === 'provider');

/** Why a wish is declined that somebody else was asked about. */
const MOVED_ON: Readonly<Record<AskedOf, string>> = {
  'print-station': 'the print floor has the order by now: ask again',
  provider: 'the warehouse has the order by now: ask again',
  warehouse: 'an own warehouse or a vendor has the order by now: ask again',
};
