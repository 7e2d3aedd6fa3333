/** SFCC over OCAPI (Shop API for orders, Data API for their statuses) and the merchant's endpoint that fulfils and captures at once. */
import type { EndpointState } from '../runtime/endpoints';
import { createHttpClient, doubt, type HttpClientOptions, type HttpRequest, type HttpResponse } from '../runtime/http';
import { isKnownError, Rejected } from '../runtime/errors';
import { itemTexts, memberText } from '../runtime/json-text';
import { unsound } from '../runtime/sound';
import { admitted, headOf } from '../orders/quarantine';
import { isObject } from './place';
import { createTokenSource } from './token';
import type { CaptureRequest, Fault, FulfillmentRequest, FulfillmentResult, OrderPage, ParcelCapture } from './types';

export interface SfccClientOptions extends Omit<HttpClientOptions, 'name' | 'baseUrl'> {
  /** Origin of the instance, with a path in front of `/s` and `/dw` where there is one. */
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** OCAPI Shop API version in paths. */
  readonly shopVersion?: string;
  /** OCAPI Data API version in paths. */
  readonly dataVersion?: string;
}

export interface OrderSearch {
  readonly site: string;
  /** Orders modified at or after this time; all when absent. */
  readonly from?: Date;
  /** Only orders that are not marked as exported; true when absent. */
  readonly unexportedOnly?: boolean;
  /** Zero-based. */
  readonly start: number;
  /** 1 to 200. */
  readonly count: number;
}

/** Limits of one call, for the ledger. */
export interface CallOptions {
  /** `Date.now()` after which the call may not start any more; Retryable `sfcc.too-late`. */
  readonly startBy?: number;
  /** Called right before the first byte. */
  readonly leave?: () => void;
  readonly correlationId?: string;
}

/**
 * All methods throw those of the HTTP client under the name `sfcc`, Retryable `sfcc.bad-credentials` or `sfcc.no-token` when no
 * token can be had, and Rejected `sfcc.<fault type>` with the fault's message when SFCC refuses (4xx with a fault document).
 */
export interface SfccClient {
  /** A page of orders, the least recently modified first; those that must not be passed on are in quarantine. */
  searchOrders(search: OrderSearch): Promise<OrderPage>;
  /** The raw order, in quarantine where it must not be passed on, or undefined when the site has none of this number. */
  getOrder(site: string, orderNo: string): Promise<unknown>;
  /** Marks the order as taken. Repeating it does no harm, so it is never of unknown outcome. */
  markExported(site: string, orderNo: string, call?: CallOptions): Promise<void>;
  /** Cancels the order and voids its authorisation. Acts again when repeated: OutcomeUnknown when in doubt. */
  cancelOrder(site: string, orderNo: string, call?: CallOptions): Promise<void>;
  /** Ships and captures atomically. Acts again when repeated: OutcomeUnknown when in doubt. */
  fulfilAndCapture(site: string, orderNo: string, request: FulfillmentRequest, call?: CallOptions): Promise<FulfillmentResult>;
  /** Captures what left in one parcel. Acts again when repeated: OutcomeUnknown when in doubt. */
  capture(site: string, orderNo: string, request: CaptureRequest, call?: CallOptions): Promise<ParcelCapture>;
  /** The captures of single parcels so far. */
  getCaptures(site: string, orderNo: string): Promise<ParcelCapture[]>;
  /** @throws Retryable `sfcc.breaker-open` while it is known to be down, and is left alone */
  requireUp(): void;
  states(): EndpointState[];
  close(): Promise<void>;
}

