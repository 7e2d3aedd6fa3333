import { Environment } from '../runtime/environment';
import { defineConnection, type NodeConfig } from '../runtime/node';
import { type CamelClient, createCamelClient } from './client';

interface CamelConnectionConfig extends NodeConfig {
  timeoutSeconds: number | string;
  sockets: number | string;
}

export default defineConnection<CamelConnectionConfig, CamelClient>('oms-camel-connection', (config, services) => {
  const env = services.get(Environment);
  return createCamelClient({
    url: env.required('CAMEL_URL'),
    subscriptionKey: env.required('CAMEL_SUBSCRIPTION_KEY'),
    username: env.required('CAMEL_USERNAME'),
    password: env.required('CAMEL_PASSWORD'),
    timeoutMs: (Number(config.timeoutSeconds) || 30) * 1000,
    connections: Number(config.sockets) || 16,
  });
});
