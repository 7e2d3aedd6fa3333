import { createConnection } from 'node:net';

/** What came back over one connection that was written to byte by byte. */
export interface RawAnswer {
  status: number;
  headers: Record<string, string>;
  text: string;
  /** From the first byte written to the end of the answer. */
  ms: number;
}

const HEAD_END = '\r\n\r\n';

/**
 * Writes bytes as they are, piece by piece with a pause before each further one, and reads one answer. A connection that is closed
 * without an answer has the status 0.
 * @param ended our side of the connection is closed behind the last byte
 * @throws Error where neither comes within the limit
 */
export function exchangeBytes(
  port: number,
  pieces: readonly (string | Buffer)[],
  { pauseMs = 0, limitMs = 5000, ended = false }: { pauseMs?: number; limitMs?: number; ended?: boolean } = {},
): Promise<RawAnswer> {
  const begun = performance.now();
  const hasBody = !String(pieces[0] ?? '').startsWith('HEAD ');
  return new Promise((resolve, reject) => {
    const socket = createConnection(port, '127.0.0.1');
    let heard = Buffer.alloc(0);
    const timers = new Set<NodeJS.Timeout>();
    const end = (): void => {
      for (const timer of timers) clearTimeout(timer);
      socket.resetAndDestroy(); // no port is kept for a connection that has ended
    };
    timers.add(
      setTimeout(() => {
        end();
        reject(new Error(`no answer within ${limitMs} ms; heard ${JSON.stringify(heard.toString('latin1').slice(0, 200))}`));
      }, limitMs),
    );
    const write = (index: number): void => {
      const piece = pieces[index];
      if (piece === undefined || socket.destroyed) return;
      socket.write(piece);
      if (index + 1 < pieces.length) timers.add(setTimeout(write, pauseMs, index + 1));
      else if (ended) socket.end();
    };
    const finish = (): void => {
      const answer = readAnswer(heard, hasBody) ?? { status: 0, headers: {}, text: '' };
      end();
      resolve({ ...answer, ms: performance.now() - begun });
    };
    socket.on('connect', () => write(0));
    socket.on('data', (chunk) => {
      heard = Buffer.concat([heard, chunk]);
      if (readAnswer(heard, hasBody)) finish();
    });
    socket.on('error', finish);
    socket.on('close', finish);
  });
}

/** The first answer in these bytes, once it is whole; `100 Continue` is none. */
function readAnswer(bytes: Buffer, hasBody: boolean): Omit<RawAnswer, 'ms'> | undefined {
  const end = bytes.indexOf(HEAD_END);
  if (end < 0) return undefined;
  const [line = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const rest = bytes.subarray(end + HEAD_END.length);
  const status = Number(line.split(' ')[1]);
  if (status === 100) return readAnswer(rest, hasBody);
  const headers = Object.fromEntries(lines.map((each) => [each.slice(0, each.indexOf(':')).toLowerCase(), each.slice(each.indexOf(':') + 1).trim()]));
  const length = hasBody ? Number(headers['content-length'] ?? 0) : 0;
  return rest.length < length ? undefined : { status, headers, text: rest.subarray(0, length).toString('utf8') };
}
