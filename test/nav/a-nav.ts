import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { portOf } from '../runtime/a-server';

/** One request as the server saw it. */
export interface Seen {
  /** Number of the TCP connection, from 1. */
  readonly connection: number;
  readonly step: 'anonymous' | 'negotiate' | 'authenticate' | 'authenticated';
  readonly method: string;
  /** Who signs in, `domain\\user`, in the last step of a handshake. */
  readonly account?: string;
  readonly body: string;
}

export interface FakeNav {
  readonly url: string;
  readonly seen: Seen[];
  /** Requests that came through authentication: what NAV would carry out. */
  carriedOut(): Seen[];
  /** Closes what is idle, as a server does after a while. */
  closeConnections(): Promise<void>;
  close(): Promise<void>;
}

/** What to do with a request; undefined means what NAV does. */
export type Behaviour = (seen: Seen, response: ServerResponse, socket: Socket) => 'handled' | undefined;

export const soapNamespace = 'urn:microsoft-dynamics-schemas/codeunit/OmsIntegration';

export function result(method: string, value: string): string {
  const text = value.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return envelope(`<${method}_Result xmlns="${soapNamespace}"><return_value>${text}</return_value></${method}_Result>`);
}

export function fault(type: string, text: string): string {
  return envelope(
    `<s:Fault><faultcode xmlns:a="urn:microsoft-dynamics-schemas/error">a:Microsoft.Dynamics.Nav.Types.Exceptions.${type}</faultcode>` +
      `<faultstring xml:lang="en-US">${text}</faultstring><detail><string xmlns="http://schemas.microsoft.com/2003/10/Serialization/">${text}</string></detail></s:Fault>`,
  );
}

function envelope(body: string): string {
  return `<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>${body}</s:Body></s:Envelope>`;
}

/** A server that wants NTLM on each connection, and answers as `behaviour` says. It looks at the steps of the handshake, not at hashes. */
export async function startNav(behaviour: Behaviour = () => undefined, tls?: { key: string; cert: string }): Promise<FakeNav> {
  const seen: Seen[] = [];
  const connections = new Map<Socket, { number: number; authenticated: boolean }>();

  const listener: RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const connection = connections.get(request.socket);
      if (connection === undefined) throw new Error('a request without a connection');
      const step = connection.authenticated ? 'authenticated' : stepOf(request);
      const method = String(request.headers['soapaction']).split(':').at(-1)?.replace('"', '') ?? '';
      const one: Seen = { connection: connection.number, step, method, ...(step === 'authenticate' && { account: accountOf(request) }), body: Buffer.concat(chunks).toString() };
      seen.push(one);
      if (behaviour(one, response, request.socket) === 'handled') return;
      if (step === 'authenticate') connection.authenticated = true;
      reply(one, response);
    });
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  server.on(tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
    connections.set(socket, { number: connections.size + 1, authenticated: false });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${portOf(server)}/nav/us/WS/US/Codeunit/OmsIntegration`,
    seen,
    carriedOut: () => seen.filter(({ step }) => step === 'authenticate' || step === 'authenticated'),
    async closeConnections() {
      await Promise.all(
        [...connections.keys()].filter((socket) => !socket.destroyed).map(async (socket) => {
          const closed = once(socket, 'close');
          socket.end();
          await closed;
        }),
      );
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** Domain and user of a type 3 message (MS-NLMP 2.2.1.3). */
function accountOf(request: IncomingMessage): string {
  const message = Buffer.from((request.headers.authorization ?? '').slice('NTLM '.length), 'base64');
  const field = (at: number): string => message.subarray(message.readUInt32LE(at + 4), message.readUInt32LE(at + 4) + message.readUInt16LE(at)).toString('utf16le');
  return `${field(28)}\\${field(36)}`;
}

function stepOf(request: IncomingMessage): Seen['step'] {
  const [, token] = /^NTLM (.+)$/.exec(request.headers.authorization ?? '') ?? [];
  if (token === undefined) return 'anonymous';
  return Buffer.from(token, 'base64').readUInt32LE(8) === 1 ? 'negotiate' : 'authenticate';
}

function reply({ step, method }: Seen, response: ServerResponse): void {
  if (step === 'anonymous') response.writeHead(401, { 'www-authenticate': 'NTLM' }).end();
  else if (step === 'negotiate') response.writeHead(401, { 'www-authenticate': `NTLM ${challenge()}` }).end();
  else response.writeHead(200, { 'content-type': 'text/xml' }).end(result(method, method === 'ImportDocument' ? 'SO000123' : '<Documents/>'));
}

/** A type 2 message (MS-NLMP 2.2.1.2): Unicode, extended session security, target info. */
function challenge(): string {
  const target = Buffer.from('PSCORP', 'utf16le');
  const info = Buffer.concat([Buffer.from([2, 0, target.length, 0]), target, Buffer.alloc(4)]);
  const message = Buffer.alloc(48);
  message.write('NTLMSSP\0', 0, 'latin1');
  message.writeUInt32LE(2, 8);
  message.writeUInt16LE(target.length, 12);
  message.writeUInt16LE(target.length, 14);
  message.writeUInt32LE(48, 16);
  message.writeUInt32LE(0x00880205, 20);
  message.write('12345678', 24, 'latin1');
  message.writeUInt16LE(info.length, 40);
  message.writeUInt16LE(info.length, 42);
  message.writeUInt32LE(48 + target.length, 44);
  return Buffer.concat([message, target, info]).toString('base64');
}
