import { articles } from '../articles';
import type { Change } from '../journal/ledger';
import type { NavDocument } from '../nav/documents';
import { hash } from '../random';
import type { CamelState, FulfillmentRequest, Owed } from './callbacks';

/** Shipments leave together at the full quarter of a second, so that several travel in one call. */
const gatheringMs = 250;

const carriers = ['UPS', 'FedEx', 'DHL', 'Yamato'] as const;

/** What is not told any more of an order that was stopped. */
const STOPPED: ReadonlySet<Owed['kind']> = new Set(['accept', 'announce', 'ship']);

/** When and how Camel and Cirro answer. All choices come from hashes of business keys, so that an order fares alike each time. */
export class Plans {
  readonly #state: CamelState;
  readonly #pace: number;

  /** @param pace multiplies all delays; 0 means at once */
  constructor(state: CamelState, pace: number) {
    this.#state = state;
    this.#pace = pace;
  }

  /** One sales order in ten is released before NAV has answered. */
  releasesEarly(document: NavDocument): boolean {
    return hash(document.externalDocumentNo) % 10 === 0;
  }

  release(document: NavDocument): Change[] {
    const id = releaseId(document);
    return this.#state.owing({
      id,
      kind: 'release',
      ref: document.platformOrderNo,
      orderId: document.externalDocumentNo,
      due: this.releasesEarly(document) ? Date.now() : this.#after(id, 50, 500),
      body: {
        ...(document.skus.includes(articles.blocked) ? { status: 'FAILED_TO_RELEASE_FROM_NAV', reason: `Item ${articles.blocked} is blocked.` } : { status: 'RELEASED_FROM_NAV' }),
        event_id: id,
        nav_order_no: document.no,
      },
    });
  }

  /** The acceptance, or a rejection: half over Service Bus, half by REST, one in twenty over both with the same event id. */
  answer(request: FulfillmentRequest): Change[] {
    const rejected = request.lines.some(({ sku }) => sku === articles.disputed) && !this.#state.hasBeenAsked(request.orderId);
    const type = rejected ? 'rejected' : 'accepted';
    const eventId = `${type}-${request.requestId}`;
    const due = this.#after(eventId, 50, 500);
    const body = {
      id: eventId,
      type,
      order_id: request.orderId,
      sequence: request.sequence,
      at: new Date(due).toISOString(),
      data: { request_id: request.requestId, warehouse: request.warehouse, ...(rejected && { reason: `The customs form for ${articles.disputed} is missing.` }) },
    };
    return this.#tell(['accept', 'announce'], request.requestId, request, { due, body });
  }

  /** Half over Service Bus, half by REST, one in twenty over both with the same event id. */
  #tell([rest, overBus]: readonly [Owed['kind'], Owed['kind']], name: string, { orderId, sequence, ref, requestId }: FulfillmentRequest, what: Pick<Owed, 'due' | 'body'>): Change[] {
    const luck = hash(`channel/${orderId}/${sequence}`);
    const both = luck % 20 === 0;
    const bus = (luck >>> 8) % 2 === 0;
    const owed = (kind: Owed['kind']): Owed => ({ id: `${kind}-${name}`, kind, ref, orderId, requestId, ...what });
    return [...(both || !bus ? this.#state.owing(owed(rest)) : []), ...(both || bus ? this.#state.owing(owed(overBus)) : [])];
  }

  /**
   * What follows the question whether an order can be stopped: granted as long as no parcel of it has left, and then none leaves any more;
   * refused otherwise. Once for each question.
   */
  stop(request: FulfillmentRequest, question: number): Change[] {
    const { orderId, requestId } = request;
    const eventId = `cancel-${orderId}/${question}`;
    if (this.asksAgain(orderId, question)) return [];
    const parcels = this.#state.owed().filter((owed) => owed.orderId === orderId && owed.kind === 'ship');
    const left = this.#state.wasOwed(`ship-${requestId}`) && (parcels.length === 0 || parcels.some(({ due }) => due <= Date.now())) && !this.#state.isStopped(requestId);
    const due = this.#after(eventId, 50, 500);
    const body = {
      id: eventId,
      type: left ? 'cancel_refused' : 'cancel_acknowledged',
      order_id: orderId,
      sequence: question,
      at: new Date(due).toISOString(),
      data: left ? { reason: 'The parcel has left.' } : {},
    };
    const dropped = left ? [] : this.#state.owed().filter((owed) => owed.orderId === orderId && STOPPED.has(owed.kind));
    return [
      ...dropped.map(({ id }) => this.#state.settling(id, 'refused', 'the order was stopped')),
      ...(left ? [] : [this.#state.stopping(requestId)]),
      ...this.#tell(['cancel-answer', 'cancel-announce'], `${orderId}/${question}`, request, { due, body }),
    ];
  }

  /** Whether this question has been asked before. */
  asksAgain(orderId: string, question: number): boolean {
    return (['cancel-answer', 'cancel-announce'] as const).some((kind) => this.#state.wasOwed(`${kind}-${orderId}/${question}`));
  }

  /** The shipment: everything in one parcel, or each line in its own. None when it is or was owed already. */
  ship(requestId: string): Change[] {
    const request = this.#state.request(requestId);
    if (!request || this.#state.isStopped(requestId)) return [];
    const { lines } = request;
    const parcels = lines.some(({ sku }) => sku === articles.bulky) ? lines.map((line) => [line]) : [lines];
    return parcels.flatMap((parcel, index) => this.#parcel(request, parcel, index === 0 ? requestId : `${requestId}-${index + 1}`));
  }

  #parcel(request: FulfillmentRequest, lines: FulfillmentRequest['lines'], name: string): Change[] {
    const id = `ship-${name}`;
    const due = this.#gathered(this.#after(id, 100, 800 - gatheringMs));
    return this.#state.owing({
      id,
      kind: 'ship',
      ref: request.ref,
      orderId: request.orderId,
      requestId: request.requestId,
      due,
      body: {
        order_id: request.orderId,
        shipment_id: `SHP-${name.slice(4)}`,
        carrier: carriers[hash(id) % carriers.length],
        tracking: `1Z${String(hash(`tracking/${id}`)).padStart(10, '0')}`,
        shipped_at: new Date(due).toISOString(),
        lines: lines.map(({ line_id, quantity }) => ({ line_id, quantity })),
      },
    });
  }

  #gathered(due: number): number {
    const step = gatheringMs * this.#pace;
    return step === 0 ? due : Math.ceil(due / step) * step;
  }

  #after(key: string, least: number, most: number): number {
    return Date.now() + (least + (hash(key) % (most - least + 1))) * this.#pace;
  }
}

/** The identity of the release of a sales order. */
export function releaseId(document: NavDocument): string {
  return `release-${document.no}`;
}
