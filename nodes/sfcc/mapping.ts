/** Between OCAPI's order document (Shop API 20.4, definition `order`) and the canonical order. Pure. */
import { shareOfPieces } from '../orders/captures';
import { exponentOf, formatAmount, parseAmount, sumAmounts } from '../orders/money';
import {
  type Address,
  assertAddsUp,
  type CanonicalOrder,
  type Customer,
  type Discount,
  type Order,
  type Payment,
  shipmentReference,
  type Shipping,
} from '../orders/order';
import type { Warehouses } from '../orders/warehouses';
import { InvalidInput } from '../runtime/errors';
import { type Amount, isIn, refuseRepeatedIds, stated, taxOf, toLines } from './lines';
import { Place } from './place';
import type { CaptureRequest, FulfillmentRequest } from './types';

/** SFCC's method id of a payment with a gift certificate: redeemed at checkout, so never captured. */
const giftCertificate = 'GIFT_CERTIFICATE';

/** NAV's customer number has twenty characters (field "No." of table Customer, Code[20]). */
const navCustomerNoLength = 20;

const NO_WAREHOUSES: Pick<Warehouses, 'has'> = new Set<string>();

/**
 * The canonical order of an OCAPI order document, checked to add up.
 * @param warehouses keys of those that a line may name
 * @throws InvalidInput with an RFC 6901 pointer into `raw`; the message holds no personal data
 */
export function generalise(raw: unknown, warehouses: Pick<Warehouses, 'has'> = NO_WAREHOUSES): CanonicalOrder {
  const document = new Place(raw);
  const currency = document.at('currency').text(3);
  exponentOf(currency, '/currency');
  const amount: Amount = (place) => parseAmount(place.value, currency, place.pointer);
  refuseWhatWeDoNotFulfil(document);

  const items = document.at('product_items').items();
  if (items.length === 0) throw document.at('product_items').refused('sfcc.no-items', 'holds nothing to fulfil');
  const shipments = usedShipments(document, items);
  const billing = document.at('billing_address');
  const customer = toCustomer(document, billing);
  const lines = toLines(items, document, amount, warehouses);
  const shipping = toShipping(document, shipments, amount);
  const total = amount(document.at('order_total'));

  const order: CanonicalOrder = {
    platformId: document.at('order_no').id(50),
    placedAt: instant(document.at('creation_date')),
    modifiedAt: instant(document.at('last_modified')),
    currency,
    customer,
    shippingAddress: toAddress(firstOf(shipments).at('shipping_address')),
    billingAddress: toAddress(billing),
    lines,
    shipping,
    discounts: toDiscounts(document, items, amount),
    payments: toPayments(document, total, amount),
    totals: {
      lines: stated(document.at('product_total'), amount) ?? sumAmounts(lines.map((line) => line.total)),
      discount: sumAmounts([...lines.map((line) => line.discount), shipping.discount]),
      shipping: stated(document.at('shipping_total'), amount) ?? shipping.amount,
      tax: stated(document.at('tax_total'), amount) ?? sumAmounts([...lines.map((line) => line.tax), shipping.tax]),
      total,
    },
    taxation: toTaxation(document.at('taxation')),
    ...toBusinessType(document.at('c_orderBusinessType')),
    ...toRelease(document.at('c_releaseDate')),
    properties: document.customAttributes(),
  };
  assertDocumentAddsUp(order);
  return order;
}

/** NAV's customer number of an SFCC customer: the first 20 characters of its id; undefined where the order has none. */
export function navCustomerNo(order: Pick<CanonicalOrder, 'customer'>): string | undefined {
  return order.customer.id === undefined ? undefined : Array.from(order.customer.id).slice(0, navCustomerNoLength).join('');
}

/**
 * The request that marks everything in `order.fulfillments` as shipped and captures what gift certificates have not paid. Its
 * `request_id` says which parcels it is about and is the same at every try.
 * @throws InvalidInput `sfcc.nothing-shipped`
 */
export function toFulfillmentRequest(order: Order): FulfillmentRequest {
  if (order.fulfillments.length === 0) {
    throw new InvalidInput('There is no shipment to tell the storefront about', { code: 'sfcc.nothing-shipped' });
  }
  const due = toCapture(order);
  return {
    request_id: fulfillmentRequestId(order),
    shipments: order.fulfillments.map(({ shipmentId, carrier, tracking, shippedAt, lines }) => ({
      shipment_id: shipmentId,
      carrier,
      tracking_number: tracking,
      shipped_at: shippedAt,
      items: lines.map(({ lineId, quantity }) => ({ item_id: lineId, quantity })),
    })),
    payment_instructions: due ? [{ execute: 'Capture', ...due }] : [],
  };
}

type Payable = Pick<Order, 'payments' | 'totals' | 'currency' | 'lines' | 'taxation' | 'fulfillments' | 'captured'>;

