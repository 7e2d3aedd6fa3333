import { Deliveries } from '../edge/deliveries';
import { Metrics } from '../runtime/metrics';
import { defineNode, type NodeConfig } from '../runtime/node';
import { unsound } from '../runtime/sound';
import { Database } from '../store/database';
import { Role } from '../work/role';
import { type Listening, type ServiceBusSettings, SUBSCRIPTIONS } from './connection';
import { Courier } from './courier';
import { type Entity, nameOf, toEntity } from './entity';
import { startReceiver } from './receiver';
import type { Receiver } from './reception';
import { Receivers } from './receivers';
import { startSessionReceiver } from './session-receiver';

interface ReceiveConfig extends NodeConfig {
  connection: string;
  /** The warehouses' events unless told otherwise. */
  source?: Listening | 'entity';
  /** With source `entity`: a queue, or topic/subscription. */
  entity?: string;
  /** Whether its messages come in sessions. */
  sessions?: boolean;
  /** Messages in hand; sessions where they come in sessions. */
  inFlight: number | string;
  /** Deliveries in vain after which a message is a dead letter. */
  maxDeliveries?: number | string;
  /** So long, at most, the lock of a message in hand is renewed. */
  renewSeconds?: number | string;
}

const MAX_DELIVERIES = 10;

export default defineNode<ReceiveConfig>('oms-service-bus-receive', (node, config) => {
  const settings = node.use<ServiceBusSettings>(config.connection);
  const { connectionString } = settings;
  const entity = entityOf(config, settings);
  const name = nameOf(entity);
  if (!node.services.get(Role).answers) return {};
  const { pool } = node.services.get(Database);
  const metrics = node.services.get(Metrics);
  const about = { node: node.id, flow: node.flow };
  const courier = new Courier({
    receiver: (): Receiver => receiver,
    deliveries: node.services.get(Deliveries),
    maxDeliveries: Math.max(1, Number(config.maxDeliveries) || MAX_DELIVERIES),
    give: (message, delivery) => node.send({ payload: message.body, delivery, ...(message.session !== undefined && { session: message.session }) }),
    ask: () => pool.query('SELECT 1'),
    onSettled: (outcome) => metrics.busSettled(name, outcome),
    onAway: (away) => {
      node.badge(away ? { fill: 'red', text: 'waits for the database' } : { fill: 'green', text: name });
      if (away) node.log.warn({ ...about, code: 'service-bus.paused', reason: 'the database cannot be reached' }, 'nothing is taken from Service Bus until the database answers');
      else node.log.info({ ...about, code: 'service-bus.resumed' }, 'the database answers again');
    },
  });
  const receiver = (config.sessions ? startSessionReceiver : startReceiver)({
    connectionString,
    entity,
    maxInFlight: Number(config.inFlight) || 8,
    renewForMs: (Number(config.renewSeconds) || 0) * 1000,
    onMessage: async (message) => {
      const wrong = unsound(message.body);
      if (!wrong) return courier.deliver(message);
      await message.settle('dead-letter', `${wrong.pointer} ${wrong.reason}`);
      metrics.busSettled(name, 'dead-letter');
    },
    onStatus: (status, detail) => {
      node.badge(status === 'connected' ? { fill: 'green', text: name } : { fill: 'red', text: detail });
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

/** @throws InvalidInput `service-bus.no-such-name` */
const entityOf = ({ source = 'fulfillment', entity = '' }: ReceiveConfig, settings: ServiceBusSettings): Entity => (source === 'entity' ? toEntity(entity) : SUBSCRIPTIONS[source](settings));
