import { type FlowNode, isStructure, nameOf, wiresOf } from '../node';
import { list, type Names } from './names';
import { changeOf } from './values';

/** Where it stands, and what is told in words of its own. */
const APART: ReadonlySet<string> = new Set(['id', 'x', 'y', 'w', 'h', 'z', 'g', 'd', 'wires', 'name', 'label', 'nodes']);
/** The names of properties that people read otherwise on the canvas. */
const CALLED: Readonly<Record<string, string>> = { info: 'description', func: 'code', initialize: 'code at the start', finalize: 'code at the stop', template: 'text' };

/** What became of a node that is in both, in words, one line each; nothing where it was only moved. */
export function changesOf(was: FlowNode, is: FlowNode, names: { was: Names; is: Names }): string[] {
  const title = names.is.of(is);
  const about = (line: string): string => (line.startsWith('  ') ? line : `${title}: ${line}`);
  const properties = [...new Set([...Object.keys(was), ...Object.keys(is)])].filter((property) => !APART.has(property) && asText(was[property]) !== asText(is[property]));
  return [
    ...(nameOf(was) === nameOf(is) ? [] : [`${names.was.of(was)} is now called ${title}`]),
    ...(was.z === is.z ? [] : [`${title} was moved here from ${names.was.ofId(was.z ?? '') || 'nowhere'}`]),
    ...(was['d'] === is['d'] ? [] : [`${title} is now ${is['d'] === true ? 'disabled' : 'enabled'}`]),
    ...(was['g'] === is['g'] ? [] : [`${title} ${grouped(was, is, names)}`]),
    ...wiring(wiresOf(was), wiresOf(is), names).map((line) => `${title} ${line}`),
    ...properties.flatMap((property) => (property === 'links' ? linking(was, is, names).map((line) => `${title} ${line}`) : changeOf(CALLED[property] ?? property, was[property], is[property], names).map(about))),
  ];
}

/** A property that is empty and one that is not there are the same to a node. */
const asText = (value: unknown): string | undefined => JSON.stringify(value === '' ? undefined : value);

/** `debug “Failures”`, and where it leads. */
export function introduce(node: FlowNode, names: Names): string {
  const targets = [...wiresOf(node).flat(), ...linksOf(node)];
  return `${node.type} ${names.of(node)}${!isStructure(node) && targets.length > 0 ? `, which leads to ${list(targets.map((id) => names.ofId(id)))}` : ''}`;
}

function grouped(was: FlowNode, is: FlowNode, names: { was: Names; is: Names }): string {
  if (typeof is['g'] === 'string') return `is now in the group ${names.is.ofId(is['g'])}`;
  return `is no longer in the group ${names.was.ofId(String(was['g']))}`;
}

function wiring(was: string[][], is: string[][], names: { was: Names; is: Names }): string[] {
  const outputs = Math.max(was.length, is.length);
  return Array.from({ length: outputs }, (_, index) => {
    const where = outputs > 1 ? ` from output ${index + 1}` : '';
    return leading(was[index] ?? [], is[index] ?? [], names, where);
  }).filter((line) => line !== '');
}

const linking = (was: FlowNode, is: FlowNode, names: { was: Names; is: Names }): string[] => [leading(linksOf(was), linksOf(is), names, ' by link')].filter((line) => line !== '');

function leading(was: readonly string[], is: readonly string[], names: { was: Names; is: Names }, where: string): string {
  const gone = was.filter((id) => !is.includes(id)).map((id) => names.was.ofId(id));
  const come = is.filter((id) => !was.includes(id)).map((id) => names.is.ofId(id));
  if (come.length > 0 && gone.length > 0) return `now leads${where} to ${list(come)} instead of ${list(gone)}`;
  if (come.length > 0) return `now leads${where}${was.length > 0 ? ' also' : ''} to ${list(come)}`;
  return gone.length > 0 ? `no longer leads${where} to ${list(gone)}` : '';
}

const linksOf = (node: FlowNode): string[] => (Array.isArray(node['links']) && node.type !== 'link in' ? node['links'].filter((id) => typeof id === 'string') : []);
