import { checkFlows, inWords } from './check/check';
import type { FlowNode } from './node';
import { DeployRefused } from './refusal';

/** As many findings as a person reads in a notice of the editor. */
const SHOWN = 5;

/**
 * Refuses flows that break a rule. Credentials that come with a deploy are taken out of the nodes by Node-RED itself, and do not count.
 * @throws DeployRefused 422, naming nodes and reasons
 */
export function assertFit(flows: readonly FlowNode[]): void {
  const findings = checkFlows(flows.map(({ credentials: _credentials, ...node }) => node));
  if (findings.length === 0) return;
  const more = findings.length - SHOWN;
  throw new DeployRefused(422, 'illegal_flow', [...findings.slice(0, SHOWN).map(inWords), ...(more > 0 ? [`… and ${more} more`] : [])].join('\n'));
}
