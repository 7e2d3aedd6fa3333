import { message as amqp } from 'rhea';
import { compiled } from '../contracts';
import { effect } from '../journal/effects';
import type { Change, Ledger, Replayable } from '../journal/ledger';
import type { Log } from '../log';
import type { Inlet } from '../service-bus/amqp-server';
import { partsOf } from '../service-bus/rhea-parts';
import type { PrintPlans } from './print-plans';

/** The topic of requests to print. */
export const printTopicName = 'int-prod-order-update-bs';

/** A request to print that was taken. */
export interface TakenRequest {
  type: string;
  orderId: string;
  sequence: number;
  /** The storefront's order number. */
  ref: string;
  /** What is to be printed. */
  skus: readonly string[];
}

interface Taken extends Change {
  type: 'print-station.taken';
  messageId: string;
}

/** docs/contracts/print-request.schema.json, or print-cancellation.schema.json without lines */
interface Request {
  id: string;
  type: string;
  order_id: string;
  sequence: number;
  platform_order_no: string;
  part: number;
  warehouse: string;
  lines?: { line_id: string; sku: string; quantity: number; assets: unknown[] }[];
}

interface Parts {
  ledger: Ledger;
  plans: PrintPlans;
  log: Log;
}

/** PrintStation and BatchStation behind their topic, which drops doubles of a message id for ever. */
export class PrintFloor implements Inlet, Replayable {
  readonly topic = printTopicName;
  readonly #parts: Parts;
  readonly #fits = { request: compiled('print-request'), cancellation: compiled('print-cancellation') };
  #known = new Set<string>();

  constructor(parts: Parts) {
    this.#parts = parts;
    parts.ledger.own('print-station', this);
  }

  operationsOf(encoded: readonly Buffer[]): readonly string[] {
    return encoded.map((one) => String(amqp.decode(one).subject ?? ''));
  }

  take(encoded: readonly Buffer[]): void {
    const { ledger, log } = this.#parts;
    for (const one of encoded) {
      const message = amqp.decode(one);
      const messageId = String(message.message_id ?? '');
      if (this.#known.has(messageId)) continue;
      const taken: Taken = { type: 'print-station.taken', messageId };
      const body = bodyOf(message);
      const fits = message.subject === 'order.cancel.request' ? this.#fits.cancellation : this.#fits.request;
      if (fits(body) && (body as Request).id === messageId) ledger.commit(taken, ...this.#act(body as Request));
      else {
        log('print request refused', { message: messageId, reason: fits.errors?.[0]?.instancePath ?? 'its id is not that of the message' });
        ledger.commit(taken);
      }
    }
  }

  apply({ messageId }: Taken): void {
    this.#known.add(messageId);
  }

  reset(): Change[] {
    this.#known = new Set();
    return [];
  }

  #act({ type, order_id: orderId, sequence, platform_order_no: ref, part, warehouse, lines }: Request): Change[] {
    const { plans } = this.#parts;
    const request = { type, orderId, sequence, ref, skus: (lines ?? []).map(({ sku }) => sku) };
    if (!lines) return [effect('print-station', type, ref, `${orderId}/${sequence}`, { part, warehouse, sequence }), ...plans.stop(request)];
    const detail = { part, warehouse, sequence, lines: lines.map(({ line_id, quantity, assets }) => ({ line_id, quantity, assets: assets.length })) };
    return [effect('print-station', type, ref, `${orderId}/${sequence}`, detail), ...plans.answer(request)];
  }
}

function bodyOf(message: ReturnType<typeof amqp.decode>): unknown {
  const [bytes] = partsOf(message);
  try {
    return JSON.parse(bytes?.toString('utf8') ?? '');
  } catch {
    return undefined;
  }
}
