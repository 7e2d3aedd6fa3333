/** Messages of sessions: one session at a time has one receiver, and its messages come in their order, each after the one before is settled. */
import type { ServiceBusReceivedMessage, ServiceBusSessionReceiver } from '@azure/service-bus';
import { setTimeout as delay } from 'node:timers/promises';
import { within } from '../runtime/within';
import { connect, hasCode } from './client';
import { nameOf, nextSession } from './entity';
import { handOver } from './hand-over';
import { type ReceiverOptions, settle } from './receiver';
import { type Receiver, reception } from './reception';

/** A session that has no message for so long is let go, for others and for the next one. */
const IDLE_MS = 1000;
/** Before it is looked for a session again, where there was none or the bus was away. */
const NONE_MS = 500;
const AWAY_MS = 2000;

/** Serves up to `maxInFlight` sessions at once. @throws InvalidInput `service-bus.connection-string` */
export function startSessionReceiver(options: ReceiverOptions): Receiver {
  const { entity, onMessage, maxInFlight = 8, renewForMs = 0 } = options;
  const client = connect(options);
  let serving: { stop: AbortController; ended: Promise<unknown> } | undefined;

  /** One session after the other, until told to stop. */
  async function serve(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const session = await nextSession(client, entity, { receiveMode: 'peekLock', maxAutoLockRenewalDurationInMs: 0, abortSignal: signal });
        receiving.report('connected', nameOf(entity));
        try {
          await serveSession(session, signal);
        } finally {
          await session.close().catch(() => undefined);
        }
      } catch (error) {
        if (signal.aborted) return;
        const none = hasCode(error, 'ServiceTimeout') || hasCode(error, 'SessionCannotBeLocked');
        if (none) receiving.report('connected', nameOf(entity));
        else receiving.report('disconnected', (error as Error).message);
        await delay(none ? NONE_MS : AWAY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** Until it has no message, or one of its messages could not be settled: what comes after that one has to wait for it. */
  async function serveSession(session: ServiceBusSessionReceiver, signal: AbortSignal): Promise<void> {
    const left = (): number => session.sessionLockedUntilUtc.getTime() - Date.now();
    const lockMs = left();
    while (!signal.aborted) {
      // Taking and settling messages does not make the lock of their session last longer.
      if (left() < lockMs / 2) await session.renewSessionLock();
      const [received] = await session.receiveMessages(1, { maxWaitTimeInMs: IDLE_MS });
      if (!received) return;
      if (signal.aborted) return session.abandonMessage(received);
      if (!(await serveMessage(session, received, left))) return;
    }
  }

  /** @returns whether it was settled; where its lock ends before, it comes again */
  async function serveMessage(session: ServiceBusSessionReceiver, received: ServiceBusReceivedMessage, left: () => number): Promise<boolean> {
    let isSettled = false;
    const handled = handOver(received, {
      onMessage,
      async settle(outcome, reason) {
        await settle(session, received, outcome, reason);
        isSettled = true;
      },
      renew: () => session.renewSessionLock(),
      renewForMs,
      lockedUntil: () => session.sessionLockedUntilUtc,
    });
    receiving.inHand.add(handled);
    while (left() > 0 && !(await within(left(), handled)));
    receiving.inHand.delete(handled);
    return isSettled;
  }

  function start(): void {
    if (serving) return;
    const stop = new AbortController();
    serving = { stop, ended: Promise.all(Array.from({ length: maxInFlight }, () => serve(stop.signal))) };
  }

  /** Takes no more; what is in hand may still be settled: its session is let go after that. */
  function halt(): void {
    serving?.stop.abort();
    serving = undefined;
  }

  const receiving = reception({
    entity,
    onStatus: options.onStatus,
    start,
    stop: halt,
    rest: () => [serving?.ended],
    disconnect: () => client.close(),
  });
  start();
  return receiving;
}
