import { EventEmitter } from 'node:events';
import { type Grouped, groupedWrites } from '../store/grouping';
import { type Pool, type PoolConnection, transaction } from '../store/pool';
import type { Change, ChangeResult, Entry, FactResult, Image } from './change';
import { type Askable, navKnows } from './cancel';
import { isCapture } from './captures';
import { looksAtParts } from './children';
import { decideChange, decideFact, decidePending } from './decide';
import type { Fact, FactRules } from './facts';
import { type Beside, lockOrders, readBeside, readStores, type Wanted } from './read';
import { lifecycle, type Status } from './lifecycle';
import { endsOrder, openHold, Plan } from './plan';
import { isWorking, type OpenPause, pauseOf, type Stages } from './stages';
import { type Settled, writePlan } from './write';

const LANES = 2;
const GROUP = 256;

type Result = ChangeResult | FactResult;

/** What a fact would do if it came now. */
export type Rehearsal = FactResult & {
  /** Where the order stands, and where it would stand. */
  from?: Status;
  to?: Status;
  /** The same event has come before: it is only answered as it was then. */
  known: boolean;
  /** Reasons of the holds that it would open. */
  holds: string[];
};

/**
 * The one way an order moves. Changes and facts that arrive together are written together: locked in key order, decided one by one
 * in memory, and the good ones written in one statement per table; a refused one leaves its neighbours alone.
 */
export class Transitions {
  /** `due(status, lane)`: something became due here. */
  readonly events = new EventEmitter<{ due: [status: string, lane: string]; moved: [from: string, to: string] }>();
  readonly #pool: Pool;
  readonly #stages: Stages;
  readonly #rules: FactRules;
  readonly #askable: Askable;
  readonly #queue: Grouped<Entry, Result>;
  #stores = new Map<number, { url: string; platform: string }>();

  constructor(pool: Pool, stages: Stages, rules: FactRules, askable: Askable) {
    this.#pool = pool;
    this.#stages = stages;
    this.events.setMaxListeners(0); // every stage of the flows listens
    this.#rules = rules;
    this.#askable = askable;
    this.#queue = groupedWrites({ pool, lanes: LANES, max: GROUP, write: (...group) => this.#write(...group) });
  }

