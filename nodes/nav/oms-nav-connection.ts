import { readFileSync } from 'node:fs';
import { InvalidInput } from '../runtime/errors';
import { Environment } from '../runtime/environment';
import { defineConnection, type NodeConfig } from '../runtime/node';
import { createNavClient } from './client';

interface NavConnectionConfig extends NodeConfig {
  timeoutSeconds: number | string;
  sockets: number | string;
}

/** The NAV keys of warehouses and the variables of their endpoints. */
const ENDPOINTS = { US: 'NAV_URL_US', EMEA: 'NAV_URL_EMEA', WRITEON: 'NAV_URL_WRITEON', JAPAN: 'NAV_URL_JAPAN' } as const;

export default defineConnection<NavConnectionConfig, ReturnType<typeof createNavClient>>('oms-nav-connection', (config, services) => {
  const env = services.get(Environment);
  const endpoints = Object.fromEntries(
    Object.entries(ENDPOINTS).flatMap(([key, variable]) => {
      const url = env.optional(variable);
      return url ? [[key, url]] : [];
    }),
  );
  if (Object.keys(endpoints).length === 0) throw new InvalidInput('no NAV_URL_… is set', { code: 'nav.not-configured' });
  const ca = env.optional('NAV_CA_FILE');
  return createNavClient({
    endpoints,
    domain: env.optional('NAV_DOMAIN') ?? 'PSCORP',
    username: env.required('NAV_USERNAME'),
    password: env.required('NAV_PASSWORD'),
    ...(ca !== undefined && { ca: readFileSync(ca, 'utf8') }),
    timeoutMs: (Number(config.timeoutSeconds) || 60) * 1000,
    lanes: Number(config.sockets) || 4,
  });
});
