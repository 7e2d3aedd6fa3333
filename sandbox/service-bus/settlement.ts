import { setTimeout as sleep } from 'node:timers/promises';
import type { EventContext } from 'rhea';
import type { FaultTable } from '../faults/fault-table';
import type { Decision, MessageQueue } from './queue';
import { cut, deliveryOf, outcomes, type ServerDelivery } from './rhea-parts';
import { type Refusal, refusals } from './wire';

type Info = Record<string, unknown> & { DeadLetterReason?: string; DeadLetterErrorDescription?: string };

/** What the client's disposition asks for. */
export function decisionOf(context: EventContext): Decision {
  const { remote_state: state } = deliveryOf(context);
  const kind = (state?.constructor as { composite_type?: string } | undefined)?.composite_type;
  if (kind === 'accepted') return { how: 'complete' };
  if (kind === 'modified' && state?.undeliverable_here === true) return { how: 'defer' };
  if (kind !== 'rejected') return { how: 'abandon' };
  const error = state?.error as { description?: string; info?: Info } | undefined;
  const reason = error?.info?.DeadLetterReason;
  const description = error?.info?.DeadLetterErrorDescription ?? (reason === undefined ? error?.description : undefined);
  return { how: 'dead-letter', deadLetter: { ...(reason !== undefined && { reason }), ...(description !== undefined && { description }) } };
}

/**
 * Carries dispositions out and answers them. rhea merges two answers of one turn into one when they are the only ones, whatever
 * they say, so that the answers go out one a turn.
 */
export class Settlement {
  readonly #faults: FaultTable;
  #answers: (() => void)[] = [];

  constructor(faults: FaultTable) {
    this.#faults = faults;
  }

  /** Settles the delivery of this event. */
  async settle(context: EventContext, queue: MessageQueue): Promise<void> {
    const delivery = deliveryOf(context);
    if (delivery.remote_settled && delivery.settled) return;
    const decision = decisionOf(context);
    const { delayMs, fault } = this.#faults.strike('service-bus', 'settle');
    if (delayMs > 0) await sleep(delayMs);
    const refusal = { error: refusals.failure, throttle: refusals.busy, reject: refusals.lockLost }[String(fault)];
    if (refusal) return this.#answer(delivery, refusal);
    if (fault === 'drop-before') return cut(context.connection);
    const held = queue.settle(Buffer.from(delivery.tag as Buffer), decision);
    if (fault === 'drop-after') return cut(context.connection);
    this.#answer(delivery, held ? decision : refusals.lockLost);
  }

  #answer(delivery: ServerDelivery, what: Decision | Refusal): void {
    this.#answers.push(() => {
      delivery.update(true, stateFor(what).described());
      delivery.remote_settled = true;
    });
    if (this.#answers.length === 1) setImmediate(() => this.#answerNext());
  }

  #answerNext(): void {
    this.#answers.shift()?.();
    if (this.#answers.length > 0) setImmediate(() => this.#answerNext());
  }
}

function stateFor(what: Decision | Refusal): { described(): unknown } {
  if ('condition' in what) return outcomes.rejected({ error: what });
  if (what.how === 'complete') return outcomes.accepted();
  return what.how === 'dead-letter' ? outcomes.rejected({}) : outcomes.modified({});
}
