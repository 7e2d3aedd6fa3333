import type { Calls } from '../effects/calls';
import { nextSlot } from '../jobs/slots';
import { type Askable, CANCEL_STOPPED, type CancelAnswer, mayCancel, mayCancelWhole, partAlone, type WholeAnswer } from '../lifecycle/cancel';
import { FOLLOWING, PARENT_TASK } from '../lifecycle/children';
import type { FactContext, FactRules, UsualFact } from '../lifecycle/facts';
import { lifecycle, type Status } from '../lifecycle/lifecycle';
import { backInWords, begunEarly, DATED, putBackChoices, putBackTo, repushTo } from '../lifecycle/put-back';
import { covers } from '../lifecycle/stages';
import { type Pool, select } from '../store/pool';
import type { OrderSource } from '../work/stage';
import type { Route, StageRoutes } from '../work/routes';
import { type Cause, causesOf, works } from './causes';
import { type Guard, guardsOf } from './guards';
import { formatAmount } from './money';
import { readStanding, type Standing, type StandingCaptures, unloaded } from './standing';

/** What a person, or the system for him, may do about the order now. */
export interface PossibleAction {
  action: 'put-back' | 'processed-externally' | 'cancel' | 'decide-hold' | 'resume' | 'replay' | 'repush';
  method: 'POST' | 'DELETE';
  path: string;
  allowed: boolean;
  /** What it would do, or why it is refused. */
  text: string;
  /** What `to` may be, where there is a choice. */
  to?: readonly Status[];
}

export interface WhyAnswer {
  order_id: string;
  status: Status;
  kind: string;
  /** Since when it stands there, and for how many seconds. */
  since: Date;
  seconds: number;
  late: boolean;
  /** The first cause, in one sentence. */
  because: string;
  /** Who owes the next step. */
  owes: string;
  causes: Cause[];
  /** Name of the split order that it is a part of. */
  parent: string | null;
  /** Its parts, where it was split. */
  children: { name: string; status: Status }[];
  /** The next expected step: by a stage with its guards, or by facts from outside. */
  next: { to: Status[]; stage: string | null; guards: Guard[]; facts: { fact: string; from: string; to: string | null; reason: string }[] };
  /** What its parcels have captured of its total so far, where they capture one by one; decimal texts. */
  captured?: { amount: string; of: string; currency: string; parcels: number; of_parcels: number };
  next_attempt: Date | null;
  attempts: number;
  actions: PossibleAction[];
}

export interface WhyParts {
  pool: Pool;
  routes: StageRoutes;
  calls: Calls;
  orders: OrderSource;
  rules: FactRules;
  usual: readonly UsualFact[];
  askable: Askable;
}

/** Says why an order stands where it stands, by asking what decides it: the claim's conditions, the fact rules, the cancel policy, the lifecycle. */
export class Why {
  readonly #parts: WhyParts;

  constructor(parts: WhyParts) {
    this.#parts = parts;
  }

