import { type Request, type RequestHandler, Router } from 'express';
import { matchesBasic } from '../http/basic';
import { bodyText, jsonBody, NotJson } from '../http/body';
import type { FaultTable, Misfortune } from '../faults/fault-table';
import { play } from '../http/play';
import { json, type Reply } from '../http/reply';
import { checkCapture, checkFulfillment, Malformed, readCaptureRequest, readFulfillmentRequest, Refused } from './fulfillment-request';
import { BadSearch } from './search-query';
import { search } from './search';
import { findSite, type Site } from './sites';
import type { OrderState, Storefront } from './storefront';
import type { Tokens } from './tokens';

/** The credentials of the sandbox's storefront. */
export const sfccClient = { id: 'sandbox-client', secret: 'sandbox-secret' } as const;

const exportStatuses: readonly unknown[] = ['not_exported', 'exported', 'ready', 'failed'];

const fault = (status: number, type: string, message: string): Reply => json(status, { fault: { type, message } });

interface OnSite {
  site: Site;
  body: unknown;
  misfortune: Misfortune;
}
interface OnOrder extends OnSite {
  order: OrderState;
}

/** The OCAPI endpoints, and the merchant's own ones for fulfilment with capture and for the capture of one parcel. */
export function sfccRouter(storefront: Storefront, tokens: Tokens, faults: FaultTable): Router {
  const router = Router();
  const endpoint = (operation: string, act: (request: Request, misfortune: Misfortune) => Reply): RequestHandler =>
    (request, response) => {
      const refusal = fault(422, 'SandboxRefusedException', 'The sandbox was told to refuse this.');
      return play(faults, { system: 'sfcc', operation, refusal, act: (misfortune) => guarded(() => act(request, misfortune)) }, request, response);
    };
  const onSite = (operation: string, act: (on: OnSite) => Reply) =>
    endpoint(operation, (request, misfortune) => {
      const site = findSite(String(request.params.site));
      if (!authorised(request, tokens)) return fault(401, 'InvalidAccessTokenException', 'The access token is missing, wrong or expired.');
      if (!site) return fault(404, 'SiteNotFoundException', `No site with ID '${String(request.params.site)}' could be found.`);
      return act({ site, misfortune, body: request.method === 'GET' ? undefined : jsonBody(request) });
    });
  const onOrder = (operation: string, act: (on: OnOrder) => Reply): RequestHandler => (request, response, next) =>
    onSite(operation, (on) => {
      const no = String(request.params.no);
      const order = storefront.find(no);
      return order?.site === on.site.id ? act({ ...on, order }) : fault(404, 'OrderNotFoundException', `No order with order number '${no}' could be found.`);
    })(request, response, next);

  router.post('/dw/oauth2/access_token', endpoint('token', (request) => giveToken(request, tokens)));

  router.post('/s/:site/dw/shop/v20_4/order_search', onSite('search', ({ site, body, misfortune }) =>
    json(200, search(storefront, site.id, body ?? {}, misfortune))));

  router.get('/s/:site/dw/shop/v20_4/orders/:no', onOrder('get', ({ order }) => json(200, storefront.document(order))));

  router.put('/s/-/dw/data/v25_6/sites/:site/orders/:no/export_status', onOrder('mark-exported', ({ order, body }) => {
    const { status } = (body ?? {}) as { status?: string };
    if (!exportStatuses.includes(status) || status === undefined) return fault(400, 'InvalidStatusException', 'status must be an export status.');
    storefront.markExported(order, status);
    return { status: 204 };
  }));

  router.put('/s/-/dw/data/v25_6/sites/:site/orders/:no/status', onOrder('cancel', ({ order, body }) => {
    const { status } = (body ?? {}) as { status?: string };
    if (status !== 'cancelled') return fault(400, 'InvalidStatusException', 'The sandbox only knows the status cancelled here.');
    if (order.fulfillments.length + order.captures.length > 0) return fault(409, 'OrderStatusException', `Order ${order.ref} is completed, or paid in part, and cannot be cancelled.`);
    storefront.cancel(order);
    return { status: 204 };
  }));

  router.post('/s/:site/oms/v1/orders/:no/fulfillments', onOrder('fulfill', ({ order, site, body }) => {
    const request = readFulfillmentRequest(body);
    const minor = checkFulfillment(order, storefront.document(order), request);
    const { capture } = storefront.fulfill(order, { requestId: request.requestId, shipments: request.shipments }, { minor, site });
    return json(200, { order_no: order.ref, status: 'completed', shipping_status: 'shipped', payment_status: 'paid', ...(capture && { capture }) });
  }));

  router.post('/s/:site/oms/v1/orders/:no/captures', onOrder('capture', ({ order, site, body }) => {
    const request = readCaptureRequest(body);
    const minor = checkCapture(order, storefront.document(order), request);
    return json(200, storefront.capture(order, request, { minor, site }));
  }));

  router.get('/s/:site/oms/v1/orders/:no/captures', onOrder('captures', ({ order }) => json(200, { captures: order.captures })));

  router.use((_request, response) => {
    response.status(404).json({ fault: { type: 'ResourceNotFoundException', message: 'There is no such resource.' } });
  });
  return router;
}

function guarded(act: () => Reply): Reply {
  try {
    return act();
  } catch (error) {
    if (error instanceof Refused) return fault(error.status, error.type, error.message);
    if (error instanceof BadSearch || error instanceof Malformed || error instanceof NotJson) return fault(400, 'MalformedDocumentException', error.message);
    throw error;
  }
}

function authorised(request: Request, tokens: Tokens): boolean {
  const token = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1];
  return token !== undefined && tokens.accepts(token) && request.headers['x-dw-client-id'] === sfccClient.id;
}

function giveToken(request: Request, tokens: Tokens): Reply {
  if (!matchesBasic(request, sfccClient.id, sfccClient.secret)) {
    return json(401, { error: 'invalid_client', error_description: 'Client authentication failed' });
  }
  if (new URLSearchParams(bodyText(request)).get('grant_type') !== 'client_credentials') {
    return json(400, { error: 'unsupported_grant_type', error_description: 'grant_type must be client_credentials' });
  }
  return json(200, { access_token: tokens.give(), token_type: 'Bearer', expires_in: tokens.seconds });
}
