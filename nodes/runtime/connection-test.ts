/** How a connection is tried from its dialog: a real, harmless read, answered in words that hold no secret. */
import { isKnownError } from './errors';
import type { Services } from './services';
import { within } from './within';

/** What a try found at one address. */
export interface Finding {
  /** The system, and the part of it: `NAV US`. */
  of: string;
  ok: boolean;
  text: string;
}

/**
 * Tries what a config node connects to, with the settings of its dialog and the variables of the environment, whether it is deployed
 * or not. Never acts. Each address has `limitMs` to answer.
 * @throws InvalidInput where a variable is missing
 */
export type ConnectionTest<Config> = (config: Config, services: Services, limitMs: number) => Promise<Finding[]>;

/** The tests of the connections, by the type of the config node. */
export class ConnectionTests {
  readonly #tests = new Map<string, ConnectionTest<never>>();

  /** The process's one instance. */
  static in(services: Services): ConnectionTests {
    return services.find(ConnectionTests) ?? services.provide(ConnectionTests, new ConnectionTests());
  }

  add(type: string, test: ConnectionTest<never>): void {
    this.#tests.set(type, test);
  }

  get(type: string): ConnectionTest<never> | undefined {
    return this.#tests.get(type);
  }
}

/**
 * Measures one try and puts its outcome into words.
 * @param pinned the certificate must come from an authority of the site's own
 */
export async function finding(of: string, { limitMs, pinned = false }: { limitMs: number; pinned?: boolean }, attempt: () => Promise<string>): Promise<Finding> {
  const begun = performance.now();
  let found: Finding = { of, ok: false, text: `${of}: no answer within ${limitMs / 1000} s` };
  const tried = attempt().then(
    (says) => (found = { of, ok: true, text: `${of} answered in ${Math.round(performance.now() - begun)} ms, ${says}` }),
    (error: unknown) => (found = { of, ok: false, text: `${of}: ${inWords(error, pinned)}` }),
  );
  await within(limitMs, tried);
  return found;
}

const UNTRUSTED = ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'SELF_SIGNED_CERT_IN_CHAIN', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'UNABLE_TO_GET_ISSUER_CERT', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'];

/** What the codes of Node.js, OpenSSL and undici mean to somebody who sets up a connection. */
const BY_CODE: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens on that address',
  ENOTFOUND: 'there is no host of that name',
  EAI_AGAIN: 'the name of the host cannot be looked up',
  EHOSTUNREACH: 'there is no way to that address',
  ENETUNREACH: 'there is no way to that address',
  ECONNRESET: 'the connection was cut before an answer came',
  EPIPE: 'the connection was cut before an answer came',
  UND_ERR_SOCKET: 'the connection was cut before an answer came',
  CERT_HAS_EXPIRED: 'the certificate has expired',
  CERT_NOT_YET_VALID: 'the certificate is not valid yet',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another host',
  ERR_SSL_WRONG_VERSION_NUMBER: 'the address answers, but not with TLS: http instead of https?',
  EPROTO: 'the address answers, but not with TLS: http instead of https?',
};

/** Endings of our own clients' codes by which a remote says that it does not know who calls. */
const SIGN_IN = /\.(unauthorized|bad-credentials)$/;

function inWords(error: unknown, pinned: boolean): string {
  for (const code of codesOf(error)) {
    if (UNTRUSTED.includes(code)) return pinned ? 'the certificate is not signed by the pinned CA' : 'the certificate is not signed by an authority that is trusted here';
    const words = BY_CODE[code];
    if (words !== undefined) return words;
  }
  if (!isKnownError(error)) return 'it failed in a way that nobody foresaw; see the log';
  const advice = error.next === undefined ? '' : `. ${error.next}`;
  return `${SIGN_IN.test(error.code) ? 'sign-in refused: ' : ''}${error.message}${advice}`;
}

/** The codes of an error and of what caused it, the deepest first. */
function codesOf(error: unknown): string[] {
  if (typeof error !== 'object' || error === null) return [];
  const { code, cause, errors } = error as { code?: unknown; cause?: unknown; errors?: unknown };
  return [...codesOf(cause), ...(Array.isArray(errors) ? errors.flatMap(codesOf) : []), ...(typeof code === 'string' ? [code] : [])];
}
