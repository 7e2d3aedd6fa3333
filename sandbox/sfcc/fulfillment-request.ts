import { findSite, toMinor } from './sites';
import { type Fulfillment, type OrderState, totalOf } from './storefront';

/** A definite no of the fulfilment endpoint. */
export class Refused extends Error {
  readonly status: 409 | 422;
  readonly type: string;

  constructor(status: 409 | 422, type: string, message: string) {
    super(message);
    this.status = status;
    this.type = type;
  }
}

/** A request that is not even well formed. */
export class Malformed extends Error {}

type Part = Record<string, unknown>;
type Shipment = Fulfillment['shipments'][number];

/** Reads the request of the merchant's endpoint. @throws Malformed */
export function readFulfillmentRequest(body: unknown): { requestId: string; shipments: Shipment[]; amount: string; currency: string } {
  const request = object(body, 'The body');
  const [instruction, ...more] = list(request.payment_instructions, 'payment_instructions').map((one) => object(one, 'A payment instruction'));
  if (!instruction || more.length > 0 || instruction.execute !== 'Capture') throw new Malformed('One payment instruction with execute Capture is needed.');
  return {
    requestId: text(request.request_id, 'request_id'),
    shipments: list(request.shipments, 'shipments').map(readShipment),
    amount: text(instruction.amount, 'amount'),
    currency: text(instruction.currency, 'currency'),
  };
}

function readShipment(value: unknown): Shipment {
  const shipment = object(value, 'A shipment');
  const shippedAt = text(shipment.shipped_at, 'shipped_at');
  if (Number.isNaN(Date.parse(shippedAt))) throw new Malformed('shipped_at must be a time.');
  return {
    shipment_id: text(shipment.shipment_id, 'shipment_id'),
    carrier: text(shipment.carrier, 'carrier'),
    tracking_number: text(shipment.tracking_number, 'tracking_number'),
    shipped_at: shippedAt,
    items: list(shipment.items, 'items').map((one) => {
      const item = object(one, 'An item');
      if (typeof item.quantity !== 'number' || !(item.quantity > 0)) throw new Malformed('quantity must be a number above 0.');
      return { item_id: text(item.item_id, 'item_id'), quantity: item.quantity };
    }),
  };
}

/**
 * Checks a well-formed request against the order: what cannot be shipped or paid is refused.
 * @returns the amount to capture, in minor units
 * @throws Refused
 */
export function checkFulfillment(order: OrderState, document: Part, request: ReturnType<typeof readFulfillmentRequest>): number {
  if (order.cancelled) throw new Refused(409, 'OrderCancelledException', `Order ${order.ref} is cancelled.`);
  const ordered = new Map((document.product_items as { item_id: string; quantity: number }[]).map((item) => [item.item_id, item.quantity]));
  for (const { item_id: id, quantity } of request.shipments.flatMap((shipment) => shipment.items)) {
    const left = ordered.get(id);
    if (left === undefined) throw new Refused(422, 'ProductItemNotFoundException', `Order ${order.ref} has no item ${id}.`);
    if (quantity > left) throw new Refused(422, 'InvalidQuantityException', `Item ${id} has ${left} to ship, not ${quantity}.`);
    ordered.set(id, left - quantity);
  }
  const site = findSite(order.site);
  const total = site && totalOf(document, site);
  const amount = site && toMinor(request.amount, site.exponent);
  if (!site || request.currency !== site.currency) throw new Refused(422, 'PaymentCaptureException', `The order is not in ${request.currency}.`);
  if (amount === undefined || amount === 0) throw new Refused(422, 'PaymentCaptureException', `${request.amount} ${request.currency} is not an amount.`);
  if (total === undefined || amount > total) throw new Refused(422, 'PaymentCaptureException', `${request.amount} is more than was authorised.`);
  return amount;
}

function object(value: unknown, name: string): Part {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Malformed(`${name} must be an object.`);
  return value as Part;
}

function list(value: unknown, name: string): unknown[] {
  if (!Array.isArray(value) || value.length === 0) throw new Malformed(`${name} must be a list with at least one entry.`);
  return value;
}

function text(value: unknown, name: string): string {
  if (typeof value !== 'string' || value === '') throw new Malformed(`${name} must be a text.`);
  return value;
}
