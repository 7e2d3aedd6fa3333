import { Pool } from 'undici';

/** What the OMS answered; undefined where no answer came. */
export type OmsAnswer = { status: number; body: unknown } | undefined;

/** Where the OMS is and how the partners prove themselves. */
export interface OmsAccess {
  url: string;
  tokens: { mulesoft: string; serviceBus: string; printStation: string };
}

/** How many requests to the OMS may run at once. */
export const concurrency = 16;

const timeout = 15_000;

/** The partners' side of the OMS's API: one pool of connections that are kept. */
export class OmsClient {
  readonly #pool: Pool;
  readonly #tokens: OmsAccess['tokens'];

  constructor({ url, tokens }: OmsAccess) {
    this.#pool = new Pool(url, { connections: concurrency, pipelining: 1, headersTimeout: timeout, bodyTimeout: timeout, connectTimeout: 5000 });
    this.#tokens = tokens;
  }

  /** Sends one request; never throws for what the network or the OMS do. */
  async send(method: 'PATCH' | 'POST', path: string, as: keyof OmsAccess['tokens'], body: string): Promise<OmsAnswer> {
    try {
      const response = await this.#pool.request({
        method,
        path,
        headers: { 'content-type': 'application/json', ...(as === 'printStation' ? { authorization: `Bearer ${this.#tokens[as]}` } : { 'x-user-token': this.#tokens[as] }) },
        body,
      });
      const text = await response.body.text();
      return { status: response.statusCode, body: parsed(text) };
    } catch {
      return undefined;
    }
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
