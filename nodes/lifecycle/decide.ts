import type { Beside, StoredFact } from './read';
import { type Change, type ChangeResult, DECIDED, type EffectOutcome, type FactResult, type Image, type Refusal } from './change';
import { type Askable, IN_DOUBT } from './cancel';
import { reported } from './captures';
import { paymentCaptured, shipped as parcelsOf } from './events';
import { EMPTY, type Fact, type FactContext, type FactDecision, type FactRules } from './facts';
import { lifecycle } from './lifecycle';
import { closeHolds, endHolds, endsOrder, move, openHold, type Plan } from './plan';
import { askedOf, cancelParts, decideWaiting, decideWish, takeAnswer } from './wishes';

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
    const { reference, paid, parcel } = change.captured;
    if (parcel === undefined) plan.captured.push({ order: image.order, reference: reference ?? null, isParent: image.children > 0 });
    // Of the version that the change leads to.
    if (paid) plan.outbox.push(paymentCaptured(image.order, image.version + (change.to === undefined ? 0 : 1), { ...paid, reference, parcel }));
  }
  if (change.exported) plan.exported.push(change.exported);
  if (change.voided) plan.voided.push(image.order);
  if (change.task) {
    plan.tasks.push(change.task);
    beside.tasks.delete(change.task.id);
  }
}

/** A call that certainly has not happened, and is not sent again by itself. */
const REFUSED: ReadonlySet<string> = new Set(['rejected', 'not_done']);

/** Closes the hold; a decision about a call in doubt is written into the ledger, and what waited for it is looked at again. */
function decideHold(wanted: NonNullable<Change['decision']>, image: Image, beside: Beside, plan: Plan): Refusal | undefined {
  const hold = beside.holds.find((each) => each.id === wanted.hold);
  if (!hold) return 'hold-closed';
  const effect = beside.context.get(image.order)?.effects.find((each) => each.id === hold.effect);
  // Whoever lets go on what was refused has it sent again; of what is in doubt he has to say more.
  const decision = wanted.decision === 'release' && effect && REFUSED.has(effect.state) ? 'resend' : wanted.decision;
  if ((hold.effect === null) !== (decision === 'release')) return 'decision-does-not-fit';
  if (hold.effect !== null && decision !== 'release') {
    const state = DECIDED[decision];
    if (effect) effect.state = state;
    plan.decidedEffects.push({ id: hold.effect, state, reason: `${wanted.by}: ${wanted.reason}`.slice(0, 500), reference: wanted.reference ?? null });
  }
  closeHolds([hold], wanted.by, decision, wanted.reason, image, beside, plan);
  plan.events.push({ order: image.order, kind: 'hold.decided', actor: wanted.by, text: `${wanted.decision}: ${wanted.reason}` });
  return undefined;
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

/** Decides an incoming fact; the same event again gets the stored answer. */
export function decideFact(fact: Fact, image: Image | undefined, beside: Beside, rules: FactRules, plan: Plan): FactResult {
  if (!image) return { result: 'unknown' };
  const stored = beside.inbox.find((row) => row.order === fact.order && row.source === fact.source && row.eventId === fact.eventId);
  if (stored) return answerOf(stored);
  const decision = judge(fact.type, fact.body, image, beside, rules);
  if (decision.is === 'impossible') return { result: 'impossible', status: image.status, reason: decision.reason };
  if (decision.is === 'applied') apply(fact, decision, image, beside, plan);
  if (decision.is === 'exception') openHold(image, decision.hold ?? 'fact.exception', decision.reason, fact.actor, plan);
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
  const asked = askedOf(image, beside);
  const decision = rule(body as never, { ...EMPTY, ...beside.context.get(image.order), order: image.order, status: image.status, cancelAsked: asked?.askedOf ?? null });
  if (image.children > 0 && decision.is !== 'impossible') return { is: 'exception', reason: `${type} came for an order that was split: partners know its parts alone` };
  if (decision.is === 'applied' && decision.to !== undefined && !lifecycle.allows(image.status, decision.to))
    return { is: 'exception', reason: `${type} would lead from ${image.status} to ${decision.to}, which is no legal step` };
  // About a part that was granted already, while its whole waits for another.
  if (decision.is === 'applied' && decision.cancel === 'granted' && asked?.ask === 'granted') return { is: 'already' };
  return decision;
}

function apply(from: Pick<Fact, 'type' | 'actor' | 'node'>, decision: FactDecision & { is: 'applied' }, image: Image, beside: Beside, plan: Plan): void {
  const { to, reason, writes = [], shipped = [], settles = [], order, hold } = decision;
  if (to !== undefined) move(image, to, from, reason, plan);
  else plan.events.push({ order: image.order, kind: from.type, actor: from.actor, text: reason });
  plan.writes.push(...writes);
  plan.outbox.push(...parcelsOf(image.order, image.version, writes));
  plan.parcels.push(...reported(image, writes));
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
  if (decision.cancel) takeAnswer(image, decision.cancel, reason, beside, plan);
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
  decideWaiting(image, { parts, beside, askable }, plan);
}
