import { withClient } from '../../nodes/fulfillment/provider';
import { Providers } from '../../nodes/fulfillment/providers';
import { effect } from '../../nodes/effects/effect';
import type { Order } from '../../nodes/orders/order';
import { InvalidInput } from '../../nodes/runtime/errors';

/** Which 3PLs can be asked. */

const named = (name: string, kind: string) => {
  const call = withClient({}, effect<object, Order, object>({ kind, key: ({ id }) => `${kind}:${id}:1`, policy: 'human', request: () => ({}), send: async () => ({ reference: '' }) }));
  return { name, request: () => call, shortageOf: async () => undefined, close: async () => undefined };
};

test.each([['cirro', 'camel.request'], ['parcelo', 'parcelo.request']])('%s asks by %s: whoever sees the request knows who has the order', (name, kind) => {
  const providers = new Providers();
  const remove = providers.add(named(name, kind), () => () => undefined);
  expect(providers.requests(true)).toMatchObject([{ kind }]);
  remove();
  expect(providers.requests(true)).toEqual([]);
});

test.each([['parcelo', 'camel.request'], ['cirro', 'parcelo.request'], ['parcelo', 'parcelo.v2.request']])('a 3PL %s that asks by %s is refused', (name, kind) => {
  const add = () => new Providers().add(named(name, kind), () => () => undefined);
  expect(add).toThrow(InvalidInput);
  expect(add).toThrow(`not ${name}’s`);
});
