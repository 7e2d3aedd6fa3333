import { type FlowNode, wiresOf } from '../node';
import type { Configuration } from './configuration';

/** A place that a message can come to: a node, and through which subflows and link calls it came there. */
export interface Place {
  node: FlowNode;
  within: readonly FlowNode[];
}

export const keyOf = ({ node, within }: Place): string => [...within, node].map((each) => each.id).join('/');

/** Subflows and link calls inside one another, beyond which nothing is followed. */
const DEPTH = 8;

/**
 * Where a message goes from each output of a place: along wires, through links to another tab, into a subflow and out of it again.
 * Disabled nodes are not there.
 */
export function nextPlaces(flows: Configuration, { node, within }: Place): Place[][] {
  const enter = (id: unknown, inside: readonly FlowNode[]): Place[] => {
    const target = flows.node(id);
    return target && flows.runs(target) && inside.length <= DEPTH ? [{ node: target, within: inside }] : [];
  };
  if (node.type === 'link out') {
    if (node['mode'] !== 'return') return [idsOf(node['links']).flatMap((id) => enter(id, within))];
    const call = within.findLastIndex((each) => each.type === 'link call');
    return call < 0 ? [[]] : nextByWires(flows, within[call] as FlowNode, within.slice(0, call));
  }
  if (node.type === 'link call') return [idsOf(node['links']).slice(0, 1).flatMap((id) => enter(id, [...within, node]))];
  if (node.type.startsWith('subflow:')) {
    const [entrance] = portsOf(flows.node(node.type.slice('subflow:'.length)), 'in');
    return [(entrance?.wires ?? []).flatMap(({ id }) => enter(id, [...within, node]))];
  }
  return nextByWires(flows, node, within);
}

function nextByWires(flows: Configuration, node: FlowNode, within: readonly FlowNode[]): Place[][] {
  const outputs = wiresOf(node).map((ids) => ids.flatMap((id): Place[] => {
    const target = flows.node(id);
    return target && flows.runs(target) ? [{ node: target, within }] : [];
  }));
  const instance = within.at(-1);
  if (!instance?.type.startsWith('subflow:')) return outputs;
  // A wire to a port of the subflow goes on where its instance is wired.
  const after = nextByWires(flows, instance, within.slice(0, -1));
  for (const [number, port] of portsOf(flows.node(node.z), 'out').entries())
    for (const { id, port: output = 0 } of port.wires) if (id === node.id) (outputs[output] ??= []).push(...(after[number] ?? []));
  return outputs;
}

/** The Catch nodes that a failure of this place comes to: those of its tab or subflow, else of the tab on which the subflow stands. */
export function catchersOf(flows: Configuration, { node, within }: Place): Place[] {
  const catchers = flows.on(node.z).filter((each) => each.type === 'catch' && flows.runs(each) && takes(flows, each, node));
  if (catchers.length > 0) return catchers.map((each) => ({ node: each, within }));
  const instance = within.findLastIndex((each) => each.type.startsWith('subflow:'));
  return instance < 0 ? [] : catchersOf(flows, { node: within[instance] as FlowNode, within: within.slice(0, instance) });
}

function takes(flows: Configuration, catcher: FlowNode, node: FlowNode): boolean {
  const { scope } = catcher;
  if (Array.isArray(scope)) return scope.includes(node.id);
  if (scope !== 'group') return true;
  for (let group = flows.node(node['g']); group; group = flows.node(group['g'])) if (group.id === catcher['g']) return true;
  return false;
}

interface Port {
  wires: { id?: unknown; port?: number }[];
}

function portsOf(subflow: FlowNode | undefined, side: 'in' | 'out'): Port[] {
  const ports = subflow?.[side];
  if (!Array.isArray(ports)) return [];
  return ports.map((port: { wires?: unknown } | null) => ({ wires: Array.isArray(port?.wires) ? (port.wires as Port['wires']).filter((wire) => typeof wire === 'object' && wire !== null) : [] }));
}

const idsOf = (value: unknown): string[] => (Array.isArray(value) ? value.filter((id) => typeof id === 'string') : []);
