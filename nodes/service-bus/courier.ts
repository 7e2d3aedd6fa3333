import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Deliveries, Settlement } from '../edge/deliveries';
import type { Failure } from '../runtime/failure';
import type { BusMessage, Outcome } from './hand-over';
import type { Receiver } from './reception';

/** Before a message is given back: 1 s, then twice as long each time it comes, below the shortest lock that is usual. */
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 25_000;
/** Between two looks whether the database is there again. */
const LOOK_MS = 1000;
/** A message is given out again only while its lock lasts at least so long. */
const MARGIN_MS = 500;

export interface CourierParts {
  receiver: () => Pick<Receiver, 'pause' | 'resume'>;
  deliveries: Deliveries;
  /** Deliveries in vain after which a message is a dead letter. At most as many as the subscription allows, or the bus is faster and gives no reason. */
  maxDeliveries: number;
  /** Sends it into the flow. */
  give: (message: BusMessage, delivery: string) => void;
  /** Asks the database. @throws while it is away */
  ask: () => Promise<unknown>;
  onAway: (away: boolean) => void;
  /** Told of each message that the bus was told about. */
  onSettled?: (outcome: Outcome) => void;
}

/**
 * Hands the messages of a subscription to the flow and settles them by what becomes of them. A message that fails again and again
 * becomes a dead letter, with the last failure as its reason. While the database is away, which is no message's fault, nothing is
 * taken from the bus: what was in hand waits here and is handed out again, so that hardly a delivery is counted.
 */
export class Courier {
  readonly #parts: CourierParts;
  #outage: Promise<void> | undefined;
  #closed = false;

  constructor(parts: CourierParts) {
    this.#parts = parts;
  }

  deliver(message: BusMessage): void {
    const delivery = randomUUID();
    this.#parts.deliveries.add(delivery, (settlement) => this.#settle(message, settlement));
    this.#parts.give(message, delivery);
  }

  async #settle(message: BusMessage, settlement: Settlement): Promise<void> {
    if (settlement.outcome === 'complete') return this.#end(message, 'complete');
    if (settlement.outcome === 'dead-letter') return this.#end(message, 'dead-letter', settlement.reason);
    const { failure } = settlement;
    // Whoever reports the failure does not wait for the database with it.
    if (isOurs(failure)) return void this.#outlast(message);
    const delivered = message.deliveryCount + 1;
    if (delivered >= this.#parts.maxDeliveries) return this.#end(message, 'dead-letter', reasonOf(delivered, failure));
    // Given back at once it would come back at once, and be a dead letter after a moment.
    await delay(Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** message.deliveryCount));
    await this.#end(message, 'abandon');
  }

  async #end(message: BusMessage, outcome: Outcome, reason?: string): Promise<void> {
    await message.settle(outcome, reason);
    this.#parts.onSettled?.(outcome);
  }

  async #outlast(message: BusMessage): Promise<void> {
    await (this.#outage ??= this.#waitForDatabase());
    if (!this.#closed && message.lockedUntil - MARGIN_MS > Date.now()) this.deliver(message);
    // Its lock is over: it comes again by itself, and this only frees its place.
    else await this.#end(message, 'abandon').catch(() => undefined);
  }

  async #waitForDatabase(): Promise<void> {
    const { receiver, ask, onAway } = this.#parts;
    onAway(true);
    // The bus may be away, too: then nothing comes either.
    await receiver().pause('database').catch(() => undefined);
    while (!this.#closed && !(await ask().then(() => true, () => false))) await delay(LOOK_MS);
    this.#outage = undefined;
    if (this.#closed) return;
    onAway(false);
    await receiver().resume('database').catch(() => undefined);
  }

  close(): void {
    this.#closed = true;
  }
}

/** Failures that say nothing about the message: it would have gone well with a database. */
const isOurs = ({ code }: Failure): boolean => code.startsWith('database.');

const reasonOf = (deliveries: number, { code, message }: Failure): string => `${deliveries === 1 ? 'the delivery' : `${deliveries} deliveries`} failed, the last one with ${code}: ${message}`;
