/** Messages of sessions: one session at a time has one receiver, and its messages come in their order, each after the one before is settled. */
import type { ServiceBusSessionReceiver } from '@azure/service-bus';
import { setTimeout as delay } from 'node:timers/promises';
import { within } from '../runtime/within';
import { nameOf, nextSession } from './entity';
import { handOver } from './hand-over';
import { connect, hasCode, onChange, oneAfterTheOther, type Pause, type Receiver, type ReceiverOptions, settle } from './receiver';

/** A session that has no message for so long is let go, for others and for the next one. */
const IDLE_MS = 1000;
/** Before it is looked for a session again, where there was none or the bus was away. */
const NONE_MS = 500;
const AWAY_MS = 2000;

/** Serves up to `maxInFlight` sessions at once. @throws InvalidInput `service-bus.connection-string` */
export function startSessionReceiver(options: ReceiverOptions): Receiver {
  const { entity, onMessage, maxInFlight = 8, renewForMs = 0 } = options;
  const client = connect(options);
  let connected = false;
  const tell = onChange(options.onStatus);
  const report: typeof tell = (status, detail) => {
    connected = status === 'connected';
    tell(status, detail);
  };
  const changeInTurn = oneAfterTheOther();
  const paused = new Set<Pause>();
  const inFlight = new Set<Promise<void>>();
  let serving: { stop: AbortController; ended: Promise<unknown> } | undefined;

  /** One session after the other, until told to stop. */
  async function serve(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const session = await nextSession(client, entity, { receiveMode: 'peekLock', maxAutoLockRenewalDurationInMs: 0, abortSignal: signal });
        report('connected', nameOf(entity));
        try {
          await serveSession(session, signal);
        } finally {
          await session.close().catch(() => undefined);
        }
      } catch (error) {
        if (signal.aborted) return;
        const none = hasCode(error, 'ServiceTimeout') || hasCode(error, 'SessionCannotBeLocked');
        if (none) report('connected', nameOf(entity));
        else report('disconnected', (error as Error).message);
        await delay(none ? NONE_MS : AWAY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  async function serveSession(session: ServiceBusSessionReceiver, signal: AbortSignal): Promise<void> {
    const settleInTurn = oneAfterTheOther();
    while (!signal.aborted) {
      const [received] = await session.receiveMessages(1, { maxWaitTimeInMs: IDLE_MS });
      if (!received) return;
      const handled = handOver(received, {
        onMessage,
        settle: (outcome, reason) => settleInTurn(() => settle(session, received, outcome, reason)),
        renew: () => session.renewSessionLock(),
        renewForMs,
        lockedUntil: () => session.sessionLockedUntilUtc,
      });
      inFlight.add(handled);
      await handled;
      inFlight.delete(handled);
    }
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

  start();
  return {
    state: () => ({ source: nameOf(entity), connected, paused: paused.size > 0, inFlight: inFlight.size }),
    pause(why = 'deploy') {
      paused.add(why);
      return changeInTurn(async () => halt());
    },
    resume(why = 'deploy') {
      paused.delete(why);
      return changeInTurn(async () => {
        if (paused.size === 0) start();
      });
    },
    close: (waitMs = 10_000) =>
      changeInTurn(async () => {
        const ended = serving?.ended;
        halt();
        await within(waitMs, Promise.allSettled([...inFlight, ended]));
        await client.close();
      }),
  };
}
