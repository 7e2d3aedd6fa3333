import type { IncomingMessage, ServerResponse } from 'node:http';
import { problem } from './problem';
import { Rates } from './rates';

/** Attempts that one address may make a second: each costs a long hash. */
const ATTEMPTS = 5;

/** Stands before the editor's sign-in, which neither counts attempts nor answers an unknown grant as OAuth says (400, not 501). */
export class SignIns {
  readonly #rates = new Rates(ATTEMPTS);
  readonly #bodyMs: number;

  /** @param bodyMs after which an attempt that is not complete is cut off; who is signed in may send for longer */
  constructor(bodyMs: number) {
    this.#bodyMs = bodyMs;
  }

  /** @returns whether the request may go on */
  admit(request: IncomingMessage, response: ServerResponse): boolean {
    if (this.#rates.isOver(request.socket.remoteAddress ?? '')) {
      problem(response, 429, 'Too many attempts to sign in', { 'retry-after': '1' });
      return false;
    }
    setTimeout(() => request.complete || request.socket.destroy(), this.#bodyMs).unref();
    const writeHead = response.writeHead.bind(response) as (status: number, ...rest: unknown[]) => ServerResponse;
    Object.assign(response, { writeHead: (status: number, ...rest: unknown[]) => writeHead(status === 501 ? 400 : status, ...rest) });
    return true;
  }
}
