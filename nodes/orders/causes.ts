import { isCapture, parcelOfSubject } from '../lifecycle/captures';
import { FOLLOWING } from '../lifecycle/children';
import { type AskedOf, CANCEL_ASKED, doubtIn, navKnows } from '../lifecycle/cancel';
import { lifecycle, type Status } from '../lifecycle/lifecycle';
import { fulfillerOf, printerOf, providerInWords } from '../lifecycle/requests';
import { DATED } from '../lifecycle/put-back';
import { isWorking, pauseOf } from '../lifecycle/stages';
import type { Route } from '../work/routes';
import { awaitedParts, inWords } from './follow';
import type { Guard } from './guards';
import type { Standing, StandingTask } from './standing';

/** One reason why an order stands where it stands, in plain words. */
export interface Cause {
  kind:
    | 'final' | 'hold' | 'running' | 'error' | 'decision' | 'no-stage' | 'no-worker' | 'paused' | 'not-buildable' | 'backoff' | 'scheduled' | 'due' | 'stranded'
    | 'waiting' | 'kept-fact' | 'cancel-waiting' | 'in-doubt' | 'task';
  text: string;
  /** Who owes the next step. */
  who: string;
  since: Date;
}

/** What is known about the order beside its rows. */
export interface Surroundings {
  route: Route | undefined;
  guards: readonly Guard[];
  /** When the job of a scheduled stage comes next. */
  nextSlot: Date | undefined;
  /** Facts that would move the order now, with who tells them. */
  awaited: readonly { fact: string; from: string; to: string | undefined }[];
}

const OPERATIONS = 'operations';
const OMS = 'OMS';

/** Whether a stage works on the order where it stands, or would in another status. */
export const works = ({ platform, effects, navOrderNo, children, ...standing }: Standing, status: Status = standing.status): boolean =>
  isWorking(status, { platform, navKnows: navKnows({ effects, navOrderNo }), isParent: children.length > 0 });

/** Why the order stands where it stands: what keeps it there first, then what is open beside. */
export function causesOf(standing: Standing, around: Surroundings): Cause[] {
  return [...line(standing, around), ...beside(standing)];
}

/** What keeps it in its status. */
function line(standing: Standing, around: Surroundings): Cause[] {
  const { status, last, enteredAt: since } = standing;
  const { kind, owner, runbook = '' } = lifecycle.statuses[status];
  const held = standing.holds.filter(({ task }) => task === null);
  if (held.length > 0) return held.map((hold): Cause => ({ kind: 'hold', text: `Held (${hold.kind}): ${hold.reason}`, who: hold.kind === CANCEL_ASKED ? whoAnswers(standing) : OPERATIONS, since: hold.opened }));
  if (standing.claim) return [running(standing, standing.claim, around)];
  if (follows(standing)) return [...wishCauses(standing), following(standing)];
  if (kind === 'error') return [{ kind: 'error', text: sentence(`It failed in ${last.from}: ${last.reason}`, runbook), who: owner, since }];
  if (kind === 'decision') return [{ kind: 'decision', text: sentence(`A person decides${last.reason ? `: ${last.reason}` : ''}`, runbook), who: owner, since }];
  if (DATED.has(status)) return [dated(standing, around)];
  if (kind === 'waiting') return [waiting(standing, around)];
  return works(standing) ? [working(standing, around)] : [{ kind: 'final', text: `It is over: ${status}${last.reason ? `, ${last.reason}` : ''}.`, who: 'nobody', since }];
}

/** A split order that looks at its parts; a wish to cancel it comes before what it waits for. */
const follows = ({ status, children }: Standing): boolean => children.length > 0 && FOLLOWING.has(status);

/** A split order waits for its parts, and at the end for the storefront. */
function following({ status, children, enteredAt: since }: Standing): Cause {
  const awaited = awaitedParts(status, children);
  const { runbook = '' } = lifecycle.statuses.SPLIT;
  if (awaited.length === 0) return { kind: 'waiting', text: 'All its parts have come as far as it needs them: it goes on by the tasks beside it.', who: OMS, since };
  return { kind: 'waiting', text: sentence(`It was split, and waits for its parts: ${inWords(awaited)}`, runbook), who: OMS, since };
}