/** What gift certificates have not paid, in minor units: all that is ever captured. */
export function dueOf({ payments, totals }: Pick<Order, 'payments' | 'totals'>): number {
  const redeemed = sumAmounts(payments.filter(({ method }) => method === giftCertificate).map((payment) => payment.amount));
  return Math.max(0, totals.total - redeemed);
}

/**
 * What is left to be captured at the end, in minor units: what gift certificates have not paid; where parcels have captured by
 * themselves, what they have left of the share of everything that was shipped. Below 0 where they have captured more than that.
 */
export function restOf(order: Payable): number {
  const { captured, fulfillments } = order;
  const due = dueOf(order);
  return captured === undefined ? due : shareOfPieces(order, due, fulfillments.flatMap(({ lines }) => lines)) - captured;
}

/** What is captured at the end, as decimal text. Undefined where nothing is left. */
export function toCapture(order: Payable): { amount: string; currency: string } | undefined {
  const rest = restOf(order);
  return rest > 0 ? { amount: formatAmount(rest, order.currency), currency: order.currency } : undefined;
}

/** One parcel of an order, or of a part of it, and what it captures. */
export interface CapturedParcel {
  /** Name of the order or part that it was reported for. */
  readonly of: string;
  /** Its number, 0 for an order that was not split. */
  readonly part: number;
  readonly shipmentId: string;
  /** Minor units. */
  readonly amount: number;
}

/** Captures what left in one parcel. The `request_id` names it, and is the same at every try. */
export const toCaptureRequest = (parcel: CapturedParcel, currency: string): CaptureRequest => ({
  request_id: captureRequestId(parcel),
  shipment_id: parcel.shipmentId,
  amount: formatAmount(parcel.amount, currency),
  currency,
});

/** Names the business meaning of a capture: the parcel, and whose it is. */
export const captureRequestId = ({ of, shipmentId }: Pick<CapturedParcel, 'of' | 'shipmentId'>): string => `${of}:${shipmentId}`;

/** Names the business meaning of a fulfil-and-capture call: the order and its parcels. */
export function fulfillmentRequestId(order: Pick<Order, 'name' | 'fulfillments'>): string {
  return `${order.name}:${shipmentReference(order)}`;
}

function toShipping(document: Place, shipments: readonly Place[], amount: Amount): Shipping {
  const items = document.at('shipping_items').items();
  const before = sumAmounts(items.map((item) => amount(item.at('price'))), '/shipping_items');
  const after = sumAmounts(
    items.map((item) => {
      const adjustments = item.at('price_adjustments').items().map((adjustment) => amount(adjustment.at('price')));
      return stated(item.at('price_after_item_discount'), amount) ?? sumAmounts([amount(item.at('price')), ...adjustments]);
    }),
    '/shipping_items',
  );
  const method = firstOf(shipments).at('shipping_method');
  return {
    amount: after,
    tax: sumAmounts(items.map((item) => taxOf(item, amount)), '/shipping_items'),
    discount: before - after,
    method: method.isAbsent ? '' : method.at('id').text(256),
  };
}

function toDiscounts(document: Place, items: readonly Place[], amount: Amount): Discount[] {
  const of = (adjusted: Place, list: string, lineId?: string): Discount[] =>
    adjusted.at(list).items().map((adjustment) => {
      const code = adjustment.at('coupon_code').optionalText(256);
      const description = adjustment.at('item_text').optionalText(256) ?? adjustment.at('promotion_id').optionalText(256);
      return {
        ...(code !== undefined && { code }),
        ...(description !== undefined && { description }),
        amount: 0 - amount(adjustment.at('price')),
        ...(lineId !== undefined && { lineId }),
      };
    });
  return [
    ...items.flatMap((item) =>
      [item, ...item.at('option_items').items()].flatMap((one) => of(one, 'price_adjustments', item.at('item_id').id(64))),
    ),
    ...document.at('shipping_items').items().flatMap((item) => of(item, 'price_adjustments')),
    ...of(document, 'order_price_adjustments'),
  ];
}

/** A single instrument without an amount pays the whole order, as a storefront with one payment per order may leave it. */
function toPayments(document: Place, total: number, amount: Amount): Payment[] {
  const instruments = document.at('payment_instruments').items();
  refuseRepeatedIds(instruments.map((instrument) => instrument.at('payment_instrument_id')));
  return instruments.map((instrument) => {
    const value = instruments.length === 1 && instrument.at('amount').isAbsent ? total : amount(instrument.at('amount'));
    if (value < 0) throw instrument.at('amount').refused('sfcc.negative-payment', 'is negative');
    const card = instrument.at('payment_card');
    const cardType = card.isAbsent ? undefined : card.at('card_type').optionalText(256);
    const masked = card.isAbsent ? instrument.at('masked_gift_certificate_code').optionalText(256) : card.at('masked_number').optionalText(256);
    return {
      instrumentId: instrument.at('payment_instrument_id').id(64),
      method: instrument.at('payment_method_id').text(64),
      amount: value,
      ...(cardType !== undefined && { cardType: cardType.slice(0, 32) }),
      ...(masked !== undefined && { maskedNumber: masked.replace(/\d(?=\d{4})/g, '*').slice(-32) }),
    };
  });
}