  /**
   * Moves an order. Never throws for a refusal: the result says why (unknown order, fenced, stale, illegal).
   * @throws the database's error where the change could not be written
   */
  async transition(change: Change): Promise<ChangeResult> {
    return (await this.#queue({ change })) as ChangeResult;
  }

  /** Takes a partner's fact: applied, kept for later, answered as before, or refused with the current status. */
  async apply(fact: Fact): Promise<FactResult> {
    return (await this.#queue({ fact })) as FactResult;
  }

  /** Decides a fact as {@link apply} would now, on the locked order, and writes nothing. */
  async rehearse(fact: Fact): Promise<Rehearsal> {
    const entry: Entry = { fact };
    return transaction(this.#pool, async (connection) => {
      const { images, plan, decided } = await this.#decide(connection, [entry], true);
      await connection.query('ROLLBACK');
      const image = images.get(fact.order);
      const result = decided.get(entry) as FactResult;
      if (!image) return { ...result, known: false, holds: [] };
      return { ...result, from: plan.audits[0]?.from ?? image.status, to: image.status, known: plan.inbox.length === 0 && result.result !== 'impossible', holds: plan.holds.map(({ reason }) => reason) };
    });
  }

  /** Looks again at what waits for this order without moving it: a call in doubt has been settled. */
  async review(order: number): Promise<void> {
    await this.#queue({ change: { order, actor: 'system:review' } });
  }

  /** Changes and facts that wait or are being written. */
  size(): number {
    return this.#queue.size();
  }

  /** Locks the orders and decides every entry in memory. */
  async #decide(connection: PoolConnection, entries: Entry[], wait: boolean) {
    const { images, pauses, beside } = await lockOrders(connection, wantedBy(entries), wait);
    const ready = wait ? entries : entries.filter((entry) => ordersOf(entry).every((order) => images.has(order)));
    const more = unforeseen(ready, images, beside);
    if (more.length > 0) await readBeside(connection, more, beside);
    const plan = new Plan();
    const decided = new Map<Entry, Result>();
    const follow = (image: Image): void => {
      if (image.changed && image.before.pending > 0) decidePending(image, { parts: partsOf(images, image), beside, rules: this.#rules, askable: this.#askable, plan });
    };
    /** Orders of which this group keeps something to be looked at again: it has no row yet, so whatever else is about them goes alone, after it. */
    const keeping = new Set<number>();
    for (const entry of ready) {
      if (!wait && ordersOf(entry).some((order) => keeping.has(order))) continue;
      const image = images.get(orderOf(entry));
      const result = 'fact' in entry ? decideFact(entry.fact, image, beside, this.#rules, plan) : decideChange(entry.change, image, { parts: partsOf(images, image), beside, askable: this.#askable, plan });
      decided.set(entry, result);
      // What a fact decides stands before the next one of the group is looked at.
      if (image && 'fact' in entry) follow(image);
      if ('result' in result && result.result === 'kept') keeping.add(orderOf(entry));
      for (const { order_id: order, state } of plan.wishes) if (state === 'waiting') keeping.add(order);
    }
    for (const image of images.values()) follow(image);
    return { images, pauses, beside, plan, decided };
  }

  async #write(connection: PoolConnection, entries: Entry[], wait: boolean): Promise<Map<Entry, Result>> {
    const { images, pauses, beside, plan, decided } = await this.#decide(connection, entries, wait);
    const changed = [...images.values()].filter((image) => image.changed);
    if (changed.length === 0 && plan.inbox.length === 0) {
      await connection.query('ROLLBACK');
    } else {
      await this.#knowStores(connection, changed);
      const settled = changed.map((image) => this.#settle(image, pauses, beside, plan));
      const looks = looksAtParts(changed);
      if (looks.length > 0) plan.writes.push({ table: 'tasks', rows: looks });
      await writePlan(connection, plan, settled, decided);
      for (const { image, due } of settled) if (due === 'now') this.events.emit('due', image.status, image.lane);
      for (const { from, to } of plan.audits) this.events.emit('moved', from, to);
      // A part is in the lane of its own warehouse.
      for (const status of new Set(plan.splits.flatMap(({ split }) => split.children.map((child) => child.status)))) this.events.emit('due', status, '');
      if (plan.writes.some(({ table }) => table === 'tasks') || plan.renewed.length > 0 || plan.resolvedHolds.length > 0) for (const kind of this.#stages.tasks()) this.events.emit('due', kind, '');
      // Whose store captures by the shipment only the database knows.
      else for (const lane of new Set(plan.parcels.map((parcel) => parcel.lane))) for (const kind of this.#stages.tasks()) if (isCapture({ kind })) this.events.emit('due', kind, lane);
    }
    return decided;
  }

  async #knowStores(connection: PoolConnection, images: readonly Image[]): Promise<void> {
    if (images.every((image) => this.#stores.has(image.storeId))) return;
    this.#stores = await readStores(connection);
  }

  /** Where a moved order is due: now where a stage acts on it, never where it waits; with no stage for it, a hold says so. */
  #settle(image: Image, pauses: readonly OpenPause[], beside: Beside, plan: Plan): Settled {
    const moved = image.cameFrom !== undefined;
    const store = this.#stores.get(image.storeId) ?? { url: '', platform: '' };
    const working = isWorking(image.status, { platform: store.platform, navKnows: navKnows(beside.context.get(image.order) ?? UNKNOWN), isParent: image.children > 0 });
    const stage = this.#stages.status(image.status);
    if (moved && working && !stage) openHold(image, NO_STAGE, `no stage for ${image.status}: nothing works on it in the deployed flows`, 'system:lifecycle', plan);
    if (moved && image.parent === null && TOLD_TO_STOREFRONT.has(image.status)) plan.writes.push({ table: 'tasks', rows: [tellStorefront(image, store.platform)] });
    if (image.holds > 0) return { image, due: 'never' };
    const released = image.before.holds > 0;
    if (!moved && (!released || image.token !== null)) return { image, due: 'keep' };
    const due = working && stage && !stage.scheduled && !pauseOf(pauses, image.status, store.url);
    return { image, due: due ? 'now' : 'never' };
  }
}

/** Nothing is read beside an order that goes where it does not matter whether NAV knows it. */
const UNKNOWN = { effects: [], navOrderNo: null };

/** Cancels that did not come from the storefront: a task tells it and voids the authorisation. */
const TOLD_TO_STOREFRONT = new Set<string>(['CS_CANCELLED', 'CUSTOMER_CANCELLED', 'OMS_CANCELLED']);

/** The kind of task that tells a platform's storefront about a cancel that did not come from it. */
export const cancelTask = (platform: string): string => `${platform}.cancel`;

/** The kind of task that tells it about a split order whose parts have all left. */
export const fulfilTask = (platform: string): string => `${platform}.fulfil`;

/** The kind of task that captures a parcel there, where the store says so. */
export const captureTask = (platform: string): string => `${platform}.capture`;

const tellStorefront = (image: Image, platform: string): Record<string, unknown> => ({
  kind: cancelTask(platform), order_id: image.order, store_id: image.storeId, subject: String(image.order), lane: image.lane,
});

/** The kind of hold for an order in a status that no deployed flow works on. */
export const NO_STAGE = 'no-stage';

/** Most changes need nothing beside the status rows: only facts, decisions and wishes do. */
function wantedBy(entries: readonly Entry[]): Wanted {
  const facts = entries.flatMap((entry) => ('fact' in entry ? [entry.fact] : []));
  const changes = entries.flatMap((entry) => ('change' in entry ? [entry.change] : []));
  const decided = changes.filter(({ decision, wish, answers, split }) => decision || wish || answers || split).flatMap(({ order, parts = [] }) => [order, ...parts]);
  return {
    orders: [...new Set(entries.flatMap(ordersOf))].toSorted((a, b) => a - b),
    beside: [...new Set([...facts.map((fact) => fact.order), ...decided])],
    events: facts,
    tasks: changes.flatMap(({ task }) => (task ? [task.id] : [])),
  };
}

/** What only the locked rows show: something is pending, or a hold is open that the change closes, or it matters whether NAV knows the order. */
function unforeseen(entries: readonly Entry[], images: ReadonlyMap<number, Image>, beside: Beside): number[] {
  const conditional = entries.flatMap((entry) => ('change' in entry && entry.change.to !== undefined && lifecycle.statuses[entry.change.to].workingWhen === 'nav-knows' ? [entry.change.order] : []));
  const closing = entries.flatMap((entry) => ('change' in entry && entry.change.to !== undefined && endsOrder(entry.change.to) && (images.get(entry.change.order)?.holds ?? 0) > 0 ? [entry.change.order] : []));
  const pending = [...images.values()].filter((image) => image.pending > 0).flatMap((image) => [image, ...partsOf(images, image)]).map((image) => image.order);
  return [...new Set([...closing, ...pending, ...conditional])].filter((order) => !beside.context.has(order));
}

const orderOf = (entry: Entry): number => ('fact' in entry ? entry.fact.order : entry.change.order);

/** What an entry must have locked. */
const ordersOf = (entry: Entry): number[] => [orderOf(entry), ...('change' in entry ? (entry.change.parts ?? []) : [])];

/** The parts of a split order that are locked with it. */
const partsOf = (images: ReadonlyMap<number, Image>, image: Image | undefined): Image[] => (image && image.children > 0 ? [...images.values()].filter(({ parent }) => parent === image.order) : []);