function running({ status, effects }: Standing, { process, since, beats }: NonNullable<Standing['claim']>, { route }: Surroundings): Cause {
  const call = effects.find(({ state }) => state === 'sent');
  const what = call ? `; ${call.kind} was sent ${call.sentAt ? `at ${call.sentAt.toISOString()} ` : ''}and is not answered yet` : '';
  const dead = beats ? '' : '; that process is silent, its claim is freed after five seconds';
  return { kind: 'running', text: `Process ${process} is working on it${route ? ` in “${route.name}”` : ` in ${status}`}${what}${dead}.`, who: OMS, since };
}

function waiting({ status, enteredAt: since, reason, last }: Standing, { awaited, route, nextSlot }: Surroundings): Cause {
  const { owner, runbook = '', note } = lifecycle.statuses[status];
  const facts = awaited.filter(({ to }) => to === undefined || lifecycle.statuses[to as keyof typeof lifecycle.statuses].kind !== 'error');
  const what = facts.length > 0 ? `until ${[...new Set(facts.map(({ from }) => from))].join(' or ')} tells us: ${facts.map(({ fact }) => fact).join(' or ')}` : `for ${owner}: ${reason ?? last.reason}${note ? ` (${note})` : ''}`;
  const look = route && nextSlot ? ` “${route.name}” looks again at ${nextSlot.toISOString()}.` : '';
  return { kind: 'waiting', text: `${sentence(`It waits ${what}`, runbook)}${look}`, who: owner, since };
}

/** Nothing has begun: it waits for its date, and then for the job that looks at it. */
function dated({ status, now, enteredAt: since, resumeAt }: Standing, { route, nextSlot }: Surroundings): Cause {
  if (!resumeAt) return { kind: 'waiting', text: 'It waits for a date and has none: a person puts it back when it may begin.', who: OPERATIONS, since };
  const until = resumeAt.toISOString();
  if (resumeAt <= now) {
    const look = route ? `: “${route.name}” takes it${nextSlot ? ` at ${nextSlot.toISOString()}` : ''}` : '';
    return { kind: 'waiting', text: `It waited until ${until} and goes on${look}.`, who: OMS, since };
  }
  const why = status === 'DELAYED' ? `Its store lets the customer change or cancel it until ${until}; nothing has begun.` : `It is a pre-order: nothing begins before ${until}.`;
  return { kind: 'waiting', text: `${why} Then it goes on by itself; a put-back begins it now.`, who: OMS, since };
}

function working(standing: Standing, { route, guards, nextSlot }: Surroundings): Cause {
  const { status, storeUrl, pauses, dueAt, isDue, attempts, reason, workers, enteredAt: since } = standing;
  if (!route) return { kind: 'no-stage', text: `Nothing works on ${status} in the deployed flows.`, who: 'integration engineers', since };
  const pause = pauseOf(pauses, status, storeUrl) as Standing['pauses'][number] | undefined;
  if (pause) {
    const until = pause.until ? ` until ${pause.until.toISOString()}` : '';
    return { kind: 'paused', text: `${pause.actor} has paused the ${pause.kind} ${pause.name}${until}: ${pause.reason}`, who: pause.actor, since: pause.opened };
  }
  if (workers === 0) return { kind: 'no-worker', text: 'No process is running that works on orders.', who: OPERATIONS, since };
  const request = guards.find(({ guard, ok }) => guard === 'request' && !ok);
  if (request) return { kind: 'not-buildable', text: `“${route.name}” cannot build its request: ${request.value}`, who: OPERATIONS, since };
  if (isDue) return { kind: 'due', text: `It is due and is taken as soon as “${route.name}” has a free slot.`, who: OMS, since: dueAt ?? since };
  if (dueAt) return { kind: 'backoff', text: sentence(`It is tried again at ${dueAt.toISOString()} (${attempts} of ${route.attempts} attempts made)`, reason ?? ''), who: OMS, since };
  if (route.jobs.length > 0) return { kind: 'scheduled', text: `It waits for the next slot of ${route.jobs.join(', ')}${nextSlot ? ` at ${nextSlot.toISOString()}` : ', which has none'}.`, who: OMS, since };
  return { kind: 'stranded', text: 'Nothing has made it due; the sweep does so within seconds.', who: OMS, since };
}

