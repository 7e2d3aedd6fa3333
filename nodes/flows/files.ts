import { createHash } from 'node:crypto';
import { boxGroups } from './groups';
import type { FlowNode } from './node';

/** First and last properties of a node in its file; the others stand between them by name. */
const FIRST = ['id', 'type', 'z', 'g', 'name', 'label'];
const LAST = ['x', 'y', 'w', 'h', 'wires'];

/** Properties that hold code: several lines of it are kept beside the tab's file, with their own ending. */
const SIDECARS: Readonly<Record<string, Readonly<Record<string, (node: FlowNode) => string>>>> = {
  function: { func: () => 'js', initialize: () => 'init.js', finalize: () => 'final.js' },
  template: { template: (node) => ({ sql: 'sql', html: 'html', javascript: 'js', json: 'json', markdown: 'md' })[String(node['format'])] ?? 'txt' },
};

export const ORDER_FILE = '_order.json';

/** The files of a whole flow configuration. */
export interface SplitFlows {
  files: Map<string, string>;
  /** The configuration in the order in which it would be read again. */
  ordered: FlowNode[];
  /** The file of each tab and subflow, by its id. */
  sheets: Map<string, string>;
}

/**
 * One file a tab or subflow, what belongs to none in `_global.json`, the order of tabs in `_order.json`. Same input, same bytes;
 * no credentials.
 */
export function splitFlows(given: readonly FlowNode[]): SplitFlows {
  const flows = boxGroups(given);
  const files = new Map<string, string>();
  const ordered: FlowNode[] = [];
  const sheets = new Map<string, string>();
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
    sheets.set(owner.id, `${name}.json`);
    write(name, [owner, ...flows.filter((node) => node.z === owner.id).toSorted(byId)]);
  }
  write(GLOBAL, flows.filter((node) => !ownerIds.has(node.id) && !(node.z && ownerIds.has(node.z))).toSorted(byId));
  files.set(ORDER_FILE, format(names));
  return { files, ordered, sheets };
}

/** The name of a configuration, as Node-RED makes it: the same nodes in the same order. */
export const revisionOf = (flows: readonly FlowNode[]): string => createHash('sha256').update(JSON.stringify(flows)).digest('hex');

/** Puts the files together again; no files are no flows. @throws Error naming the file that is missing or is not what it should be */
export function joinFlows(files: ReadonlyMap<string, string>): FlowNode[] {
  if (files.size === 0) return [];
  return [...orderOf(files.get(ORDER_FILE)), GLOBAL].flatMap((name) =>
    nodesOf(`${name}.json`, files).map((node) => {
      for (const property of Object.keys(SIDECARS[node.type] ?? {})) {
        const sidecar = (node[property] as { $file?: unknown } | null | undefined)?.$file;
        if (typeof sidecar === 'string') node[property] = textOf(`${name}/${sidecar}`, files).replace(/\n$/, '');
      }
      return node;
    }),
  );
}

/** Which files of a folder are the flows': those of the tabs that the order names, and the code beside them. */
export function ownFiles(order: string | undefined): (file: string) => boolean {
  const names = new Set(order === undefined ? [] : [...orderOf(order), GLOBAL]);
  return (file) => {
    const [folder = '', sidecar] = file.split('/');
    if (sidecar !== undefined) return names.has(folder) && SIDECAR_NAME.test(sidecar);
    return (order !== undefined && file === ORDER_FILE) || (file.endsWith('.json') && names.has(file.slice(0, -'.json'.length)));
  };
}

export const GLOBAL = '_global';
const SIDECAR_NAME = /^[a-z0-9-]+\..+\.(js|sql|html|json|md|txt)$/;

function orderOf(text: string | undefined): string[] {
  const order = parsed(ORDER_FILE, text);
  if (!Array.isArray(order) || !order.every((name) => typeof name === 'string' && /^[\w%.-]+$/.test(name))) throw new Error(`flow file ${ORDER_FILE}: it must be a list of names of files`);
  return order as string[];
}

function nodesOf(file: string, files: ReadonlyMap<string, string>): FlowNode[] {
  const nodes = parsed(file, files.get(file));
  if (!Array.isArray(nodes) || !nodes.every((node) => typeof node === 'object' && node !== null)) throw new Error(`flow file ${file}: it must be a list of nodes`);
  return nodes as FlowNode[];
}

function textOf(file: string, files: ReadonlyMap<string, string>): string {
  const text = files.get(file);
  if (text === undefined) throw new Error(`flow file ${file}: it is missing`);
  return text;
}

function parsed(file: string, text: string | undefined): unknown {
  if (text === undefined) throw new Error(`flow file ${file}: it is missing`);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`flow file ${file}: ${(error as Error).message}`, { cause: error });
  }
}

function withSidecars(node: FlowNode, name: string, files: Map<string, string>): FlowNode {
  const rules = SIDECARS[node.type];
  if (!rules) return node;
  const copy = { ...node };
  for (const [property, ending] of Object.entries(rules)) {
    const text = node[property];
    if (typeof text !== 'string' || !text.includes('\n')) continue;
    const file = `${slug(node.name || node.type)}.${encodeURIComponent(node.id)}.${ending(node)}`;
    files.set(`${name}/${file}`, `${text}\n`);
    copy[property] = { $file: file };
  }
  return copy;
}

function uniqueName(owner: FlowNode, taken: readonly string[]): string {
  const name = `${owner.type === 'subflow' ? 'subflow-' : ''}${slug(owner.label || owner.name || owner.id)}`;
  return taken.includes(name) ? `${name}-${encodeURIComponent(owner.id)}` : name;
}

const slug = (text: string): string => text.toLowerCase().normalize('NFKD').replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-|-$/g, '') || 'unnamed';

const byId = (a: FlowNode, b: FlowNode): number => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

const format = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** The same node, its properties in the one order; never its credentials, which are nobody's source. */
function inOrder({ credentials: _credentials, ...node }: FlowNode): FlowNode {
  const rank = (property: string): number => (FIRST.includes(property) ? FIRST.indexOf(property) : LAST.includes(property) ? 1000 + LAST.indexOf(property) : 100);
  return Object.fromEntries(Object.entries(node).toSorted(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1))) as FlowNode;
}
