import http from 'node:http';
import type { AddressInfo } from 'node:net';

interface Collection {
  reference: string;
  warehouse: string;
  country: string;
  pieces: number;
}

/** The carrier of docs/adding-an-integration.md: it books every time it is asked to, and misbehaves when told. */
export class ACarrier {
  readonly booked: (Collection & { id: string })[] = [];
  readonly token = 'the-token-of-a-carrier';
  /** Books, then cuts the connection: for the next so many calls. */
  cut = 0;
  /** Refuses the next so many calls for good. */
  refuse = 0;
  /** How often it was asked whether it knows a reference. */
  asked = 0;
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
    const url = new URL(request.url ?? '/', 'http://carrier');
    const reply = (status: number, body: object): void => void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (request.headers.authorization !== `Bearer ${this.token}`) return reply(401, {});
    if (url.pathname !== '/v1/collections') return reply(404, {});
    if (request.method === 'GET') {
      this.asked++;
      const reference = url.searchParams.get('reference');
      return reply(200, { collections: this.booked.filter((each) => each.reference === reference).map(({ id, pieces }) => ({ id, reference, pieces })) });
    }
    if (this.refuse-- > 0) return reply(422, { message: 'we do not collect there' });
    const booking = { ...(JSON.parse(Buffer.concat(parts).toString('utf8')) as Collection), id: `SW${this.booked.length + 1}` };
    this.booked.push(booking);
    if (this.cut-- > 0) return void request.socket.destroy();
    reply(201, { id: booking.id });
  }
}
