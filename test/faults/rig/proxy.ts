import net from 'node:net';
import type { Detour } from '../../support/system';

/**
 * How a connection is struck: the request is held up · cut before it gets there · cut after the other side has acted and answered · its
 * answer comes in half.
 */
export type Cut = 'delay' | 'before' | 'after' | 'truncate';

interface Armed {
  cut: Cut;
  /** What a request says that is struck. */
  matching: string;
  times: number;
  ms: number;
}

/** A TCP proxy in front of a partner or of the database; it strikes requests that say something, so many times. */
export class Proxy implements Detour {
  readonly port: number;
  readonly #server: net.Server;
  readonly #sockets = new Set<net.Socket>();
  #to = 0;
  #armed: Armed[] = [];
  /** How often it has struck. */
  struck = 0;

  private constructor(server: net.Server) {
    this.#server = server;
    this.port = (server.address() as net.AddressInfo).port;
    server.on('connection', (socket) => this.#join(socket));
  }

  static async listen(): Promise<Proxy> {
    const server = net.createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new Proxy(server);
  }

  leadTo(port: number): void {
    this.#to = port;
  }

  /** Strikes the next requests that contain this text, in clear bytes of one packet. */
  strike(cut: Cut, matching: string, { times = 1, ms = 0 }: { times?: number; ms?: number } = {}): void {
    this.#armed.push({ cut, matching, times, ms });
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(near: net.Socket): void {
    const far = net.connect(this.#to, '127.0.0.1');
    let cut: Cut | undefined;
    const end = (): void => {
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', end);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        end();
      });
    }
    near.on('data', (bytes: Buffer) => {
      const armed = this.#next(bytes);
      cut ??= armed?.cut;
      if (armed?.cut === 'before') return end();
      if (armed?.cut !== 'delay') return void far.write(bytes);
      near.pause();
      setTimeout(() => {
        far.write(bytes);
        near.resume();
      }, armed.ms);
    });
    far.on('data', (bytes: Buffer) => {
      if (cut === 'after') return end();
      if (cut === 'truncate') return void near.write(bytes.subarray(0, bytes.length >> 1), end);
      near.write(bytes);
    });
  }

  #next(bytes: Buffer): Armed | undefined {
    const armed = this.#armed.find(({ matching }) => bytes.includes(matching));
    if (!armed) return undefined;
    this.struck++;
    if (--armed.times === 0) this.#armed = this.#armed.filter((each) => each !== armed);
    return armed;
  }
}
