import { hash, timingSafeEqual } from 'node:crypto';
import { InvalidInput } from '../runtime/errors';

/** Who may call, each with a token of its own. */
export const CALLERS = ['mulesoft', 'service-bus', 'print-station', 'reader', 'operator'] as const;

export type Caller = (typeof CALLERS)[number];

/** Who may also send its token as `Authorization: Bearer`. */
export const BEARER: readonly Caller[] = ['print-station'];

/** What an operator may do includes what a reader may. */
const IMPLIES: Readonly<Partial<Record<Caller, readonly Caller[]>>> = { operator: ['reader'] };

/** The partners and people who may call, by their tokens. Compared in constant time, by hash, so that no length shows either. */
export class Callers {
  readonly #hashes: [Caller, Buffer][];

  constructor(tokens: Readonly<Partial<Record<Caller, string>>>) {
    this.#hashes = Object.entries(tokens)
      .filter(([, token]) => token)
      .map(([caller, token]) => [caller as Caller, sha256(token)]);
  }

  /** Whose token this is, whatever it is used for. */
  identify(headers: Headers): Caller | undefined {
    const token = single(headers['x-user-token']) ?? bearerOf(headers);
    return token === undefined ? undefined : this.#callerOf(token);
  }

  /**
   * Tells who calls, and refuses whom the endpoint is not for.
   * @throws InvalidInput `auth.missing`, `auth.wrong` (401) or `auth.not-allowed` (403)
   */
  authenticate(headers: Headers, allowed: readonly Caller[]): Caller {
    const own = single(headers['x-user-token']);
    const token = own ?? bearerOf(headers);
    if (!token) throw new InvalidInput('a token is needed: X-User-Token', { code: 'auth.missing' });
    const caller = this.#callerOf(token);
    if (!caller || (own === undefined && !BEARER.includes(caller))) throw new InvalidInput('the token is not known', { code: 'auth.wrong' });
    if (!allowed.includes(caller) && !IMPLIES[caller]?.some((implied) => allowed.includes(implied)))
      throw new InvalidInput('this token is not for this endpoint', { code: 'auth.not-allowed' });
    return caller;
  }

  #callerOf(token: string): Caller | undefined {
    const given = sha256(token);
    let found: Caller | undefined;
    for (const [caller, expected] of this.#hashes) if (timingSafeEqual(expected, given)) found = caller;
    return found;
  }
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

const sha256 = (text: string): Buffer => hash('sha256', text, 'buffer');

const bearerOf = (headers: Headers): string | undefined => /^Bearer +(\S+)$/i.exec(single(headers['authorization']) ?? '')?.[1];

const single = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value) || undefined;
