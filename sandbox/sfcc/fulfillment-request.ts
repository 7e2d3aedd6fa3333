import { findSite, type Site, toMinor } from './sites';
import { capturedByParcels, type Fulfillment, type OrderState, totalOf } from './storefront';

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

/** What is to be captured. */
interface Instruction {
  amount: string;
  currency: string;
}

/** Reads the request of the merchant's endpoint. @throws Malformed */
export function readFulfillmentRequest(body: unknown): { requestId: string; shipments: Shipment[]; capture?: Instruction } {
  const request = object(body, 'The body');
  const { payment_instructions: instructions } = request;
  if (!Array.isArray(instructions) || instructions.length > 1) throw new Malformed('payment_instructions must be a list with at most one entry.');
  const [instruction] = instructions.map((one) => object(one, 'A payment instruction'));
  if (instruction && instruction.execute !== 'Capture') throw new Malformed('A payment instruction must execute Capture.');
  return {
    requestId: text(request.request_id, 'request_id'),
    shipments: list(request.shipments, 'shipments').map(readShipment),
    ...(instruction && { capture: readInstruction(instruction) }),
  };
}

/** Reads the request of the endpoint that captures what left in one parcel. @throws Malformed */
export function readCaptureRequest(body: unknown): { requestId: string; shipmentId: string; capture: Instruction } {
  const request = object(body, 'The body');
  return { requestId: text(request.request_id, 'request_id'), shipmentId: text(request.shipment_id, 'shipment_id'), capture: readInstruction(request) };
}

const readInstruction = ({ amount, currency }: Part): Instruction => ({ amount: text(amount, 'amount'), currency: text(currency, 'currency') });

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
 * @returns the amount to capture, in minor units; 0 where its parcels have captured everything
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
  if (request.capture) return checkAmount(order, document, request.capture);
  const left = leftOf(order, document);
  if (left !== 0) throw new Refused(422, 'PaymentCaptureException', `Order ${order.ref} is not paid yet.`);
  return 0;
}

/**
 * Checks a well-formed request to capture what left in one parcel.
 * @returns the amount to capture, in minor units
 * @throws Refused
 */
export function checkCapture(order: OrderState, document: Part, { capture }: ReturnType<typeof readCaptureRequest>): number {
  if (order.cancelled) throw new Refused(409, 'OrderCancelledException', `Order ${order.ref} is cancelled.`);
  if (order.fulfillments.length > 0) throw new Refused(409, 'OrderStatusException', `Order ${order.ref} is completed and paid.`);
  return checkAmount(order, document, capture);
}

function checkAmount(order: OrderState, document: Part, { amount: decimal, currency }: Instruction): number {
  const site = findSite(order.site);
  const amount = site && toMinor(decimal, site.exponent);
  const left = leftOf(order, document);
  if (!site || currency !== site.currency) throw new Refused(422, 'PaymentCaptureException', `The order is not in ${currency}.`);
  if (amount === undefined || amount === 0) throw new Refused(422, 'PaymentCaptureException', `${decimal} ${currency} is not an amount.`);
  if (left === undefined || amount > left) throw new Refused(422, 'PaymentCaptureException', `${decimal} is more than was authorised.`);
  return amount;
}

/** What the parcels have left of what gift certificates have not paid; undefined for an order without a sensible one. */
function leftOf(order: OrderState, document: Part): number | undefined {
  const site = findSite(order.site);
  const total = site && totalOf(document, site);
  return site && total !== undefined ? Math.max(0, total - redeemedOf(document, site)) - capturedByParcels(order, site) : undefined;
}

/** Gift certificates are redeemed with the order: nothing of that is captured. */
function redeemedOf({ payment_instruments: instruments }: Part, site: Site): number {
  const gifts = (Array.isArray(instruments) ? (instruments as Part[]) : []).filter((instrument) => instrument?.payment_method_id === 'GIFT_CERTIFICATE');
  return gifts.reduce((sum, { amount }) => sum + (toMinor(amount as number, site.exponent) ?? 0), 0);
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
