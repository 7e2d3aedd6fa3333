import { Environment } from '../runtime/environment';
import { defineConnection, type NodeConfig } from '../runtime/node';

/** Where and how to listen; each receiving node opens its own link. */
export interface ServiceBusSettings {
  connectionString: string;
  topic: string;
  subscription: string;
  close?(): void;
}

export default defineConnection<NodeConfig, ServiceBusSettings>('oms-service-bus-connection', (_config, services) => {
  const env = services.get(Environment);
  return {
    connectionString: env.required('SERVICE_BUS_CONNECTION_STRING'),
    topic: env.optional('SERVICE_BUS_TOPIC') ?? 'fulfillment-events',
    subscription: env.optional('SERVICE_BUS_SUBSCRIPTION') ?? 'oms',
  };
});
