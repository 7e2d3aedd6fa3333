import { monitorEventLoopDelay } from 'node:perf_hooks';

/** The limit never leaves this range: fewer would waste the grouped writes of the database, more would only wait for each other. */
const LEAST = 128;
const MOST = 512;
const TURN_MS = 100;
const RESOLUTION_MS = 10;
/** How late the event loop may run: below the first there is room for more, above the second refusals would come late, too. Milliseconds. */
const CALM_MS = 10;
const LATE_MS = 20;
/** An answer that takes longer has mostly waited for others: there is no room for more. */
const BRISK_MS = 60;
/** A quarter of what callers are promised at most. */
const SLOW_MS = 250;

/**
 * How many requests may be under way, found by trying (additive increase, multiplicative decrease): the limit grows while it is
 * reached and most answers are quick, and shrinks when the event loop runs late or most take long. Above it callers are told to come
 * back, which costs a tenth of serving them; so the rate of good answers stays near the capacity, whatever comes in.
 */
export class Admission {
  readonly #delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #timer: NodeJS.Timeout;
  #limit = LEAST;
  #reached = false;
  #answered = 0;
  #brisk = 0;
  #slow = 0;

  constructor() {
    this.#delay.enable();
    this.#timer = setInterval(() => this.#turn(), TURN_MS).unref();
  }

  get limit(): number {
    return this.#limit;
  }

  /** @param open requests under way */
  hasRoom(open: number): boolean {
    if (open < this.#limit) return true;
    this.#reached = true;
    return false;
  }

  /** Takes note of an answer. */
  answered(ms: number): void {
    this.#answered++;
    if (ms <= BRISK_MS) this.#brisk++;
    else if (ms > SLOW_MS) this.#slow++;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#delay.disable();
  }

  #turn(): void {
    const late = this.#delay.percentile(90) / 1e6 - RESOLUTION_MS;
    this.#delay.reset();
    if (late > LATE_MS || this.#slow * 2 > this.#answered) this.#limit = Math.max(LEAST, Math.floor(this.#limit * 0.9));
    else if (this.#reached && late < CALM_MS && this.#brisk * 2 > this.#answered) this.#limit = Math.min(MOST, this.#limit + 8);
    this.#reached = false;
    this.#answered = 0;
    this.#brisk = 0;
    this.#slow = 0;
  }
}
