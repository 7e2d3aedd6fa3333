import { setTimeout as sleep } from 'node:timers/promises';
import type { Transitions } from '../lifecycle/transitions';
import type { ActiveWork } from './active';
import type { Claim, Claims } from './claims';
import type { RetryPolicy, Source, Work } from './source';
import type { Status } from '../lifecycle/lifecycle';

const POLL_MS = 1000;
/** A lane that has just been claimed rests for a moment: under load a claim then takes many orders and not one. */
const REST_MS = 20;

/** Loads what a stage is given for a batch of claims. Provided by the subject that owns orders. */
export abstract class OrderSource {
  abstract load(orders: readonly number[]): Promise<Map<number, object>>;
}

/** The lanes that orders may be in. */
export abstract class LaneSource {
  abstract lanes(): Promise<readonly string[]>;
}

export interface StageSettings {
  node: string;
  source: Source;
  /** Empty: every lane there is. */
  lanes: readonly string[];
  /** Orders in work at once, in each lane. */
  perLane: number;
  failure?: Status;
  retry: RetryPolicy;
}

export interface StageParts {
  claims: Claims;
  active: ActiveWork;
  transitions: Transitions;
  orders: OrderSource;
  lanes: LaneSource;
  emit(order: object, work: Work): void;
  onError(error: unknown): void;
}

/**
 * One stage: keeps up to `perLane` orders of each lane in work. It wakes at once when something becomes due in this process and when
 * a slot is free again, and looks by itself once a second.
 */
export class StageWorker {
  readonly #settings: StageSettings;
  readonly #parts: StageParts;
  readonly #running = new Map<string, number>();
  /** Lanes that are being claimed, and whether to look again afterwards. */
  readonly #claiming = new Map<string, { again: boolean }>();
  readonly #full = new Set<string>();
  readonly #poll: NodeJS.Timeout;
  readonly #onDue: (stage: string, lane: string) => void;
  #closing = false;

  constructor(settings: StageSettings, parts: StageParts) {
    this.#settings = settings;
    this.#parts = parts;
    this.#onDue = (stage, lane) => {
      if (stage === settings.source.name) this.wake(lane);
    };
    parts.transitions.events.on('due', this.#onDue);
    this.#poll = setInterval(() => this.wake(''), POLL_MS);
    setImmediate(() => this.wake(''));
  }

  /** Orders in work now. */
  running(): number {
    let sum = 0;
    for (const count of this.#running.values()) sum += count;
    return sum;
  }

  /** @param lane the lane in which something became due, or empty for all */
  wake(lane: string): void {
    if (this.#closing) return;
    if (lane) return this.#wakeLane(lane);
    this.#allLanes().then(
      (lanes) => lanes.forEach((each) => this.#wakeLane(each)),
      (error: unknown) => this.#parts.onError(error),
    );
  }

  async #allLanes(): Promise<readonly string[]> {
    return this.#settings.lanes.length > 0 ? this.#settings.lanes : this.#parts.lanes.lanes();
  }

  #wakeLane(lane: string): void {
    if (this.#closing || this.#parts.active.paused) return;
    if (this.#settings.lanes.length > 0 && !this.#settings.lanes.includes(lane)) return;
    const claiming = this.#claiming.get(lane);
    if (claiming) claiming.again = true;
    else if (this.#free(lane) <= 0) this.#full.add(lane);
    else void this.#claimLane(lane);
  }

  #free(lane: string): number {
    return this.#settings.perLane - (this.#running.get(lane) ?? 0);
  }

  async #claimLane(lane: string): Promise<void> {
    const state = { again: false };
    this.#claiming.set(lane, state);
    try {
      do {
        state.again = false;
        const limit = this.#free(lane);
        const claimed = await this.#parts.claims.claim(this.#settings.source, lane, limit);
        if (claimed.length > 0) await this.#take(claimed);
        if (claimed.length === limit) this.#full.add(lane);
        if (claimed.length > 0) await sleep(REST_MS);
      } while (state.again && !this.#closing && !this.#parts.active.paused && this.#free(lane) > 0);
    } catch (error) {
      this.#parts.onError(error);
    } finally {
      this.#claiming.delete(lane);
    }
  }

  async #take(claims: readonly Claim[]): Promise<void> {
    const { node, failure, retry } = this.#settings;
    const { active, orders } = this.#parts;
    const since = performance.now();
    const works = claims.map((claim): Work => ({ ...claim, node, retry, since, effects: [], ...(failure !== undefined && { failure }) }));
    // Counted before anything is awaited: a stop that comes now knows of them.
    for (const work of works) {
      this.#running.set(work.lane, (this.#running.get(work.lane) ?? 0) + 1);
      active.begin(work, (ended) => this.#ended(ended));
    }
    let loaded: Map<number, object>;
    try {
      loaded = await orders.load([...new Set(works.map((work) => work.order))]);
    } catch (error) {
      await this.#giveBack(works);
      throw error;
    }
    if (this.#closing || active.paused) return this.#giveBack(works);
    for (const work of works) this.#parts.emit(loaded.get(work.order) ?? { id: work.order }, work);
  }

  async #giveBack(works: readonly Work[]): Promise<void> {
    try {
      await this.#parts.claims.release(works);
    } finally {
      for (const work of works) this.#parts.active.end(work);
    }
  }

  #ended(work: Work): void {
    this.#running.set(work.lane, Math.max(0, (this.#running.get(work.lane) ?? 0) - 1));
    if (this.#full.has(work.lane) && this.#free(work.lane) >= this.#settings.perLane / 2) {
      this.#full.delete(work.lane);
      this.#wakeLane(work.lane);
    }
  }

  /** Claims nothing more and gives back what no node has finished; the token fences whatever still runs. */
  async close(): Promise<void> {
    this.#closing = true;
    clearInterval(this.#poll);
    this.#parts.transitions.events.off('due', this.#onDue);
    const left = this.#parts.active.of(this.#settings.node);
    if (left.length > 0) await this.#giveBack(left);
  }
}
