import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { problem } from './problem';

/** What Node's parser says, as an HTTP status and a sentence; anything else is a 400. */
const MEANING: Readonly<Record<string, readonly [status: number, reason: string, title: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout', 'The request was not complete in time'],
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large', 'The headers are too large'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'Content Too Large', 'The chunk extensions are too large'],
};

/** Answers what is no HTTP, or comes too slowly to be any, with a problem; the connection ends behind it. */
export function answerMalformed(server: Server): void {
  const latest = new WeakMap<Duplex, { request: IncomingMessage; response: ServerResponse }>();
  const ended = new WeakSet<Duplex>();
  server.prependListener('request', (request, response) => latest.set(request.socket, { request, response }));
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (ended.has(socket)) return;
    ended.add(socket);
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    const [status, reason, title] = MEANING[error.code ?? ''] ?? [400, 'Bad Request', 'The request cannot be read'];
    const { request, response } = latest.get(socket) ?? {};
    // What came behind a sound request is at fault: that one is still answered.
    if (request?.complete && !response?.writableFinished) {
      response?.once('finish', () => socket.destroy());
      return;
    }
    if (response?.headersSent && !response.writableFinished) {
      socket.destroy();
      return;
    }
    // Past the response: whoever waits for the rest of a body answers in vain later, and must not find that somebody has spoken.
    socket.end(lastWords(status, reason, title));
  });
  server.on('checkExpectation', (_request, response) => problem(response, 417, 'Only 100-continue can be expected', { connection: 'close' }));
  server.on('connect', (_request, socket) => {
    socket.on('error', () => socket.destroy()); // nobody else listens: a caller that cuts it would end the process
    socket.end(lastWords(405, 'Method Not Allowed', 'This is no proxy'));
  });
}

function lastWords(status: number, reason: string, title: string): string {
  const body = JSON.stringify({ type: 'about:blank', title, status });
  return `HTTP/1.1 ${status} ${reason}\r\nContent-Type: application/problem+json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;
}
