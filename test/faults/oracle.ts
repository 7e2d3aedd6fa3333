import { isCapture, parcelOfSubject } from '../../nodes/lifecycle/captures';
import { FOLLOWING } from '../../nodes/lifecycle/children';
import { cancelled, lifecycle } from '../../nodes/lifecycle/lifecycle';
import { navKnows } from '../../nodes/lifecycle/cancel';
import { isWorking } from '../../nodes/lifecycle/stages';
import { inWords, parentStep } from '../../nodes/orders/follow';
import { parseAmount } from '../../nodes/orders/money';
import { refOf, type System } from '../support/system';
import { type Facts, gather, type OrderFact, type TaskFact } from './rig/facts';

/**
 * The laws of conservation that every fault test is judged by, from the database and from the partners' own log: nothing is lost,
 * nothing happens twice, nothing takes a step that is not allowed, nothing stands still without a reason.
 */

/** Longer than this nothing stands still silently. Seconds. */
export const STUCK_SECONDS = 120;

/** Where an order stands, as the last law asks. */
export type Standing = 'final' | 'held' | 'waiting' | 'in work';

export interface Verdict {
  /** The laws that were broken, in words. */
  violations: string[];
  /** Effects that happened twice. */
  duplicates: string[];
  /** Orders that were accepted and are gone, or that nothing works on. */
  lost: string[];
  /** Steps that are not in the lifecycle, gaps in the versions. */
  illegal: string[];
  stuck: string[];
  /** How many orders stand where, and how many have a hold. */
  count: Readonly<Record<Standing, number>>;
  fulfilled: number;
}

/** Judges the system as it stands. `placed` are the names of all orders that were accepted; `settled`: work has come to its end. */
export async function judge(system: System, placed: readonly string[], { settled = true } = {}): Promise<Verdict> {
  return judgeFacts(await gather(system, placed), placed, settled);
}

/** {@link judge} for facts that are at hand. */
export function judgeFacts(facts: Facts, placed: readonly string[], settled = true): Verdict {
  const duplicates = [...doneTwice(facts), ...requestedTwice(facts)];
  const money = [...capturedWrongly(facts), ...capturedAfterCancel(facts)];
  const lost = [...neverTaken(facts, placed), ...notDone(facts), ...(settled ? [...unfinished(facts), ...unsettled(facts), ...leftBehind(facts)] : [])];
  const illegal = [...illegalSteps(facts), ...tornApart(facts)];
  const stuck = stuckNow(facts);
  const count = { final: 0, held: 0, waiting: 0, 'in work': 0 };
  const standing = standings(facts);
  for (const order of facts.orders) count[standing(order)]++;
  return { violations: [...duplicates, ...money, ...lost, ...illegal, ...stuck], duplicates, lost, illegal, stuck, count, fulfilled: facts.orders.filter(({ part, status }) => part === 0 && status === 'FULFILLED').length };
}

/** Where an order stands. An order in error is waiting: for operations. */
function standings({ ledger }: Facts): (order: OrderFact) => Standing {
  const effects = Map.groupBy(ledger, ({ order }) => order);
  return ({ id, status, platform, holds, navOrderNo, children }) => {
    if (isWorking(status, { platform, navKnows: navKnows({ effects: effects.get(id) ?? [], navOrderNo }), isParent: children > 0 })) return holds > 0 ? 'held' : 'in work';
    const { kind } = lifecycle.statuses[status];
    const follows = children > 0 && FOLLOWING.has(status);
    if (kind === 'final' || (kind === 'working' && !follows)) return 'final';
    return holds > 0 ? 'held' : 'waiting';
  };
}

/**
 * At most one sales order, fulfillment request (of a sequence), shipment notice, cancellation and capture for each order and part. The
 * partner's key is the order's name, with the sequence or the parcel behind a slash; the storefront's acts belong to the root, and a
 * capture that is about one parcel to that parcel.
 */
export function doneTwice({ effects }: Pick<Facts, 'effects'>): string[] {
  const deeds = effects.map(({ system, operation, ref, key, detail }) => {
    const whose = system === 'sfcc' ? (detail['shipment'] === undefined ? ref : key) : operation === 'fulfillment-request' ? key : (key.split('/')[0] ?? key);
    return `${system} ${operation} of ${whose}`;
  });
  return [...Map.groupBy(deeds, (deed) => deed)].filter(([, times]) => times.length > 1).map(([deed, times]) => `${deed}: ${times.length} times`);
}

