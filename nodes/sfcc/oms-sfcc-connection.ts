import { Environment } from '../runtime/environment';
import { defineConnection, type NodeConfig } from '../runtime/node';
import { createSfccClient, type SfccClient } from './client';

interface SfccConnectionConfig extends NodeConfig {
  timeoutSeconds: number | string;
  sockets: number | string;
}

export default defineConnection<SfccConnectionConfig, SfccClient>('oms-sfcc-connection', (config, services) => {
  const env = services.get(Environment);
  return createSfccClient({
    url: env.required('SFCC_URL'),
    clientId: env.required('SFCC_CLIENT_ID'),
    clientSecret: env.required('SFCC_CLIENT_SECRET'),
    timeoutMs: (Number(config.timeoutSeconds) || 30) * 1000,
    connections: Number(config.sockets) || 16,
  });
});
