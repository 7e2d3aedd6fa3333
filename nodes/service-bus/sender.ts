/** Messages to a topic of the Azure Service Bus: at least once, since an answer may be lost. */
import type { ServiceBusMessage, ServiceBusMessageBatch, ServiceBusSender } from '@azure/service-bus';
import { InvalidInput, isKnownError, Retryable } from '../runtime/errors';
import { connect, hasCode } from './client';

/** One message to be sent. */
export interface BusSend {
  /** The message id: a topic that looks for doubles drops one that it knows. */
  id: string;
  /** Messages of one session keep their order. */
  session?: string;
  /** Nobody gets it before: an ISO 8601 time. At once unless given. */
  at?: string;
  /** What kind of message it is. */
  subject?: string;
  /** What subscriptions may filter by. */
  properties?: Readonly<Record<string, string | number | boolean>>;
  /** Sent as JSON. */
  body: unknown;
}

export interface Sender {
  /**
   * Sends them in their order, as few batches as their sizes allow, one after the other. Where it fails some may have been taken: they
   * are sent again with the same ids.
   * @param leave called right before a batch goes out; what it throws keeps the batch here
   * @throws Retryable `service-bus.not-sent` · InvalidInput `service-bus.too-large`
   */
  send(messages: readonly BusSend[], leave?: () => void): Promise<void>;
  close(): Promise<void>;
}

/** Connects at the first message, and again whenever the connection was lost. @throws InvalidInput `service-bus.connection-string` */
export function createSender({ connectionString, topic, variable = 'SERVICE_BUS_EVENTS_TOPIC', timeoutMs = 10_000 }: { connectionString: string; topic: string; variable?: string; timeoutMs?: number }): Sender {
  const client = connect({ connectionString, timeoutMs });
  const sender = client.createSender(topic);
  return {
    async send(messages, leave) {
      try {
        await sendAll(sender, messages.map(toServiceBus), leave);
      } catch (error) {
        throw isKnownError(error) ? error : inOurWords(error, topic, variable);
      }
    },
    async close() {
      await sender.close();
      await client.close();
    },
  };
}

const toServiceBus = ({ id, session, at, subject, properties, body }: BusSend): ServiceBusMessage => ({
  messageId: id,
  contentType: 'application/json',
  body,
  ...(session !== undefined && { sessionId: session }),
  ...(at !== undefined && { scheduledEnqueueTimeUtc: new Date(at) }),
  ...(subject !== undefined && { subject }),
  ...(properties && { applicationProperties: { ...properties } }),
});

async function sendAll(sender: ServiceBusSender, messages: readonly ServiceBusMessage[], leave?: () => void): Promise<void> {
  let batch = await sender.createMessageBatch();
  for (const message of messages) {
    if (batch.tryAddMessage(message)) continue;
    if (batch.count > 0) {
      await sendBatch(sender, batch, leave);
      batch = await sender.createMessageBatch();
      if (batch.tryAddMessage(message)) continue;
    }
    throw new InvalidInput(`the message ${String(message.messageId)} is larger than the Service Bus takes`, { code: 'service-bus.too-large' });
  }
  if (batch.count > 0) await sendBatch(sender, batch, leave);
}

const LOOK_MS = 50;

/** A send whose link is gone gets no answer any more: waiting for the time-out would hold up everything behind it. */
async function sendBatch(sender: ServiceBusSender, batch: ServiceBusMessageBatch, leave?: () => void): Promise<void> {
  leave?.();
  const cut = new AbortController();
  // Making the batch has opened it.
  const link = openLinkOf(sender);
  const look = setInterval(() => link !== undefined && openLinkOf(sender) !== link && cut.abort(), LOOK_MS);
  try {
    await sender.sendMessages(batch, { abortSignal: cut.signal });
  } catch (cause) {
    if (cut.signal.aborted) throw new Retryable('the connection to the Service Bus was cut before an answer came', { code: 'service-bus.not-sent', cause });
    throw cause;
  } finally {
    clearInterval(look);
  }
}

/** The AMQP link, where it is open. The SDK keeps it to itself. */
function openLinkOf(sender: ServiceBusSender): unknown {
  const link: unknown = Reflect.get(Object(Reflect.get(sender, '_sender')), 'link');
  const isOpen: unknown = Reflect.get(Object(link), 'isOpen');
  return typeof isOpen === 'function' && isOpen.call(link) === true ? link : undefined;
}

/** What failed when something was to be sent. @param variable that names the topic */
export function inOurWords(cause: unknown, topic: string, variable: string): Retryable {
  if (hasCode(cause, 'MessagingEntityNotFound')) return new Retryable(`there is no topic ${topic}`, { code: 'service-bus.no-entity', next: `Correct ${variable}, or make the topic.`, cause });
  if (hasCode(cause, 'UnauthorizedAccess')) return new Retryable(`the key of the connection string may not send to ${topic}`, { code: 'service-bus.unauthorized', next: 'Correct SERVICE_BUS_CONNECTION_STRING.', cause });
  return new Retryable(`the Service Bus has not taken the messages: ${(cause as Error).message}`, { code: 'service-bus.not-sent', cause });
}
