import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { answersChallenge, challengeMessage, type Credentials, readAuthorization } from './ntlm-messages';

/** What a request may do: go on, or be answered 401 with this WWW-Authenticate header. */
export type Admission = { admitted: true } | { admitted: false; authenticate: string };

const refused: Admission = { admitted: false, authenticate: 'NTLM' };

/**
 * NTLM admits a connection, not a request: the challenge and the success belong to the socket. A new type 1 message begins anew,
 * a wrong answer uses the challenge up.
 */
export class NtlmDoor {
  readonly #credentials: Credentials;
  readonly #challenges = new WeakMap<Socket, Buffer>();
  readonly #admitted = new WeakSet<Socket>();

  constructor(credentials: Credentials) {
    this.#credentials = credentials;
  }

  /** Takes the next leg of a handshake, or lets a request of an authenticated connection pass. */
  admit(socket: Socket, authorization: string | undefined): Admission {
    const message = readAuthorization(authorization);
    if (!message) return this.#admitted.has(socket) && authorization === undefined ? { admitted: true } : refused;
    this.#admitted.delete(socket);
    if (message.type === 1) {
      const challenge = randomBytes(8);
      this.#challenges.set(socket, challenge);
      return { admitted: false, authenticate: `NTLM ${challengeMessage(this.#credentials.domain, challenge).toString('base64')}` };
    }
    const challenge = this.#challenges.get(socket);
    this.#challenges.delete(socket);
    if (message.type !== 3 || !challenge || !answersChallenge(message.bytes, challenge, this.#credentials)) return refused;
    this.#admitted.add(socket);
    return { admitted: true };
  }

  /** True when this request may turn out to be admitted: its connection is, or it carries the answer to a challenge. Changes nothing. */
  mayPass(socket: Socket, authorization: string | undefined): boolean {
    if (authorization === undefined) return this.#admitted.has(socket);
    return this.#challenges.has(socket) && readAuthorization(authorization)?.type === 3;
  }
}
