import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { text } from './reply';

const seconds = 1000;

/** The sandbox's HTTP server: it can be taken before there is anything to serve, and be closed at once. */
export interface HttpServer {
  port: number;
  /** Serves with `listener` from now on; until then everybody is asked to come back. */
  serve(listener: RequestListener): void;
  close(): Promise<void>;
}

const notYet: RequestListener = (_request, response) => {
  const reply = text(503, 'The sandbox is starting.', { 'retry-after': '1' });
  response.writeHead(reply.status, reply.headers).end(reply.body);
};

/**
 * Listens on the loopback interface.
 * @throws the error of `listen`, e.g. with code EADDRINUSE
 */
export async function listen(port: number): Promise<HttpServer> {
  let current = notYet;
  const server = createServer(
    { maxHeaderSize: 16 * 1024, headersTimeout: 10 * seconds, requestTimeout: 60 * seconds, keepAliveTimeout: 120 * seconds, noDelay: true },
    (request, response) => current(request, response),
  );
  server.maxConnections = 1024;
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    serve: (listener) => {
      current = listener;
    },
    close: () => closeAll(server, sockets),
  };
}

async function closeAll(server: Server, sockets: Set<Socket>): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  for (const socket of sockets) socket.destroy();
  await closed;
}
