import { Contracts } from '../edge/contracts';
import { Stages } from '../lifecycle/stages';
import { listOrders } from '../orders/find';
import { Why } from '../orders/why';
import { type AdminRoute, defineEditorPlugin } from '../runtime/admin';
import { InvalidInput } from '../runtime/errors';
import type { Red } from '../runtime/node';
import type { Services } from '../runtime/services';
import { Database } from '../store/database';
import { type PauseRequest, Pauses } from '../work/pauses';
import { orderForSidebar } from './sidebar-order';
import { type DeployedNode, stagesForSidebar } from './sidebar-stages';

/** As many as a person looks through. */
const FOUND = 40;

/** The tab *OMS* of the editor's sidebar: finds an order and shows its way on the canvas, shows, pauses and resumes the stages. */
export default defineEditorPlugin('oms-sidebar', (services, red) => [...orderRoutes(services), ...stageRoutes(services, red)]);

const partsOf = (services: Services) => ({ pool: services.get(Database).reads, pauses: services.get(Pauses), stages: services.get(Stages) });

function orderRoutes(services: Services): AdminRoute[] {
  return [
    {
      method: 'get',
      path: '/oms/orders',
      permission: 'flows.read',
      async answer({ query }) {
        const q = typeof query['q'] === 'string' ? query['q'].trim() : '';
        const { orders, next } = await listOrders(partsOf(services).pool, { q: q || undefined, limit: FOUND });
        return { now: new Date(), orders: orders.map(({ id, name, status, store, entered_at, holds }) => ({ id, name, status, store, entered_at, holds })), more: next !== null };
      },
    },
    {
      method: 'get',
      path: '/oms/orders/:id',
      permission: 'flows.read',
      answer: async ({ params }) => ({ now: new Date(), order: await orderForSidebar({ ...partsOf(services), why: services.get(Why) }, params['id'] ?? '') }),
    },
  ];
}

function stageRoutes(services: Services, red: Red): AdminRoute[] {
  return [
    { method: 'get', path: '/oms/stages', permission: 'flows.read', answer: () => stagesForSidebar(partsOf(services), deployedNodes(red)) },
    {
      method: 'post',
      path: '/oms/pauses',
      permission: 'flows.write',
      async answer({ body }, user) {
        services.get(Contracts).validate('pause', body);
        const { kind, name, reason, until } = body as Omit<PauseRequest, 'until'> & { until?: string };
        return { id: await services.get(Pauses).open({ kind, name, reason, actor: `operator:${user}`, until: until === undefined ? undefined : new Date(until) }) };
      },
    },
    {
      method: 'delete',
      path: '/oms/pauses/:id',
      permission: 'flows.write',
      async answer({ params }, user) {
        const id = Number(params['id']);
        if (!Number.isSafeInteger(id) || !(await services.get(Pauses).release(id, `operator:${user}`)))
          throw new InvalidInput(`there is no open pause ${params['id']?.slice(0, 40)}`, { code: 'pause.unknown' });
        return { id, released: true };
      },
    },
  ];
}

function deployedNodes(red: Red): DeployedNode[] {
  const nodes: DeployedNode[] = [];
  red.nodes.eachNode((node) => nodes.push(node));
  return nodes;
}
