import { type FlowNode, nameOf, wiresOf } from '../node';
import type { Configuration } from './configuration';
import type { Complaint, Rule } from './rule';

/** The beginning of a statement. */
const STATEMENT = /^\s*(select\s[\s\S]*\bfrom\b|insert\s+(ignore\s+)?into\b|update\s+[\s\S]*\bset\b|delete\s+from\b|replace\s+into\b|call\s+\w+\s*\(|drop\s+table\b|alter\s+table\b|truncate\s)/i;
const INSTEAD = 'a statement is the text of a template (format SQL, plain), and its values go into msg.payload';

export const fixedStatements: Rule = {
  name: 'fixed statements',
  demands: 'A mysql node gets its statement from a template without placeholders, or from a constant of a change or inject node; no code and no template builds SQL.',
  because: 'A statement that is built from a message can be changed by whoever sends the message.',
  *find(flows) {
    for (const node of flows.nodes) {
      if (node.type === 'mysql' && flows.runs(node)) yield* statementOf(flows, node);
      if (node.type === 'function' && ['func', 'initialize', 'finalize'].some((property) => literals(node[property]).some((text) => STATEMENT.test(text)))) yield { node, reason: `its code holds SQL: ${INSTEAD}` };
      if (node.type === 'template' && hasPlaceholders(node) && (node['format'] === 'sql' || STATEMENT.test(String(node['template'])))) yield { node, reason: `puts parts of the message into SQL: ${INSTEAD}` };
      if (node.type === 'change' && rulesOf(node).some(({ to, tot }) => tot === 'jsonata' && literals(to).some((text) => STATEMENT.test(text)))) yield { node, reason: `an expression builds SQL: ${INSTEAD}` };
    }
  },
};

/** Looks upstream from a mysql node for whatever sets msg.topic, which is its statement. */
function* statementOf(flows: Configuration, mysql: FlowNode): Iterable<Complaint> {
  const seen = new Set<FlowNode>([mysql]);
  const todo = before(flows, mysql);
  for (let node = todo.pop(); node; node = todo.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    const statement = topicOf(node);
    if (statement === 'fixed') continue;
    if (statement === 'built') {
      yield { node, reason: `makes the statement of “${nameOf(mysql)}” from the message: ${INSTEAD}` };
      continue;
    }
    const earlier = before(flows, node);
    if (earlier.length === 0) yield { node: mysql, reason: `takes its statement from whatever “${nameOf(node)}” sends: ${INSTEAD}` };
    todo.push(...earlier);
  }
}

/** Whether a node sets msg.topic: to something fixed, to something from the message, or not at all. */
function topicOf(node: FlowNode): 'fixed' | 'built' | 'unchanged' {
  switch (node.type) {
    case 'template':
      if ((node['field'] ?? 'payload') !== 'topic' || (node['fieldType'] ?? 'msg') !== 'msg') return 'unchanged';
      return hasPlaceholders(node) ? 'built' : 'fixed';
    case 'change': {
      const rules = rulesOf(node).filter((rule) => (rule['p'] === 'topic' && rule['pt'] === 'msg') || (rule['t'] === 'move' && rule['to'] === 'topic'));
      if (rules.length === 0) return 'unchanged';
      return rules.every((rule) => rule['t'] === 'set' && rule['tot'] === 'str') ? 'fixed' : 'built';
    }
    case 'inject': {
      const props = Array.isArray(node['props']) ? (node['props'] as { p?: unknown; vt?: unknown }[]) : [];
      const topic = props.find((each) => each?.p === 'topic');
      return topic ? (topic.vt === 'str' ? 'fixed' : 'built') : 'unchanged';
    }
    case 'function':
      return /\btopic\b/.test(String(node['func'])) ? 'built' : 'unchanged';
    default:
      return 'unchanged';
  }
}

/** The nodes from which a message comes here: by wire, or by links. */
function before(flows: Configuration, node: FlowNode): FlowNode[] {
  const linked = node.type === 'link in' ? (each: FlowNode): boolean => (each.type === 'link out' || each.type === 'link call') && Array.isArray(each['links']) && each['links'].includes(node.id) : (): boolean => false;
  return flows.nodes.filter((each) => flows.runs(each) && (linked(each) || wiresOf(each).some((output) => output.includes(node.id))));
}

const hasPlaceholders = (node: FlowNode): boolean => (node['syntax'] ?? 'mustache') === 'mustache' && String(node['template']).includes('{{');

const rulesOf = (node: FlowNode): Record<string, unknown>[] => (Array.isArray(node['rules']) ? node['rules'].filter((rule) => typeof rule === 'object' && rule !== null) : []);

/** The texts in quotes of a piece of code. */
const literals = (code: unknown): string[] => [...String(code ?? '').matchAll(/(["'`])((?:\\.|(?!\1)[\s\S])*)\1/g)].map((match) => match[2] ?? '');
