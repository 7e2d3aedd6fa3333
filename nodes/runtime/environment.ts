import { InvalidInput } from './errors';

/** The environment as it was checked at the start (config.ts), for connections that read their endpoint and credentials from it. */
export class Environment {
  readonly #env: Readonly<Record<string, string | undefined>>;

  constructor(env: Readonly<Record<string, string | undefined>>) {
    this.#env = env;
  }

  optional(name: string): string | undefined {
    return this.#env[name] || undefined;
  }

  /** @throws InvalidInput naming the variable */
  required(name: string): string {
    const value = this.optional(name);
    if (value === undefined) throw new InvalidInput(`${name} is not set`, { code: 'config.missing', next: 'See docs/configuration.md.' });
    return value;
  }

  number(name: string, fallback: number): number {
    const value = this.optional(name);
    return value === undefined ? fallback : Number(value);
  }

  /** Every partner is the sandbox's: waits and schedules may be short. */
  get sandbox(): boolean {
    return this.optional('OMS_SANDBOX_MODE') === 'on' && this.optional('OMS_SANDBOX') !== 'mixed';
  }

  /** The storefront is the sandbox's, whatever the others are. */
  get sandboxStorefront(): boolean {
    return this.optional('OMS_SANDBOX_MODE') === 'on' && new URL(this.optional('SFCC_URL') ?? 'http://none').host === `127.0.0.1:${this.optional('OMS_SANDBOX_PORT') ?? '18880'}`;
  }
}
