import type { FlowNode } from '../node';
import { answered, caught } from './answers';
import { Configuration } from './configuration';
import { allowedKinds, noSchedules } from './kinds';
import { apart, insideGroups, leftToRight, onGrid } from './layout';
import type { Rule } from './rule';
import { noAddresses, noSecrets } from './secrets';
import { sound } from './soundness';
import { legalEdges, noOrderLost, oneStage, reachable, scheduledStages } from './stages';
import { fixedStatements } from './statements';
import { documented, named, shortCode } from './wording';

/** What is demanded of every flow, the gravest first. */
export const rules: readonly Rule[] = [
  sound, legalEdges, reachable, noOrderLost, oneStage, scheduledStages, answered, caught,
  allowedKinds, noSchedules, fixedStatements, noSecrets, noAddresses,
  named, documented, shortCode, onGrid, apart, insideGroups, leftToRight,
];

/** One rule that one node breaks. */
export interface Finding {
  rule: string;
  /** The id of the node, and of the tab or subflow on which it stands. */
  node: string;
  sheet: string | undefined;
  /** The tab and the node by their names. */
  place: string;
  reason: string;
}

/** Holds a whole configuration against every rule. Pure: the same flows, the same findings. */
export function checkFlows(nodes: readonly FlowNode[]): Finding[] {
  const flows = new Configuration(nodes);
  return rules.flatMap((rule) =>
    [...rule.find(flows)].map(({ node, reason }) => ({ rule: rule.name, node: node.id, sheet: node.type === 'tab' || node.type === 'subflow' ? node.id : node.z, place: flows.placeOf(node), reason })),
  );
}

/** A finding as one line. */
export const inWords = ({ place, reason }: Pick<Finding, 'place' | 'reason'>): string => `${place}: ${reason}`;