/** Who owes the answer to a wish to cancel. */
const ANSWERS: Readonly<Record<AskedOf, { text: string; who(order: Pick<Standing, 'provider' | 'exportSequence' | 'effects'>): string }>> = {
  'print-station': { text: 'the print floor', who: ({ effects }) => printerOf(effects) },
  provider: { text: 'its 3PL', who: (standing) => providerInWords(fulfillerOf(standing)) },
  warehouse: { text: 'the own warehouse or vendor', who: () => lifecycle.statuses.OMS_CREATED_ORDER_FULFILLMENT.owner },
};

function whoAnswers(standing: Standing): string {
  const of = standing.wishes.find(({ ask }) => ask === 'asked')?.askedOf;
  if (of) return ANSWERS[of].who(standing);
  return [...new Set(openQuestions(standing).map((question) => ANSWERS[question.askedOf].who(question)))].join(' and ') || OMS;
}

/** About the parts of a split order. */
const openQuestions = ({ questions }: Standing): Standing['questions'] => questions.filter(({ ask }) => ask === 'asked');

/** What a wish to cancel waits for. */
function decidedWhen({ ask, askedOf }: Standing['wishes'][number], standing: Standing): string {
  // Who has an order that was not split may have agreed while another call about it is in doubt.
  if (ask === null || (ask === 'granted' && standing.parent === null && standing.children.length === 0)) return 'when the call in doubt is settled';
  if (ask === 'asked' && askedOf !== null) return `when ${ANSWERS[askedOf].text} answers`;
  const open = openQuestions(standing);
  const said = standing.questions.flatMap((question) => (question.said === null ? [] : `${question.name}: ${question.said}`)).join('; ');
  const heard = said ? ` (${said})` : '';
  const inDoubt = standing.children.filter(({ known }) => doubtIn(known) !== undefined).map(({ name }) => name);
  if (open.length === 0 && inDoubt.length > 0) return `when the call in doubt about ${inDoubt.join(' and ')} is settled${heard}`;
  if (open.length === 0) return `with all its parts: every answer is in${heard}`;
  return `when ${open.map((question) => `${ANSWERS[question.askedOf].who(question)} answers about ${question.name}`).join(' and ')}${heard}`;
}

/** Wishes to cancel that wait. */
const wishCauses = (standing: Standing): Cause[] =>
  standing.wishes.map((wish): Cause => ({ kind: 'cancel-waiting', text: `${wish.actor} wants to cancel it (${wish.reason}): decided ${decidedWhen(wish, standing)}.`, who: whoAnswers(standing), since: wish.asked }));

/** What is open beside its line. */
function beside(standing: Standing): Cause[] {
  const { effects, holds, tasks, kept } = standing;
  const named = new Set(holds.map(({ effect }) => effect));
  return [
    ...effects
      .filter(({ id, state }) => (state === 'unknown' || state === 'parked') && !named.has(id))
      .map((effect): Cause => ({ kind: 'in-doubt', text: `Nobody knows whether ${effect.kind} happened (looked ${effect.inquiries} times): ${effect.reason ?? 'its answer never came'}`, who: OMS, since: effect.sentAt ?? effect.begun })),
    ...(follows(standing) ? [] : wishCauses(standing)),
    ...kept.map((fact): Cause => ({ kind: 'kept-fact', text: `${fact.type} from ${fact.source} came early and is kept until the order gets there.`, who: OMS, since: fact.received })),
    ...tasks.map((task) => besideTask(task, holds)),
  ];
}

function besideTask({ id, subject, begun, dueAt, isDue, claimed, holds: count, failed, reason, ...task }: StandingTask, holds: Standing['holds']): Cause {
  const kind = isCapture(task) ? `${task.kind} of parcel ${parcelOfSubject(subject).shipmentId}` : task.kind;
  const hold = holds.find((each) => each.task === id);
  const since = hold?.opened ?? begun;
  if (hold) return { kind: 'task', text: `Beside it, ${kind} is held (${hold.kind}): ${hold.reason}`, who: OPERATIONS, since };
  if (failed) return { kind: 'task', text: `Beside it, ${kind} has failed; a put-back or a replay has it done again.`, who: OPERATIONS, since };
  const state = claimed ? 'is being done' : isDue ? 'is due' : dueAt ? `is tried again at ${dueAt.toISOString()}` : count > 0 ? 'is held' : 'is paused';
  return { kind: 'task', text: `Beside it, ${kind} ${state}${reason ? `: ${reason}` : ''}.`, who: OMS, since };
}

const sentence = (first: string, then: string): string => `${first}${/[.!?]$/.test(first) ? '' : '.'}${then ? ` ${then}` : ''}`;
