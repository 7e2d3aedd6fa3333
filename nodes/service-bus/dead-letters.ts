/** The dead-letter queue of our subscription, looked at and emptied by a person, one message at a time. */
import type { ServiceBusClient, ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus';
import Long from 'long';
import { InvalidInput, Rejected } from '../runtime/errors';
import { inOurWords, type ServiceBusSettings } from './connection';
import { connect } from './client';

/** A message that nobody could take. */
export interface DeadLetter {
  /** Its number in the queue; a text where it is larger than JavaScript's numbers are exact. */
  sequence: number | string;
  message_id: string;
  reason: string | null;
  enqueued: string | null;
  /** How often it was given out in vain. */
  deliveries: number;
  /** JSON where it is some, else as text. */
  body: unknown;
}

/** Of one operation on the bus. */
const TIMEOUT_MS = 5000;
/** To reach one message all before it are locked and given back: not more than so many, nor for longer. */
const REACH = 1000;
const REACH_MS = 12_000;
/** So long a message that is there is waited for. Somebody else has it after that. */
const COMES_MS = 1500;

/** @throws InvalidInput `dead-letter.unknown` for what is no number of a message */
export function sequenceOf(text: string): Long {
  const sequence = /^\d{1,19}$/.test(text) ? Long.fromString(text) : Long.ZERO;
  // More than fits comes out as another number.
  if (!sequence.isPositive() || sequence.isZero() || sequence.toString() !== text) throw unknown(text.slice(0, 40));
  return sequence;
}

const unknown = (sequence: string): InvalidInput => new InvalidInput(`there is no dead letter ${sequence}`, { code: 'dead-letter.unknown' });

export class DeadLetterQueue {
  readonly #settings: Pick<ServiceBusSettings, 'connectionString' | 'topic' | 'subscription'>;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(settings: Pick<ServiceBusSettings, 'connectionString' | 'topic' | 'subscription'>) {
    this.#settings = settings;
  }

  /** Up to `limit` dead letters from this number on. Looked at, they are neither locked nor counted. @throws Retryable while the bus is away */
  async peek(from: Long, limit: number): Promise<DeadLetter[]> {
    return this.#with(async (receiver) => (await receiver.peekMessages(limit, { fromSequenceNumber: from })).map(toDeadLetter));
  }

  /** @throws InvalidInput `dead-letter.unknown` · Retryable while the bus is away */
  async one(sequence: Long): Promise<DeadLetter> {
    const [found] = await this.peek(sequence, 1);
    if (found === undefined || String(found.sequence) !== sequence.toString()) throw unknown(sequence.toString());
    return found;
  }

  /**
   * Locks one dead letter and completes it once `work` has ended well; otherwise it stays. The ones before it are given back.
   * @throws what `work` throws · InvalidInput `dead-letter.unknown` · Rejected `dead-letter.busy` where somebody else has it · Retryable while the bus is away
   */
  take<T>(sequence: Long, work: (letter: DeadLetter) => Promise<T>): Promise<T> {
    // One after the other: two at once would lock the messages that the other one is looking for.
    const taken = this.#turn.then(async () => {
      await this.one(sequence);
      return this.#with(async (receiver) => {
        const others: ServiceBusReceivedMessage[] = [];
        try {
          const message = await reach(receiver, sequence, others);
          if (!message) throw new Rejected(`somebody else has the dead letter ${sequence.toString()}`, { code: 'dead-letter.busy', next: 'Look at the list again in a moment.' });
          let result: T;
          try {
            result = await work(toDeadLetter(message));
          } catch (error) {
            others.push(message);
            throw new FromWork(error);
          }
          await receiver.completeMessage(message);
          return result;
        } finally {
          // Settled one after the other: see receiver.ts. What cannot be given back is free when its lock ends.
          for (const message of others) await receiver.abandonMessage(message).catch(() => undefined);
        }
      });
    });
    this.#turn = taken.catch(() => undefined);
    return taken;
  }

  async #with<T>(work: (receiver: ServiceBusReceiver) => Promise<T>): Promise<T> {
    const { connectionString, topic, subscription } = this.#settings;
    const client: ServiceBusClient = connect({ connectionString, timeoutMs: TIMEOUT_MS });
    try {
      return await work(client.createReceiver(topic, subscription, { subQueueType: 'deadLetter', receiveMode: 'peekLock', maxAutoLockRenewalDurationInMs: 0 }));
    } catch (error) {
      throw error instanceof FromWork ? error.cause : inOurWords(error, `${topic}/${subscription}`);
    } finally {
      // Where nothing answers, closing waits as long as opening did.
      client.close().catch(() => undefined);
    }
  }
}

/** An error that is not the bus's. */
class FromWork extends Error {
  constructor(cause: unknown) {
    super('the work on a dead letter failed', { cause });
  }
}

/** Receives until the message of this number comes. @param others gets the messages before it, locked */
async function reach(receiver: ServiceBusReceiver, sequence: Long, others: ServiceBusReceivedMessage[]): Promise<ServiceBusReceivedMessage | undefined> {
  const until = Date.now() + REACH_MS;
  while (others.length < REACH && Date.now() < until) {
    const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: COMES_MS });
    if (!message) return undefined;
    if (message.sequenceNumber?.equals(sequence)) return message;
    others.push(message);
  }
  throw new Rejected('too many dead letters stand before this one', { code: 'dead-letter.too-far', next: 'Replay or discard the first ones.' });
}

const SHOWN_BYTES = 16_384;

function toDeadLetter({ sequenceNumber = Long.ZERO, messageId, deadLetterReason, deadLetterErrorDescription, enqueuedTimeUtc, deliveryCount, body }: ServiceBusReceivedMessage): DeadLetter {
  const number = sequenceNumber.toNumber();
  return {
    sequence: Number.isSafeInteger(number) ? number : sequenceNumber.toString(),
    message_id: String(messageId ?? ''),
    reason: [deadLetterReason, deadLetterErrorDescription].filter(Boolean).join(': ') || null,
    enqueued: enqueuedTimeUtc?.toISOString() ?? null,
    deliveries: deliveryCount ?? 0,
    body: Buffer.isBuffer(body) ? body.toString('utf8') : (body as unknown),
  };
}

/** As it is shown in a list: what is very long is cut. */
export function shown(letter: DeadLetter): DeadLetter & { order_id?: string; type?: string; cut?: true } {
  const { order_id: order, type } = Object(letter.body) as { order_id?: unknown; type?: unknown };
  const text = typeof letter.body === 'string' ? letter.body : (JSON.stringify(letter.body) ?? '');
  return {
    ...letter,
    ...(text.length > SHOWN_BYTES && { body: text.slice(0, SHOWN_BYTES), cut: true }),
    ...(typeof order === 'string' && { order_id: order.slice(0, 96) }),
    ...(typeof type === 'string' && { type: type.slice(0, 64) }),
  };
}
