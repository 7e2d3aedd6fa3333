import { hash, timingSafeEqual } from 'node:crypto';
import { InvalidInput } from '../runtime/errors';

/** Who may call, each with a token of its own. */
export const CALLERS = ['mulesoft', 'service-bus', 'print-station', 'reader', 'operator'] as const;

export type Caller = (typeof CALLERS)[number];

/** Who may also send its token as `Authorization: Bearer`. */
export const BEARER: readonly Caller[] = ['print-station'];

/** What an operator may do includes what a reader may. */
const IMPLIES: Readonly<Partial<Record<Caller, readonly Caller[]>>> = { operator: ['reader'] };

/** A token that is valid now, as far as it is kept: its hash. */
export interface KnownToken {
  id: number;
  caller: Caller;
  hash: Buffer;
}

/**
 * The partners and people who may call, by their tokens. Compared in constant time, by hash, so that no length shows either. Nothing here
 * waits for anything: which tokens are valid is told by `CallerTokens`.
 */
export class Callers {
  #known: readonly KnownToken[] = [];
  #used = new Set<number>();

  /** From now on these are valid, and no others. */
  know(tokens: readonly KnownToken[]): void {
    this.#known = tokens;
  }

  /** The tokens that somebody was let in with since this was asked last. */
  takeUsed(): number[] {
    const used = [...this.#used];
    this.#used = new Set();
    return used;
  }

  /** Whose token this is, whatever it is used for. */
  identify(headers: Headers): Caller | undefined {
    const token = single(headers['x-user-token']) ?? bearerOf(headers);
    return token === undefined ? undefined : this.#find(token)?.caller;
  }

  /**
   * Tells who calls, and refuses whom the endpoint is not for.
   * @throws InvalidInput `auth.missing`, `auth.wrong` (401) or `auth.not-allowed` (403)
   */
  authenticate(headers: Headers, allowed: readonly Caller[]): Caller {
    const own = single(headers['x-user-token']);
    const token = own ?? bearerOf(headers);
    if (!token) throw new InvalidInput('a token is needed: X-User-Token', { code: 'auth.missing' });
    const known = this.#find(token);
    if (!known || (own === undefined && !BEARER.includes(known.caller))) throw new InvalidInput('the token is not known', { code: 'auth.wrong' });
    const { caller } = known;
    if (!allowed.includes(caller) && !IMPLIES[caller]?.some((implied) => allowed.includes(implied)))
      throw new InvalidInput('this token is not for this endpoint', { code: 'auth.not-allowed' });
    this.#used.add(known.id);
    return caller;
  }

  #find(token: string): KnownToken | undefined {
    const given = hashOf(token);
    let found: KnownToken | undefined;
    for (const known of this.#known) if (timingSafeEqual(known.hash, given)) found = known;
    return found;
  }
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** What is kept of a token. */
export const hashOf = (token: string): Buffer => hash('sha256', token, 'buffer');

const bearerOf = (headers: Headers): string | undefined => /^Bearer +(\S+)$/i.exec(single(headers['authorization']) ?? '')?.[1];

const single = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value) || undefined;
