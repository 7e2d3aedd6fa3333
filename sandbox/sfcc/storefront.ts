import type { Change, Ledger, Replayable } from '../journal/ledger';
import { effect } from '../journal/effects';
import { hash } from '../random';
import type { Place } from '../journal/places';
import type { OrderFile } from './order-file';
import { type Site, sites, toDecimal, toMinor } from './sites';
import { makeFromTemplate, type Template } from './templates';

/** What has happened to an order since it was placed. */
export interface OrderState {
  ref: string;
  site: string;
  template: Template;
  place: Place;
  createdAt: string;
  modifiedAt: string;
  exportStatus: string;
  cancelled: boolean;
  fulfillments: Fulfillment[];
  captures: ParcelCapture[];
}

/** One call of the merchant's fulfil-and-capture endpoint. */
export interface Fulfillment {
  requestId: string;
  shipments: { shipment_id: string; carrier: string; tracking_number: string; shipped_at: string; items: { item_id: string; quantity: number }[] }[];
  /** None where every parcel was captured by itself. */
  capture?: Capture;
}

interface Capture {
  transaction_id: string;
  amount: string;
  currency: string;
}

/** One call of the merchant's endpoint that captures what left in one parcel. */
export interface ParcelCapture extends Capture {
  request_id: string;
  shipment_id: string;
}

interface Created extends Change {
  type: 'sfcc.created';
  at: string;
  /** The last number given to an order. */
  lastNumber: number;
  orders: { ref: string; site: string; template: Template; place: Place; exportStatus: string }[];
}
interface Numbered extends Change {
  type: 'sfcc.numbered';
  lastNumber: number;
}
interface OnOrder extends Change {
  ref: string;
  at: string;
}
interface Marked extends OnOrder {
  type: 'sfcc.export-marked';
  status: string;
}
interface Cancelled extends OnOrder {
  type: 'sfcc.cancelled';
}
interface Fulfilled extends OnOrder {
  type: 'sfcc.fulfilled';
  fulfillment: Fulfillment;
}
interface Captured extends OnOrder {
  type: 'sfcc.captured';
  capture: ParcelCapture;
}
type StorefrontChange = Created | Numbered | Marked | Cancelled | Fulfilled | Captured;

const firstNumber = 100_001;
const batch = 250;

/** The storefront's orders: makes them, finds them, changes them. */
export class Storefront implements Replayable {
  readonly #ledger: Ledger;
  readonly #file: OrderFile;
  #orders = new Map<string, OrderState>();
  #lastNumber = firstNumber - 1;

  constructor(ledger: Ledger, file: OrderFile) {
    this.#ledger = ledger;
    this.#file = file;
    ledger.own('sfcc', this);
  }

  /**
   * Makes orders, spread over the storefronts unless one is named; gives way between batches, so that others are served meanwhile.
   * The same seed makes the same orders again (under new numbers); without a seed they differ from all before.
   * @returns their numbers, which no earlier order has had, not even before a reset
   */
  async create(count: number, template: Template, seed?: string, only?: Site): Promise<string[]> {
    const refs: string[] = [];
    for (let made = 0; made < count; made += batch) {
      refs.push(...this.#createBatch(Math.min(batch, count - made), template, seed === undefined ? undefined : { text: seed, made }, only));
      await new Promise((resolve) => setImmediate(resolve));
    }
    return refs;
  }

  find(ref: string): OrderState | undefined {
    return this.#orders.get(ref);
  }

  /** All orders of a site, in the order of creation. */
  ofSite(site: string): OrderState[] {
    return [...this.#orders.values()].filter((order) => order.site === site);
  }

  /** The order as the storefront shows it now. */
  document(order: OrderState): Record<string, unknown> {
    const placed = this.#file.read(order.place);
    const latest = order.fulfillments.at(-1);
    return {
      ...placed,
      last_modified: order.modifiedAt,
      export_status: order.exportStatus,
      ...(order.cancelled && { status: 'cancelled' }),
      ...(order.captures.length > 0 && { payment_status: 'part_paid' }),
      ...(latest && {
        status: 'completed',
        shipping_status: 'shipped',
        payment_status: 'paid',
        shipments: (placed.shipments as object[]).map((shipment) => ({
          ...shipment,
          shipping_status: 'shipped',
          tracking_number: latest.shipments[0]?.tracking_number,
        })),
        c_omsFulfillmentRequestId: latest.requestId,
        ...(latest.capture && { c_omsCaptureTransactionId: latest.capture.transaction_id }),
      }),
    };
  }

  markExported(order: OrderState, status: string): void {
    this.#commit({ type: 'sfcc.export-marked', ref: order.ref, at: now(), status });
  }

  /** Cancels the order and voids the authorisation; acts again when repeated. */
  cancel(order: OrderState): void {
    this.#commit({ type: 'sfcc.cancelled', ref: order.ref, at: now() }, effect('sfcc', 'cancel', order.ref, order.ref, { site: order.site }));
  }

  /** Ships and captures at once; acts again when repeated. Captures nothing where nothing is left. */
  fulfill(order: OrderState, request: Omit<Fulfillment, 'capture'>, captured: { minor: number; site: Site }): Fulfillment {
    const capture = captured.minor > 0 ? this.#take(order, `${order.fulfillments.length + 1}`, request.requestId, captured) : undefined;
    const fulfillment = { ...request, ...(capture && { capture }) };
    this.#commit(
      { type: 'sfcc.fulfilled', ref: order.ref, at: now(), fulfillment },
      effect('sfcc', 'fulfill', order.ref, request.requestId, { site: order.site, shipments: request.shipments.length }),
      ...(capture ? [effect('sfcc', 'capture', order.ref, request.requestId, { ...capture })] : []),
    );
    return fulfillment;
  }

  /** Captures what left in one parcel; acts again when repeated. */
  capture(order: OrderState, request: { requestId: string; shipmentId: string }, captured: { minor: number; site: Site }): ParcelCapture {
    const taken = this.#take(order, `S${order.captures.length + 1}`, request.requestId, captured);
    const capture = { request_id: request.requestId, shipment_id: request.shipmentId, ...taken };
    this.#commit({ type: 'sfcc.captured', ref: order.ref, at: now(), capture }, effect('sfcc', 'capture', order.ref, request.requestId, { ...taken, shipment: request.shipmentId }));
    return capture;
  }

  #take(order: OrderState, number: string, requestId: string, { minor, site }: { minor: number; site: Site }): Capture {
    return { transaction_id: `CAP-${order.ref}-${number}-${hash(`${requestId}/${number}`).toString(16)}`, amount: toDecimal(minor, site.exponent), currency: site.currency };
  }

