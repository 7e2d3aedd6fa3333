import { type Provider, withClient } from '../fulfillment/provider';
import type { CamelClient } from './client';
import { requestFulfillment, requestFulfillmentPlainly } from './effects';
import { shortageOf, toInventoryQuestion } from './mapping';

/** Cirro, behind Camel. */
export function cirro(camel: CamelClient): Provider {
  const numbered = withClient(camel, requestFulfillment);
  const plain = withClient(camel, requestFulfillmentPlainly);
  return {
    name: 'cirro',
    request: (sequence) => (sequence ? numbered : plain),
    async shortageOf(order) {
      const question = toInventoryQuestion(order);
      return shortageOf(question, await camel.checkInventory(question));
    },
    close: () => camel.close(),
  };
}
