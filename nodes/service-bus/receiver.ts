/** Messages of one Azure Service Bus subscription in peek-lock: at least once, settled by whoever has committed them. */
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

/** Done · not now, again at once (Service Bus counts the deliveries, and dead-letters after its maximum) · never, for a person to look at. */
export type Outcome = 'complete' | 'abandon' | 'dead-letter';

export interface BusMessage {
  readonly id: string;
  /** JSON where it is some, else as it came. */
  readonly body: unknown;
  /** How often it was delivered before. */
  readonly deliveryCount: number;
  /** Until when nobody else gets it; milliseconds since 1970. */
  readonly lockedUntil: number;
  /**
   * Settles the message; only the first outcome counts. A lock that was lost is no error: the message comes again.
   * @param reason for people who look at the dead letters
   * @throws Retryable `service-bus.not-settled` when the bus could not be told; the message comes again
   */
  settle(outcome: Outcome, reason?: string): Promise<void>;
}

export interface ReceiverOptions {
  readonly connectionString: string;
  readonly topic: string;
  readonly subscription: string;
  /** Is to settle every message it gets, sooner or later. When it fails, the message is abandoned. */
  readonly onMessage: (message: BusMessage) => void | Promise<void>;
  /** Told of every change. It reconnects by itself, for ever. */
  readonly onStatus?: (status: 'connected' | 'disconnected', detail: string) => void;
  /** Messages given out and not yet settled. */
  readonly maxInFlight?: number;
  /** Of one operation: to connect, to settle. */
  readonly timeoutMs?: number;
}

/** Why nothing is taken: flows are being deployed, or nothing could be committed. */
export type Pause = 'deploy' | 'database';

/** How a subscription stands. */
export interface ReceiverState {
  /** `topic/subscription` */
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
  const { topic, subscription, onMessage, maxInFlight = 16 } = options;
  const client = connect(options);
  // Locks are not renewed: a message is committed within its lock, or comes again. The SDK's renewal forgets its timer when a message comes twice.
  const receiver = client.createReceiver(topic, subscription, { receiveMode: 'peekLock', maxAutoLockRenewalDurationInMs: 0 });
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

  async function process(received: ServiceBusReceivedMessage): Promise<void> {
    const settled = Promise.withResolvers<void>();
    inFlight.add(settled.promise);
    let settling: Promise<void> | undefined;
    const message: BusMessage = {
      id: String(received.messageId ?? received.sequenceNumber),
      body: received.body as unknown,
      deliveryCount: received.deliveryCount ?? 0,
      lockedUntil: received.lockedUntilUtc?.getTime() ?? 0,
      settle(outcome, reason) {
        settling ??= settleInTurn(() => settleUnlessGone(received, outcome, reason)).finally(settled.resolve);
        return settling;
      },
    };
    try {
      await onMessage(message);
    } catch {
      // The bus gives it out again; a bus that cannot be told does so, too.
      await message.settle('abandon').catch(() => undefined);
    }
    // The SDK counts a message as under way until this ends.
    await settled.promise;
    inFlight.delete(settled.promise);
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
      report('connected', `${topic}/${subscription}`);
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
    state: () => ({ source: `${topic}/${subscription}`, connected, paused: paused.size > 0, inFlight: inFlight.size }),
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

async function settle(receiver: ServiceBusReceiver, message: ServiceBusReceivedMessage, outcome: Outcome, reason = ''): Promise<void> {
  await failpoint('bus.settle', outcome);
  try {
    if (outcome === 'complete') await receiver.completeMessage(message);
    else if (outcome === 'abandon') await receiver.abandonMessage(message);
    else await receiver.deadLetterMessage(message, { deadLetterReason: reason.slice(0, 1024), deadLetterErrorDescription: '' });
    await failpoint('bus.settled', outcome);
  } catch (cause) {
    if (hasCode(cause, 'MessageLockLost')) return;
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
function oneAfterTheOther(): (work: () => Promise<void>) => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  return (work) => {
    const done = last.then(work);
    last = done.catch(() => undefined);
    return done;
  };
}

/** Passes on a status only when it differs from the last. */
function onChange(onStatus: ReceiverOptions['onStatus']): NonNullable<ReceiverOptions['onStatus']> {
  let last = '';
  return (status, detail) => {
    if (last === `${status} ${detail}`) return;
    last = `${status} ${detail}`;
    onStatus?.(status, detail);
  };
}
