/** Messages of one queue or subscription of the Azure Service Bus in peek-lock: at least once, settled by whoever has committed them. */
import {
  type MessageHandlers,
  type ProcessErrorArgs,
  type ServiceBusReceivedMessage,
  type ServiceBusReceiver,
} from '@azure/service-bus';
import { EventEmitter } from 'node:events';
import { Retryable } from '../runtime/errors';
import { failpoint } from '../runtime/failpoints';
import { connect, hasCode } from './client';
import { type Entity, nameOf, receiverOf } from './entity';
import { type BusMessage, handOver, type Outcome } from './hand-over';
import { oneAfterTheOther, type OnStatus, type Receiver, reception } from './reception';

export interface ReceiverOptions {
  readonly connectionString: string;
  readonly entity: Entity;
  /** Is to settle every message it gets, sooner or later. When it fails, the message is abandoned. */
  readonly onMessage: (message: BusMessage) => void | Promise<void>;
  /** Told of every change. It reconnects by itself, for ever. */
  readonly onStatus?: OnStatus;
  /** Messages given out and not yet settled. */
  readonly maxInFlight?: number;
  /** So long, at most, the lock of a message is renewed while it is in hand; not at all unless given. */
  readonly renewForMs?: number;
  /** Of one operation: to connect, to settle. */
  readonly timeoutMs?: number;
}

/** @throws InvalidInput `service-bus.connection-string` */
export function startReceiver(options: ReceiverOptions): Receiver {
  const { entity, onMessage, maxInFlight = 16, renewForMs = 0 } = options;
  const client = connect(options);
  // The SDK's renewal forgets its timer when a message comes twice: locks are renewed by ourselves.
  const receiver = receiverOf(client, entity, { receiveMode: 'peekLock', maxAutoLockRenewalDurationInMs: 0 });
  const settleInTurn = oneAfterTheOther();
  const link = new EventEmitter();
  let subscribed: { close(): Promise<void> } | undefined;

  /** The SDK counts a message as under way until this ends. */
  async function process(received: ServiceBusReceivedMessage): Promise<void> {
    const handled = handOver(received, {
      onMessage,
      settle: (outcome, reason) => settleInTurn(() => settleUnlessGone(received, outcome, reason)),
      renew: () => receiver.renewMessageLock(received),
      renewForMs,
      lockedUntil: () => received.lockedUntilUtc,
    });
    receiving.inHand.add(handled);
    await handled;
    receiving.inHand.delete(handled);
  }

  const handlers: MessageHandlers & { postInitialize(): Promise<void> } = {
    processMessage: process,
    processError: (args: ProcessErrorArgs) => {
      if (args.errorSource === 'receive') receiving.report('disconnected', args.error.message);
      return Promise.resolve();
    },
    /** The SDK calls this whenever its link stands (again); its public interface has no such event. */
    postInitialize: () => {
      link.emit('stands');
      receiving.report('connected', nameOf(entity));
      return Promise.resolve();
    },
  };

  /** A message whose link is gone comes again: telling the bus over the dead link would only wait for a time-out, and hold up the others. */
  async function settleUnlessGone(message: ServiceBusReceivedMessage, outcome: Outcome, reason: string | undefined): Promise<void> {
    if (isLinkGone(message)) return;
    const gone = Promise.withResolvers<void>();
    const look = (): void => {
      if (isLinkGone(message)) gone.resolve();
    };
    link.on('stands', look);
    try {
      await Promise.race([gone.promise, settle(receiver, message, outcome, reason)]);
    } finally {
      link.off('stands', look);
    }
  }

  function subscribe(): void {
    subscribed ??= receiver.subscribe(handlers, { autoCompleteMessages: false, maxConcurrentCalls: maxInFlight });
  }

  const receiving = reception({
    entity,
    onStatus: options.onStatus,
    start: subscribe,
    async stop() {
      await subscribed?.close();
      subscribed = undefined;
    },
    async disconnect() {
      await receiver.close();
      await client.close();
    },
  });
  subscribe();
  return receiving;
}

export async function settle(receiver: Pick<ServiceBusReceiver, 'completeMessage' | 'abandonMessage' | 'deadLetterMessage'>, message: ServiceBusReceivedMessage, outcome: Outcome, reason = ''): Promise<void> {
  await failpoint('bus.settle', outcome);
  try {
    if (outcome === 'complete') await receiver.completeMessage(message);
    else if (outcome === 'abandon') await receiver.abandonMessage(message);
    else await receiver.deadLetterMessage(message, { deadLetterReason: reason.slice(0, 1024), deadLetterErrorDescription: '' });
    await failpoint('bus.settled', outcome);
  } catch (cause) {
    if (hasCode(cause, 'MessageLockLost') || hasCode(cause, 'SessionLockLost')) return;
    throw new Retryable('The Service Bus could not be told what became of a message; it comes again', { code: 'service-bus.not-settled', cause });
  }
}

/** Whether the AMQP link that brought the message was closed since. Read from rhea's delivery, which the SDK keeps to itself. */
function isLinkGone(message: ServiceBusReceivedMessage): boolean {
  const delivery: unknown = Reflect.get(message, 'delivery');
  const link: unknown = Reflect.get(Object(delivery), 'link');
  const isOpen: unknown = Reflect.get(Object(link), 'is_open');
  return typeof isOpen === 'function' && isOpen.call(link) === false;
}