/** A request under a further sequence is a second parcel, unless Cirro has rejected the one before. */
function requestedTwice({ orders, effects }: Facts): string[] {
  const requests = Map.groupBy(effects.filter(({ operation }) => operation === 'fulfillment-request'), ({ key }) => key.split('/')[0] ?? key);
  return orders.flatMap(({ name, rejections }) => {
    const sequences = new Set(requests.get(name)?.map(({ key }) => key)).size;
    return sequences > 1 + rejections ? [`${name}: requested under ${sequences} sequences, rejected ${rejections} times`] : [];
  });
}

/** Never more than was authorised; and once it is fulfilled, just what is owed, by how many captures soever. */
function capturedWrongly({ orders, effects }: Facts): string[] {
  const captures = Map.groupBy(effects.filter(({ operation }) => operation === 'capture'), ({ ref }) => ref);
  // Of the whole alone: its parts are given shares of the same payments.
  return orders.filter(({ part }) => part === 0).flatMap(({ name, status, authorised, owed }) => {
    const own = captures.get(refOf(name)) ?? [];
    const taken = own.reduce((sum, { detail }) => sum + parseAmount(detail['amount'], String(detail['currency'])), 0);
    if (taken > authorised) return [`${name}: captured ${taken}, authorised ${authorised} (minor units)`];
    // Without any capture it is fulfilled without one, which is another law.
    return status === 'FULFILLED' && own.length > 0 && taken !== owed ? [`${name}: FULFILLED, captured ${taken} of ${owed} (minor units)`] : [];
  });
}

const CANCELLED: ReadonlySet<string> = new Set([...cancelled, 'EXPORTED_CANCELLATION_TO_NAV']);

function capturedAfterCancel({ orders, effects }: Facts): string[] {
  const captured = new Set(effects.filter(({ operation }) => operation === 'capture').map(({ ref }) => ref));
  return orders.filter(({ name, status, decisions }) => CANCELLED.has(status) && captured.has(refOf(name)) && decisions === 0).map(({ name, status }) => `${name}: ${status} and captured, and nobody decided that`);
}

function neverTaken({ orders }: Facts, placed: readonly string[]): string[] {
  const there = new Set(orders.map(({ name }) => name));
  return placed.filter((name) => !there.has(name)).map((name) => `${name}: placed, and not in the database`);
}

/** What must have happened for an order to be fulfilled: by NAV and the warehouse for each part, by the storefront for the whole. */
const deedsOf = ({ part, children }: OrderFact): string[] => [
  ...(children > 0 ? [] : ['nav document:1', 'camel fulfillment-request', 'nav document:6']),
  ...(part > 0 ? [] : ['sfcc fulfill', 'sfcc capture']),
];

/** NAV does nothing where the store does not export to it, Cirro nothing where a warehouse of our own or a vendor ships. */
const isOwed = (deed: string, { exportsToNav }: OrderFact, isOwn: boolean): boolean => (exportsToNav || !deed.startsWith('nav ')) && !(isOwn && deed.startsWith('camel '));

/** What we call done, and no partner knows of. */
function notDone({ orders, effects, audits }: Facts): string[] {
  const own = new Set(audits.filter(({ to }) => to === 'OMS_CREATED_ORDER_FULFILLMENT').map(({ order }) => order));
  const deeds = Map.groupBy(effects, ({ ref, detail }) => `${ref} ${Number(detail['part'] ?? 0)}`);
  return orders
    .filter(({ status }) => status === 'FULFILLED')
    .flatMap((order) => {
      const done = new Set(deeds.get(`${refOf(order.name)} ${order.part}`)?.map(({ system, operation }) => `${system} ${operation}`));
      return deedsOf(order).filter((deed) => !done.has(deed) && isOwed(deed, order, own.has(order.id))).map((deed) => `${order.name}: FULFILLED without ${deed}`);
    });
}

const wholeOf = ({ name, part }: OrderFact): string => (part > 0 ? name.slice(0, name.lastIndexOf('-')) : name);

/** A split order has all its parts or none; together they hold its lines, each once, and cost what it costs. */
function tornApart({ orders, audits }: Facts): string[] {
  const parts = Map.groupBy(orders.filter(({ part }) => part > 0), wholeOf);
  const split = new Set(audits.filter(({ to, from }) => to === 'SPLIT' && from !== 'FAILED_TO_FULFILL').map(({ order }) => order));
  return orders.filter(({ part }) => part === 0).flatMap(({ id, name, children, total, lines }) => {
    const own = parts.get(name) ?? [];
    if (own.length !== children || split.has(id) !== children > 0) return [`${name}: ${own.length} parts, ${children} counted, ${split.has(id) ? 'and' : 'but never'} split`];
    if (children === 0) return [];
    const sum = own.reduce((all, part) => all + (part.total ?? 0), 0);
    const held = own.flatMap((part) => part.lines).toSorted();
    return [...(sum === total ? [] : [`${name}: costs ${total}, its parts ${sum}`]), ...(held.join() === lines.toSorted().join() ? [] : [`${name}: has lines ${lines.join()}, its parts ${held.join()}`])];
  });
}

