import type { Change, Ledger, Replayable } from '../journal/ledger';

/**
 * What the partners tell the OMS. Camel and Cirro: `accept` by REST, `announce` the same over Service Bus, and so `cancel-answer`
 * and `cancel-announce`. The print floor: `print-batch`
 * by REST, `print-announce` the same over Service Bus.
 */
export type CallbackKind = 'release' | 'accept' | 'announce' | 'ship' | 'cancel-answer' | 'cancel-announce' | 'print-created' | 'print-batch' | 'print-announce' | 'print-cancelled';

/** A message to the OMS that has not been delivered yet. */
export interface Owed {
  /** Business identity; nothing is owed twice under one id. */
  id: string;
  kind: CallbackKind;
  /** The storefront's order number. */
  ref: string;
  /** The OMS's name of the order. */
  orderId: string;
  /** Milliseconds since 1970. */
  due: number;
  body: Record<string, unknown>;
  /** The fulfillment request it is about. */
  requestId?: string;
}

/** A fulfillment request that Cirro took. */
export interface FulfillmentRequest {
  requestId: string;
  orderId: string;
  sequence: number;
  ref: string;
  part: number;
  warehouse: string;
  lines: { line_id: string; sku: string; quantity: number }[];
}

interface Requested extends Change {
  type: 'camel.requested';
  request: FulfillmentRequest;
}
interface Stopped extends Change {
  type: 'camel.stopped';
  requestId: string;
}
interface OwedChange extends Change {
  type: 'camel.owed';
  owed: Owed;
}
interface Settled extends Change {
  type: 'camel.settled';
  id: string;
  outcome: 'delivered' | 'refused';
  reason?: string;
}
interface Numbered extends Change {
  type: 'camel.numbered';
  lastNumber: number;
}

/** The memory of Camel and Cirro: requests taken; and the callbacks that the partners owe. */
export class CamelState implements Replayable {
  /** Told of each callback that becomes owed while the sandbox runs. */
  onOwed: (owed: Owed) => void = () => {};
  #requests = new Map<string, FulfillmentRequest>();
  /** The last request for each order. */
  #asked = new Map<string, FulfillmentRequest>();
  /** Requests that were stopped before they left. */
  #stopped = new Set<string>();
  #owed = new Map<string, Owed>();
  #known = new Set<string>();
  #lastNumber = 0;

  constructor(ledger: Ledger) {
    ledger.own('camel', this);
  }

  /** The id for the next request. */
  nextRequestId(): string {
    return `CIR-${String(this.#lastNumber + 1).padStart(7, '0')}`;
  }

  request(requestId: string): FulfillmentRequest | undefined {
    return this.#requests.get(requestId);
  }

  /** Whether an order was asked for before, under whatever sequence. */
  hasBeenAsked(orderId: string): boolean {
    return this.#asked.has(orderId);
  }

  /** The last request for an order. */
  requestFor(orderId: string): FulfillmentRequest | undefined {
    return this.#asked.get(orderId);
  }

  isStopped(requestId: string): boolean {
    return this.#stopped.has(requestId);
  }

  stopping(requestId: string): Stopped {
    return { type: 'camel.stopped', requestId };
  }

  /** Everything that is still to be delivered. */
  owed(): Owed[] {
    return [...this.#owed.values()];
  }

  isOwed(id: string): boolean {
    return this.#owed.has(id);
  }

  /** Whether it is owed, or was. */
  wasOwed(id: string): boolean {
    return this.#known.has(id);
  }

  /** The change that makes a callback owed; none where it is or was owed already. */
  owing(owed: Owed): OwedChange[] {
    return this.#known.has(owed.id) ? [] : [{ type: 'camel.owed', owed }];
  }

  requesting(request: FulfillmentRequest): Requested {
    return { type: 'camel.requested', request };
  }

  settling(id: string, outcome: Settled['outcome'], reason?: string): Settled {
    return { type: 'camel.settled', id, outcome, ...(reason !== undefined && { reason }) };
  }

  apply(what: Requested | Stopped | OwedChange | Settled | Numbered): void {
    switch (what.type) {
      case 'camel.requested':
        this.#requests.set(what.request.requestId, what.request);
        this.#asked.set(what.request.orderId, what.request);
        this.#lastNumber += 1;
        break;
      case 'camel.stopped':
        this.#stopped.add(what.requestId);
        break;
      case 'camel.owed':
        this.#known.add(what.owed.id);
        this.#owed.set(what.owed.id, what.owed);
        this.onOwed(what.owed);
        break;
      case 'camel.settled':
        this.#owed.delete(what.id);
        break;
      case 'camel.numbered':
        this.#lastNumber = what.lastNumber;
    }
  }

  reset(): Change[] {
    this.#requests = new Map();
    this.#asked = new Map();
    this.#stopped = new Set();
    this.#owed = new Map();
    this.#known = new Set();
    const numbered: Numbered = { type: 'camel.numbered', lastNumber: this.#lastNumber };
    return [numbered];
  }
}
