import type { Misfortune } from '../faults/fault-table';
import type { Owed } from './callbacks';

/** How a fault changes the first attempt of a callback. */
export interface Twist {
  /** Milliseconds until the (then regular) attempt. */
  holdMs: number;
  /** An additional attempt at once, whose answer nobody reads: whole, or broken in two. */
  echo?: 'whole' | 'garbage';
  /** Later events of the order go first. */
  overtaken?: boolean;
  /** The partner says no: the body to send instead, or nothing at all. */
  refusal?: Record<string, unknown> | 'silence';
}

const lostMs = 200;
const throttledMs = 1000;
const lateMs = 2000;

/** Translates a fault into what happens to the callback. */
export function twist(owed: Owed, { delayMs, fault, ms }: Misfortune): Twist {
  switch (fault) {
    case 'error':
    case 'drop-before':
      return { holdMs: delayMs + lostMs };
    case 'throttle':
      return { holdMs: delayMs + throttledMs };
    case 'reorder':
      return { holdMs: delayMs + (ms ?? lateMs), overtaken: true };
    case 'duplicate':
      return { holdMs: delayMs, echo: 'whole' };
    case 'drop-after':
      return { holdMs: delayMs + lostMs, echo: 'whole' };
    case 'malformed':
      return { holdMs: delayMs + lostMs, echo: 'garbage' };
    case 'reject':
      return { holdMs: delayMs, refusal: refusalOf(owed) };
    default:
      return { holdMs: delayMs };
  }
}

function refusalOf({ kind, body }: Owed): Record<string, unknown> | 'silence' {
  if (kind === 'ship' || kind === 'print-created') return 'silence';
  const reason = 'The sandbox was told to refuse this.';
  if (kind === 'cancel-answer' || kind === 'cancel-announce') return { ...body, type: 'cancel_refused', data: { reason } };
  if (kind === 'print-cancelled') return { ...body, data: { granted: false, reason } };
  if (kind === 'print-announce') return { ...body, type: 'Event::BatchFailed', data: { reason } };
  if (kind === 'print-batch') {
    const { batch_reference: _reference, ...result } = body;
    return { ...result, result: 'failed', reason };
  }
  if (kind === 'release') return { ...body, status: 'FAILED_TO_RELEASE_FROM_NAV', reason };
  return { ...body, type: 'rejected', data: { ...(body.data as object), reason } };
}
