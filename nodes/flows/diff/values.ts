import { plural, type Names } from './names';

/** A value that is longer is cut. */
const LENGTH = 60;
const LINES = 6;
/** More differences inside of one property are only counted. */
const DETAILS = 4;

/** What became of a property, in words, one line each. */
export function changeOf(property: string, was: unknown, is: unknown, names: { was: Names; is: Names }): string[] {
  if (isLong(was) || isLong(is)) return linesOf(property, String(was ?? ''), String(is ?? ''));
  if (isRecord(was) && isRecord(is)) {
    const paths = [...differences(was, is)];
    if (paths.length > DETAILS) return [`${property}: ${plural(paths.length, 'value')} changed`];
    return paths.flatMap(({ path, was: before, is: after }) => changeOf(`${property}${path}`, before, after, names));
  }
  return [`${property}: ${shown(was, names.was)} → ${shown(is, names.is)}`];
}

function shown(value: unknown, names: Names): string {
  if (value === undefined || value === '') return 'nothing';
  const node = names.node(value);
  if (node) return names.of(node);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > LENGTH ? `${text.slice(0, LENGTH)}…` : text;
}

interface Difference {
  path: string;
  was: unknown;
  is: unknown;
}

/** The innermost values that are not the same. */
function* differences(was: Record<string, unknown>, is: Record<string, unknown>): Iterable<Difference> {
  for (const key of new Set([...Object.keys(was), ...Object.keys(is)])) {
    const path = Array.isArray(was) ? `[${key}]` : `.${key}`;
    const [before, after] = [was[key], is[key]];
    if (JSON.stringify(before) === JSON.stringify(after)) continue;
    if (isRecord(before) && isRecord(after)) for (const inner of differences(before, after)) yield { ...inner, path: `${path}${inner.path}` };
    else yield { path, was: before, is: after };
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const isLong = (value: unknown): boolean => typeof value === 'string' && value.includes('\n');

/** Code and descriptions: how many lines came and went, and the first of them. */
function linesOf(property: string, was: string, is: string): string[] {
  const { removed, added } = lineDifference(was === '' ? [] : was.split('\n'), is === '' ? [] : is.split('\n'));
  const counts = [added.length > 0 && `${plural(added.length, 'line')} added`, removed.length > 0 && `${plural(removed.length, 'line')} removed`].filter(Boolean);
  const lines = [...removed.map((line) => `- ${line}`), ...added.map((line) => `+ ${line}`)];
  return [`${property}: ${counts.join(', ')}`, ...lines.slice(0, LINES).map((line) => `  ${line}`), ...(lines.length > LINES ? [`  … and ${plural(lines.length - LINES, 'line')} more`] : [])];
}

/** The lines that are not part of the longest common sequence. */
function lineDifference(was: readonly string[], is: readonly string[]): { removed: string[]; added: string[] } {
  const lengths = Array.from({ length: was.length + 1 }, () => new Uint32Array(is.length + 1));
  const at = (row: number, column: number): number => lengths[row]?.[column] ?? 0;
  for (let row = was.length - 1; row >= 0; row--)
    for (let column = is.length - 1; column >= 0; column--)
      (lengths[row] as Uint32Array)[column] = was[row] === is[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1));
  const removed: string[] = [];
  const added: string[] = [];
  let [row, column] = [0, 0];
  while (row < was.length || column < is.length) {
    if (row < was.length && column < is.length && was[row] === is[column]) {
      row++;
      column++;
    } else if (column >= is.length || (row < was.length && at(row + 1, column) >= at(row, column + 1))) removed.push(was[row++] ?? '');
    else added.push(is[column++] ?? '');
  }
  return { removed, added };
}
