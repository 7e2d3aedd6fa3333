import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { checkFlows } from './check/check';
import { GLOBAL, joinFlows, ORDER_FILE, ownFiles, splitFlows } from './files';
import { differing, readFolder } from './folder';

/** What is wrong with a folder of flow files. */
export interface LintFinding {
  file: string;
  /** The tab and the node, where it is about one. */
  place: string;
  rule: string;
  reason: string;
}

/** Holds the flow files of a folder against every rule, and against the form in which a deploy writes them. @throws Error where they cannot be read */
export function lintFolder(dir: string): LintFinding[] {
  const files = readFolder(dir);
  const flows = joinFlows(files);
  const written = splitFlows(flows);
  return [
    ...checkFlows(flows).map(({ sheet, place, rule, reason }) => ({ file: written.sheets.get(sheet ?? '') ?? `${GLOBAL}.json`, place, rule, reason })),
    ...forgotten(dir, files.get(ORDER_FILE)).map((file) => ({ file, place: '', rule: 'order', reason: `is a tab that ${ORDER_FILE} does not name: it is not loaded` })),
    ...differing(files, written.files).map((file) => ({ file, place: '', rule: 'form', reason: 'is not as a deploy writes it: `npm run lint:flows -- --write` does' })),
  ];
}

/** Files that look like a tab and are named nowhere. */
function forgotten(dir: string, order: string | undefined): string[] {
  const isOurs = ownFiles(order);
  return readdirSync(dir).filter((file) => {
    if (!file.endsWith('.json') || isOurs(file)) return false;
    try {
      const [first] = JSON.parse(readFileSync(path.join(dir, file), 'utf8')) as { type?: unknown }[];
      return first?.type === 'tab' || first?.type === 'subflow';
    } catch {
      return false;
    }
  });
}
