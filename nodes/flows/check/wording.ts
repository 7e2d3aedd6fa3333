import { type FlowNode, isConfigNode } from '../node';
import type { Rule } from './rule';

/** What has no name, or has it under another property. */
const NAMELESS: ReadonlySet<string> = new Set(['tab', 'junction', 'global-config']);

export const named: Rule = {
  name: 'names',
  demands: 'Every node, group and subflow has a name that says what it does, not the one that the editor makes up; every tab has a label.',
  because: 'The name stands on the canvas, in the timeline of every order and in every log line.',
  *find(flows) {
    for (const node of flows.nodes) {
      if (node.type === 'tab' && isMadeUp(node.label, 'Flow')) yield { node, reason: 'the tab has no name of its own' };
      if (NAMELESS.has(node.type)) continue;
      if (!node.name?.trim()) yield { node, reason: isConfigNode(node) ? 'has no name' : 'has no name: call it by what it does, like “Create sales order in NAV”' };
      else if (isMadeUp(node.name, node.type) || isMadeUp(node.name, 'Subflow') || isMadeUp(node.name, 'Group')) yield { node, reason: 'has only the name that the editor made up: call it by what it does' };
    }
  },
};

const isMadeUp = (name: unknown, type: string): boolean => {
  const text = String(name ?? '').trim().toLowerCase();
  return text === '' || (text.startsWith(type.toLowerCase()) && /^ ?\d*$/.test(text.slice(type.length)));
};

export const documented: Rule = {
  name: 'documentation',
  demands: 'Every tab has a description with its runbook, and a comment node that says what it is for.',
  because: 'Whoever is called at night reads it there.',
  *find(flows) {
    for (const sheet of flows.sheets) {
      if (!String(sheet['info'] ?? '').trim()) yield { node: sheet, reason: `the ${sheet.type} has no description: say what it does and what to do when it stands still` };
      if (sheet.type === 'tab' && !flows.on(sheet.id).some((node) => node.type === 'comment')) yield { node: sheet, reason: 'the tab has no comment node that says what it is for' };
    }
  },
};

const LINES = 10;

export const shortCode: Rule = {
  name: 'short code',
  demands: `A function node has at most ${LINES} lines.`,
  because: 'Logic belongs into a node of its own, where it has types and tests.',
  *find(flows) {
    for (const node of flows.nodes.filter(({ type }) => type === 'function'))
      for (const property of ['func', 'initialize', 'finalize']) {
        const lines = linesOf(node, property);
        if (lines > LINES) yield { node, reason: `has ${lines} lines of code, and ${LINES} are allowed: make it a node of its own` };
      }
  },
};

const linesOf = (node: FlowNode, property: string): number => String(node[property] ?? '').split('\n').filter((line) => line.trim()).length;
