import { message as amqp } from 'rhea';
import type { Change, Ledger, Replayable } from '../journal/ledger';
import { type DeadLetter, type FinalDecision, MessageQueue, type QueuedMessage } from './queue';

/** The topic and its one subscription. */
export const topicName = 'fulfillment-events';
export const subscriptionName = 'oms';

interface Published extends Change {
  type: 'bus.published';
  messageId: string;
  at: number;
  /** The AMQP message, base64. */
  amqp: string;
  requestId?: string;
  /** The faults are not to touch it. */
  struck?: boolean;
}
interface Settled extends Change {
  type: 'bus.settled';
  seq: number;
  how: 'complete' | 'defer' | 'dead-letter';
  deadLetter?: DeadLetter;
}
interface DeadSettled extends Change {
  type: 'bus.dead-settled';
  seq: number;
}

interface PublishOptions {
  /** The fulfillment request that the message is about. */
  requestId?: string | undefined;
  /** The faults are not to touch it. */
  struck?: boolean;
}

export interface BrokerOptions {
  lockMs: number;
  maxDeliveries: number;
}

/**
 * The durable part of the Service Bus: what was published to the topic and what became of it in the subscription. Delivery counts
 * and locks are not durable: after a restart every message that was not settled waits again as if new.
 */
export class Broker implements Replayable {
  readonly subscription: MessageQueue;
  readonly deadLetters: MessageQueue;
  /** Told when a message is through (completed or dead-lettered); what it returns is committed with that. */
  onThrough: (requestId: string) => Change[] = () => [];
  readonly #ledger: Ledger;
  /** Messages that are neither completed nor, once dead, completed in the dead-letter queue. */
  #messages = new Map<number, QueuedMessage & { requestId?: string }>();
  #lastSeq = 0;
  #opened = false;

  constructor(ledger: Ledger, { lockMs, maxDeliveries }: BrokerOptions) {
    this.#ledger = ledger;
    ledger.own('bus', this);
    this.subscription = new MessageQueue({ lockMs, maxDeliveries, onFinal: (message, decision) => this.#settle(message, decision) });
    this.deadLetters = new MessageQueue({
      lockMs,
      maxDeliveries: Infinity,
      onFinal: (message, { how }) => {
        const settled: DeadSettled = { type: 'bus.dead-settled', seq: message.seq };
        if (how === 'complete') this.#ledger.commit(settled);
        else this.deadLetters.put(message);
      },
    });
  }

  /** The queue at an address such as `fulfillment-events/Subscriptions/oms[/$deadletterqueue]`; letters' case does not matter. */
  find(address: string): MessageQueue | undefined {
    const path = `${topicName}/subscriptions/${subscriptionName}`;
    const asked = address.replace(/^\//, '').toLowerCase();
    if (asked === path) return this.subscription;
    return asked === `${path}/$deadletterqueue` ? this.deadLetters : undefined;
  }

  /** The change that publishes a JSON text. */
  publishing({ messageId, body, ...more }: { messageId: string; body: string } & PublishOptions): Published {
    const encoded = amqp.encode({ message_id: messageId, content_type: 'application/json', body: amqp.data_section(Buffer.from(body)) });
    return this.publishingEncoded(messageId, encoded, more);
  }

  /** The change that publishes an AMQP message as it is. */
  publishingEncoded(messageId: string, encoded: Buffer, { requestId, struck }: PublishOptions = {}): Published {
    return {
      type: 'bus.published',
      messageId,
      at: Date.now(),
      amqp: encoded.toString('base64'),
      ...(requestId !== undefined && { requestId }),
      ...(struck === true && { struck }),
    };
  }

  /** Publishes, durably. */
  publish(...messages: Change[]): void {
    this.#ledger.commit(...messages);
  }

  /** Publishes a message a second time, under the same message id. */
  publishAgain({ messageId, encoded }: QueuedMessage): void {
    this.publish(this.publishingEncoded(messageId, encoded, { struck: true }));
  }

  /** True until the message is through. */
  has(message: QueuedMessage): boolean {
    return this.#messages.get(message.seq) === message;
  }

  apply(what: Published | Settled | DeadSettled): void {
    if (what.type === 'bus.published') return this.#add(what);
    const message = this.#messages.get(what.seq);
    if (!message) return;
    if (what.type === 'bus.settled' && what.how === 'defer') {
      message.deferred = true;
    } else if (what.type === 'bus.settled' && what.how === 'dead-letter') {
      message.deadLetter = what.deadLetter ?? {};
      message.deferred = false;
      message.deliveries = 0;
    } else {
      this.#messages.delete(what.seq);
    }
  }

  /** Fills the queues after a replay, during which nothing is delivered. */
  open(): void {
    for (const message of this.#messages.values()) this.#queueOf(message).put(message);
    this.#opened = true;
  }

  reset(): Change[] {
    this.#messages = new Map();
    this.subscription.clear();
    this.deadLetters.clear();
    return [];
  }

  #add({ messageId, at, amqp: base64, requestId, struck = false }: Published): void {
    this.#lastSeq += 1;
    const message = {
      seq: this.#lastSeq, messageId, enqueuedAt: at, deliveries: 0, deferred: false, encoded: Buffer.from(base64, 'base64'), struck,
      ...(requestId !== undefined && { requestId }),
    };
    this.#messages.set(message.seq, message);
    if (this.#opened) this.subscription.put(message);
  }

  #settle(message: QueuedMessage, decision: FinalDecision): void {
    const known = this.#messages.get(message.seq);
    if (!known) return;
    const settled: Settled = { type: 'bus.settled', seq: message.seq, ...decision };
    const through = decision.how !== 'defer' && known.requestId !== undefined ? this.onThrough(known.requestId) : [];
    this.#ledger.commit(settled, ...through);
    if (decision.how !== 'complete') this.#queueOf(known).put(known);
  }

  #queueOf(message: QueuedMessage): MessageQueue {
    return message.deadLetter ? this.deadLetters : this.subscription;
  }
}
