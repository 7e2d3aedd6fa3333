import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { hasBody } from './envelope';
import { problem } from './problem';
import { Rates } from './rates';

/** Attempts to sign in that one address may make a second: each costs a long hash. */
const ATTEMPTS = 5;
const SIGN_IN = /^\/editor\/auth\/token\/?(?:\?|$)/i;

/** The largest deploy: Node-RED's `apiMaxLength` in settings.ts. Bytes. */
export const BODY_LIMIT = 5 * 1024 * 1024;

/** An editor says little over its socket: subscriptions and a sign of life. Bytes, and the time in which they may come. */
const TALK_BYTES = 262_144;
const TALK_MS = 60_000;

/**
 * Stands before the editor, which has limits and authentication of its own and forgets a few: it neither counts attempts to sign in,
 * nor hurries strangers, nor survives every compressed body, and answers an unknown grant with 501.
 */
export class EditorDoor {
  readonly #rates = new Rates(ATTEMPTS);
  readonly #bodyMs: number;

  /** @param bodyMs after which a stranger's request that is not complete is cut off; who is signed in may send for longer */
  constructor(bodyMs: number) {
    this.#bodyMs = bodyMs;
  }

  /** @returns whether the request may go on; otherwise it has been answered */
  admit(request: IncomingMessage, response: ServerResponse): boolean {
    const { url = '', headers } = request;
    const encoding = headers['content-encoding'];
    if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
      problem(response, 415, 'Compressed bodies are not taken', { connection: 'close' });
      return false;
    }
    // Node-RED refuses it too, but some routes wait for the body first.
    if (Number(headers['content-length'] ?? 0) > BODY_LIMIT) {
      problem(response, 413, `The body is larger than ${BODY_LIMIT} bytes`, { connection: 'close' });
      return false;
    }
    if (SIGN_IN.test(url)) {
      if (this.#rates.isOver(request.socket.remoteAddress ?? '')) {
        problem(response, 429, 'Too many attempts to sign in', { 'retry-after': '1' });
        return false;
      }
      const writeHead = response.writeHead.bind(response) as (status: number, ...rest: unknown[]) => ServerResponse;
      Object.assign(response, { writeHead: (status: number, ...rest: unknown[]) => writeHead(status === 501 ? 400 : status, ...rest) });
    }
    if (hasBody(request) && headers.authorization === undefined) setTimeout(() => request.complete || request.socket.destroy(), this.#bodyMs).unref();
    return true;
  }
  /** Cuts a WebSocket over which more comes than an editor says: it would be held in memory, a hundred megabytes a message. */
  watch(socket: Duplex): void {
    let bytes = 0;
    let since = Date.now();
    socket.on('data', (chunk: Buffer) => {
      if (Date.now() - since > TALK_MS) [bytes, since] = [0, Date.now()];
      bytes += chunk.length;
      if (bytes > TALK_BYTES) socket.destroy();
    });
  }
}
