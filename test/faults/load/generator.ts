// A process of its own that calls an endpoint: as fast as answers come (closed), or at a rate whatever the answers (open). In the open loop
// a request's time runs from the moment at which it was meant to be sent, so that a server that stalls is not spared (no coordinated omission).
import { Connection, type Heard } from './connection';

export interface LoadOrder {
  port: number;
  token: string;
  /** Orders are named `B-N<number>`; those from here on have not been used. */
  from: number;
  seconds: number;
  /** Requests a second, for the open loop; the closed loop has so many connections. */
  rate?: number;
  connections?: number;
}

export interface LoadResult {
  sent: number;
  /** Order numbers whose callback was answered with 200. */
  accepted: number[];
  /** Milliseconds, of those and of the refusals with 503 and Retry-After. */
  acceptedMs: number[];
  refusedMs: number[];
  /** What else came, e.g. `504`, `503 without Retry-After`, `no answer`. */
  others: Record<string, number>;
  seconds: number;
  /** The first order number that is still unused. */
  next: number;
}

/** More connections than a partner would open; a request that finds none waits, and its time runs. */
const CONNECTIONS = 3000;
/** A connection that was idle for longer is not used any more: like a load balancer, it ends before the server ends it. */
const IDLE_MS = 60_000;
/** What has not been answered so long after the end counts as unanswered. */
const LAST_ANSWER_MS = 35_000;

async function load(order: LoadOrder): Promise<LoadResult> {
  const result: LoadResult = { sent: 0, accepted: [], acceptedMs: [], refusedMs: [], others: {}, seconds: 0, next: order.from };
  /** Refused orders come back when they were told to, as a partner's would. */
  const again: { number: number; at: number }[] = [];
  const free: Connection[] = [];
  const all = new Set<Connection>();
  const waiting: number[] = [];
  const underWay = new Set<Connection>();

  const next = (): number => {
    const [first] = again;
    if (!first || first.at > performance.now()) return result.next++;
    again.shift();
    return first.number;
  };
  const take = (number: number, since: number, heard: Heard | undefined): void => {
    if (heard?.status === 200) {
      result.accepted.push(number);
      result.acceptedMs.push(heard.at - since);
      return;
    }
    again.push({ number, at: performance.now() + Number(heard?.retryAfter ?? 1) * 1000 });
    if (heard?.status === 503 && heard.retryAfter !== undefined) result.refusedMs.push(heard.at - since);
    else {
      const what = !heard ? 'no answer' : heard.status === 503 ? '503 without Retry-After' : String(heard.status);
      result.others[what] = (result.others[what] ?? 0) + 1;
    }
  };
  const send = (connection: Connection, since: number, then: () => void): void => {
    const number = next();
    underWay.add(connection);
    result.sent++;
    connection.send(requestOf(order, number), (heard) => {
      underWay.delete(connection);
      take(number, since, heard);
      if (connection.closed) all.delete(connection);
      else {
        connection.freeSince = performance.now();
        free.push(connection);
      }
      then();
    });
  };
  /** A free connection, or a new one; undefined where there are too many. */
  const connect = (): Connection | undefined => {
    for (let connection = free.pop(); connection; connection = free.pop()) {
      if (!connection.closed && performance.now() - connection.freeSince < IDLE_MS) return connection;
      connection.close();
      all.delete(connection);
    }
    if (all.size >= CONNECTIONS) return undefined;
    const connection = new Connection(order.port);
    all.add(connection);
    return connection;
  };

  const begun = performance.now();
  const over = (): boolean => performance.now() - begun >= order.seconds * 1000;
  if (order.rate === undefined) {
    const keepOn = (): void => {
      const connection = over() ? undefined : connect();
      if (connection) send(connection, performance.now(), keepOn);
    };
    for (let index = 0; index < (order.connections ?? 1); index++) keepOn();
    while (!over()) await pause(20);
  } else {
    let due = 0;
    const serve = (): void => {
      while (waiting.length > 0) {
        const connection = connect();
        if (!connection) return;
        send(connection, waiting.shift() as number, serve);
      }
    };
    while (!over()) {
      const until = Math.floor(((performance.now() - begun) / 1000) * order.rate);
      for (; due < until; due++) waiting.push(begun + (due / order.rate) * 1000);
      serve();
      await pause(1);
    }
  }
  result.seconds = (performance.now() - begun) / 1000;
  const limit = performance.now() + LAST_ANSWER_MS;
  while (underWay.size > 0 && performance.now() < limit) await pause(20);
  if (underWay.size + waiting.length > 0) result.others['no answer'] = (result.others['no answer'] ?? 0) + underWay.size + waiting.length;
  for (const connection of all) connection.close();
  return result;
}

function requestOf({ token }: LoadOrder, number: number): string {
  const body = `{"status":"RELEASED_FROM_NAV","event_id":"load-${number}","nav_order_no":"SO-${number}"}`;
  return `PATCH /api/v3/osor_order/status/B-N${number} HTTP/1.1\r\nHost: oms\r\nX-User-Token: ${token}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

process.on('message', (order: LoadOrder) => {
  load(order).then(
    (result) => process.send?.(result),
    (error: Error) => {
      process.stderr.write(`${error.stack}\n`);
      process.exit(1);
    },
  );
});
