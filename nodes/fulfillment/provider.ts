import type { DeclaredCall } from '../effects/calls';
import type { Effect } from '../effects/effect';
import type { Ledger, Performed } from '../effects/ledger';
import type { AskedOrder } from '../orders/message';
import type { Order } from '../orders/order';
import { Rejected } from '../runtime/errors';
import type { Closable } from '../runtime/node';
import type { Work } from '../work/source';

/** A 3PL as the flows see it. A new one is a folder of its own: a client, a mapping, its effect, and a connection that gives this. */
export interface Provider extends Closable {
  /** As `warehouses.provider` names it, and its own reports do. */
  readonly name: string;
  /**
   * Its request to fulfil everything in an order; its kind is `<name>.request` (Cirro's is Camel's), its key ends in `:<export sequence>`: by it everybody knows who has an order.
   * @param sequence whether the request names the sequence: some warehouses take none
   */
  request(sequence: boolean): FulfillmentCall;
  /**
   * Asks it to stop an order; its kind is `<partner>.cancel`, of the same partner as its request, its key ends in `:<number of the question>`. Its events `cancel_acknowledged` and
   * `cancel_refused` decide. Absent where it cannot be asked: a cancel is then not possible once it has the order.
   */
  readonly cancel?: FulfillmentCall<AskedOrder>;
  /**
   * What the warehouse has too little of, in words; undefined where there is enough of everything. Changes nothing and may be repeated.
   * @throws Rejected where the question is refused · Retryable where nobody answers
   */
  shortageOf(order: Order): Promise<string | undefined>;
}

/** A declared effect that brings its own client. */
export interface FulfillmentCall<Subject extends Order = Order> {
  /** For those who look at it and do not send it. */
  declared: DeclaredCall;
  /** Makes the call, as the ledger says. @throws what {@link Ledger.perform} throws */
  perform(ledger: Ledger, order: Subject, work: Work): Promise<Performed>;
}

/** A 3PL's declared request with its client. It is not to be built for what still has to be printed. */
export function withClient<Client, Request>(client: Client, declared: Effect<Client, Order, Request>): FulfillmentCall {
  const effect: typeof declared = {
    ...declared,
    request(order) {
      requireBatch(order);
      return declared.request(order);
    },
  };
  return callOf(client, effect);
}

/** A declared effect with its client. */
export function callOf<Client, Subject extends Order, Request>(client: Client, declared: Effect<Client, Subject, Request>): FulfillmentCall<Subject> {
  return { declared, perform: (ledger, order, work) => ledger.perform(declared, client, order, work) };
}

/** The warehouse packs what a batch has printed. @throws Rejected `fulfillment.printable-order-has-no-batch` */
function requireBatch({ batchReference, lines }: Order): void {
  if (batchReference === undefined && lines.some(({ path }) => path === 'printable'))
    throw new Rejected('it is to be printed and has no batch reference', { code: 'fulfillment.printable-order-has-no-batch', next: 'Ask the print floor for the batch.' });
}
