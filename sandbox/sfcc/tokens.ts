import { randomBytes } from 'node:crypto';

/** The access tokens that were given out; each ends after its time. Forgotten at a restart, as if all had expired. */
export class Tokens {
  readonly seconds: number;
  readonly #now: () => number;
  readonly #expiry = new Map<string, number>();

  /** @param now milliseconds since 1970 */
  constructor(seconds: number, now: () => number = Date.now) {
    this.seconds = seconds;
    this.#now = now;
  }

  give(): string {
    for (const [token, expiry] of this.#expiry) if (expiry <= this.#now()) this.#expiry.delete(token);
    const token = randomBytes(24).toString('base64url');
    this.#expiry.set(token, this.#now() + this.seconds * 1000);
    return token;
  }

  accepts(token: string): boolean {
    return (this.#expiry.get(token) ?? 0) > this.#now();
  }
}
