/** From the canonical order to Camel's request to fulfil it (this project's assumption: docs/contracts). Pure. */
import type { Address, Line, Order } from '../orders/order';

/** Body of `POST /fulfillment-requests`; docs/contracts/camel-fulfillment-request.schema.json. */
export interface FulfillmentRequest {
  readonly order_id: string;
  /** Counts the requests for this order, from 1. */
  readonly sequence: number;
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