/** A split order goes where its parts have come to. */
function leftBehind({ orders, tasks }: Facts): string[] {
  const parts = Map.groupBy(orders.filter(({ part }) => part > 0), wholeOf);
  const open = new Set(tasks.map(({ order }) => order));
  return orders
    .filter(({ name, children }) => children > 0 && !open.has(name))
    .filter(({ name, status }) => parentStep(status, parts.get(name) ?? []).is !== 'stay')
    .map(({ name, status }) => `${name}: still ${status}, its parts ${inWords(parts.get(name) ?? [])}, and nothing looks at them`);
}

/** Every accepted order ends final, waiting with an owner, or in a visible hold; so do its tasks. */
function unfinished(facts: Facts): string[] {
  const standing = standings(facts);
  return [
    ...facts.orders.filter((order) => standing(order) === 'in work').map(({ name, status, due, when, claimed }) => `${name}: still ${status}${due ? `, due${inTime(when)}` : claimed ? ', claimed' : ', and nothing works on it'}`),
    ...facts.tasks.filter(({ holds }) => holds === 0).map(({ order, kind, due, when, claimed }) => `${order}: task ${kind} still open${due ? `, due${inTime(when)}` : claimed ? ', claimed' : ', and nothing works on it'}`),
  ];
}

const inTime = (when?: string | null): string => (when ? ` ${when}` : '');

/** A call that nobody heard the end of must be settled, or be shown to a person. */
function unsettled({ ledger, orders, tasks }: Facts): string[] {
  const held = new Set(orders.filter(({ holds }) => holds > 0).map(({ id }) => id));
  const names = new Map(orders.map(({ id, name }) => [id, name]));
  // Of the captures of an order each has its own task: one that is held speaks for itself alone.
  const isAbout = ({ subject, ...task }: TaskFact, key: string): boolean => !isCapture(task) || key.endsWith(`:${parcelOfSubject(subject).shipmentId}`);
  const heldTask = (order: number, kind: string, key: string): boolean => tasks.some((task) => task.holds > 0 && task.kind === kind && task.order === names.get(order) && isAbout(task, key));
  return ledger.filter(({ order, kind, key, state }) => (state === 'sent' || state === 'unknown') && !held.has(order) && !heldTask(order, kind, key)).map(({ key, state }) => `${key}: ${state}, and nobody looks at it`);
}

/** The audit is a path along the lifecycle's edges, without a gap, and ends where the order stands. */
function illegalSteps({ orders, audits }: Facts): string[] {
  const paths = Map.groupBy(audits, ({ order }) => order);
  return orders.flatMap(({ id, name, status, version }) => {
    const wrong: string[] = [];
    let before = { version: 0, to: '' };
    for (const { version: next, from, to } of paths.get(id) ?? []) {
      if (next !== before.version + 1) wrong.push(`${name}: version ${next} after ${before.version}`);
      if (from !== before.to) wrong.push(`${name}: version ${next} leaves ${from || 'nothing'}, the order stood in ${before.to || 'nothing'}`);
      if (from !== '' && !lifecycle.allows(from, to)) wrong.push(`${name}: ${from} → ${to} is no edge`);
      if (from === '' && !(lifecycle.has(to) && lifecycle.statuses[to].initial)) wrong.push(`${name}: begins in ${to}`);
      before = { version: next, to };
    }
    if (before.to !== status || before.version !== version) wrong.push(`${name}: stands in ${status} (${version}), its audit ends in ${before.to} (${before.version})`);
    return wrong;
  });
}

/** What stands still: to be worked on, and neither due, nor held, nor in anybody's hands for a sensible time. */
export function stuckNow(facts: Facts, seconds = STUCK_SECONDS): string[] {
  const standing = standings(facts);
  const still = ({ due, holds, secondsThere }: { due: boolean; holds: number; secondsThere: number }): boolean => !due && holds === 0 && secondsThere > seconds;
  return [
    ...facts.orders.filter((order) => still(order) && standing(order) === 'in work').map(({ name, status, claimed, secondsThere }) => `${name}: ${claimed ? 'claimed' : 'neither due nor claimed'} in ${status} for ${secondsThere} s`),
    ...facts.tasks.filter(still).map(({ order, kind, claimed, secondsThere }) => `${order}: task ${kind} ${claimed ? 'claimed' : 'neither due nor claimed'} for ${secondsThere} s`),
  ];
}
