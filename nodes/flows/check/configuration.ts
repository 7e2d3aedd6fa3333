import { type FlowNode, isPlaced, isStructure, nameOf } from '../node';

/** A flow configuration as the rules look at it. Whatever is malformed counts as absent: the check itself never fails. */
export class Configuration {
  readonly nodes: readonly FlowNode[];
  /** Tabs and subflows. */
  readonly sheets: readonly FlowNode[];
  readonly #byId: ReadonlyMap<string, FlowNode>;
  readonly #onSheet = new Map<string, FlowNode[]>();

  constructor(given: readonly FlowNode[]) {
    const nodes = given.map(withTexts);
    this.nodes = nodes;
    this.sheets = nodes.filter((node) => node.type === 'tab' || node.type === 'subflow');
    this.#byId = new Map(nodes.map((node) => [node.id, node]));
    for (const node of nodes) if (node.z) this.#onSheet.set(node.z, [...(this.#onSheet.get(node.z) ?? []), node]);
  }

  node(id: unknown): FlowNode | undefined {
    return typeof id === 'string' ? this.#byId.get(id) : undefined;
  }

  /** What stands on a tab or subflow. */
  on(sheet: string | undefined): readonly FlowNode[] {
    return this.#onSheet.get(sheet ?? '') ?? [];
  }

  /** Nodes of a type that take part when the flows run. */
  running(type: string): FlowNode[] {
    return this.nodes.filter((node) => node.type === type && this.runs(node));
  }

  /** Whether it takes part: neither the node nor its tab is disabled. */
  runs(node: FlowNode): boolean {
    return node['d'] !== true && this.node(node.z)?.['disabled'] !== true;
  }

  /** Whether messages pass through it. */
  carries(node: FlowNode): boolean {
    return !isStructure(node) && isPlaced(node);
  }

  /** How people find a node: its tab, then its name. */
  placeOf(node: FlowNode): string {
    const sheet = node.type === 'tab' || node.type === 'subflow' ? undefined : this.node(node.z);
    return [sheet && nameOf(sheet), nameOf(node)].filter(Boolean).join(' › ');
  }
}

/** The admin API takes anything: what should be a text and is none counts as missing. */
function withTexts(node: FlowNode): FlowNode {
  const wrong = ['name', 'label', 'z'].filter((property) => node[property] !== undefined && typeof node[property] !== 'string');
  return wrong.length === 0 ? node : { ...node, ...Object.fromEntries(wrong.map((property) => [property, ''])) };
}