export function createSfccClient(options: SfccClientOptions): SfccClient {
  const { url, clientId, clientSecret, shopVersion = 'v20_4', dataVersion = 'v25_6', ...http } = options;
  const client = createHttpClient({ ...http, name: 'sfcc', baseUrl: url });
  const tokens = createTokenSource(clientId, clientSecret, { ...http, baseUrl: url });
  const shop = (site: string): string => `/s/${encodeURIComponent(site)}/dw/shop/${shopVersion}`;
  const data = (site: string, orderNo: string): string =>
    `/s/-/dw/data/${dataVersion}/sites/${encodeURIComponent(site)}/orders/${encodeURIComponent(orderNo)}`;

  const captures = (site: string, orderNo: string): string => `/s/${encodeURIComponent(site)}/oms/v1/orders/${encodeURIComponent(orderNo)}/captures`;

  async function sendOnce(request: HttpRequest, token: string): Promise<HttpResponse> {
    return await client.request({
      ...request,
      headers: { authorization: `Bearer ${token}`, 'x-dw-client-id': clientId, 'content-type': 'application/json', ...request.headers },
    });
  }

  /** A 401 says that SFCC did not look at the request: it is sent again, once, with another token. */
  async function send(request: HttpRequest): Promise<HttpResponse> {
    const token = await tokens.get();
    try {
      return await sendOnce(request, token);
    } catch (error) {
      if (!isKnownError(error) || error.code !== 'sfcc.unauthorized') throw error;
      tokens.refused(token);
      return await sendOnce(request, await tokens.get());
    }
  }

  return {
    async searchOrders(search) {
      const request = { method: 'POST', path: `${shop(search.site)}/order_search`, mayHaveActed: false } as const;
      const response = await send({ ...request, body: JSON.stringify(toSearchRequest(search)) });
      refuseUnless(response.status === 200, request, response);
      return toPage(request, response);
    },
    async getOrder(site, orderNo) {
      const request = { method: 'GET', path: `${shop(site)}/orders/${encodeURIComponent(orderNo)}`, mayHaveActed: false } as const;
      const response = await send(request);
      if (response.status === 404 && faultOf(response)?.type === 'OrderNotFoundException') return undefined;
      refuseUnless(response.status === 200, request, response);
      return admitted(response.json({ any: true }), () => response.text);
    },
    async markExported(site, orderNo, call) {
      const request = { method: 'PUT', path: `${data(site, orderNo)}/export_status`, mayHaveActed: false, ...call } as const;
      const response = await send({ ...request, body: JSON.stringify({ status: 'exported' }) });
      refuseUnless(isSuccess(response), request, response);
    },
    async cancelOrder(site, orderNo, call) {
      const request = { method: 'PUT', path: `${data(site, orderNo)}/status`, mayHaveActed: true, ...call } as const;
      const response = await send({ ...request, body: JSON.stringify({ status: 'cancelled' }) });
      refuseUnless(isSuccess(response), request, response);
    },
    async fulfilAndCapture(site, orderNo, body, call) {
      const path = `/s/${encodeURIComponent(site)}/oms/v1/orders/${encodeURIComponent(orderNo)}/fulfillments`;
      const request = { method: 'POST', path, mayHaveActed: true, ...call } as const;
      const response = await send({ ...request, body: JSON.stringify(body) });
      refuseUnless(response.status === 200, request, response);
      return toFulfillmentResult(request, response);
    },
    async capture(site, orderNo, body, call) {
      const request = { method: 'POST', path: captures(site, orderNo), mayHaveActed: true, ...call } as const;
      const response = await send({ ...request, body: JSON.stringify(body) });
      refuseUnless(response.status === 200, request, response);
      return toCapture(request, response.json());
    },
    async getCaptures(site, orderNo) {
      const request = { method: 'GET', path: captures(site, orderNo), mayHaveActed: false } as const;
      const response = await send(request);
      refuseUnless(response.status === 200, request, response);
      const answer = response.json();
      if (!isObject(answer) || !Array.isArray(answer['captures'])) throw doubt(request, 'SFCC answered something that is not a list of captures', { code: 'sfcc.unreadable' });
      return answer['captures'].map((each) => toCapture(request, each));
    },
    requireUp() {
      tokens.requireUp();
      client.requireUp();
    },
    states: () => client.states(),
    async close() {
      await Promise.all([client.close(), tokens.close()]);
    },
  };
}

/** Whether a raw order shows that the fulfil-and-capture call of this request id was carried out. Its absence proves nothing. */
export function wasFulfilled(order: unknown, requestId: string): boolean {
  const head = headOf(order);
  return isObject(head) && head['c_omsFulfillmentRequestId'] === requestId && head['payment_status'] === 'paid';
}

