/**
 * The errors of the system. Every failure that leaves a function on purpose is one of these four, so that the end of a stage
 * (`oms-fail`) decides by class and never by text.
 */

/** What a person reads: a stable code, a sentence, and what to do next. */
export interface ErrorDetails {
  /** Stable and dotted, e.g. `nav.fault`, `sfcc.unavailable`. */
  code: string;
  /** What to do next, for the person who reads the message. */
  next?: string;
  /** RFC 6901 pointer to the value at fault, where there is one. */
  pointer?: string;
  cause?: unknown;
}

abstract class OmsError extends Error {
  readonly code: string;
  readonly next: string | undefined;
  readonly pointer: string | undefined;

  constructor(message: string, details: ErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.code = details.code;
    this.next = details.next;
    this.pointer = details.pointer;
  }
}

/** Nothing happened at the remote, provably; the same step may run again later. */
export class Retryable extends OmsError {
  /** Milliseconds the remote asked us to wait (Retry-After), where it said so. */
  readonly retryAfterMs: number | undefined;
  /** The partner that is known to be down, where that is all there is to say: such a try counts as none. */
  readonly partnerDown: string | undefined;

  constructor(message: string, details: ErrorDetails & { retryAfterMs?: number; partnerDown?: string }) {
    super(message, details);
    this.retryAfterMs = details.retryAfterMs;
    this.partnerDown = details.partnerDown;
  }
}

/** A definite no: by the remote (a refusal on its list) or by a rule of ours. Repeating it unchanged is pointless. */
export class Rejected extends OmsError {
  /** The ledger's row of the refused call, where the hold that follows is about just this call. */
  readonly effect: number | undefined;

  constructor(message: string, details: ErrorDetails & { effect?: number }) {
    super(message, details);
    this.effect = details.effect;
  }
}

/** The request may have been carried out; only looking at the remote, or a person, can say. */
export class OutcomeUnknown extends OmsError {
  /** The ledger's row of the call in doubt, once it is known. */
  readonly effect: number | undefined;
  /** Milliseconds after which the remote is looked at again; absent: a person must decide. */
  readonly lookAgainMs: number | undefined;

  constructor(message: string, details: ErrorDetails & { effect?: number; lookAgainMs?: number }) {
    super(message, details);
    this.effect = details.effect;
    this.lookAgainMs = details.lookAgainMs;
  }
}

/** What we were given is wrong: a malformed message, order or setting. */
export class InvalidInput extends OmsError {}

export type KnownError = Retryable | Rejected | OutcomeUnknown | InvalidInput;

export function isKnownError(error: unknown): error is KnownError {
  return error instanceof OmsError;
}
