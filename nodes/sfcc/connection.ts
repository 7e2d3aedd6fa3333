/** Where SFCC is and as whom it is called, from the environment; and whether it answers. */
import { type ConnectionTest, type Finding, finding } from '../runtime/connection-test';
import { Environment } from '../runtime/environment';
import type { Services } from '../runtime/services';
import { Database } from '../store/database';
import { select } from '../store/pool';
import { createSfccClient, type SfccClientOptions } from './client';
import { createTokenSource } from './token';

/** The settings of the config node. */
export interface SfccSettings {
  timeoutSeconds: number | string;
  sockets: number | string;
}

/** No order was modified after it, so that a search from then on finds nothing. */
const END_OF_TIME = new Date('9999-01-01T00:00:00Z');

/** @throws InvalidInput naming what is not set */
export function sfccOptions(settings: SfccSettings, env: Environment): SfccClientOptions {
  return {
    url: env.required('SFCC_URL'),
    clientId: env.required('SFCC_CLIENT_ID'),
    clientSecret: env.required('SFCC_CLIENT_SECRET'),
    timeoutMs: (Number(settings.timeoutSeconds) || 30) * 1000,
    connections: Number(settings.sockets) || 16,
  };
}

/** Fetches a token, then searches each site of the stores for orders that cannot be there. */
export const testSfcc: ConnectionTest<SfccSettings> = async (settings, services, limitMs) => {
  const options: SfccClientOptions = { ...sfccOptions(settings, services.get(Environment)), connections: 4, timeoutMs: 2 * limitMs };
  const tokens = createTokenSource(options.clientId, options.clientSecret, { baseUrl: options.url, timeoutMs: 2 * limitMs });
  const sfcc = createSfccClient(options);
  try {
    const signedIn = await finding('SFCC', { limitMs }, async () => {
      await tokens.get();
      return 'signed in';
    });
    if (!signedIn.ok) return [signedIn];
    const searched = (await sitesOf(services)).map((site): Promise<Finding> =>
      finding(`SFCC ${site}`, { limitMs }, async () => {
        await sfcc.searchOrders({ site, from: END_OF_TIME, start: 0, count: 1 });
        return 'orders can be searched';
      }),
    );
    return [signedIn, ...(await Promise.all(searched))];
  } finally {
    tokens.close().catch(() => undefined);
    sfcc.close().catch(() => undefined);
  }
};

async function sitesOf(services: Services): Promise<string[]> {
  const rows = await select<{ site: string }>(services.get(Database).pool, "SELECT DISTINCT site FROM stores WHERE platform = 'sfcc' AND enabled AND site IS NOT NULL ORDER BY site");
  return rows.map((row) => row.site);
}
