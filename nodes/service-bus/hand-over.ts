import type { ServiceBusReceivedMessage } from '@azure/service-bus';

/** Done · not now, again at once (Service Bus counts the deliveries, and dead-letters after its maximum) · never, for a person to look at. */
export type Outcome = 'complete' | 'abandon' | 'dead-letter';

export interface BusMessage {
  readonly id: string;
  /** JSON where it is some, else as it came. */
  readonly body: unknown;
  /** The session that it belongs to. */
  readonly session?: string;
  /** How often it was delivered before. */
  readonly deliveryCount: number;
  /** Until when nobody else gets it; milliseconds since 1970. It grows while the lock is renewed. */
  readonly lockedUntil: number;
  /**
   * Settles the message; only the first outcome counts. A lock that was lost is no error: the message comes again.
   * @param reason for people who look at the dead letters
   * @throws Retryable `service-bus.not-settled` when the bus could not be told; the message comes again
   */
  settle(outcome: Outcome, reason?: string): Promise<void>;
}

interface Hand {
  /** Is to settle the message, sooner or later. When it fails, the message is abandoned. */
  onMessage: (message: BusMessage) => void | Promise<void>;
  settle: (outcome: Outcome, reason: string | undefined) => Promise<void>;
  /** Asks the bus for more time. */
  renew: () => Promise<unknown>;
  /** So long, at most, the lock is renewed. */
  renewForMs: number;
  /** Of the lock at hand. */
  lockedUntil: () => Date | undefined;
}

/** Gives a message to whoever handles it, and keeps its lock meanwhile. @returns once it was settled */
export async function handOver(received: ServiceBusReceivedMessage, { onMessage, settle, renew, renewForMs, lockedUntil }: Hand): Promise<void> {
  const settled = Promise.withResolvers<void>();
  let settling: Promise<void> | undefined;
  const message: BusMessage = {
    id: String(received.messageId ?? received.sequenceNumber),
    body: received.body as unknown,
    ...(received.sessionId !== undefined && { session: received.sessionId }),
    deliveryCount: received.deliveryCount ?? 0,
    get lockedUntil() {
      return lockedUntil()?.getTime() ?? 0;
    },
    settle(outcome, reason) {
      settling ??= settle(outcome, reason).finally(settled.resolve);
      return settling;
    },
  };
  const letGo = keepLocked({ lockedUntil, renew, renewForMs });
  try {
    await onMessage(message);
  } catch {
    // The bus gives it out again; a bus that cannot be told does so, too.
    await message.settle('abandon').catch(() => undefined);
  }
  await settled.promise;
  letGo();
}

/**
 * Renews a lock each time that half of what was left is over, for so long at most. A lock that is lost is not renewed: the message comes
 * again, and the inbox knows it. @returns the function that lets go. (The SDK's own renewal forgets its timer when a message comes twice.)
 */
export function keepLocked({ lockedUntil, renew, renewForMs }: Pick<Hand, 'lockedUntil' | 'renew' | 'renewForMs'>): () => void {
  const end = Date.now() + renewForMs;
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  const next = (): void => {
    const left = (lockedUntil()?.getTime() ?? 0) - Date.now();
    if (isOver || left <= 0 || Date.now() + left / 2 > end) return;
    timer = setTimeout(() => void renew().then(next, () => undefined), left / 2).unref();
  };
  next();
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}
