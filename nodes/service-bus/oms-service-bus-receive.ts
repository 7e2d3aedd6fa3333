import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Deliveries } from '../edge/deliveries';
import { defineNode, type NodeConfig } from '../runtime/node';
import { Role } from '../work/role';
import type { ServiceBusSettings } from './connection';
import { startReceiver } from './receiver';
import { Receivers } from './receivers';

interface ReceiveConfig extends NodeConfig {
  connection: string;
  inFlight: number | string;
}

/** Before a message is given back: 1 s, then twice as long each time it comes, below the shortest lock that is usual. */
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 25_000;

export default defineNode<ReceiveConfig>('oms-service-bus-receive', (node, config) => {
  const { connectionString, topic, subscription } = node.use<ServiceBusSettings>(config.connection);
  if (!node.services.get(Role).answers) return {};
  const deliveries = node.services.get(Deliveries);
  const receiver = startReceiver({
    connectionString,
    topic,
    subscription,
    maxInFlight: Number(config.inFlight) || 8,
    onMessage: (message) => {
      const delivery = randomUUID();
      deliveries.add(delivery, async (settlement) => {
        // Given back at once it would come back at once, and be dead-lettered after a few moments of a database that is away.
        if (settlement.outcome === 'abandon') await delay(Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** message.deliveryCount));
        await message.settle(settlement.outcome, settlement.outcome === 'dead-letter' ? settlement.reason : undefined);
      });
      node.send({ payload: message.body, delivery });
    },
    onStatus: (status, detail) => {
      node.badge(status === 'connected' ? { fill: 'green', text: `${topic}/${subscription}` } : { fill: 'red', text: detail });
      node.log.info({ node: node.id, flow: node.flow, code: `service-bus.${status}`, reason: detail }, 'the link to Service Bus changed');
    },
  });
  const leave = node.services.get(Receivers).add(receiver);
  return {
    async close() {
      leave();
      await receiver.close(2000);
    },
  };
});
