import { createHash } from 'node:crypto';

/** How doubt about a call is settled. */
export type Policy =
  /** The remote honours an idempotency key: the same request is sent again. */
  | 'key'
  /** The remote can be looked at: found proves it, not found proves nothing. */
  | 'inquire'
  /** Only a person can say. */
  | 'human';

/** What looking at the remote showed. */
export type Inquiry = { found: true; reference?: string | undefined } | { found: false; what: string };

/** What a client has to keep to when it makes a call for the ledger. */
export interface Call {
  /** `Date.now()` after which not one byte may be written any more. */
  readonly startBy: number;
  /** To be called right before the first byte, at each try. */
  readonly leave: () => void;
}

/**
 * A remote side effect, declared once beside its client: what makes it the same effect, what is sent, and how doubt is settled.
 * `Remote` is the client, `Subject` what the effect is about, `Request` what goes over the wire.
 */
export interface Effect<Remote, Subject, Request> {
  /** Dotted: partner and verb, e.g. `nav.create`. */
  kind: string;
  /** The business meaning of the call, never a job id: the same key is the same effect for ever. */
  key(subject: Subject): string;
  policy: Policy;
  /** Whether the call is made for this subject at all; absent where it always is. */
  concerns?(subject: Subject): boolean;
  /** Builds the request; throws InvalidInput or Rejected before the ledger knows of any call. */
  request(subject: Subject): Request;
  /** Minor units and currency that the call moves, for the ledger. */
  amount?(subject: Subject): { amount: number; currency: string };
  /** Throws Retryable while the remote is known to be down: then nothing is begun, and no attempt is written. */
  requireUp?(remote: Remote, subject: Subject): void;
  /** Sends it, once, and not a byte after `startBy` or before `leave()`; the error's class says what is known about the outcome. */
  send(remote: Remote, request: Request, subject: Subject, call: Call): Promise<{ reference?: string | undefined }>;
  /** Looks whether it has happened, comparing customer and amount. Needed where the policy is `inquire`. */
  inquire?(remote: Remote, subject: Subject, request: Request): Promise<Inquiry>;
}

/** As `effects.key` takes it. */
const LONGEST_KEY = 191;

/** A key that names many parcels may be longer than its column: then its end is a hash of the whole. Shorter ones stay as they are, for good. */
const fitting = (key: string): string => (key.length <= LONGEST_KEY ? key : `${key.slice(0, LONGEST_KEY - 41)}#${createHash('sha1').update(key).digest('hex')}`);

/** Checks a declaration where it is made. */
export function effect<Remote, Subject, Request>(declared: Effect<Remote, Subject, Request>): Effect<Remote, Subject, Request> {
  if (declared.policy === 'inquire' && !declared.inquire) throw new Error(`effect ${declared.kind}: policy inquire needs inquire()`);
  return { ...declared, key: (subject) => fitting(declared.key(subject)) };
}
