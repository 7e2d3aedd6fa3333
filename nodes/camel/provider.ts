import type { Contracts } from '../edge/contracts';
import { callOf, type Provider, withClient } from '../fulfillment/provider';
import type { CamelClient } from './client';
import { requestCancellation, requestFulfillment, requestFulfillmentPlainly } from './effects';
import { shortageOf, toCancellationRequest, toInventoryQuestion } from './mapping';

/** Cirro, behind Camel. */
export function cirro(camel: CamelClient, contracts: Contracts): Provider {
  const numbered = withClient(camel, requestFulfillment);
  const plain = withClient(camel, requestFulfillmentPlainly);
  return {
    name: 'cirro',
    cancel: callOf(camel, {
      ...requestCancellation,
      request(order) {
        const request = toCancellationRequest(order);
        contracts.validate('camel-cancellation-request', request);
        return request;
      },
    }),
    request: (sequence) => (sequence ? numbered : plain),
    async shortageOf(order) {
      const question = toInventoryQuestion(order);
      return shortageOf(question, await camel.checkInventory(question));
    },
    close: () => camel.close(),
  };
}
