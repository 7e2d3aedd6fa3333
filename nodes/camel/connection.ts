/** Where Camel is and as whom it is called, from the environment; and whether it answers. */
import { type ConnectionTest, finding } from '../runtime/connection-test';
import { Environment } from '../runtime/environment';
import { type CamelClientOptions, createCamelClient } from './client';

/** The settings of the config node. */
export interface CamelSettings {
  timeoutSeconds: number | string;
  sockets: number | string;
}

/** @throws InvalidInput naming what is not set */
export function camelOptions(settings: CamelSettings, env: Environment): CamelClientOptions {
  return {
    url: env.required('CAMEL_URL'),
    subscriptionKey: env.required('CAMEL_SUBSCRIPTION_KEY'),
    username: env.required('CAMEL_USERNAME'),
    password: env.required('CAMEL_PASSWORD'),
    timeoutMs: (Number(settings.timeoutSeconds) || 30) * 1000,
    connections: Number(settings.sockets) || 16,
  };
}

/** Sends a request that names no order, which Camel has to refuse: it passes the gateway and both sign-ins, and cannot act. */
export const testCamel: ConnectionTest<CamelSettings> = async (settings, services, limitMs) => {
  const options = camelOptions(settings, services.get(Environment));
  const camel = createCamelClient({ ...options, connections: 1, timeoutMs: 2 * limitMs });
  try {
    const found = await finding('Camel', { limitMs }, async () => {
      await camel.requestNothing();
      return `signed in as ${options.username}`;
    });
    return [found];
  } finally {
    camel.close().catch(() => undefined);
  }
};
