import { message as amqp } from 'rhea';
import type { Change, Ledger, Replayable } from '../journal/ledger';
import { type DeadLetter, type FinalDecision, MessageQueue, type QueuedMessage } from './queue';
import { termsOf } from './wire';

/** The topics on which the partners tell something, each with its one subscription; `owner` is the first word of its changes in the journal. */
export const partnersTopics = {
  cirro: { topic: 'fulfillment-events', subscription: 'oms', owner: 'bus' },
  printFloor: { topic: 'int-prod-batching-update-oms', subscription: 'oms', owner: 'batching-bus' },
} as const;

interface Published extends Change {
  messageId: string;
  at: number;
  /** The AMQP message, base64. */
  amqp: string;
  requestId?: string;
  /** The faults are not to touch it. */
  struck?: boolean;
}
interface Settled extends Change {
  seq: number;
  how: 'complete' | 'defer' | 'dead-letter';
  deadLetter?: DeadLetter;
}
interface DeadSettled extends Change {
  seq: number;
}

interface PublishOptions {
  /** The fulfillment request that the message is about. */
  requestId?: string | undefined;
  /** The faults are not to touch it. */
  struck?: boolean;
}

export interface BrokerOptions {
  topic: string;
  subscription: string;
  owner: string;
  lockMs: number;
  maxDeliveries: number;
}

/**
 * The durable part of one topic of the Service Bus: what was published to it and what became of it in the subscription. Delivery counts
 * and locks are not durable: after a restart every message that was not settled waits again as if new.
 */
export class Broker implements Replayable {
  readonly subscription: MessageQueue;
  readonly deadLetters: MessageQueue;
  /** Told when a message is through (completed or dead-lettered); what it returns is committed with that. */
  onThrough: (requestId: string) => Change[] = () => [];
  readonly topic: string;
  readonly #address: string;
  readonly #owner: string;
  readonly #ledger: Ledger;
  /** Messages that are neither completed nor, once dead, completed in the dead-letter queue. */
  #messages = new Map<number, QueuedMessage & { requestId?: string }>();
  #lastSeq = 0;
  #opened = false;

  constructor(ledger: Ledger, { topic, subscription, owner, lockMs, maxDeliveries }: BrokerOptions) {
    this.topic = topic;
    this.#address = `${topic}/subscriptions/${subscription}`;
    this.#owner = owner;
    this.#ledger = ledger;
    ledger.own(owner, this);
    this.subscription = new MessageQueue({ lockMs, maxDeliveries, onFinal: (message, decision) => this.#settle(message, decision) });
    this.deadLetters = new MessageQueue({
      lockMs,
      maxDeliveries: Infinity,
      onFinal: (message, { how }) => {
        const settled: DeadSettled = { type: `${owner}.dead-settled`, seq: message.seq };
        if (how === 'complete') this.#ledger.commit(settled);
        else this.deadLetters.put(message);
      },
    });
  }

  /** The queue at an address such as `fulfillment-events/Subscriptions/oms[/$deadletterqueue]`; letters' case does not matter. */
  find(address: string): MessageQueue | undefined {
    const path = this.#address;
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
      type: `${this.#owner}.published`,
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
    if ('amqp' in what) return this.#add(what);
    const message = this.#messages.get(what.seq);
    if (!message) return;
    const how = 'how' in what ? what.how : undefined;
    if (how === 'defer') {
      message.deferred = true;
    } else if (how === 'dead-letter') {
      message.deadLetter = ('deadLetter' in what ? what.deadLetter : undefined) ?? {};
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
    const encoded = Buffer.from(base64, 'base64');
    const message = {
      seq: this.#lastSeq, messageId, enqueuedAt: at, deliveries: 0, deferred: false, encoded, struck, ...termsOf(encoded),
      ...(requestId !== undefined && { requestId }),
    };
    this.#messages.set(message.seq, message);
    if (this.#opened) this.subscription.put(message);
  }

  #settle(message: QueuedMessage, decision: FinalDecision): void {
    const known = this.#messages.get(message.seq);
    if (!known) return;
    const settled: Settled = { type: `${this.#owner}.settled`, seq: message.seq, ...decision };
    const through = decision.how !== 'defer' && known.requestId !== undefined ? this.onThrough(known.requestId) : [];
    this.#ledger.commit(settled, ...through);
    if (decision.how !== 'complete') this.#queueOf(known).put(known);
  }

  #queueOf(message: QueuedMessage): MessageQueue {
    return message.deadLetter ? this.deadLetters : this.subscription;
  }
}
