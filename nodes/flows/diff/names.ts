import { type FlowNode, isPlaced, isStructure, nameOf } from '../node';

/** How the nodes of one configuration are called; where two of a tab share a name, their ids follow in brackets. */
export class Names {
  readonly #nodes: ReadonlyMap<string, FlowNode>;
  readonly #count = new Map<string, number>();

  constructor(flows: readonly FlowNode[]) {
    this.#nodes = new Map(flows.map((node) => [node.id, node]));
    for (const node of flows) this.#count.set(keyOf(node), (this.#count.get(keyOf(node)) ?? 0) + 1);
  }

  node(id: unknown): FlowNode | undefined {
    return typeof id === 'string' ? this.#nodes.get(id) : undefined;
  }

  of(node: FlowNode): string {
    return `“${nameOf(node)}”${(this.#count.get(keyOf(node)) ?? 0) > 1 ? ` [${node.id}]` : ''}`;
  }

  /** The name behind an id; the id where there is no such node. */
  ofId(id: string): string {
    const node = this.#nodes.get(id);
    return node ? this.of(node) : id;
  }
}

/** Tabs and configuration nodes are not taken for nodes of the same name. */
const keyOf = (node: FlowNode): string => `${isStructure(node) || isPlaced(node) ? (node.z ?? 'tab') : 'configuration'}\n${nameOf(node)}`;

/** `a`, `a and b`, `a, b and c`. */
export const list = (items: readonly string[]): string => (items.length < 2 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`);

export const plural = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;