  apply(what: StorefrontChange): void {
    if (what.type === 'sfcc.created') {
      this.#lastNumber = what.lastNumber;
      for (const order of what.orders) {
        this.#orders.set(order.ref, { ...order, createdAt: what.at, modifiedAt: what.at, cancelled: false, fulfillments: [], captures: [] });
      }
      return;
    }
    if (what.type === 'sfcc.numbered') {
      this.#lastNumber = what.lastNumber;
      return;
    }
    const order = this.#orders.get(what.ref);
    if (!order) throw new Error(`The journal changes ${what.ref}, which it never created`);
    order.modifiedAt = what.at;
    if (what.type === 'sfcc.export-marked') order.exportStatus = what.status;
    else if (what.type === 'sfcc.cancelled') order.cancelled = true;
    else if (what.type === 'sfcc.captured') order.captures.push(what.capture);
    else order.fulfillments.push(what.fulfillment);
  }

  reset(): Change[] {
    this.#orders = new Map();
    const numbered: Numbered = { type: 'sfcc.numbered', lastNumber: this.#lastNumber };
    return [numbered];
  }

  #createBatch(count: number, template: Template, seed: { text: string; made: number } | undefined, only: Site | undefined): string[] {
    const at = now();
    const made = Array.from({ length: count }, (_, index) => {
      const number = this.#lastNumber + 1 + index;
      const nth = seed ? seed.made + index : number;
      const site = only ?? sites[nth % sites.length];
      if (!site) throw new RangeError('No site to make an order for');
      const ref = `${site.prefix}${String(number).padStart(8, '0')}`;
      const document = makeFromTemplate(template, { orderNo: ref, site, seed: `${seed?.text ?? 'sandbox'}/${nth}`, createdAt: at }, nth);
      return { ref, site, document };
    });
    const places = this.#file.append(made.map(({ document }) => document));
    const orders = made.flatMap(({ ref, site, document }, index) => {
      const place = places[index];
      return place ? [{ ref, site: site.id, template, place, exportStatus: document.export_status }] : [];
    });
    this.#commit({ type: 'sfcc.created', at, lastNumber: this.#lastNumber + count, orders });
    return orders.map(({ ref }) => ref);
  }

  #commit(...changes: (StorefrontChange | ReturnType<typeof effect>)[]): void {
    this.#ledger.commit(...changes);
  }
}

/** What single parcels have captured of an order so far, in minor units. */
export function capturedByParcels(order: OrderState, site: Site): number {
  return order.captures.reduce((sum, { amount }) => sum + (toMinor(amount, site.exponent) ?? 0), 0);
}

/** The total of an order's document in minor units; undefined for one that was made without a sensible total. */
export function totalOf(document: Record<string, unknown>, site: Site): number | undefined {
  return toMinor(document.order_total as number, site.exponent);
}

function now(): string {
  return new Date().toISOString();
}
