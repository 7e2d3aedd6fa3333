/**
 * The canonical order: what every storefront's order becomes, and what every integration is given. Plain JSON data: amounts are
 * integers of the order currency's minor units, times are ISO 8601 in UTC.
 */
import { InvalidInput } from '../runtime/errors';
import { formatAmount, sumAmounts } from './money';

/** Values that survive JSON. Custom attributes of a storefront are kept as they came. */
export type Property = string | number | boolean | null | readonly Property[] | { readonly [name: string]: Property };
export type Properties = Readonly<Record<string, Property>>;

/** Who fulfils a line: our warehouse prints it, picks it finished, or a vendor ships it. */
export const linePaths = ['printable', 'finished', 'vendor'] as const;
export type LinePath = (typeof linePaths)[number];

/** A file that belongs to a line, e.g. the artwork that is printed. */
export interface Asset {
  /** `artwork`, `proof` …, as the storefront names it. */
  readonly kind: string;
  /** https. */
  readonly url: string;
  /** 1, 2, 3 … in the storefront's order. */
  readonly position: number;
}

export interface Customer {
  /** The storefront's id; absent for a guest without one. */
  readonly id?: string;
  readonly email: string;
  readonly name: string;
}

export interface Address {
  readonly name: string;
  readonly company?: string;
  readonly address1: string;
  readonly address2?: string;
  readonly city: string;
  /** Empty where the country has none. */
  readonly postalCode: string;
  readonly state?: string;
  /** ISO 3166-1 alpha-2, upper case. */
  readonly country: string;
  readonly phone?: string;
  readonly email?: string;
}

export interface Line {
  /** The storefront's id of the line, unique in the order. */
  readonly lineId: string;
  /** 1, 2, 3 … in the storefront's order. */
  readonly position: number;
  readonly sku: string;
  readonly name: string;
  readonly quantity: number;
  /** Of one piece, before any discount. */
  readonly unitPrice: number;
  /** Taken off the whole line: its own discounts and its share of the order's. Never negative for a discount. */
  readonly discount: number;
  /** Of the whole line after discounts; contained in `total` when taxation is gross. */
  readonly tax: number;
  /** unitPrice × quantity − discount. */
  readonly total: number;
  readonly gift: boolean;
  readonly giftMessage?: string;
  readonly properties: Properties;
  readonly path: LinePath;
  /** The key of the warehouse that the storefront names for it; absent where it leaves from the order's own. */
  readonly warehouse?: string;
  /** Absent where it has none. */
  readonly assets?: readonly Asset[];
}

export interface Shipping {
  /** After discount. */
  readonly amount: number;
  readonly tax: number;
  readonly discount: number;
  readonly method: string;
}

/** One promotion as the storefront states it, for people and for NAV. The lines' own `discount` is what counts in sums. */
export interface Discount {
  readonly code?: string;
  readonly description?: string;
  readonly amount: number;
  /** The line it was given on; absent for one on the order or on its shipping. */
  readonly lineId?: string;
}

export interface Payment {
  readonly instrumentId: string;
  /** The storefront's method id, e.g. `CREDIT_CARD`, `GIFT_CERTIFICATE`. */
  readonly method: string;
  readonly amount: number;
  readonly cardType?: string;
  readonly maskedNumber?: string;
}

export interface Totals {
  /** All lines after all discounts. */
  readonly lines: number;
  /** Everything that discounts took off, lines and shipping; it is already gone from the other totals. */
  readonly discount: number;
  readonly shipping: number;
  readonly tax: number;
  /** What the customer pays. */
  readonly total: number;
}

/** Net: prices are without tax, which is added. Gross: prices contain it. */
export type Taxation = 'net' | 'gross';

export interface CanonicalOrder {
  /** The storefront's order number. */
  readonly platformId: string;
  /** Our own identity of the order, given at intake. */
  readonly name?: string;
  readonly placedAt: string;
  readonly modifiedAt: string;
  /** ISO 4217. */
  readonly currency: string;
  readonly customer: Customer;
  readonly shippingAddress: Address;
  readonly billingAddress: Address;
  readonly lines: readonly Line[];
  readonly shipping: Shipping;
  readonly discounts: readonly Discount[];
  readonly payments: readonly Payment[];
  readonly totals: Totals;
  readonly taxation: Taxation;
  /** The storefront's kind of business: 1 is fulfilled by an own warehouse. */
  readonly businessType?: number;
  /** It is a pre-order: not to be worked on before. ISO 8601, UTC. */
  readonly releaseAt?: string;
  readonly properties: Properties;
}

export interface Warehouse {
  readonly key: string;
  /** The location's code in NAV. */
  readonly navKey: string;
  readonly cirroRegion: string;
  /** The 3PL that was asked to fulfil the order, whoever has the warehouse by now; before, the one that fulfils for it. */
  readonly provider: string;
}

