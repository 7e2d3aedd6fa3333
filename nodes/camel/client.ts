/** Camel behind Azure API Management (this project's assumption: docs/contracts). */
import type { EndpointState } from '../runtime/endpoints';
import { createHttpClient, doubt, type HttpClientOptions, type HttpResponse } from '../runtime/http';
import { Rejected, Retryable } from '../runtime/errors';
import type { CancellationRequest, FulfillmentRequest, InventoryQuestion, StockLine } from './mapping';

export interface CamelClientOptions extends Omit<HttpClientOptions, 'name' | 'baseUrl'> {
  readonly url: string;
  readonly subscriptionKey: string;
  readonly username: string;
  readonly password: string;
}

/** How a request that may act is made. */
type CamelCall = { readonly startBy?: number; readonly leave?: () => void; readonly correlationId?: string };

export interface CamelClient {
  /**
   * Asks Camel to fulfil. Acts again when repeated.
   * @returns Camel's id of the request
   * @throws Rejected `camel.<code>` when Camel refuses (400, 409, 413 or 422 with a code and a message)
   * @throws OutcomeUnknown, Retryable as the HTTP client under the name `camel`
   */
  requestFulfillment(request: FulfillmentRequest, call?: CamelCall): Promise<string>;
  /**
   * Asks Camel to stop an order; its event decides. The same question again is answered the same way.
   * @returns Camel's id of the question
   * @throws as {@link requestFulfillment}
   */
  requestCancellation(request: CancellationRequest, call?: CamelCall): Promise<string>;
  /**
   * Asks how much of each article the warehouse has. Changes nothing and may be repeated.
   * @throws Rejected `camel.<code>` when Camel refuses the question
   * @throws Retryable as the HTTP client under the name `camel`, `camel.unexpected-answer` for an answer that does not say it of every article
   */
  checkInventory(question: InventoryQuestion): Promise<StockLine[]>;
  /**
   * Sends a request that names no order, to see whether Camel is there and lets us in. By the contract such a request is refused, so
   * that it cannot act (docs/contracts).
   * @throws Retryable as the HTTP client under the name `camel`, `camel.unexpected-answer` when it is not refused
   */
  requestNothing(): Promise<void>;
  /** @throws Retryable `camel.breaker-open` while it is known to be down, and is left alone */
  requireUp(): void;
  states(): EndpointState[];
  close(): Promise<void>;
}

/** Statuses by which Camel says a definite no. */
const refusals: ReadonlySet<number> = new Set([400, 409, 413, 422]);

export function createCamelClient(options: CamelClientOptions): CamelClient {
  const { url, subscriptionKey, username, password, ...http } = options;
  const headers = {
    'ocp-apim-subscription-key': subscriptionKey,
    authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
    'content-type': 'application/json',
  };
  const nothing = { method: 'POST', path: '/fulfillment-requests', headers, body: '{}' } as const;
  const client = createHttpClient({ ...http, name: 'camel', baseUrl: url, probe: nothing });

  /** Makes a request that Camel takes (202) or refuses. @returns Camel's id of it */
  async function take(path: string, body: object, call: CamelCall = {}): Promise<string> {
    const request = { method: 'POST', path, headers, mayHaveActed: true, ...call } as const;
    const response = await client.request({ ...request, body: JSON.stringify(body) });
    const answer = answerOf(response);
    if (response.status === 202 && typeof answer['request_id'] === 'string') return answer['request_id'];
    refuse(response, answer);
    throw doubt(request, `Camel answered HTTP ${response.status}, neither a request id nor a refusal`, { code: 'camel.unexpected-answer' });
  }

  return {
    requestFulfillment: (body, call) => take('/fulfillment-requests', body, call),
    requestCancellation: (body, call) => take('/cancellation-requests', body, call),
    async checkInventory(question) {
      const response = await client.request({ method: 'POST', path: '/inventory-checks', headers, body: JSON.stringify(question), mayHaveActed: false });
      const answer = answerOf(response);
      refuse(response, answer);
      const lines = Array.isArray(answer['lines']) ? answer['lines'].filter(isStockLine) : [];
      if (response.status !== 200 || !question.lines.every(({ sku }) => lines.some((line) => line.sku === sku)))
        throw new Retryable(`Camel answered HTTP ${response.status}, and not how much there is of each article`, { code: 'camel.unexpected-answer' });
      return lines;
    },
    async requestNothing() {
      const response = await client.request({ ...nothing, mayHaveActed: false });
      if (refusals.has(response.status) && typeof answerOf(response)['code'] === 'string') return;
      throw new Retryable(`Camel answered HTTP ${response.status} to a request that names no order, and did not refuse it`, {
        code: 'camel.unexpected-answer',
        next: 'Compare its contract with docs/contracts.',
      });
    },
    requireUp: () => client.requireUp(),
    states: () => client.states(),
    close: () => client.close(),
  };
}

/** @throws Rejected where Camel says a definite no */
function refuse({ status }: HttpResponse, { code, message }: Readonly<Record<string, unknown>>): void {
  if (refusals.has(status) && typeof code === 'string' && typeof message === 'string')
    throw new Rejected(`Camel refuses: ${message}`, { code: `camel.${code}`, next: 'Correct the order, then put it back.' });
}

const isStockLine = (line: unknown): line is StockLine =>
  typeof line === 'object' && line !== null && 'sku' in line && typeof line.sku === 'string' && 'available' in line && Number.isInteger(line.available) && Number(line.available) >= 0;

/** The answer's properties; none when it is not a JSON object. */
function answerOf(response: HttpResponse): Readonly<Record<string, unknown>> {
  try {
    const answer = response.json();
    return typeof answer === 'object' && answer !== null ? { ...answer } : {};
  } catch {
    return {};
  }
}
