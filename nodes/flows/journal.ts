import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * Where a save is prepared. It lies inside the folder of the flows, because only inside one file system can files be renamed into
 * their place and because every reader finds it there; it ignores itself, so git never shows it.
 */
export const JOURNAL = '.journal';
/** A save that counts: from the moment this folder has its name, every reader sees the new flows. */
export const COMMITTED = 'save';
export const MANIFEST = 'save.json';

/** What a save does. The texts lie beside it, each under its number, until they are moved into their place. */
export interface Manifest {
  /** Files in the order of their numbers, with the digests of the text before (none: a new file) and after. */
  write: { file: string; before: string | null; after: string }[];
  remove: { file: string; before: string | null }[];
}

/**
 * The save that counts and is not finished, if there is one.
 * @throws Error where somebody has changed its files since
 */
export function committed(dir: string): Manifest | undefined {
  const file = path.join(dir, JOURNAL, COMMITTED, MANIFEST);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const save = JSON.parse(text) as Manifest;
  const foreign = [...save.write, ...save.remove.map((each) => ({ ...each, after: null }))].filter(({ file: name, before, after }) => {
    const now = digest(onDisk(dir, name));
    return now !== before && now !== after;
  });
  if (foreign.length > 0)
    throw new Error(
      `a save of the flows was interrupted, and since then ${foreign.map((each) => each.file).join(', ')} has been changed: delete ${path.dirname(file)} to keep the files as they are`,
    );
  return save;
}

/** A file as it lies in its place. */
export function onDisk(dir: string, file: string): string | undefined {
  const target = path.join(dir, file);
  return existsSync(target) ? readFileSync(target, 'utf8') : undefined;
}

export const digest = (text: string | undefined): string | null => (text === undefined ? null : createHash('sha256').update(text).digest('hex'));
