/** Where NAV is and as whom it is called, from the environment; and whether it answers. */
import { readFileSync } from 'node:fs';
import { type ConnectionTest, finding } from '../runtime/connection-test';
import { Environment } from '../runtime/environment';
import { InvalidInput } from '../runtime/errors';
import { createNavClient, type NavClientOptions } from './client';
import { DocType } from './mapping';

/** The settings of the config node. */
export interface NavSettings {
  timeoutSeconds: number | string;
  sockets: number | string;
}

/** The NAV keys of warehouses and the variables of their endpoints. */
const ENDPOINTS = { US: 'NAV_URL_US', EMEA: 'NAV_URL_EMEA', WRITEON: 'NAV_URL_WRITEON', JAPAN: 'NAV_URL_JAPAN' } as const;

/** An External Document No. that no order has. */
const NOBODY = 'OMS-CONNECTION-TEST';

/** @throws InvalidInput naming what is not set or cannot be read */
export function navOptions(settings: NavSettings, env: Environment): NavClientOptions {
  const endpoints = Object.fromEntries(
    Object.entries(ENDPOINTS).flatMap(([key, variable]) => {
      const url = env.optional(variable);
      return url ? [[key, url]] : [];
    }),
  );
  if (Object.keys(endpoints).length === 0) throw new InvalidInput('no NAV_URL_… is set', { code: 'nav.not-configured' });
  const ca = authority(env.optional('NAV_CA_FILE'));
  return {
    endpoints,
    domain: env.optional('NAV_DOMAIN') ?? 'PSCORP',
    username: env.required('NAV_USERNAME'),
    password: env.required('NAV_PASSWORD'),
    ...(ca !== undefined && { ca }),
    timeoutMs: (Number(settings.timeoutSeconds) || 60) * 1000,
    lanes: Number(settings.sockets) || 4,
  };
}

/** Looks for a document that does not exist, at each endpoint: NTLM, SOAP and the codeunit take part, and nothing is written. */
export const testNav: ConnectionTest<NavSettings> = async (settings, services, limitMs) => {
  const options = navOptions(settings, services.get(Environment));
  const nav = createNavClient({ ...options, lanes: 1, timeoutMs: 2 * limitMs });
  try {
    return await Promise.all(
      Object.keys(options.endpoints).map((endpoint) =>
        finding(`NAV ${endpoint}`, { limitMs, pinned: options.ca !== undefined }, async () => {
          await nav.findDocuments(endpoint, DocType.SalesOrder, NOBODY);
          return `signed in as ${options.domain}\\${options.username}`;
        }),
      ),
    );
  } finally {
    nav.close();
  }
};

function authority(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new InvalidInput(`the file that NAV_CA_FILE names cannot be read: ${file}`, { code: 'nav.no-authority', next: 'Correct NAV_CA_FILE.', cause });
  }
}
