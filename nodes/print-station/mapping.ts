/** From the canonical order to a request to print it (this project's assumption: docs/contracts). Pure. */
import type { Asset, Line, Order } from '../orders/order';

/** What a request asks for: PrintStation is asked first and then again, BatchStation is asked for a batch. */
export type PrintRequestType = 'order.create.request' | 'order.update.repush' | 'batch.create.request';

/** A message on the topic of the print floor; docs/contracts/print-request.schema.json. */
export interface PrintRequest {
  /** The message's id, too: the topic drops a double. The same for the same order and sequence. */
  readonly id: string;
  readonly type: PrintRequestType;
  readonly order_id: string;
  /** Counts the requests for this order, from 1. */
  readonly sequence: number;
  readonly platform_order_no: string;
  readonly part: number;
  /** The store's URL. */
  readonly store: string;
  readonly warehouse: string;
  readonly lines: ReadonlyArray<{
    readonly line_id: string;
    readonly sku: string;
    readonly name: string;
    readonly quantity: number;
    /** In the order in which they are printed. */
    readonly assets: readonly Asset[];
  }>;
}

/** Asks PrintStation to print an order: as a new one, or, after the first time, again. */
export const toPrintStationRequest = (order: Order): PrintRequest => toPrintRequest(order.batchSequence === 1 ? 'order.create.request' : 'order.update.repush', order);

/** Asks BatchStation for a batch. */
export const toBatchStationRequest = (order: Order): PrintRequest => toPrintRequest('batch.create.request', order);

/** A message that asks PrintStation or BatchStation to stop an order; docs/contracts/print-cancellation.schema.json. */
export interface PrintCancellation {
  readonly id: string;
  readonly type: 'order.cancel.request';
  readonly order_id: string;
  /** Counts the questions about this order, from 1. */
  readonly sequence: number;
  readonly platform_order_no: string;
  readonly part: number;
  readonly warehouse: string;
}

/** Asks whoever of the print floor has an order to stop it. @param sequence counts the questions, from 1 */
export function toCancellation({ name, platformId, part, warehouse }: Pick<Order, 'name' | 'platformId' | 'part' | 'warehouse'>, sequence: number): PrintCancellation {
  return { id: `order.cancel.request:${name}:${sequence}`, type: 'order.cancel.request', order_id: name, sequence, platform_order_no: platformId, part, warehouse: warehouse.key };
}

function toPrintRequest(type: PrintRequestType, order: Order): PrintRequest {
  const { name, batchSequence: sequence, platformId, part, storeUrl, warehouse, lines } = order;
  return {
    id: `${type}:${name}:${sequence}`,
    type,
    order_id: name,
    sequence,
    platform_order_no: platformId,
    part,
    store: storeUrl,
    warehouse: warehouse.key,
    lines: lines.filter(({ path }) => path === 'printable').map(toLine),
  };
}

function toLine({ lineId, sku, name, quantity, assets = [] }: Line): PrintRequest['lines'][number] {
  return { line_id: lineId, sku, name, quantity, assets };
}