/** One parcel that left. */
export interface Fulfillment {
  readonly shipmentId: string;
  readonly carrier: string;
  readonly tracking: string;
  readonly shippedAt: string;
  readonly lines: readonly FulfilledLine[];
}

export interface FulfilledLine {
  readonly lineId: string;
  readonly quantity: number;
}

/** What a stage is given: the canonical order and what we know about it. */
export interface Order extends CanonicalOrder {
  readonly id: number;
  /** The one identity that partners see as `order_id`. */
  readonly name: string;
  readonly storeId: number;
  readonly storeUrl: string;
  readonly storePlatform: string;
  /** The platform's own name of the store, e.g. the SFCC site id. */
  readonly storeSite: string;
  /** Whether NAV is told of this order: as its store has it, until the order has gone to NAV or past it. */
  readonly exportToNav: boolean;
  /** 0 is the root, 1 … n the children of a split. */
  readonly part: number;
  /** Counts the edits of lines, address or amounts. */
  readonly revision: number;
  /** Counts the requests to fulfil this order, from 1. */
  readonly exportSequence: number;
  /** Counts the requests to print this order, from 1. */
  readonly batchSequence: number;
  /** The batch it is printed in, once that is known. */
  readonly batchReference?: string;
  readonly warehouse: Warehouse;
  readonly navCustomerNo?: string;
  readonly fulfillments: readonly Fulfillment[];
  /** What its parcels have captured one by one; absent where none has. */
  readonly captured?: number;
  /** Parcels of which that is still to be done, and those of which a person decides first; absent where there are none. */
  readonly openCaptures?: number;
  readonly heldCaptures?: number;
}

/** Who fulfils the whole order; undefined where its lines go different ways. */
export function pathOf({ lines }: Pick<CanonicalOrder, 'lines'>): LinePath | undefined {
  const [path, ...others] = new Set(lines.map((line) => line.path));
  return others.length === 0 ? path : undefined;
}

/** Lines that are fulfilled together: by whom, and from where. */
export interface Way {
  readonly path: LinePath;
  /** The key of their warehouse. */
  readonly warehouse: string;
  readonly lines: readonly Line[];
}

/** The ways that the lines of an order go: in the order of {@link linePaths}, from several warehouses in the order of their lines. */
export function waysOf({ lines, warehouse: { key: own } }: Pick<CanonicalOrder, 'lines'> & { readonly warehouse: Pick<Warehouse, 'key'> }): Way[] {
  return linePaths.flatMap((path) => [...Map.groupBy(lines.filter((line) => line.path === path), ({ warehouse = own }) => warehouse)].map(([warehouse, together]) => ({ path, warehouse, lines: together })));
}

/** Names the parcels of an order in one word: the ids of its shipments, joined with `+` where there are several. */
export function shipmentReference(order: Pick<Order, 'fulfillments'>): string {
  return order.fulfillments.map((fulfillment) => fulfillment.shipmentId).join('+');
}

/**
 * Holds when every line is price × quantity − discount, the lines with shipping (and tax, when net) are the total, and the payments
 * cover the total.
 * @throws InvalidInput `order.totals-do-not-add-up` with the difference as a decimal and a pointer into the canonical order
 */
export function assertAddsUp(order: CanonicalOrder): void {
  const { currency, lines, totals, shipping, payments } = order;
  const mustEqual = (what: string, found: number, stated: number, pointer: string): void => {
    if (found !== stated) throw doesNotAddUp(what, found - stated, currency, pointer);
  };

  lines.forEach((line, index) => {
    const found = sumAmounts([line.unitPrice * line.quantity, -line.discount], `/lines/${index}/total`);
    mustEqual('price × quantity − discount of a line against its total', found, line.total, `/lines/${index}/total`);
  });
  mustEqual('the lines against their total', sumAmounts(lines.map((line) => line.total), '/totals/lines'), totals.lines, '/totals/lines');
  mustEqual('shipping against its total', shipping.amount, totals.shipping, '/totals/shipping');
  const tax = order.taxation === 'net' ? totals.tax : 0;
  const found = sumAmounts([totals.lines, totals.shipping, tax], '/totals/total');
  mustEqual(`lines, shipping${order.taxation === 'net' ? ' and tax' : ''} against the order total`, found, totals.total, '/totals/total');

  const paid = sumAmounts(payments.map((payment) => payment.amount), '/payments');
  if (paid < totals.total) throw doesNotAddUp('the payments against the order total', paid - totals.total, currency, '/payments');
}

function doesNotAddUp(what: string, difference: number, currency: string, pointer: string): InvalidInput {
  return new InvalidInput(`Totals do not add up: ${what}, difference ${formatAmount(difference, currency)} ${currency}`, {
    code: 'order.totals-do-not-add-up',
    pointer,
    next: 'Compare the order with the storefront; put it back when the storefront has corrected it.',
  });
}
