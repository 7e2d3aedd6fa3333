import { createConnection, type Socket } from 'node:net';

export interface Heard {
  status: number;
  retryAfter: string | undefined;
  /** Of the connection's last bytes; `performance.now()`. */
  at: number;
}

const HEAD_END = Buffer.from('\r\n\r\n');

/** One keep-alive connection that carries one request at a time. It costs a fraction of `http.request`: the generator must not be what is measured. */
export class Connection {
  readonly #socket: Socket;
  #heard: Buffer | undefined;
  #tell: ((heard: Heard | undefined) => void) | undefined;
  closed = false;
  /** When the last answer had come. */
  freeSince = 0;

  constructor(port: number) {
    this.#socket = createConnection({ port, host: '127.0.0.1', noDelay: true });
    this.#socket.on('data', (chunk) => this.#read(chunk));
    this.#socket.on('error', () => this.#end());
    this.#socket.on('close', () => this.#end());
  }

  /** @param tell is given the answer, or undefined where the connection ended without one */
  send(request: string, tell: (heard: Heard | undefined) => void): void {
    this.#tell = tell;
    this.#socket.write(request);
  }

  close(): void {
    this.#socket.destroy();
  }

  #end(): void {
    this.closed = true;
    this.#answer(undefined);
  }

  #answer(heard: Heard | undefined): void {
    const tell = this.#tell;
    this.#tell = undefined;
    tell?.(heard);
  }

  #read(chunk: Buffer): void {
    this.#heard = this.#heard ? Buffer.concat([this.#heard, chunk]) : chunk;
    const end = this.#heard.indexOf(HEAD_END);
    if (end < 0) return;
    const head = this.#heard.toString('latin1', 0, end);
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
    if (this.#heard.length < end + HEAD_END.length + length) return;
    this.#heard = undefined;
    this.#answer({ status: Number(head.slice(9, 12)), retryAfter: /\r\nretry-after: *(\d+)/i.exec(head)?.[1], at: performance.now() });
  }
}
