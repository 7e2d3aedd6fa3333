/** The access token of an OCAPI client (OAuth 2 client credentials): fetched once for all who wait, kept until shortly before its end. */
import { createHttpClient, type HttpClientOptions } from '../runtime/http';
import { isKnownError, Retryable } from '../runtime/errors';
import { isObject } from './place';

export interface TokenSource {
  /** A valid token. @throws Retryable `sfcc.bad-credentials`, `sfcc.no-token` and those of the HTTP client; nothing was sent to act */
  get(): Promise<string>;
  /** @throws Retryable `sfcc.breaker-open` where a token is needed and nobody there gives one */
  requireUp(): void;
  /** Tells that the remote refused this token: the next `get` fetches another. */
  refused(token: string): void;
  close(): Promise<void>;
}

/** A token is renewed this long before its end, so that it lasts for the call it is fetched for. */
const renewBeforeEndMs = 60_000;

/** @param http the HTTP client's options; its own pool keeps logins from waiting behind orders */
export function createTokenSource(clientId: string, clientSecret: string, http: Omit<HttpClientOptions, 'name'>): TokenSource {
  const client = createHttpClient({ ...http, name: 'sfcc', connections: 1, queue: 1 });
  let current: { readonly token: string; readonly renewAt: number } | undefined;
  let fetching: Promise<string> | undefined;

  async function fetchToken(): Promise<string> {
    const { status, json } = await login();
    const answer = status === 200 ? json() : undefined;
    if (!isObject(answer) || typeof answer['access_token'] !== 'string') {
      throw status === 400 ? badCredentials(status) : new Retryable(`SFCC gave no access token (HTTP ${status})`, { code: 'sfcc.no-token' });
    }
    const seconds = typeof answer['expires_in'] === 'number' ? answer['expires_in'] : 0;
    const lifetime = seconds * 1000;
    current = { token: answer['access_token'], renewAt: Date.now() + lifetime - Math.min(renewBeforeEndMs, lifetime / 2) };
    return current.token;
  }

  async function login(): ReturnType<typeof client.request> {
    try {
      return await client.request({
        method: 'POST',
        path: '/dw/oauth2/access_token',
        headers: {
          authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`,
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: 'grant_type=client_credentials',
        mayHaveActed: false,
      });
    } catch (error) {
      throw isKnownError(error) && error.code === 'sfcc.unauthorized' ? badCredentials(401) : error;
    }
  }

  const valid = (): string | undefined => (current !== undefined && Date.now() < current.renewAt ? current.token : undefined);

  return {
    get() {
      const token = valid();
      if (token !== undefined) return Promise.resolve(token);
      fetching ??= fetchToken().finally(() => {
        fetching = undefined;
      });
      return fetching;
    },
    requireUp() {
      if (valid() === undefined) client.requireUp();
    },
    refused(token) {
      if (current?.token === token) current = undefined;
    },
    close: () => client.close(),
  };
}

/** Retryable, since no order is at fault: the work goes on when somebody has corrected the credentials. */
function badCredentials(status: number): Retryable {
  return new Retryable(`SFCC does not accept the client id and secret (HTTP ${status})`, {
    code: 'sfcc.bad-credentials',
    next: 'Correct SFCC_CLIENT_ID and SFCC_CLIENT_SECRET.',
  });
}
