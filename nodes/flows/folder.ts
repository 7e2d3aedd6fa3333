import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ORDER_FILE, ownFiles } from './files';
import { COMMITTED, committed, JOURNAL, onDisk } from './journal';

/**
 * The flow files of a folder: all from before a save or all from after it, whatever is under way.
 * @throws Error where a save was interrupted and somebody has changed its files since
 */
export function readFolder(dir: string): ReadonlyMap<string, string> {
  let last: ReadonlyMap<string, string> | undefined;
  for (let attempt = 0; attempt < 50; attempt++) {
    const now = readOnce(dir);
    // Twice the same: no file was replaced between the first one read and the last.
    if (now && last && differing(last, now).length === 0) return now;
    last = now;
  }
  throw new Error(`the flow files in ${dir} are being changed again and again: they could not be read`);
}

/** The files that are not the same in both, by name. */
export function differing(one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): string[] {
  return [...new Set([...one.keys(), ...other.keys()])].filter((file) => one.get(file) !== other.get(file)).toSorted();
}

/** One look at the files; none where they were replaced meanwhile. */
function readOnce(dir: string): ReadonlyMap<string, string> | undefined {
  try {
    const save = committed(dir);
    const texts = new Map<string, string>();
    for (const [number, { file }] of save?.write.entries() ?? []) {
      const staged = path.join(dir, JOURNAL, COMMITTED, String(number));
      if (existsSync(staged)) texts.set(file, readFileSync(staged, 'utf8'));
    }
    const removed = new Set(save?.remove.map(({ file }) => file));
    const read = (file: string): string | undefined => (removed.has(file) ? undefined : (texts.get(file) ?? onDisk(dir, file)));
    const there = [...filesIn(dir).filter((file) => !removed.has(file)), ...texts.keys()];
    const isOurs = ownFiles(read(ORDER_FILE));
    const files = new Map<string, string>();
    for (const file of new Set(there.filter(isOurs))) {
      const text = read(file);
      if (text === undefined) return undefined;
      files.set(file, text);
    }
    return files;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function filesIn(dir: string): string[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name.startsWith('.')) return [];
    if (!entry.isDirectory()) return [entry.name];
    return readdirSync(path.join(dir, entry.name), { withFileTypes: true }).flatMap((inner) => (inner.isFile() ? [`${entry.name}/${inner.name}`] : []));
  });
}
