/** Messages of one queue or subscription of the Azure Service Bus in peek-lock: at least once, settled by whoever has committed them. */
import {
  type MessageHandlers,
  type ProcessErrorArgs,
  RetryMode,
  ServiceBusClient,
  type ServiceBusReceivedMessage,
  type ServiceBusReceiver,
} from '@azure/service-bus';
import { EventEmitter } from 'node:events';
import { InvalidInput, Retryable } from '../runtime/errors';
import { failpoint } from '../runtime/failpoints';
import { within } from '../runtime/within';
import { type Entity, nameOf, receiverOf } from './entity';
import { type BusMessage, handOver, type Outcome } from './hand-over';

export interface ReceiverOptions {
  readonly connectionString: string;
  readonly entity: Entity;
  /** Is to settle every message it gets, sooner or later. When it fails, the message is abandoned. */
  readonly onMessage: (message: BusMessage) => void | Promise<void>;
  /** Told of every change. It reconnects by itself, for ever. */
  readonly onStatus?: (status: 'connected' | 'disconnected', detail: string) => void;
  /** Messages given out and not yet settled. */
  readonly maxInFlight?: number;
  /** So long, at most, the lock of a message is renewed while it is in hand; not at all unless given. */
  readonly renewForMs?: number;
  /** Of one operation: to connect, to settle. */
  readonly timeoutMs?: number;
}

/** Why nothing is taken: flows are being deployed, or nothing could be committed. */
export type Pause = 'deploy' | 'database';

/** How a subscription stands. */
export interface ReceiverState {
  /** A queue, or `topic/subscription`. */
  readonly source: string;
  /** Whether its link stands; a broken one is mended by itself. */
  readonly connected: boolean;
  /** Nothing is taken on purpose: flows are being deployed, or the database is away. */
  readonly paused: boolean;
  /** Messages given out and not yet settled. */
  readonly inFlight: number;
}

export interface Receiver {
  state(): ReceiverState;
  /** Takes no more messages; those given out can still be settled. */
  pause(why?: Pause): Promise<void>;
  /** Goes on, once nobody has a reason to pause any more. */
  resume(why?: Pause): Promise<void>;
  /** Takes no more, waits for the messages in flight (the rest comes again when their locks end), then disconnects. */
  close(waitMs?: number): Promise<void>;
}

/** @throws InvalidInput `service-bus.connection-string` */
export function startReceiver(options: ReceiverOptions): Receiver {
  const { entity, onMessage, maxInFlight = 16, renewForMs = 0 } = options;
  const client = connect(options);
  // The SDK's renewal forgets its timer when a message comes twice: locks are renewed by ourselves.
  const receiver = receiverOf(client, entity, { receiveMode: 'peekLock', maxAutoLockRenewalDurationInMs: 0 });
  const settleInTurn = oneAfterTheOther();
  const changeInTurn = oneAfterTheOther();
  let connected = false;
  const tell = onChange(options.onStatus);
  const report: typeof tell = (status, detail) => {
    connected = status === 'connected';
    tell(status, detail);
  };
  const inFlight = new Set<Promise<void>>();
  const link = new EventEmitter();
  const paused = new Set<Pause>();
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
    inFlight.add(handled);
    await handled;
    inFlight.delete(handled);
  }

  const handlers: MessageHandlers & { postInitialize(): Promise<void> } = {
    processMessage: process,
    processError: (args: ProcessErrorArgs) => {
      if (args.errorSource === 'receive') report('disconnected', args.error.message);
      return Promise.resolve();
    },
    /** The SDK calls this whenever its link stands (again); its public interface has no such event. */
    postInitialize: () => {
      link.emit('stands');
      report('connected', nameOf(entity));
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

  async function unsubscribe(): Promise<void> {
    await subscribed?.close();
    subscribed = undefined;
  }

  subscribe();
  return {
    state: () => ({ source: nameOf(entity), connected, paused: paused.size > 0, inFlight: inFlight.size }),
    pause(why = 'deploy') {
      paused.add(why);
      return changeInTurn(unsubscribe);
    },
    resume(why = 'deploy') {
      paused.delete(why);
      return changeInTurn(async () => {
        if (paused.size === 0) subscribe();
      });
    },
    close: (waitMs = 10_000) =>
      changeInTurn(async () => {
        await unsubscribe();
        await within(waitMs, Promise.allSettled(inFlight));
        await receiver.close();
        await client.close();
      }),
  };
}

/** @throws InvalidInput `service-bus.connection-string` */
export function connect({ connectionString, timeoutMs = 10_000 }: Pick<ReceiverOptions, 'connectionString' | 'timeoutMs'>): ServiceBusClient {
  try {
    return new ServiceBusClient(connectionString, {
      // It tries to connect for ever all the same; a settlement is not to hold up the next ones with tries of its own.
      retryOptions: { mode: RetryMode.Exponential, maxRetries: 0, retryDelayInMs: 250, maxRetryDelayInMs: 10_000, timeoutInMs: timeoutMs },
    });
  } catch (cause) {
    throw new InvalidInput('The connection string of the Service Bus cannot be read', {
      code: 'service-bus.connection-string',
      next: 'Correct SERVICE_BUS_CONNECTION_STRING.',
      cause,
    });
  }
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

/** Whether an error of the SDK has this code. */
export function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}

/**
 * Runs what it is given in turn. Needed for settling: two messages of one receiver that are settled in the same tick can both get the
 * first one's outcome (seen with @azure/service-bus 7.9.5 on rhea 3.0.5: a dead letter was completed, and lost).
 */
export function oneAfterTheOther(): (work: () => Promise<void>) => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  return (work) => {
    const done = last.then(work);
    last = done.catch(() => undefined);
    return done;
  };
}

/** Passes on a status only when it differs from the last. */
export function onChange(onStatus: ReceiverOptions['onStatus']): NonNullable<ReceiverOptions['onStatus']> {
  let last = '';
  return (status, detail) => {
    if (last === `${status} ${detail}`) return;
    last = `${status} ${detail}`;
    onStatus?.(status, detail);
  };
}
