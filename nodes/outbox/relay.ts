import type { Transitions } from '../lifecycle/transitions';
import type { ActiveWork } from '../work/active';
import { backoff, type RetryPolicy } from '../work/source';
import type { OrderEvent } from './event';
import type { Batch, Outbox } from './outbox';

/** What other processes have written is looked for so often. */
const POLL_MS = 500;
/** Between two batches: under load a batch then takes many events and not a few. */
const REST_MS = 40;
/** Whatever sends gives up long before. A batch without an end after this time was lost on its way. */
const LOST_MS = 90_000;

/** While the bus is away. */
const RETRY: RetryPolicy = { attempts: Infinity, firstMs: 1000, maxMs: 30_000 };

export interface RelayParts {
  outbox: Outbox;
  transitions: Transitions;
  active: ActiveWork;
  /** Events in a batch at most. */
  size: number;
  emit: (batch: Batch, events: OrderEvent[]) => void;
  onError: (error: unknown) => void;
}

/**
 * Takes one batch after the other out of the outbox: at once when something happens in this process, and by itself twice a second.
 * A batch that was not published is tried again later, with growing waits.
 */
export class Relay {
  readonly #parts: RelayParts;
  readonly #poll: NodeJS.Timeout;
  readonly #wake = (): void => this.#lookIn(REST_MS);
  readonly #onEnd = (token: string, published: boolean): void => this.#ended(token, published);
  #next: NodeJS.Timeout | undefined;
  #taking = false;
  #batch: { token: string; full: boolean; lost: NodeJS.Timeout } | undefined;
  #failures = 0;
  #retryAt = 0;
  #closing = false;

  constructor(parts: RelayParts) {
    this.#parts = parts;
    parts.outbox.events.on('ended', this.#onEnd);
    parts.transitions.events.on('moved', this.#wake).on('due', this.#wake);
    this.#poll = setInterval(this.#wake, POLL_MS);
  }

  /** Batches in a row that could not be published, and seconds until the next try. */
  get trouble(): { failures: number; retrySeconds: number } {
    return { failures: this.#failures, retrySeconds: Math.max(0, Math.ceil((this.#retryAt - performance.now()) / 1000)) };
  }

  #lookIn(ms: number): void {
    if (this.#next || this.#closing) return;
    this.#next = setTimeout(() => {
      this.#next = undefined;
      void this.#look();
    }, ms);
  }

  async #look(): Promise<void> {
    const { outbox, active, size, emit, onError } = this.#parts;
    if (this.#taking || this.#batch || this.#closing || active.paused || performance.now() < this.#retryAt) return;
    this.#taking = true;
    try {
      const taken = await outbox.take(size);
      if (!taken) return;
      const { batch, events } = taken;
      this.#batch = { token: batch.token, full: events.length === size, lost: setTimeout(() => this.#giveBack(batch.token), LOST_MS) };
      if (this.#closing || active.paused) return this.#giveBack(batch.token);
      emit(batch, events);
    } catch (error) {
      onError(error);
      this.#failed();
    } finally {
      this.#taking = false;
    }
  }

  #giveBack(token: string): void {
    this.#parts.outbox.giveBack(token).catch(this.#parts.onError);
  }

  #ended(token: string, published: boolean): void {
    if (this.#batch?.token !== token) return;
    const { full, lost } = this.#batch;
    clearTimeout(lost);
    this.#batch = undefined;
    if (!published) return this.#failed();
    this.#failures = 0;
    this.#lookIn(full ? 0 : REST_MS);
  }

  #failed(): void {
    this.#failures++;
    this.#retryAt = performance.now() + backoff(RETRY, this.#failures);
  }

  /** Takes nothing more. A batch whose message went down with the flow is given back: its events wait for the next one. */
  async close(): Promise<void> {
    this.#closing = true;
    clearInterval(this.#poll);
    clearTimeout(this.#next);
    const { outbox, transitions } = this.#parts;
    transitions.events.off('moved', this.#wake).off('due', this.#wake);
    const batch = this.#batch;
    if (batch) await outbox.giveBack(batch.token);
    outbox.events.off('ended', this.#onEnd);
    clearTimeout(batch?.lost);
  }
}
