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

  get sandbox(): boolean {
    return this.optional('OMS_SANDBOX_MODE') === 'on';
  }
}
