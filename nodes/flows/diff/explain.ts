import { type FlowNode, nameOf } from '../node';
import { list, Names, plural } from './names';
import { changesOf, introduce } from './nodes';

/**
 * What has changed from one configuration to another, for people: a paragraph for each tab, names instead of ids.
 * Pure; no lines where nothing has changed.
 */
export function explain(before: readonly FlowNode[], after: readonly FlowNode[]): string[] {
  const names = { was: new Names(before), is: new Names(after) };
  const sheets = { was: before.filter(isSheet), is: after.filter(isSheet) };
  const lines: string[] = [];
  const paragraph = (title: string, inside: readonly string[]): void => {
    if (inside.length > 0) lines.push(title, ...inside.map((line) => `  ${line}`));
  };

  paragraph('Tabs', tabs(sheets.was, sheets.is));
  for (const sheet of sheets.is) paragraph(titleOf(sheet), changesOn(sheet.id, sheet, before, after, names));
  for (const sheet of sheets.was) if (!names.is.node(sheet.id)) paragraph(`${titleOf(sheet)} (removed)`, changesOn(sheet.id, undefined, before, after, names));
  paragraph('Configuration', changesOn(undefined, undefined, before, after, names));
  return lines;
}

const isSheet = ({ type }: FlowNode): boolean => type === 'tab' || type === 'subflow';

const titleOf = (sheet: FlowNode): string => (sheet.type === 'subflow' ? `Subflow ${nameOf(sheet)}` : nameOf(sheet));

/** Tabs that came, went, and stand in another order. */
function tabs(was: readonly FlowNode[], is: readonly FlowNode[]): string[] {
  const came = is.filter((sheet) => !was.some(({ id }) => id === sheet.id));
  const went = was.filter((sheet) => !is.some(({ id }) => id === sheet.id));
  const kept = (sheets: readonly FlowNode[]): string[] => sheets.map(({ id }) => id).filter((id) => !came.some((each) => each.id === id) && !went.some((each) => each.id === id));
  return [
    ...came.map((sheet) => `added: ${sheet.type} “${nameOf(sheet)}”`),
    ...went.map((sheet) => `removed: ${sheet.type} “${nameOf(sheet)}”`),
    ...(kept(was).join('\n') === kept(is).join('\n') ? [] : [`now in this order: ${list(is.map((sheet) => `“${nameOf(sheet)}”`))}`]),
  ];
}

/** What has changed on a tab, or among the nodes that stand on none. */
function changesOn(id: string | undefined, sheet: FlowNode | undefined, before: readonly FlowNode[], after: readonly FlowNode[], names: { was: Names; is: Names }): string[] {
  const sheets = { was: new Set(before.filter(isSheet).map((each) => each.id)), is: new Set(after.filter(isSheet).map((each) => each.id)) };
  const on = (nodes: readonly FlowNode[], known: ReadonlySet<string>): FlowNode[] => nodes.filter((node) => !isSheet(node) && (id === undefined ? !node.z || !known.has(node.z) : node.z === id));
  const [was, is] = [on(before, sheets.was), on(after, sheets.is)];
  const itself = sheet && names.was.node(sheet.id);
  const moved = is.filter((node) => isMoved(names.was.node(node.id), node)).length;
  return [
    ...(sheet && itself ? changesOf(itself, sheet, names) : []),
    ...is.filter((node) => !isSame(names.was.node(node.id), node)).map((node) => `added: ${introduce(node, names.is)}`),
    ...was.filter((node) => !isSame(names.is.node(node.id), node)).map((node) => `removed: ${node.type} ${names.was.of(node)}`),
    ...is.flatMap((node) => {
      const earlier = names.was.node(node.id);
      return earlier && isSame(earlier, node) ? changesOf(earlier, node, names) : [];
    }),
    ...(moved > 0 ? [`${plural(moved, 'node')} moved`] : []),
  ];
}

/** Of another type it is another node, though it has the same id. */
const isSame = (one: FlowNode | undefined, other: FlowNode): boolean => one?.type === other.type;

/** Groups follow their nodes. */
const isMoved = (was: FlowNode | undefined, is: FlowNode): boolean => was !== undefined && is.type !== 'group' && (was['x'] !== is['x'] || was['y'] !== is['y']);
