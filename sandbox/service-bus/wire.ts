import { type Message, message as amqp, types } from 'rhea';
import type { QueuedMessage } from './queue';

/** An AMQP error. */
export interface Refusal {
  condition: string;
  description: string;
}

export const refusals = {
  lockLost: {
    condition: 'com.microsoft:message-lock-lost',
    description: 'The lock supplied is invalid. Either the lock expired, or the message has already been removed from the queue.',
  },
  sessionLockLost: { condition: 'com.microsoft:session-lock-lost', description: 'The session lock has expired on the link. Accept the session again.' },
  noSession: { condition: 'com.microsoft:timeout', description: 'There is no session with messages that nobody has.' },
  sessionTaken: { condition: 'com.microsoft:session-cannot-be-locked', description: 'The requested session cannot be accepted: somebody else has it.' },
  busy: { condition: 'com.microsoft:server-busy', description: 'The sandbox was told to be busy.' },
  failure: { condition: 'amqp:internal-error', description: 'The sandbox was told to fail.' },
  unauthorized: { condition: 'amqp:unauthorized-access', description: 'The sandbox was told to refuse this.' },
  noToken: { condition: 'amqp:unauthorized-access', description: "Unauthorized access. 'Listen' claim is required to perform this operation." },
} as const satisfies Record<string, Refusal>;

/** There is no entity at this address. */
export function notFound(address: string): Refusal {
  return { condition: 'amqp:not-found', description: `The messaging entity '${address}' could not be found.` };
}

const guidOrder = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15] as const;

/** A delivery tag as a lock token and back: the same 16 bytes in .NET's order of a GUID. */
export function swapGuid(bytes: Buffer): Buffer {
  return Buffer.from(guidOrder.map((index) => bytes[index] ?? 0));
}

/** When somebody is to get a message at the earliest, and the session that it belongs to: read from the message as it was sent. */
export function termsOf(encoded: Buffer): { session?: string; notBefore?: number } {
  const { group_id: session, message_annotations: annotations } = amqp.decode(encoded) as { group_id?: string; message_annotations?: Record<string, unknown> };
  const notBefore = annotations?.['x-opt-scheduled-enqueue-time'];
  return { ...(session !== undefined && { session }), ...(notBefore instanceof Date && { notBefore: notBefore.getTime() }) };
}

/** .NET's ticks: 100 ns since the year 1. */
export const ticksOf = (milliseconds: number): number => (milliseconds + 62_135_596_800_000) * 10_000;

/** The message as it goes over the wire, with Service Bus's annotations. */
export function onWire(message: QueuedMessage, lockedUntil?: number): Message {
  const decoded: Message & { body: unknown } = Object.assign(amqp.decode(message.encoded));
  const { deadLetter } = message;
  return Object.assign(decoded, {
    message_id: decoded.message_id ?? message.messageId,
    delivery_count: message.deliveries,
    message_annotations: {
      ...(decoded.message_annotations as object | undefined),
      'x-opt-sequence-number': types.wrap_long(message.seq),
      'x-opt-enqueue-sequence-number': types.wrap_long(0),
      'x-opt-enqueued-time': new Date(message.enqueuedAt),
      ...(lockedUntil !== undefined && { 'x-opt-locked-until': new Date(lockedUntil) }),
      ...(message.deferred && { 'x-opt-message-state': types.wrap_int(1) }),
    },
    ...(deadLetter && {
      application_properties: {
        ...(decoded.application_properties as object | undefined),
        ...(deadLetter.reason !== undefined && { DeadLetterReason: deadLetter.reason }),
        ...(deadLetter.description !== undefined && { DeadLetterErrorDescription: deadLetter.description }),
      },
    }),
  });
}
