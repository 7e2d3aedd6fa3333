/** Where NAV is and as whom it is called, from the environment; and whether it answers. */
import { readFileSync } from 'node:fs';
import { type ConnectionTest, finding } from '../runtime/connection-test';
import { Environment } from '../runtime/environment';
import { InvalidInput } from '../runtime/errors';
import { createNavClient, type NavClientOptions, type NavEndpoint } from './client';
import { DocType } from './mapping';

/** The settings of the config node. */
export interface NavSettings {
  timeoutSeconds: number | string;
  sockets: number | string;
}

/** The NAV keys of warehouses and the variables of their endpoints. */
const ENDPOINTS = {
  US: { url: 'NAV_URL_US', domain: 'NAV_DOMAIN_US', username: 'NAV_USERNAME_US', password: 'NAV_PASSWORD_US', ca: 'NAV_CA_FILE_US' },
  EMEA: { url: 'NAV_URL_EMEA', domain: 'NAV_DOMAIN_EMEA', username: 'NAV_USERNAME_EMEA', password: 'NAV_PASSWORD_EMEA', ca: 'NAV_CA_FILE_EMEA' },
  WRITEON: { url: 'NAV_URL_WRITEON', domain: 'NAV_DOMAIN_WRITEON', username: 'NAV_USERNAME_WRITEON', password: 'NAV_PASSWORD_WRITEON', ca: 'NAV_CA_FILE_WRITEON' },
  JAPAN: { url: 'NAV_URL_JAPAN', domain: 'NAV_DOMAIN_JAPAN', username: 'NAV_USERNAME_JAPAN', password: 'NAV_PASSWORD_JAPAN', ca: 'NAV_CA_FILE_JAPAN' },
} as const;

/** The companies of NAV. */
export const NAV_ENDPOINTS: readonly string[] = Object.keys(ENDPOINTS);

/** An External Document No. that no order has. */
const NOBODY = 'OMS-CONNECTION-TEST';

/** @throws InvalidInput naming what is not set or cannot be read */
export function navOptions(settings: NavSettings, env: Environment): NavClientOptions {
  const endpoints = Object.fromEntries(
    Object.entries(ENDPOINTS).flatMap(([key, own]) => {
      const url = env.optional(own.url);
      return url ? [[key, endpointOf(url, own, env)]] : [];
    }),
  );
  if (Object.keys(endpoints).length === 0) throw new InvalidInput('no NAV_URL_… is set', { code: 'nav.not-configured' });
  return { endpoints, timeoutMs: (Number(settings.timeoutSeconds) || 60) * 1000, lanes: Number(settings.sockets) || 4 };
}

/** Its own account and authority, or those of all endpoints. A password belongs to its user: never one of the endpoint and one of all. */
function endpointOf(url: string, own: (typeof ENDPOINTS)[keyof typeof ENDPOINTS], env: Environment): NavEndpoint {
  const [username, password] = env.optional(own.username) === undefined ? ['NAV_USERNAME', 'NAV_PASSWORD'] : [own.username, own.password];
  const file = env.optional(own.ca) === undefined ? 'NAV_CA_FILE' : own.ca;
  const ca = authority(file, env.optional(file));
  return {
    url,
    domain: env.optional(own.domain) ?? env.optional('NAV_DOMAIN') ?? 'PSCORP',
    username: env.required(username),
    password: env.required(password),
    ...(ca !== undefined && { ca }),
  };
}

/** Looks for a document that does not exist, at each endpoint: NTLM, SOAP and the codeunit take part, and nothing is written. */
export const testNav: ConnectionTest<NavSettings> = async (settings, services, limitMs) => {
  const options = navOptions(settings, services.get(Environment));
  const nav = createNavClient({ ...options, lanes: 1, timeoutMs: 2 * limitMs });
  try {
    return await Promise.all(
      Object.entries(options.endpoints).map(([key, { domain, username, ca }]) =>
        finding(`NAV ${key}`, { limitMs, pinned: ca !== undefined }, async () => {
          await nav.findDocuments(key, DocType.SalesOrder, NOBODY);
          return `signed in as ${domain}\\${username}`;
        }),
      ),
    );
  } finally {
    nav.close();
  }
};

function authority(variable: string, file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new InvalidInput(`the file that ${variable} names cannot be read: ${file}`, { code: 'nav.no-authority', next: `Correct ${variable}.`, cause });
  }
}
