import { InvalidInput } from '../runtime/errors';
import type { Message } from '../runtime/node';
import type { Batch } from './outbox';

/** What travels through the tab of domain events: the batch that is in work. */
export interface OutboxMessage extends Message {
  outbox: Batch;
}

/** Whether the message carries a batch, as an `oms-outbox` node makes it. */
export function hasBatch(message: Partial<OutboxMessage>): message is OutboxMessage {
  const { outbox } = message;
  return typeof outbox === 'object' && outbox !== null && typeof outbox.token === 'string' && Array.isArray(outbox.ids);
}

/** @throws InvalidInput where the message did not come from an `oms-outbox` node */
export function requireBatch(message: Partial<OutboxMessage>): Batch {
  if (!hasBatch(message)) throw new InvalidInput('the message carries no events of the outbox', { code: 'message.no-batch', next: 'Wire this node behind an oms-outbox node.' });
  return message.outbox;
}
