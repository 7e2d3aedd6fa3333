import { InvalidInput, isKnownError, OutcomeUnknown, Rejected, Retryable } from './errors';

/** An error as it travels in `msg.failure`, where Node-RED's Catch hands it to the end of the stage. Plain data. */
export interface Failure {
  class: 'retryable' | 'rejected' | 'unknown' | 'invalid' | 'bug';
  code: string;
  message: string;
  next?: string;
  pointer?: string;
  retryAfterMs?: number;
  lookAgainMs?: number;
  effect?: number;
}

/** What nobody foresaw is a `bug`: its text is logged, and a person reads a sentence instead. */
export function describe(error: unknown): Failure {
  if (isDatabaseAway(error)) return { class: 'retryable', code: 'database.away', message: 'the database cannot be reached', retryAfterMs: 1000 };
  if (!isKnownError(error)) {
    const message = error instanceof Error ? error.message : String(error);
    return { class: 'bug', code: 'internal', message };
  }
  return {
    class: classOf(error),
    code: error.code,
    message: error.message,
    ...(error.next !== undefined && { next: error.next }),
    ...(error.pointer !== undefined && { pointer: error.pointer }),
    ...(error instanceof Retryable && error.retryAfterMs !== undefined && { retryAfterMs: error.retryAfterMs }),
    ...(error instanceof OutcomeUnknown && error.lookAgainMs !== undefined && { lookAgainMs: error.lookAgainMs }),
    ...(error instanceof OutcomeUnknown && error.effect !== undefined && { effect: error.effect }),
  };
}

/** Codes of mysql2 and of the network by which a statement never got an answer, or the server is going away or full. */
const AWAY = new Set([
  'PROTOCOL_CONNECTION_LOST', 'PROTOCOL_SEQUENCE_TIMEOUT', 'ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE',
  'ER_SERVER_SHUTDOWN', 'ER_CON_COUNT_ERROR', 'ER_TOO_MANY_USER_CONNECTIONS', 'POOL_CLOSED',
]);

/** Whether a raw error says that the database was not there; the partners' clients name theirs themselves. */
function isDatabaseAway(error: unknown): boolean {
  return !isKnownError(error) && AWAY.has(String((error as { code?: unknown } | null)?.code));
}

function classOf(error: unknown): Failure['class'] {
  if (error instanceof Retryable) return 'retryable';
  if (error instanceof Rejected) return 'rejected';
  if (error instanceof InvalidInput) return 'invalid';
  return 'unknown';
}
