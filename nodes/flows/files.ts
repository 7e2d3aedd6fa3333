/** A Node-RED node, tab, subflow or config node as it stands in the flow configuration. */
export interface FlowNode {
  id: string;
  type: string;
  z?: string;
  name?: string;
  label?: string;
  [property: string]: unknown;
}

/** First and last properties of a node in its file; the others stand between them by name. */
const FIRST = ['id', 'type', 'z', 'g', 'name', 'label'];
const LAST = ['x', 'y', 'w', 'h', 'wires'];

/** Properties that hold code: several lines of it are kept beside the tab's file, with their own ending. */
const SIDECARS: Readonly<Record<string, Readonly<Record<string, (node: FlowNode) => string>>>> = {
  function: { func: () => 'js', initialize: () => 'init.js', finalize: () => 'final.js' },
  template: { template: (node) => ({ sql: 'sql', html: 'html', javascript: 'js', json: 'json', markdown: 'md' })[String(node['format'])] ?? 'txt' },
};

export const GLOBAL_FILE = '_global.json';
export const ORDER_FILE = '_order.json';

/** The files of a whole flow configuration, and the configuration in the order in which they would be read again. */
export interface SplitFlows {
  files: Map<string, string>;
  ordered: FlowNode[];
}

/** One file a tab or subflow, what belongs to none in `_global.json`, the order of tabs in `_order.json`. Same input, same bytes. */
export function splitFlows(flows: readonly FlowNode[]): SplitFlows {
  const files = new Map<string, string>();
  const ordered: FlowNode[] = [];
  const owners = flows.filter((node) => node.type === 'tab' || node.type === 'subflow');
  const ownerIds = new Set(owners.map((owner) => owner.id));
  const names: string[] = [];

  const write = (name: string, nodes: readonly FlowNode[]): void => {
    const written = nodes.map((node) => {
      const canonical = inOrder(node);
      ordered.push(canonical);
      return withSidecars(canonical, name, files);
    });
    files.set(`${name}.json`, format(written));
  };

  for (const owner of owners) {
    const name = uniqueName(owner, names);
    names.push(name);
    write(name, [owner, ...flows.filter((node) => node.z === owner.id).toSorted(byId)]);
  }
  write(GLOBAL_FILE.replace('.json', ''), flows.filter((node) => !ownerIds.has(node.id) && !(node.z && ownerIds.has(node.z))).toSorted(byId));
  files.set(ORDER_FILE, format(names));
  return { files, ordered };
}

/** Puts the files together again. @param read the text of a file @throws Error naming the file that is missing or no JSON */
export function joinFlows(read: (file: string) => string): FlowNode[] {
  const parse = (file: string): unknown => {
    try {
      return JSON.parse(read(file));
    } catch (error) {
      throw new Error(`flow file ${file}: ${(error as Error).message}`, { cause: error });
    }
  };
  const order = parse(ORDER_FILE) as string[];
  return [...order, GLOBAL_FILE.replace('.json', '')].flatMap((name) =>
    (parse(`${name}.json`) as FlowNode[]).map((node) => {
      for (const [property, value] of Object.entries(node)) {
        const file = (value as { $file?: unknown } | null)?.$file;
        if (typeof file === 'string') node[property] = read(`${name}/${file}`).replace(/\n$/, '');
      }
      return node;
    }),
  );
}

function withSidecars(node: FlowNode, name: string, files: Map<string, string>): FlowNode {
  const rules = SIDECARS[node.type];
  if (!rules) return node;
  const copy = { ...node };
  for (const [property, ending] of Object.entries(rules)) {
    const text = node[property];
    if (typeof text !== 'string' || !text.includes('\n')) continue;
    const file = `${slug(node.name || node.type)}.${node.id}.${ending(node)}`;
    files.set(`${name}/${file}`, `${text}\n`);
    copy[property] = { $file: file };
  }
  return copy;
}

function uniqueName(owner: FlowNode, taken: readonly string[]): string {
  const name = `${owner.type === 'subflow' ? 'subflow-' : ''}${slug(owner.label || owner.name || owner.id)}`;
  return taken.includes(name) || name.startsWith('_') ? `${name}-${owner.id}` : name;
}

const slug = (text: string): string => text.toLowerCase().normalize('NFKD').replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-|-$/g, '') || 'unnamed';

const byId = (a: FlowNode, b: FlowNode): number => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

const format = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

function inOrder(node: FlowNode): FlowNode {
  const rank = (property: string): number => (FIRST.includes(property) ? FIRST.indexOf(property) : LAST.includes(property) ? 1000 + LAST.indexOf(property) : 100);
  return Object.fromEntries(Object.entries(node).toSorted(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1))) as FlowNode;
}
