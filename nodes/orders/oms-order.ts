import { correlationOf, type HttpMessage } from '../edge/caller';
import { InvalidInput } from '../runtime/errors';
import { defineNode, type NodeConfig } from '../runtime/node';
import { Database } from '../store/database';
import { getOrder, listOrders } from './find';
import { Why } from './why';

/** What can be read: a page of orders, one with its timeline, or why one stands where it stands. */
export const ORDER_ACTIONS = ['list', 'get', 'why'] as const;

interface OrderConfig extends NodeConfig {
  action: (typeof ORDER_ACTIONS)[number];
}

export default defineNode<OrderConfig, HttpMessage>('oms-order', (node, config) => {
  const { reads } = node.services.get(Database);
  const why = node.services.get(Why);
  if (!ORDER_ACTIONS.includes(config.action)) throw new InvalidInput('no action is chosen', { code: 'order.no-action' });
  return {
    async input(message, send) {
      message.statusCode = 200;
      if (config.action === 'list') message.payload = await listOrders(reads, queryOf(message));
      else {
        const id = message.req?.params['id'] ?? String(message.payload ?? '');
        const order = config.action === 'why' ? await why.explain(id) : await getOrder(reads, id);
        if (!order) throw new InvalidInput(`there is no order ${id.slice(0, 96)}`, { code: 'order.unknown' });
        message.payload = order;
      }
      node.badge({ fill: 'green', text: `answered ${correlationOf(message).slice(0, 8)}` });
      send(message);
    },
  };
});

function queryOf(message: HttpMessage): Parameters<typeof listOrders>[1] {
  const query = message.req?.query ?? (message.payload as Record<string, string> | undefined) ?? {};
  const one = (name: string): string | undefined => {
    const value = query[name];
    if (value === undefined || value === '') return undefined;
    if (typeof value !== 'string') throw new InvalidInput(`${name} may be given once`, { code: 'query.repeated', pointer: `/${name}` });
    return value;
  };
  const limit = one('limit');
  if (limit !== undefined && !/^\d{1,3}$/.test(limit)) throw new InvalidInput('limit must be 1 to 500', { code: 'query.bad-limit', pointer: '/limit' });
  return { status: one('status'), q: one('q'), after: one('after'), limit: limit === undefined ? undefined : Number(limit) };
}
