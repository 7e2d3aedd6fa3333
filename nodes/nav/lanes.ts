/**
 * NTLM authenticates a connection, not a request, and concurrent calls on one cold agent repeat each other's handshakes without end.
 * So a call takes a lane: one agent with one socket, one call at a time. Several lanes give throughput.
 */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { Retryable } from '../runtime/errors';

/** Our side closes a socket that was idle for so long, before the server does it under a request. */
const idleMs = 15_000;

/** One socket at most, and whether NAV has authenticated it. */
export class Lane {
  readonly agent: HttpAgent | HttpsAgent;
  private authenticated = false;

  /** @param ca PEM of the only authorities to trust, for https */
  constructor(url: string, ca: string | undefined) {
    const options = { keepAlive: true, maxSockets: 1, timeout: idleMs };
    this.agent = url.startsWith('https:') ? new HttpsAgent({ ...options, ...(ca !== undefined && { ca }) }) : new HttpAgent(options);
  }

  /** Whether the next call goes over a socket that has carried an authenticated one and is still open. */
  get isAuthenticated(): boolean {
    return this.authenticated && this.sockets().some((socket) => !socket.destroyed && socket.writable);
  }

  /** To be told after each call. A lane whose call failed starts over with a new socket. */
  record(outcome: 'answered' | 'failed'): void {
    this.authenticated = outcome === 'answered';
    if (outcome === 'failed') this.agent.destroy();
  }

  close(): void {
    this.agent.destroy();
  }

  private sockets() {
    return [...Object.values(this.agent.freeSockets), ...Object.values(this.agent.sockets)].flatMap((sockets) => sockets ?? []);
  }
}

/** The lanes to one endpoint and the calls that wait for one. */
export class Lanes {
  private readonly free: Lane[];
  private readonly waiting: Array<(lane: Lane) => void> = [];

  /** @param queue calls that may wait for a lane */
  constructor(
    private readonly lanes: readonly Lane[],
    private readonly queue: number,
  ) {
    this.free = [...lanes];
  }

  /**
   * Does the work alone on a lane, on an authenticated one when there is a choice.
   * @throws Retryable `nav.busy` when too many calls wait already; the work was not started
   */
  async run<T>(work: (lane: Lane) => Promise<T>): Promise<T> {
    const lane = await this.take();
    try {
      return await work(lane);
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.free.push(lane);
      else next(lane);
    }
  }

  /** How many there are, how many are taken, and how many calls wait. */
  get load(): { readonly lanes: number; readonly busy: number; readonly waiting: number } {
    return { lanes: this.lanes.length, busy: this.lanes.length - this.free.length, waiting: this.waiting.length };
  }

  close(): void {
    for (const lane of this.lanes) lane.close();
  }

  private take(): Promise<Lane> {
    const best = this.free.findLastIndex((lane) => lane.isAuthenticated);
    const [lane] = this.free.splice(best, 1);
    if (lane !== undefined) return Promise.resolve(lane);
    if (this.waiting.length >= this.queue) {
      return Promise.reject(new Retryable('Too many calls wait for a connection to NAV', { code: 'nav.busy' }));
    }
    return new Promise((resolve) => {
      this.waiting.push(resolve);
    });
  }
}
