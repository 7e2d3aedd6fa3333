import { InvalidInput } from '../runtime/errors';
import { defineNode, type Message, type NodeConfig } from '../runtime/node';
import type { ServiceBusSettings } from './connection';
import { type BusSend, createSender } from './sender';

interface SendConfig extends NodeConfig {
  connection: string;
}

export default defineNode<SendConfig>('oms-service-bus-send', (node, config) => {
  const { connectionString, eventsTopic } = node.use<ServiceBusSettings>(config.connection);
  const sender = createSender({ connectionString, topic: eventsTopic });
  return {
    async input(message: Message, send) {
      const messages = [message.payload].flat();
      for (const [index, each] of messages.entries()) if (!isSendable(each)) throw new InvalidInput('a message for the Service Bus needs an id and a body', { code: 'service-bus.no-message', pointer: `/${index}` });
      try {
        await sender.send(messages as BusSend[]);
      } catch (error) {
        node.badge({ fill: 'red', text: (error as Error).message });
        throw error;
      }
      node.badge({ fill: 'green', text: `${eventsTopic}: ${messages.length} sent` });
      send(message);
    },
    close: () => sender.close(),
  };
});

function isSendable(each: unknown): each is BusSend {
  const { id, body } = (each ?? {}) as Partial<BusSend>;
  return typeof id === 'string' && id.length > 0 && id.length <= 128 && body !== undefined;
}
