import { revisionOf } from './files';
import type { FlowNode } from './node';
import { changedFiles, type FlowFiles } from './flow-files';
import { DeployRefused, outOfDate } from './refusal';

/** The runtime's functions by which flows change. */
export type DeployMethod = 'setFlows' | 'addFlow' | 'updateFlow' | 'deleteFlow';

/** What the admin API hands them. */
export interface DeployOptions {
  deploymentType?: string;
  flows?: { flows?: unknown; rev?: string };
  flow?: { id?: string; label?: string; nodes?: FlowNode[]; configs?: FlowNode[]; subflows?: (FlowNode & { nodes?: FlowNode[]; configs?: FlowNode[] })[]; [property: string]: unknown };
  id?: string;
  user?: { username?: string };
}

/** A flow configuration and its revision, as the admin API gives it. */
export interface RunningFlows {
  flows: FlowNode[];
  rev: string;
}

interface Parts {
  files: FlowFiles;
  /** What runs now. */
  running: () => Promise<RunningFlows>;
  /** Throws where these flows must not run. */
  check: (flows: readonly FlowNode[]) => void;
}

/** The door of every deploy: whoever deploys must have seen what he replaces, and what he deploys must pass the check. */
export class Deploys {
  readonly #parts: Parts;
  /** The state of changed files that a refusal has named: the same deploy again, without a revision, is somebody who was told. */
  #told: string | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** @throws DeployRefused 409 where files or flows have changed behind the one who deploys, 422 where the check refuses */
  async admit(method: DeployMethod, options: DeployOptions): Promise<void> {
    const { files, check } = this.#parts;
    files.permit(undefined);
    if (method === 'setFlows' && options.deploymentType === 'reload') return check(files.read());
    const running = await this.#parts.running();
    const result = resultOf(method, options, running.flows);
    const changed = files.changedBehind();
    const given = options.flows?.rev;
    if (changed.length === 0) {
      if (given !== undefined && given !== running.rev) throw outOfDate('the flows have been deployed anew since they were loaded');
      return check(result);
    }
    const state = files.state();
    const knows = method === 'setFlows' && (given === undefined ? this.#told === state : given === this.#revisionOnDisk());
    this.#told = state;
    if (!knows) throw changedFiles(changed);
    check(result);
    files.permit(state);
    if (options.flows && given !== undefined) options.flows.rev = running.rev;
  }

  /**
   * The flows as the editor is to see them. Where files have been changed behind this process it is given the files: its own
   * dialog can then show and merge them, and a deploy on top of them is taken.
   */
  async forEditor(): Promise<RunningFlows> {
    const { files, running } = this.#parts;
    const rev = files.changedBehind().length > 0 ? this.#revisionOnDisk() : undefined;
    return rev === undefined ? running() : { flows: files.read(), rev };
  }

  /** None where the files cannot be read, e.g. in the middle of a merge. */
  #revisionOnDisk(): string | undefined {
    try {
      return revisionOf(this.#parts.files.read());
    } catch {
      return undefined;
    }
  }
}

/** The whole configuration that would run after a deploy, as Node-RED makes it from a part. */
function resultOf(method: DeployMethod, { flows, flow = {}, id = '' }: DeployOptions, running: readonly FlowNode[]): FlowNode[] {
  if (method === 'setFlows') {
    const wanted = flows?.flows;
    if (!Array.isArray(wanted) || !wanted.every((node) => typeof node === 'object' && node !== null && typeof (node as FlowNode).id === 'string' && typeof (node as FlowNode).type === 'string'))
      throw new DeployRefused(400, 'invalid_flow', 'flows must be a list of nodes, each with an id and a type');
    return wanted as FlowNode[];
  }
  const { nodes = [], configs = [], subflows = [], ...tab } = flow;
  if (method !== 'deleteFlow' && ![nodes, configs, subflows].every(Array.isArray)) throw new DeployRefused(400, 'invalid_flow', 'nodes, configs and subflows must be lists');
  if (method === 'updateFlow' && id === 'global') {
    const tabs = new Set(running.filter((node) => node.type === 'tab').map((node) => node.id));
    const kept = running.filter((node) => node.type === 'tab' || (node.z !== undefined && tabs.has(node.z)));
    return [...kept, ...configs, ...subflows.flatMap(({ nodes: inside = [], configs: inner = [], ...subflow }) => [...inside, ...inner, subflow])];
  }
  const tabId = method === 'addFlow' ? 'new flow' : id;
  const others = running.filter((node) => node.id !== tabId && node.z !== tabId);
  if (method === 'deleteFlow') return others;
  return [...others, { ...tab, id: tabId, type: 'tab' }, ...[...nodes, ...configs].map((node) => ({ ...node, z: tabId }))];
}