  /** @returns undefined for an unknown order */
  async explain(idOrName: string): Promise<WhyAnswer | undefined> {
    const standing = await readStanding(this.#parts.pool, idOrName);
    if (!standing) return undefined;
    const { status, now, enteredAt, dueAt } = standing;
    const { kind, stuckAfter } = lifecycle.statuses[status];
    const isWorked = works(standing);
    const follows = standing.children.length > 0 && FOLLOWING.has(status);
    const route = await this.#routeOf(standing, { isWorked, follows });
    const order = (await this.#parts.orders.load([standing.id])).get(standing.id) as { id: number; revision: number } | undefined;
    const guards = isWorked ? guardsOf({ standing, route, calls: this.#parts.calls.of(route?.nodes ?? [], order ?? unloaded(standing)), order }) : [];
    const facts = this.#factsFor(standing);
    const slot = route && route.jobs.length > 0 ? await this.#nextSlot(route.jobs, now) : undefined;
    const causes = causesOf(standing, { route, guards, nextSlot: slot, awaited: facts.map(({ to, ...fact }) => ({ ...fact, to: to ?? undefined })) });
    const seconds = Math.max(0, Math.round((now.getTime() - enteredAt.getTime()) / 1000));
    const over = causes[0]?.kind === 'final';
    return {
      order_id: standing.name,
      status,
      kind: over ? 'final' : follows ? 'waiting' : kind,
      since: enteredAt,
      seconds,
      late: !over && !isBeforeItsDate(standing) && stuckAfter !== undefined && seconds > stuckAfter,
      because: causes[0]?.text ?? '',
      owes: causes[0]?.who ?? 'nobody',
      causes,
      parent: standing.parent,
      children: standing.children.map(({ name, status: at }) => ({ name, status: at })),
      next: { to: route?.leads ?? [...new Set(facts.flatMap(({ to }) => (to ? [to as Status] : [])))], stage: route?.node ?? null, guards, facts },
      ...(standing.captures && { captured: capturedOf(standing.captures) }),
      next_attempt: standing.holdCount > 0 ? null : (dueAt ?? (isWorked && !standing.claim ? (slot ?? null) : null)),
      attempts: standing.attempts,
      actions: actionsOf(standing, this.#parts.askable),
    };
  }

  /** The stage that takes the order where it stands; of a split order the one that looks at its parts, with the steps that are open to it. */
  async #routeOf({ status }: Standing, { isWorked, follows }: { isWorked: boolean; follows: boolean }): Promise<Route | undefined> {
    if (!follows) return isWorked || lifecycle.statuses[status].kind === 'waiting' ? this.#parts.routes.of(status) : undefined;
    const route = await this.#parts.routes.of(PARENT_TASK);
    return route && { ...route, leads: route.leads.filter((to) => to !== status && lifecycle.allows(status, to)) };
  }

  /** The facts that would move the order if they came now; partners know nothing of an order that was split. */
  #factsFor(standing: Standing): WhyAnswer['next']['facts'] {
    if (standing.children.length > 0) return [];
    const { id: order, status, exportSequence, navOrderNo, provider, path, batchReference, batchSequence, lines, effects, wishes } = standing;
    const context: FactContext = { order, status, exportSequence, navOrderNo, provider, path, batchReference, batchSequence, cancelAsked: wishes.find(({ ask }) => ask === 'asked')?.askedOf ?? null, lines, effects };
    return this.#parts.usual.flatMap((fact) => {
      const decision = this.#parts.rules[fact.type]?.(fact.body(context) as never, context);
      return decision?.is === 'applied' ? [{ fact: fact.type, from: fact.from(context), to: decision.to ?? null, reason: decision.reason }] : [];
    });
  }

  async #nextSlot(classes: readonly string[], now: Date): Promise<Date | undefined> {
    const jobs = await select<{ cron: string }>(this.#parts.pool, 'SELECT cron FROM recurring_jobs WHERE enabled AND class IN (?)', [classes]);
    const slots = jobs.flatMap(({ cron }) => nextSlot(cron, now) ?? []);
    return slots.toSorted((a, b) => a.getTime() - b.getTime())[0];
  }
}

const capturedOf = ({ amount, total, currency, captured, parcels }: StandingCaptures): NonNullable<WhyAnswer['captured']> => ({
  amount: formatAmount(amount, currency), of: formatAmount(total, currency), currency, parcels: captured, of_parcels: parcels,
});

/** Nobody is late whose date is still to come. */
const isBeforeItsDate = ({ status, resumeAt, now }: Standing): boolean => DATED.has(status) && resumeAt !== null && resumeAt > now;

/** What may be done, each asked of what would decide it. */
function actionsOf(standing: Standing, askable: Askable): PossibleAction[] {
  const { name, status, last, holds, storeUrl } = standing;
  const pauses = standing.pauses.filter((pause) => [status, ...standing.tasks.map(({ kind }) => kind)].some((stage) => covers(pause, stage, storeUrl)));
  const on = (verb: string): string => `/api/oms/orders/${encodeURIComponent(name)}/${verb}`;
  const back = putBackTo(status, last.from);
  const choices = putBackChoices(status, last.from);
  const cancel = cancelOf(standing, askable);
  const again = repushTo(status, standing, holds.some(({ kind }) => kind === CANCEL_STOPPED));
  const external = lifecycle.allows(status, 'PROCESSED_EXTERNALLY');
  return [
    { action: 'put-back', method: 'POST', path: on('put-back'), allowed: choices.length > 0, text: choices.length > 0 ? backText(status, back) : `an order in ${status} is not in error`, ...(choices.length > 1 && { to: choices }) },
    ...(again ? [{ action: 'repush' as const, method: 'POST' as const, path: on('repush'), allowed: true, text: again.what }] : []),
    { action: 'processed-externally', method: 'POST', path: on('processed-externally'), allowed: external, text: external ? 'it was settled by hand: no stage touches it any more' : `${status} does not lead to PROCESSED_EXTERNALLY` },
    { action: 'cancel', method: 'POST', path: on('cancel'), allowed: cancel.is === 'yes' || cancel.is === 'wait' || cancel.is === 'ask', text: cancel.is === 'yes' ? 'cancelled at once' : cancel.reason },
    { action: 'replay', method: 'POST', path: `${on('replay')}?dry_run=true`, allowed: true, text: 'shows what would be sent again and what would not' },
    ...holds.map(({ id, kind, effect }): PossibleAction => ({
      action: 'decide-hold', method: 'POST', path: `/api/oms/holds/${id}/decision`, allowed: true,
      text: effect === null ? `release the hold ${kind}` : decideText(kind, standing.effects.find(({ id: call }) => call === effect)?.state),
    })),
    ...pauses.map(({ id, kind, name: what }): PossibleAction => ({ action: 'resume', method: 'DELETE', path: `/api/oms/pauses/${id}`, allowed: true, text: `end the pause of the ${kind} ${what}` })),
  ];
}

/** A call that was refused has certainly not happened by itself; one in doubt may have. */
const decideText = (kind: string, state: string | undefined): string =>
  state === 'rejected' || state === 'not_done' ? `decide ${kind}: release (send it again), done (it was settled by hand)` : `decide ${kind}: done (it happened), void (it did not), resend (send it again)`;

function cancelOf(standing: Standing, askable: Askable): CancelAnswer | WholeAnswer {
  if (standing.parent !== null) return partAlone(standing.parent);
  return standing.children.length > 0 ? mayCancelWhole(standing.status, standing.children, askable) : mayCancel(standing.status, standing, askable);
}

function backText(status: Status, back: Status | undefined): string {
  if (begunEarly(status)) return 'it begins now, before its date';
  return back ? `back to ${backInWords(status, back)}` : 'back to where you say: nobody else knows how far it has come';
}
