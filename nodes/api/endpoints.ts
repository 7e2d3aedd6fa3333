import { type Caller, CALLERS } from '../edge/callers';
import { Configuration } from '../flows/check/configuration';
import { keyOf, nextPlaces, type Place } from '../flows/check/paths';
import { reached } from '../flows/check/reached';
import { type FlowNode, nameOf } from '../flows/node';

/** An endpoint as the deployed flows have it. */
export interface Endpoint {
  method: string;
  /** As the `http in` node names it, with `:parameters`. */
  url: string;
  name: string;
  tab: string;
  /** Whose token it takes; empty where no `oms-auth` stands behind it. */
  callers: Caller[];
  /** The contract of its body. */
  contract?: string;
}

/** What a description of an endpoint is found by, e.g. `GET /api/oms/orders/:id`. */
export const nameOfEndpoint = ({ method, url }: Pick<Endpoint, 'method' | 'url'>): string => `${method} ${url}`;

/** Every endpoint of these flows, sorted by its address: each `http in` that takes part, with the first callers and contract that its requests meet. */
export function endpointsOf(nodes: readonly FlowNode[]): Endpoint[] {
  const flows = new Configuration(nodes);
  return flows
    .running('http in')
    .map((node): Endpoint => {
      const behind = [...reached<Place>([{ node, within: [] }], (place) => nextPlaces(flows, place).flat(), keyOf)].map((place) => place.node);
      const callers = String(behind.find(({ type }) => type === 'oms-auth')?.['callers'] ?? '').split(',').map((caller) => caller.trim());
      const contract = behind.find(({ type }) => type === 'oms-validate')?.['contract'];
      const tab = flows.node(node.z);
      return {
        method: String(node['method']).toUpperCase(),
        url: String(node['url']),
        name: nameOf(node),
        tab: tab ? nameOf(tab) : '',
        callers: CALLERS.filter((caller) => callers.includes(caller)),
        ...(typeof contract === 'string' && { contract }),
      };
    })
    .toSorted((a, b) => (a.url === b.url ? order(a) - order(b) : a.url < b.url ? -1 : 1));
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
const order = ({ method }: Endpoint): number => METHODS.indexOf(method);
