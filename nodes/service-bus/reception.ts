/** What every way of receiving has in common: whether its link stands, what is in hand, who wants it to pause, and how it ends. */
import { within } from '../runtime/within';
import { type Entity, nameOf } from './entity';

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

/** Told whether the link stands. */
export type OnStatus = (status: 'connected' | 'disconnected', detail: string) => void;

interface Parts {
  readonly entity: Entity;
  readonly onStatus: OnStatus | undefined;
  /** Begins to take messages, unless it does already. */
  readonly start: () => void;
  /** Takes no more; messages given out can still be settled. */
  readonly stop: () => void | Promise<void>;
  /** What beside the messages in hand is to end before the client may be closed. */
  readonly rest?: () => readonly (Promise<unknown> | undefined)[];
  readonly disconnect: () => Promise<void>;
}

/** A receiver without its way of taking messages. */
export interface Reception extends Receiver {
  /** Passed on only where it differs from the last. */
  readonly report: OnStatus;
  /** Messages given out and not yet settled. */
  readonly inHand: Set<Promise<void>>;
}

export function reception({ entity, onStatus, start, stop, rest, disconnect }: Parts): Reception {
  const inTurn = oneAfterTheOther();
  const inHand = new Set<Promise<void>>();
  const paused = new Set<Pause>();
  let connected = false;
  let last = '';
  return {
    inHand,
    report(status, detail) {
      connected = status === 'connected';
      if (last === `${status} ${detail}`) return;
      last = `${status} ${detail}`;
      onStatus?.(status, detail);
    },
    state: () => ({ source: nameOf(entity), connected, paused: paused.size > 0, inFlight: inHand.size }),
    pause(why = 'deploy') {
      paused.add(why);
      return inTurn(async () => stop());
    },
    resume(why = 'deploy') {
      paused.delete(why);
      return inTurn(async () => {
        if (paused.size === 0) start();
      });
    },
    close: (waitMs = 10_000) =>
      inTurn(async () => {
        const others = rest?.() ?? [];
        await stop();
        await within(waitMs, Promise.allSettled([...inHand, ...others]));
        await disconnect();
      }),
  };
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