function toCustomer(document: Place, billing: Place): Customer {
  const info = document.at('customer_info');
  const id = info.at('customer_id').optionalText(64);
  const name = info.at('customer_name').optionalText(256) ?? document.at('customer_name').optionalText(256) ?? fullName(billing);
  return { ...(id !== undefined && { id }), email: info.at('email').text(254), name: name.slice(0, 191) };
}

function toAddress(place: Place): Address {
  const country = place.at('country_code').text(2).toUpperCase();
  if (!/^[A-Z]{2}$/.test(country)) throw place.at('country_code').refused('sfcc.not-a-country', 'is not a two-letter country code');
  const company = place.at('company_name').optionalText(256);
  const address2 = place.at('address2').optionalText(256);
  const state = place.at('state_code').optionalText(64);
  const phone = place.at('phone').optionalText(64);
  return {
    name: fullName(place),
    ...(company !== undefined && { company }),
    address1: place.at('address1').text(256),
    ...(address2 !== undefined && { address2 }),
    city: place.at('city').text(256),
    postalCode: place.at('postal_code').optionalText(20) ?? '',
    ...(state !== undefined && { state }),
    country,
    ...(phone !== undefined && { phone }),
  };
}

function fullName(address: Place): string {
  const parts = ['first_name', 'last_name'].map((name) => address.at(name).optionalText(127)).filter((part) => part !== undefined);
  return address.at('full_name').optionalText(256) ?? (parts.length > 0 ? parts.join(' ') : address.at('last_name').text(127));
}

function toTaxation(place: Place): 'net' | 'gross' {
  if (place.value !== 'net' && place.value !== 'gross') throw place.refused('sfcc.taxation', 'is neither net nor gross');
  return place.value;
}

function toBusinessType(place: Place): { businessType?: number } {
  if (place.isAbsent) return {};
  if (!Number.isInteger(place.value) || Number(place.value) < 0 || Number(place.value) > 255) throw place.refused('sfcc.business-type', 'is not a whole number from 0 to 255');
  return { businessType: Number(place.value) };
}

/** The merchant's own attribute (an assumption of this project): from when on a pre-order may be worked on. */
const toRelease = (place: Place): { releaseAt?: string } => (place.isAbsent ? {} : { releaseAt: instant(place) });

/** The shipments that hold items. An order has one address to us, so theirs must be the same. */
function usedShipments(document: Place, items: readonly Place[]): Place[] {
  const all = document.at('shipments').items();
  const used = all.length < 2 ? all : all.filter((shipment) => items.some((item) => isIn(shipment, item)));
  const addresses = new Set(used.map((shipment) => JSON.stringify(toAddress(shipment.at('shipping_address')))));
  if (used.length === 0) throw document.at('shipments').refused('sfcc.no-shipment', 'holds no shipment with items');
  if (addresses.size > 1) throw document.at('shipments').refused('sfcc.several-addresses', 'go to different addresses');
  return used;
}

/** An ISO 8601 instant with an offset, as UTC with milliseconds. */
function instant(place: Place): string {
  const text = place.text(40);
  const time = /^(19[7-9]\d|2\d{3})-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time)) throw place.refused('sfcc.not-a-time', 'is not an ISO 8601 time with an offset');
  return new Date(time).toISOString();
}

function refuseWhatWeDoNotFulfil(document: Place): void {
  const sold = document.at('gift_certificate_items');
  if (sold.items().length > 0) throw sold.refused('sfcc.gift-certificate-sold', 'cannot be fulfilled: gift certificates are not shipped');
}

function firstOf(shipments: readonly Place[]): Place {
  const [first] = shipments;
  if (first === undefined) throw new Place({}).at('shipments').refused('sfcc.no-shipment', 'holds no shipment with items');
  return first;
}

/** Where a canonical value came from in the OCAPI document, longest first. */
const origins: ReadonlyArray<readonly [canonical: RegExp, document: string]> = [
  [/^\/lines\/(\d+)\/total$/, '/product_items/$1'],
  [/^\/totals\/lines$/, '/product_total'],
  [/^\/totals\/shipping$/, '/shipping_total'],
  [/^\/totals\/total$/, '/order_total'],
  [/^\/payments$/, '/payment_instruments'],
];

function assertDocumentAddsUp(order: CanonicalOrder): void {
  try {
    assertAddsUp(order);
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    const pointer = origins.reduce((path, [canonical, document]) => path.replace(canonical, document), error.pointer ?? '');
    throw new InvalidInput(error.message, { code: error.code, pointer, ...(error.next !== undefined && { next: error.next }) });
  }
}
