/**
 * Leaves a partner alone that has failed several times in a row. Whoever wants something of it meanwhile is told at once since when it
 * is down and when to come again: nothing was tried, so it is no failure of his.
 */
import { BrokenCircuitError, circuitBreaker, type CircuitBreakerPolicy, CircuitState, ConsecutiveBreaker, handleWhen, type IBackoff } from 'cockatiel';
import { isKnownError, type KnownError, Retryable } from './errors';

export interface BreakerSettings {
  /**
   * Failures in a row that open it. Fewer than the attempts of a stage (eight): an order that is alone must not have used up its own
   * before the partner counts as down.
   */
  readonly failures: number;
  /** How long it is open before one call tries again; twice as long after each that fails, up to {@link LONGEST_MS}. */
  readonly halfOpenAfterMs: number;
}

/** The longest time between two tries, and the widest spread of those who wait: together a minute. */
export const LONGEST_MS = 30_000;
/** While somebody tries, or is about to, the others come again after this and their spread. */
const TRYING_MS = 1000;
/** Each that has to wait widens the spread by this: a hundred a second come again, until it is at its widest. */
const SPREAD_MS = 10;

const NEXT = 'It is tried again by itself; waiting for it uses up no attempt.';

/** While it is closed, what did not reach the partner comes again after this, and up to a quarter more. */
const SOON_MS = 1000;

export interface Partner {
  /** Of the partner, or of its endpoint, as a person reads it. */
  readonly name: string;
  /** Of the error while it is open. */
  readonly code: string;
  /** Which failures say that the partner is down. Whatever else it answers says that it is there. */
  readonly trips: (error: KnownError) => boolean;
  /** Which of them have provably not reached it: they are no failures of who wanted something. */
  readonly unreached: (error: KnownError) => boolean;
  /**
   * Something harmless by which it is seen whether the partner is there again, before anything that may act is sent. Without it the first
   * who wants something tries.
   */
  readonly probe?: (() => Promise<unknown>) | undefined;
}

export class Breaker {
  readonly #name: string;
  readonly #code: string;
  readonly #trips: (error: Error) => error is KnownError;
  readonly #unreached: Partner['unreached'];
  readonly #probe: Partner['probe'];
  readonly #policy: CircuitBreakerPolicy;
  #since = new Date(0);
  /** `Date.now()` from which on one call may try. */
  #retryAt = 0;
  #leaveMs = 0;
  #refused = 0;
  #closedAt = 0;
  #reason = 'no answer';

  constructor({ name, code, trips, unreached, probe, failures = 5, halfOpenAfterMs = 2000 }: Partner & Partial<BreakerSettings>) {
    this.#name = name;
    this.#code = code;
    this.#trips = (error): error is KnownError => isKnownError(error) && trips(error);
    this.#unreached = unreached;
    this.#probe = probe;
    const longest = Math.max(LONGEST_MS, halfOpenAfterMs);
    const leave = (duration: number): IBackoff<unknown> => {
      this.#leaveMs = duration;
      return { duration, next: () => leave(Math.min(longest, duration * 2)) };
    };
    this.#policy = circuitBreaker(
      handleWhen(this.#trips),
      { breaker: new ConsecutiveBreaker(failures), halfOpenAfter: { next: () => leave(halfOpenAfterMs) } },
    );
    let isDown = false;
    this.#policy.onBreak((failure) => {
      // One that comes and goes finds as many waiting as before.
      if (!isDown && Date.now() - this.#closedAt > LONGEST_MS) this.#refused = 0;
      if (!isDown) this.#since = new Date();
      isDown = true;
      this.#retryAt = Date.now() + this.#leaveMs;
      if ('error' in failure) this.#reason = failure.error.message;
    });
    this.#policy.onReset(() => {
      isDown = false;
      this.#closedAt = Date.now();
    });
  }

  get state(): 'closed' | 'half-open' | 'open' {
    const { state } = this.#policy;
    if (state === CircuitState.HalfOpen) return 'half-open';
    return state === CircuitState.Closed ? 'closed' : 'open';
  }

  /**
   * Asked before something is prepared for {@link run}. Once it may be tried one caller is let through, and others when he has not tried
   * after a moment.
   * @throws Retryable with `partnerDown` while nothing is to be sent: it is open, or somebody tries just now
   */
  requireClosed(): void {
    const { state } = this;
    if (state === 'closed') return;
    const now = Date.now();
    if (state === 'half-open' || now < this.#retryAt) throw this.#down();
    this.#retryAt = now + TRYING_MS;
  }

  /**
   * Does the work, once.
   * @throws what it throws · Retryable with `partnerDown` where it was not begun, or has not reached the partner
   */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    // Without this cockatiel lets the others wait for the outcome of the try, each with what it holds.
    if (this.state === 'half-open') throw this.#down();
    const { state } = this;
    try {
      if (state !== 'closed' && this.#probe) await this.#counted(this.#probe);
    } catch (error) {
      throw this.#down(error);
    }
    const outcome = await this.#counted(work).catch((error: unknown): never => {
      if (error instanceof BrokenCircuitError) throw this.#down(error);
      if (error instanceof Retryable && this.#unreached(error)) throw state === 'closed' ? this.#notReached(error) : this.#down(error);
      throw error;
    });
    if ('error' in outcome) throw outcome.error;
    return outcome.value;
  }

  /** To cockatiel only a failure that says that the partner is down is one; any other answer of it is as good as another. */
  #counted<Result>(work: () => Promise<Result>): Promise<{ value: Result } | { error: unknown }> {
    return this.#policy.execute(() =>
      work().then(
        (value) => ({ value }),
        (error: Error) => {
          if (this.#trips(error)) throw error;
          return { error };
        },
      ),
    );
  }

  #notReached({ message, code, cause }: Retryable): Retryable {
    return new Retryable(message, { code, cause, partnerDown: this.#name, retryAfterMs: Math.ceil(SOON_MS * (1 + Math.random() / 4)), next: NEXT });
  }

  #down(cause?: unknown): Retryable {
    const wait = this.state === 'half-open' ? TRYING_MS : Math.max(0, this.#retryAt - Date.now());
    const spread = Math.min(LONGEST_MS, this.#leaveMs / 4 + this.#refused++ * SPREAD_MS);
    return new Retryable(`${this.#name} is down since ${this.#since.toISOString()}: ${this.#reason}`, {
      code: this.#code,
      partnerDown: this.#name,
      retryAfterMs: Math.ceil(wait + Math.random() * spread),
      next: NEXT,
      cause,
    });
  }
}
