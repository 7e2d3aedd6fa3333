import { InvalidInput } from '../runtime/errors';
import { Metrics } from '../runtime/metrics';
import { defineNode, type Message, type NodeConfig } from '../runtime/node';
import type { ServiceBusSettings } from './connection';
import { toEntity } from './entity';
import { type BusSend, createSender } from './sender';

interface SendConfig extends NodeConfig {
  connection: string;
  /** The topic of the domain events unless told otherwise. */
  target?: 'events' | 'entity';
  /** With target `entity`: a queue or a topic. */
  entity?: string;
}

export default defineNode<SendConfig>('oms-service-bus-send', (node, config) => {
  const { connectionString, eventsTopic } = node.use<ServiceBusSettings>(config.connection);
  const metrics = node.services.get(Metrics);
  const topic = config.target === 'entity' ? nameOf(config.entity ?? '') : eventsTopic;
  const sender = createSender({ connectionString, topic });
  return {
    async input(message: Message, send) {
      const messages = [message.payload].flat();
      for (const [index, each] of messages.entries()) if (!isSendable(each)) throw new InvalidInput('a message for the Service Bus needs an id and a body; `at`, where it is given, is a time', { code: 'service-bus.no-message', pointer: `/${index}` });
      try {
        await sender.send(messages as BusSend[]);
      } catch (error) {
        metrics.busSent(topic, 'failed', messages.length);
        node.badge({ fill: 'red', text: (error as Error).message });
        throw error;
      }
      metrics.busSent(topic, 'sent', messages.length);
      node.badge({ fill: 'green', text: `${topic}: ${messages.length} sent` });
      send(message);
    },
    close: () => sender.close(),
  };
});

/** @throws InvalidInput `service-bus.no-such-name` */
function nameOf(text: string): string {
  const entity = toEntity(text);
  if (!('queue' in entity)) throw new InvalidInput('messages are sent to a queue or a topic, not to a subscription', { code: 'service-bus.no-such-name' });
  return entity.queue;
}

function isSendable(each: unknown): each is BusSend {
  const { id, body, at } = (each ?? {}) as Partial<BusSend>;
  const isTime = at === undefined || (typeof at === 'string' && !Number.isNaN(Date.parse(at)));
  return typeof id === 'string' && id.length > 0 && id.length <= 128 && body !== undefined && isTime;
}
