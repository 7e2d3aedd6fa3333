import { type Connection, type Delivery, type EventContext, type Message, message, type Receiver, type Sender } from 'rhea';
import type { Socket } from 'node:net';

/** Parts of rhea that exist but are missing from its types, and its optional event fields made certain. */

interface Outcome {
  described(): unknown;
}

/** The outcomes of a delivery, as the server states them. */
export const outcomes = message as unknown as {
  accepted(): Outcome;
  modified(fields: object): Outcome;
  rejected(fields: { error?: { condition: string; description: string } }): Outcome;
};

/** The attach frame that a link is about to answer with. */
export function attachOf(link: Sender | Receiver): Record<string, unknown> {
  return (link as unknown as { local: { attach: Record<string, unknown> } }).local.attach;
}

/** How many messages its receiver has asked for. */
export const creditOf = (link: Sender): number => (link as unknown as { credit: number }).credit;

/** Whether a delivery has been written to its connection. */
export function isTransferred(link: Sender, { id }: Delivery): boolean {
  const { outgoing } = link.session as unknown as { outgoing: { next_pending_delivery: number } };
  return id < outgoing.next_pending_delivery;
}

/** Cuts the TCP connection without a farewell. */
export function cut(connection: Connection): void {
  cutSocket((connection as unknown as { socket?: Socket }).socket);
}

/** Ends a socket of rhea's; only with an error does rhea notice that it has ended. */
export function cutSocket(socket: Socket | undefined): void {
  socket?.destroy(new Error('The sandbox cut the connection'));
}

/** The sending link of an event that is about one. */
export function senderOf({ sender }: EventContext): Sender {
  if (!sender) throw new TypeError('The event is about no sender');
  return sender;
}

/** The receiving link of an event that is about one. */
export function receiverOf({ receiver }: EventContext): Receiver {
  if (!receiver) throw new TypeError('The event is about no receiver');
  return receiver;
}

/** A delivery that can be told it is settled by the other side, which lets rhea forget it. */
export type ServerDelivery = Omit<Delivery, 'remote_settled'> & { remote_settled: boolean };

export function deliveryOf({ delivery }: EventContext): ServerDelivery {
  if (!delivery) throw new TypeError('The event is about no delivery');
  return delivery;
}

/** The message that came; of a format other than AMQP's own it is bytes. */
export function messageOf({ message: came }: EventContext): Message {
  if (!came) throw new TypeError('The event is about no message');
  return came;
}

/** The data sections of a message. */
export function partsOf({ body }: Record<string, unknown>): Buffer[] {
  const { content } = (body ?? {}) as { content?: unknown };
  return listOf(content).filter((part) => Buffer.isBuffer(part));
}

/** What a value of an AMQP array or list holds. */
export function listOf(value: unknown): unknown[] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return value;
  const { value: inner } = value as { value?: unknown };
  return Array.isArray(inner) ? inner : [value];
}

/** A long, which rhea gives as a number or, when large, as bytes. */
export function longOf(value: unknown): number {
  return Buffer.isBuffer(value) ? Number(value.readBigInt64BE()) : Number(value);
}