/** Whether a raw order is cancelled. */
export function wasCancelled(order: unknown): boolean {
  const head = headOf(order);
  return isObject(head) && head['status'] === 'cancelled';
}

/** Body of `POST /order_search` (definition `order_search_request`). */
export function toSearchRequest({ from, unexportedOnly = true, start, count }: OrderSearch): object {
  const filters = [
    ...(from === undefined ? [] : [{ range_filter: { field: 'last_modified', from: from.toISOString() } }]),
    ...(unexportedOnly ? [{ term_filter: { field: 'export_status', operator: 'one_of', values: ['not_exported', 'ready'] } }] : []),
  ];
  const all = { match_all_query: {} };
  return {
    query: filters.length === 0 ? all : { filtered_query: { query: all, filter: { bool_filter: { operator: 'and', filters } } } },
    select: '(**)',
    sorts: [{ field: 'last_modified', sort_order: 'asc' }],
    start,
    count,
  };
}

function toPage(request: Pick<HttpRequest, 'mayHaveActed'>, response: HttpResponse): OrderPage {
  const page = response.json({ any: true });
  if (isObject(page) && typeof page['total'] === 'number') {
    // OCAPI leaves `hits` away when nothing matches.
    const hits: unknown = page['hits'] ?? [];
    if (Array.isArray(hits) && hits.every(isObject)) {
      const { start, count, total } = { start: Number(page['start'] ?? 0), count: Number(page['count'] ?? hits.length), total: page['total'] };
      const texts = unsound(hits) && itemTexts(memberText(response.text, 'hits') ?? '');
      return { start, count, total, orders: hits.map((hit, index) => admitted(hit['data'], () => memberText(texts?.[index] ?? '', 'data') ?? '')) };
    }
  }
  throw doubt(request, 'SFCC answered something that is not an order search result', { code: 'sfcc.unreadable' });
}

function toFulfillmentResult(request: Pick<HttpRequest, 'mayHaveActed'>, response: HttpResponse): FulfillmentResult {
  const answer = response.json();
  if (!isObject(answer) || typeof answer['order_no'] !== 'string' || typeof answer['status'] !== 'string') {
    throw doubt(request, 'SFCC answered something that is not a fulfilment', { code: 'sfcc.unreadable' });
  }
  const { order_no: orderNo, status, capture } = answer;
  if (!isObject(capture)) return { orderNo, status };
  const { transaction_id: transactionId, amount, currency } = capture;
  return { orderNo, status, capture: { transactionId: String(transactionId), amount: String(amount), currency: String(currency) } };
}

function toCapture(request: Pick<HttpRequest, 'mayHaveActed'>, answer: unknown): ParcelCapture {
  const { request_id: requestId, transaction_id: transactionId, amount, currency } = isObject(answer) ? answer : {};
  if (typeof requestId !== 'string' || typeof transactionId !== 'string' || typeof amount !== 'string' || typeof currency !== 'string')
    throw doubt(request, 'SFCC answered something that is not a capture', { code: 'sfcc.unreadable' });
  return { requestId, transactionId, amount, currency };
}

function isSuccess({ status }: HttpResponse): boolean {
  return status === 200 || status === 204;
}

/** @throws Rejected for a fault document, else what doubt about this request means */
function refuseUnless(accepted: boolean, request: Pick<HttpRequest, 'mayHaveActed'>, response: HttpResponse): void {
  if (accepted) return;
  const fault = response.status >= 400 ? faultOf(response) : undefined;
  if (fault !== undefined) {
    throw new Rejected(`SFCC refuses: ${fault.message}`, { code: `sfcc.${fault.type}`, next: 'Read the fault, correct the order, put it back.' });
  }
  throw doubt(request, `SFCC answered HTTP ${response.status} without a fault document`, { code: 'sfcc.unexpected-answer' });
}

function faultOf(response: HttpResponse): Fault | undefined {
  let answer: unknown;
  try {
    answer = response.json();
  } catch {
    return undefined;
  }
  const fault = isObject(answer) ? answer['fault'] : undefined;
  if (!isObject(fault) || typeof fault['type'] !== 'string') return undefined;
  return { type: fault['type'], message: typeof fault['message'] === 'string' ? fault['message'] : fault['type'] };
}
