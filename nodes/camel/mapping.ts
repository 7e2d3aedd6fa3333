/** From the canonical order to Camel's request to fulfil it (this project's assumption: docs/contracts). Pure. */
import type { AskedOrder } from '../orders/message';
import type { Address, Line, Order } from '../orders/order';

/** Body of `POST /fulfillment-requests`; docs/contracts/camel-fulfillment-request.schema.json. */
export interface FulfillmentRequest {
  readonly order_id: string;
  /** Counts the requests for this order, from 1. Absent where a site does without. */
  readonly sequence?: number;
  readonly platform_order_no: string;
  readonly part: number;
  /** The store's URL. */
  readonly store: string;
  readonly warehouse: string;
  readonly cirro_region: string;
  readonly currency: string;
  readonly ship_to: {
    readonly name: string;
    readonly company?: string;
    readonly address1: string;
    readonly address2?: string;
    readonly city: string;
    readonly postal_code: string;
    readonly state?: string;
    readonly country: string;
    readonly phone?: string;
    readonly email?: string;
  };
  readonly lines: ReadonlyArray<{
    readonly line_id: string;
    readonly sku: string;
    readonly name: string;
    readonly quantity: number;
    readonly gift_message?: string;
  }>;
}

/** Body of `POST /cancellation-requests`; docs/contracts/camel-cancellation-request.schema.json. */
export interface CancellationRequest {
  readonly order_id: string;
  /** Counts the questions about this order, from 1. */
  readonly sequence: number;
  readonly reason?: string;
}

/** Asks to stop everything in `order`; the same for the same question. */
export const toCancellationRequest = ({ name, question }: Pick<AskedOrder, 'name' | 'question'>): CancellationRequest => ({ order_id: name, sequence: question });

/** Body of `POST /inventory-checks`; docs/contracts/camel-inventory-check.schema.json. */
export interface InventoryQuestion {
  readonly order_id: string;
  readonly warehouse: string;
  readonly cirro_region: string;
  /** Each article once. */
  readonly lines: ReadonlyArray<{ readonly sku: string; readonly quantity: number }>;
}

/** What the warehouse has of an article. */
export interface StockLine {
  readonly sku: string;
  /** Pieces. */
  readonly available: number;
}

/** Asks for everything in `order`, lines of the same article together. */
export function toInventoryQuestion(order: Order): InventoryQuestion {
  const wanted = new Map<string, number>();
  for (const { sku, quantity } of order.lines) wanted.set(sku, (wanted.get(sku) ?? 0) + quantity);
  return {
    order_id: order.name,
    warehouse: order.warehouse.key,
    cirro_region: order.warehouse.cirroRegion,
    lines: [...wanted].map(([sku, quantity]) => ({ sku, quantity })),
  };
}

/** What there is too little of, in words; undefined where there is enough of everything. */
export function shortageOf({ lines, warehouse }: InventoryQuestion, stock: readonly StockLine[]): string | undefined {
  const short = lines.flatMap(({ sku, quantity }) => {
    const available = stock.find((line) => line.sku === sku)?.available ?? 0;
    return available < quantity ? [`${available} of ${quantity} ${sku}`] : [];
  });
  return short.length > 0 ? `${warehouse} has ${short.join(', ')}` : undefined;
}

/** The request to fulfil everything in `order`; the same for the same order and sequence. */
export function toFulfillmentRequest(order: Order): FulfillmentRequest {
  return {
    order_id: order.name,
    sequence: order.exportSequence,
    platform_order_no: order.platformId,
    part: order.part,
    store: order.storeUrl,
    warehouse: order.warehouse.key,
    cirro_region: order.warehouse.cirroRegion,
    currency: order.currency,
    ship_to: toShipTo(order.shippingAddress, order.customer.email),
    lines: order.lines.map(toLine),
  };
}

function toShipTo(address: Address, customerEmail: string): FulfillmentRequest['ship_to'] {
  const { name, company, address1, address2, city, postalCode, state, country, phone } = address;
  return {
    name,
    ...(company !== undefined && { company }),
    address1,
    ...(address2 !== undefined && { address2 }),
    city,
    postal_code: postalCode,
    ...(state !== undefined && { state }),
    country,
    ...(phone !== undefined && { phone }),
    email: address.email ?? customerEmail,
  };
}

function toLine({ lineId, sku, name, quantity, giftMessage }: Line): FulfillmentRequest['lines'][number] {
  return { line_id: lineId, sku, name, quantity, ...(giftMessage !== undefined && { gift_message: giftMessage }) };
}
