import type { ConnectionTest } from '../runtime/connection-test';
import { defineConnection, type NodeConfig, type Red } from '../runtime/node';
import type { Services } from '../runtime/services';
import type { Provider } from './provider';
import { Providers } from './providers';

/** The config node of a 3PL: no node chooses it, since each order is for the 3PL of its warehouse. */
export function defineProvider<Config extends NodeConfig>(type: string, open: (config: Config, services: Services) => Provider, test?: ConnectionTest<Config>): (red: Red) => void {
  return defineConnection(type, open, test, (provider, services, enter) => services.get(Providers).add(provider, enter));
}
