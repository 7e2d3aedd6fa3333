/** What messages are received from and sent to. */
import type { ServiceBusClient, ServiceBusReceiver, ServiceBusReceiverOptions, ServiceBusSessionReceiver, ServiceBusSessionReceiverOptions } from '@azure/service-bus';
import { InvalidInput } from '../runtime/errors';

/** A queue, or a subscription of a topic. */
export type Entity = { readonly queue: string } | { readonly topic: string; readonly subscription: string };

export const nameOf = (entity: Entity): string => ('queue' in entity ? entity.queue : `${entity.topic}/${entity.subscription}`);

const PART = /^[\w.-]{1,260}$/;

/** @param text `queue`, or `topic/subscription` @throws InvalidInput `service-bus.no-such-name` */
export function toEntity(text: string): Entity {
  const [first = '', second, ...more] = text.trim().split('/');
  if (!PART.test(first) || (second !== undefined && !PART.test(second)) || more.length > 0)
    throw new InvalidInput('a name in the Service Bus is a queue, or topic/subscription', { code: 'service-bus.no-such-name' });
  return second === undefined ? { queue: first } : { topic: first, subscription: second };
}

export const receiverOf = (client: ServiceBusClient, entity: Entity, options: ServiceBusReceiverOptions): ServiceBusReceiver =>
  'queue' in entity ? client.createReceiver(entity.queue, options) : client.createReceiver(entity.topic, entity.subscription, options);

/** Waits for a session that nobody has, as long as the client's time-out. */
export const nextSession = (client: ServiceBusClient, entity: Entity, options: ServiceBusSessionReceiverOptions): Promise<ServiceBusSessionReceiver> =>
  'queue' in entity ? client.acceptNextSession(entity.queue, options) : client.acceptNextSession(entity.topic, entity.subscription, options);
