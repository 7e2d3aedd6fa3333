import { articles } from '../articles';
import type { CamelState, Owed } from '../camel/callbacks';
import type { Change } from '../journal/ledger';
import { hash } from '../random';
import type { TakenRequest } from './print-floor';

/** How long the slow article is printed, at the usual pace. */
const SLOW_MS = 600_000;

/** When and how the print floor answers. All choices come from hashes of business keys, so that an order fares alike each time. */
export class PrintPlans {
  readonly #state: CamelState;
  readonly #pace: number;

  /** @param pace multiplies all delays; 0 means at once */
  constructor(state: CamelState, pace: number) {
    this.#state = state;
    this.#pace = pace;
  }

  /** What follows a request: PrintStation says that it has the order; then the batch comes, half over Service Bus, half by REST, one in twenty over both with the same event id. */
  answer(request: TakenRequest): Change[] {
    const key = `${request.orderId}/${request.sequence}`;
    const created = request.type === 'batch.create.request' ? [] : this.#state.owing(this.#owed(request, 'print-created', `print-created-${key}`, this.#after(key, 50, 200), { type: 'Event::PrintStationOrderCreated' }));
    return [...created, ...this.#batch(request, key)];
  }

  /** What follows the wish to stop an order: it is granted, and the batch that was to come does not come. */
  stop(request: TakenRequest): Change[] {
    const id = `print-cancelled-${request.orderId}/${request.sequence}`;
    const batches = this.#state.owed().filter(({ orderId, kind }) => orderId === request.orderId && (kind === 'print-announce' || kind === 'print-batch'));
    const answer = this.#owed(request, 'print-cancelled', id, this.#after(id, 50, 200), { type: 'Event::PrintStationCancellationAcknowledged', data: { granted: true } });
    return [...batches.map((batch) => this.#state.settling(batch.id, 'refused', 'the order was stopped')), ...this.#state.owing(answer)];
  }

  #batch(request: TakenRequest, key: string): Change[] {
    const eventId = `batched-${key}`;
    const due = request.skus.includes(articles.slow) ? this.#after(eventId, SLOW_MS, SLOW_MS) : this.#after(eventId, 250, 800);
    const outcome = request.skus.includes(articles.smudged) && request.sequence === 1 ? { reason: `The print of ${articles.smudged} is smudged.` } : { batch_reference: `PB-${String(hash(`batch/${key}`)).padStart(10, '0')}` };
    const failed = 'reason' in outcome;
    const luck = hash(`channel/${eventId}`);
    const both = luck % 20 === 0;
    const bus = (luck >>> 8) % 2 === 0;
    const over = this.#owed(request, 'print-announce', eventId, due, { type: failed ? 'Event::BatchFailed' : 'Event::BatchCreated', data: outcome });
    const at = new Date(due).toISOString();
    const rest: Owed = { ...over, id: `rest-${eventId}`, kind: 'print-batch', body: { event_id: eventId, order_id: request.orderId, sequence: request.sequence, at, result: failed ? 'failed' : 'batched', ...outcome } };
    return [...(both || bus ? this.#state.owing(over) : []), ...(both || !bus ? this.#state.owing(rest) : [])];
  }

  #owed({ orderId, sequence, ref }: TakenRequest, kind: Owed['kind'], id: string, due: number, more: { type: string; data?: object }): Owed {
    return { id, kind, ref, orderId, due, body: { id, order_id: orderId, sequence, at: new Date(due).toISOString(), ...more } };
  }

  #after(key: string, least: number, most: number): number {
    return Date.now() + (least + (hash(key) % (most - least + 1))) * this.#pace;
  }
}
