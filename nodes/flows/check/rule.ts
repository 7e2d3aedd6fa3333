import type { FlowNode } from '../node';
import type { Configuration } from './configuration';

/** What is wrong with one node. */
export interface Complaint {
  node: FlowNode;
  /** In words, for the person who drew the node: what is wrong and, where it is not plain, what to do. */
  reason: string;
}

/** One thing that is demanded of every flow. */
export interface Rule {
  name: string;
  /** What it demands; a sentence of docs/flows.md. */
  demands: string;
  /** Why; the sentence beside it. */
  because: string;
  find(flows: Configuration): Iterable<Complaint>;
}
