import { type Request, type Response, Router } from 'express';
import type { FaultTable } from '../faults/fault-table';
import { effect } from '../journal/effects';
import type { Ledger } from '../journal/ledger';
import { matchesBasic } from '../http/basic';
import { jsonBody, NotJson } from '../http/body';
import { play } from '../http/play';
import { json, type Reply } from '../http/reply';
import type { CamelState } from './callbacks';
import { BadRequest, readCancellation, readInventoryQuestion, readRequest } from './fulfillment-request';
import type { Plans } from './plans';
import { Stock } from './stock';

/** The credentials of the sandbox's Camel. */
export const camelAccess = { subscriptionKey: 'sandbox-subscription-key', user: 'oms', password: 'sandbox-camel' } as const;

interface Parts {
  state: CamelState;
  plans: Plans;
  ledger: Ledger;
  faults: FaultTable;
}

/** Camel's API: it takes fulfillment requests for Cirro, and says what there is. */
export function camelRouter({ state, plans, ledger, faults }: Parts): Router {
  const router = Router();
  const stock = new Stock();

  /** Takes a request, also one that repeats an earlier one. */
  function take(body: unknown): Reply {
    const request = { ...readRequest(body), requestId: state.nextRequestId() };
    const { requestId, orderId, sequence, part, warehouse, ref } = request;
    ledger.commit(
      state.requesting(request),
      effect('camel', 'fulfillment-request', ref, `${orderId}/${sequence}`, { request_id: requestId, part, warehouse, sequence }),
      ...plans.answer(request),
    );
    return json(202, { request_id: requestId });
  }

  /** Takes a question whether an order can be stopped; the same one again has the same id, and is answered once. */
  function stop(body: unknown): Reply {
    const { orderId, sequence } = readCancellation(body);
    const request = state.requestFor(orderId);
    if (!request) throw new BadRequest('order.unknown', `${orderId} was never asked for.`);
    const id = `CAN-${orderId}/${sequence}`;
    const { ref, part, warehouse } = request;
    if (!plans.asksAgain(orderId, sequence)) ledger.commit(effect('camel', 'cancellation-request', ref, `${orderId}/${sequence}`, { request_id: id, part, warehouse, sequence }), ...plans.stop(request, sequence));
    return json(202, { request_id: id });
  }

  /** One operation behind the gateway and its sign-in. */
  const serve = (operation: string, answer: (body: unknown) => Reply) => (request: Request, response: Response): Promise<void> => {
    const act = (): Reply => {
      const known = request.headers['ocp-apim-subscription-key'] === camelAccess.subscriptionKey;
      if (!known) return json(401, { statusCode: 401, message: 'Access denied due to missing or invalid subscription key.' });
      if (!matchesBasic(request, camelAccess.user, camelAccess.password)) return json(401, { statusCode: 401, message: 'Unauthorized' });
      try {
        return answer(jsonBody(request));
      } catch (error) {
        if (error instanceof NotJson) return json(400, { code: 'malformed', message: error.message });
        if (error instanceof BadRequest) return json(422, { code: error.code, message: error.message });
        throw error;
      }
    };
    const refusal = json(422, { code: 'sandbox.refused', message: 'The sandbox was told to refuse this.' });
    return play(faults, { system: 'camel', operation, refusal, act }, request, response);
  };

  router.post('/fulfillment-requests', serve('fulfillment-request', take));
  router.post('/cancellation-requests', serve('cancellation-request', stop));
  router.post('/inventory-checks', serve('inventory-check', (body) => json(200, { lines: stock.ask(readInventoryQuestion(body)) })));

  router.use((_request, response) => {
    response.status(404).json({ statusCode: 404, message: 'Resource not found' });
  });
  return router;
}
