import type { Log } from '../runtime/log';
import { within } from '../runtime/within';
import { createPool, giveUp, type Pool } from './pool';

export interface DatabaseHealthParts {
  url: string;
  /** Unanswered for so long, the database counts as away. Milliseconds. */
  silenceMs: number;
  /** What works on the database. When it hangs, their connections are given up. */
  pools: readonly Pool[];
  log: Log;
  /** Told when it goes away. */
  onAway: () => void;
}

const EVERY_MS = 500;

/**
 * Whether the database answers, asked over a connection of its own twice a second. A database that refuses is away at once, one that
 * hangs after a while; then every connection to it is given up, so that nothing waits for an answer that may never come: what waited
 * fails as retryable, and the pools connect anew when it is back.
 */
export class DatabaseHealth {
  readonly #parts: DatabaseHealthParts;
  readonly #probe: Pool;
  #there = true;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: DatabaseHealthParts) {
    this.#parts = parts;
    this.#probe = createPool(parts.url, 1, { connectMs: parts.silenceMs });
  }

  get isThere(): boolean {
    return this.#there;
  }

  start(): void {
    const turn = async (): Promise<void> => {
      await this.#look();
      this.#timer = setTimeout(() => void turn(), EVERY_MS);
    };
    this.#timer = setTimeout(() => void turn(), EVERY_MS);
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#probe.end();
  }

  async #look(): Promise<void> {
    const answer = this.#probe.query('SELECT 1').then(() => 'there', () => 'refused');
    // A process that stood still finds the time over before it has read the answer that lies there: one more turn reads it.
    const inTime = (await within(this.#parts.silenceMs, answer)) || (await within(EVERY_MS, answer));
    const state = inTime ? await answer : 'silent';
    if (state === 'silent') {
      giveUp(this.#probe);
      for (const pool of this.#parts.pools) giveUp(pool);
    }
    this.#turnTo(state);
  }

  #turnTo(state: string): void {
    const there = state === 'there';
    if (there === this.#there) return;
    this.#there = there;
    if (there) this.#parts.log.info({ code: 'database.back' }, 'the database answers again');
    else {
      this.#parts.log.error({ code: 'database.away', reason: state }, 'the database does not answer: callers are told to come back');
      this.#parts.onAway();
    }
  }
}
