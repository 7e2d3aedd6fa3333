import type { FlowNode } from '../node';
import type { Configuration } from './configuration';
import { catchersOf, keyOf, nextPlaces, type Place } from './paths';
import { reached } from './reached';

/** Nodes that end a claim. */
const ENDS: ReadonlySet<string> = new Set(['oms-transition', 'oms-wait', 'oms-fail']);
const FAILURES: ReadonlySet<string> = new Set(['catch', 'oms-fail']);
/** Outputs that carry a small report of their own and never what came in, by type; counted from 0. */
const REPORTS: Readonly<Record<string, readonly number[]>> = { 'oms-transition': [2], 'oms-wait': [0], 'oms-fail': [0], 'oms-fact': [1], 'oms-intake': [1], cronplus: [1] };

export const isReport = (node: FlowNode, output: number): boolean => REPORTS[node.type]?.includes(output) ?? false;

/** What one `oms-work` node leads to. */
export interface Stage {
  work: FlowNode;
  /** Every node that an order may pass, the stage's own first; not those behind a Catch. */
  passed: FlowNode[];
  /** Nodes that end its claims. */
  ends: Set<FlowNode>;
  /** Outputs from which nothing leads on, and nodes behind which nothing comes. */
  lost: { node: FlowNode; output: number }[];
  /** Outputs by which an order goes two ways at once. */
  copied: { node: FlowNode; output: number; to: FlowNode[] }[];
  /** Ends that come after an end. */
  late: { node: FlowNode; after: FlowNode }[];
}

const walked = new WeakMap<Configuration, readonly Stage[]>();

/** Every stage of the flows that takes part, followed along wires, links, subflows and Catch nodes. */
export function stagesOf(flows: Configuration): readonly Stage[] {
  const known = walked.get(flows);
  if (known) return known;
  const stages = flows.running('oms-work').map((work) => walk(flows, work));
  walked.set(flows, stages);
  return stages;
}

function walk(flows: Configuration, work: FlowNode): Stage {
  const stage: Stage = { work, passed: [], ends: new Set(), lost: [], copied: [], late: [] };
  const seen = new Set<string>();
  const todo: Place[] = [{ node: work, within: [] }];
  for (let place = todo.pop(); place; place = todo.pop()) {
    if (seen.has(keyOf(place))) continue;
    seen.add(keyOf(place));
    const { node } = place;
    if (!FAILURES.has(node.type)) stage.passed.push(node);
    todo.push(...catchersOf(flows, place));
    if (ENDS.has(node.type)) {
      stage.ends.add(node);
      stage.late.push(...endsBehind(flows, place).map((late) => ({ node: late, after: node })));
      continue;
    }
    const outputs = nextPlaces(flows, place);
    if (outputs.length === 0) stage.lost.push({ node, output: 0 });
    for (const [output, next] of outputs.entries()) {
      if (isReport(node, output)) continue;
      if (next.length === 0) stage.lost.push({ node, output: output + 1 });
      if (next.length > 1) stage.copied.push({ node, output: output + 1, to: next.map((each) => each.node) });
      todo.push(...next);
    }
  }
  return stage;
}

/** Nodes behind an end that would need the claim which it has ended. */
function endsBehind(flows: Configuration, end: Place): FlowNode[] {
  const behind = reached(nextPlaces(flows, end).flat(), (place) => nextPlaces(flows, place).flat(), keyOf);
  return [...new Set([...behind].map((place) => place.node).filter((node) => ENDS.has(node.type)))];
}
