import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A call of a partner as the OMS saw it. */
export interface Call {
  method: string;
  path: string;
  token: string | undefined;
  text: string;
  /** The body, where it is JSON. */
  body: Record<string, unknown> | undefined;
}

/** `none` cuts the connection, `silence` leaves the caller waiting. */
type Answer = { status: number; body?: unknown } | 'none' | 'silence';

/** A stand-in for the OMS that notes the calls of the partners. */
export interface TestOms {
  url: string;
  port: number;
  calls: Call[];
  /** What to answer; everything is accepted unless this is set. */
  answer: (call: Call) => Answer;
  /** Ends when so many calls match; fails after ten seconds. */
  received(count: number, matches?: (call: Call) => boolean): Promise<Call[]>;
  close(): Promise<void>;
}

export const isRelease = (call: Call): boolean => call.path.startsWith('/api/v3/osor_order/status/');
export const isEvent = (call: Call): boolean => call.path === '/api/service_bus/events';
export const isShipment = (call: Call): boolean => call.path === '/api/v3/osor_order/fulfill_orders';

/** The orders of a `fulfill_orders` call. */
export function shipped(call: Call): { order_id: string; shipment_id: string; lines: unknown[] }[] {
  return (call.body?.orders ?? []) as { order_id: string; shipment_id: string; lines: unknown[] }[];
}

/** Accepts a call as the OMS would. */
export function accept(call: Call): Answer {
  if (!isShipment(call)) return { status: 200, body: { result: 'applied' } };
  return { status: 200, body: { orders: shipped(call).map(({ order_id: id }) => ({ order_id: id, result: 'applied' })) } };
}

export async function anOms(port = 0): Promise<TestOms> {
  const waiting = new Set<() => void>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      const call: Call = {
        method: String(request.method), path: String(request.url), token: request.headers['x-user-token'] as string | undefined, text, body: parsed(text),
      };
      oms.calls.push(call);
      const answer = oms.answer(call);
      for (const look of waiting) look();
      if (answer === 'silence') return;
      if (answer === 'none') request.socket.destroy();
      else response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body ?? {}));
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const { port: taken } = server.address() as AddressInfo;
  const oms: TestOms = {
    url: `http://127.0.0.1:${taken}`,
    port: taken,
    calls: [],
    answer: accept,
    received: (count, matches = () => true) =>
      new Promise((resolve, reject) => {
        const finish = (): void => {
          clearTimeout(timer);
          waiting.delete(look);
        };
        const look = (): void => {
          const found = oms.calls.filter(matches);
          if (found.length < count) return;
          finish();
          resolve(found);
        };
        const timer = setTimeout(() => {
          finish();
          reject(new Error(`${oms.calls.filter(matches).length} of ${count} calls came: ${JSON.stringify(oms.calls.map(({ path: where }) => where))}`));
        }, 10_000);
        waiting.add(look);
        look();
      }),
    close: async () => {
      server.closeAllConnections();
      server.close();
      if (server.listening) await once(server, 'close');
    },
  };
  return oms;
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
