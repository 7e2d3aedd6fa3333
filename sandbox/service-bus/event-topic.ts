import { randomBytes } from 'node:crypto';
import { message as amqp } from 'rhea';
import type { EventLog } from '../journal/events';
import { MessageQueue } from './queue';
import { termsOf } from './wire';

/** The topic of the OMS's domain events, and its one subscription. */
export const eventTopicName = 'order-events';
export const eventSubscriptionName = 'consumers';

/** Nobody has to take them: the oldest goes when there are more. */
const KEPT = 10_000;

/**
 * Takes the domain events of the OMS. What was published is kept in a log that survives kills; the messages themselves wait in
 * memory alone, a limited number of them, for whoever wants to receive them.
 */
export class EventTopic {
  readonly subscription: MessageQueue;
  readonly #log: EventLog;
  #lastSeq = 0;

  constructor(log: EventLog, { lockMs }: { lockMs: number }) {
    this.#log = log;
    this.subscription = new MessageQueue({ lockMs, maxDeliveries: Infinity, onFinal: () => {} });
  }

  find(address: string): MessageQueue | undefined {
    return address.replace(/^\//, '').toLowerCase() === `${eventTopicName}/subscriptions/${eventSubscriptionName}` ? this.subscription : undefined;
  }

  /** Takes the messages of one send, durably, and then offers them. @param encoded AMQP messages as they came */
  publish(encoded: readonly Buffer[]): void {
    const messages = encoded.map((bytes) => ({ bytes, head: amqp.decode(bytes) }));
    this.#log.add(messages.map(({ head }) => ({ id: String(head.message_id ?? ''), type: String(head.subject ?? ''), order: String(head.group_id ?? '') })));
    for (const { bytes, head } of messages) {
      this.#lastSeq += 1;
      if (this.subscription.size >= KEPT) this.subscription.take();
      this.subscription.put({
        seq: this.#lastSeq, messageId: String(head.message_id ?? randomBytes(16).toString('hex')), enqueuedAt: Date.now(), deliveries: 0, deferred: false, encoded: bytes, ...termsOf(bytes),
      });
    }
  }

  reset(): void {
    this.#log.clear();
    this.subscription.clear();
  }
}
