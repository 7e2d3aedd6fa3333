import { Deliveries } from '../edge/deliveries';
import { defineNode, type NodeConfig } from '../runtime/node';
import { unsound } from '../runtime/sound';
import { Database } from '../store/database';
import { Role } from '../work/role';
import { type Listening, type ServiceBusSettings, SUBSCRIPTIONS } from './connection';
import { Courier } from './courier';
import { type Receiver, startReceiver } from './receiver';
import { Receivers } from './receivers';

interface ReceiveConfig extends NodeConfig {
  connection: string;
  /** Which of the subscriptions: the warehouses' events unless told otherwise. */
  source?: Listening;
  inFlight: number | string;
  /** Deliveries in vain after which a message is a dead letter. */
  maxDeliveries?: number | string;
}

const MAX_DELIVERIES = 10;

export default defineNode<ReceiveConfig>('oms-service-bus-receive', (node, config) => {
  const settings = node.use<ServiceBusSettings>(config.connection);
  const { connectionString } = settings;
  const { topic, subscription } = SUBSCRIPTIONS[config.source ?? 'fulfillment'](settings);
  if (!node.services.get(Role).answers) return {};
  const { pool } = node.services.get(Database);
  const about = { node: node.id, flow: node.flow };
  const courier = new Courier({
    receiver: (): Receiver => receiver,
    deliveries: node.services.get(Deliveries),
    maxDeliveries: Math.max(1, Number(config.maxDeliveries) || MAX_DELIVERIES),
    give: (message, delivery) => node.send({ payload: message.body, delivery }),
    ask: () => pool.query('SELECT 1'),
    onAway: (away) => {
      node.badge(away ? { fill: 'red', text: 'waits for the database' } : { fill: 'green', text: `${topic}/${subscription}` });
      if (away) node.log.warn({ ...about, code: 'service-bus.paused', reason: 'the database cannot be reached' }, 'nothing is taken from Service Bus until the database answers');
      else node.log.info({ ...about, code: 'service-bus.resumed' }, 'the database answers again');
    },
  });
  const receiver = startReceiver({
    connectionString,
    topic,
    subscription,
    maxInFlight: Number(config.inFlight) || 8,
    onMessage: async (message) => {
      const wrong = unsound(message.body);
      if (wrong) await message.settle('dead-letter', `${wrong.pointer} ${wrong.reason}`);
      else courier.deliver(message);
    },
    onStatus: (status, detail) => {
      node.badge(status === 'connected' ? { fill: 'green', text: `${topic}/${subscription}` } : { fill: 'red', text: detail });
      node.log.info({ ...about, code: `service-bus.${status}`, reason: detail }, 'the link to Service Bus changed');
    },
  });
  const leave = node.services.get(Receivers).add(receiver);
  return {
    async close() {
      leave();
      courier.close();
      await receiver.close(2000);
    },
  };
});
