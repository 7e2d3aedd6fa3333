import { InvalidInput } from '../runtime/errors';
import type { Message } from '../runtime/node';
import type { Work } from './source';

/** What travels through a stage: the order as it was loaded at the claim, and the claim. */
export interface StageMessage<Order = { id: number; name?: string }> extends Message {
  order: Order;
  work: Work;
  /** What a node found, for the timeline: the end of the stage adds it to its own reason. */
  reason?: string;
}

/** What a stage's end tells debug nodes and metrics: never personal data, never a whole order. */
export interface Report {
  order: string;
  status: string;
  ms: number;
}

/** @throws InvalidInput where the message did not come from an `oms-work` node */
export function requireWork(message: Partial<StageMessage>): Work {
  if (!hasWork(message))
    throw new InvalidInput('the message carries no claimed order', { code: 'message.no-work', next: 'Wire this node behind an oms-work node.' });
  return message.work;
}

/** Whether the message carries a claimed order, as an `oms-work` node makes it. */
export function hasWork(message: Partial<StageMessage>): message is StageMessage {
  const { work, order } = message;
  return typeof work === 'object' && typeof work.token === 'string' && typeof work.id === 'number' && typeof order === 'object' && order !== null;
}

/** The reason of a stage's end: its own, and what a node before it found. */
export const reasonOf = ({ reason }: Pick<StageMessage, 'reason'>, own: string): string => (typeof reason === 'string' && reason ? `${own}: ${reason}` : own);

/** @param status what the order came to, or what was decided about it */
export function report(message: StageMessage, status: string): Report {
  return { order: message.order.name ?? String(message.work.order), status, ms: Math.round(performance.now() - message.work.since) };
}
