import { correlationOf, type HttpMessage } from '../edge/caller';
import { InvalidInput } from '../runtime/errors';
import { defineNode, type NodeConfig } from '../runtime/node';
import { Database } from '../store/database';
import type { Pool } from '../store/pool';
import { getCustomer, listCustomerOrders } from './customers';
import { getOrder, listOrders } from './find';
import { Why } from './why';

interface OrderConfig extends NodeConfig {
  action: keyof typeof ACTIONS;
}

interface Parts {
  reads: Pool;
  why: Why;
  /** Of an order, or of a customer. */
  id: string;
  query: () => Query;
}

const ACTIONS = {
  list: ({ reads, query }: Parts) => listOrders(reads, query()),
  get: async ({ reads, id }: Parts) => (await getOrder(reads, id)) ?? unknown(id),
  why: async ({ why, id }: Parts) => (await why.explain(id)) ?? unknown(id),
  customer: ({ reads, id, query }: Parts) => getCustomer(reads, { customer: id, store: query().store }),
  'customer-orders': ({ reads, id, query }: Parts) => listCustomerOrders(reads, { ...query(), customer: id }),
} satisfies Record<string, (parts: Parts) => Promise<object>>;

/** What can be read: a page of orders, one with its timeline, or why one stands where it stands; a customer, or a page of a customer's orders. */
export const ORDER_ACTIONS: readonly string[] = Object.keys(ACTIONS);

export default defineNode<OrderConfig, HttpMessage>('oms-order', (node, config) => {
  const { reads } = node.services.get(Database);
  const why = node.services.get(Why);
  const read = ACTIONS[config.action];
  if (!read) throw new InvalidInput('no action is chosen', { code: 'order.no-action' });
  return {
    async input(message, send) {
      message.statusCode = 200;
      const id = message.req?.params['id'] ?? String(message.payload ?? '');
      message.payload = await read({ reads, why, id, query: () => queryOf(message) });
      node.badge({ fill: 'green', text: `answered ${correlationOf(message).slice(0, 8)}` });
      send(message);
    },
  };
});

function unknown(id: string): never {
  throw new InvalidInput(`there is no order ${id.slice(0, 96)}`, { code: 'order.unknown' });
}

interface Query extends NonNullable<Parameters<typeof listOrders>[1]> {
  store: string | undefined;
}

function queryOf(message: HttpMessage): Query {
  const query = message.req?.query ?? (message.payload as Record<string, string> | undefined) ?? {};
  const one = (name: string): string | undefined => {
    const value = query[name];
    if (value === undefined || value === '') return undefined;
    if (typeof value !== 'string') throw new InvalidInput(`${name} may be given once`, { code: 'query.repeated', pointer: `/${name}` });
    return value;
  };
  const limit = one('limit');
  if (limit !== undefined && !/^\d{1,3}$/.test(limit)) throw new InvalidInput('limit must be 1 to 500', { code: 'query.bad-limit', pointer: '/limit' });
  return { status: one('status'), q: one('q'), store: one('store'), after: one('after'), limit: limit === undefined ? undefined : Number(limit) };
}
