import http from 'node:http';
import type { AddressInfo } from 'node:net';

interface Ordered {
  reference: string;
  warehouse: string;
  country: string;
  items: { line: string; article: string; pieces: number }[];
}

/** The 3PL of docs/adding-a-3pl.md: the same reference has the same ticket; it misbehaves when told. */
export class A3pl {
  /** By reference, in the order of their coming. */
  readonly orders = new Map<string, Ordered & { ticket: string }>();
  readonly token = 'the-token-of-a-3pl';
  /** How often it was asked for a parcel, by reference. */
  readonly asked = new Map<string, number>();
  /** Takes the order, then cuts the connection: for the next so many calls. */
  cut = 0;
  /** Pieces of each article. */
  pieces = 1000;
  readonly #server = http.createServer((request, response) => void this.#answer(request, response));

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { pathname } = new URL(request.url ?? '/', 'http://3pl');
    const reply = (status: number, body: object): void => void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (request.headers.authorization !== `Bearer ${this.token}`) return reply(401, {});
    if (pathname === '/v1/stock') return reply(200, { pieces: this.pieces });
    if (pathname !== '/v1/orders') return reply(404, {});
    const wanted = JSON.parse(Buffer.concat(parts).toString('utf8')) as Ordered;
    this.asked.set(wanted.reference, (this.asked.get(wanted.reference) ?? 0) + 1);
    const known = this.orders.get(wanted.reference) ?? { ...wanted, ticket: `PCL${this.orders.size + 1}` };
    this.orders.set(wanted.reference, known);
    if (this.cut-- > 0) return void request.socket.destroy();
    reply(201, { ticket: known.ticket });
  }
}
