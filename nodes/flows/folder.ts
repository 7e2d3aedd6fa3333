import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, open, readdir, rename, rmdir, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ORDER_FILE, ownFiles } from './files';

/**
 * Where a save is prepared. It lies inside the folder of the flows, because only inside one file system can files be renamed into
 * their place and because every reader finds it there; it ignores itself, so git never shows it.
 */
const JOURNAL = '.journal';
/** A save that counts: from the moment this folder has its name, every reader sees the new flows. */
const COMMITTED = 'save';
const MANIFEST = 'save.json';

/** What a save does. The texts lie beside it, each under its number, until they are moved into their place. */
interface Manifest {
  /** Files in the order of their numbers, with the digests of the text before (none: a new file) and after. */
  write: { file: string; before: string | null; after: string }[];
  remove: { file: string; before: string | null }[];
}

/** A save whose texts are on the disk and which counts for nobody yet. */
export interface StagedSave {
  /**
   * Makes it count, then moves the files into their place.
   * @returns what kept the files from being moved: the save counts all the same, and the next save or start moves them
   * @throws Error where it does not count
   */
  commit(this: void): Promise<Error | undefined>;
  drop(this: void): Promise<void>;
}

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

/** Writes everything that a save changes onto the disk, beside the files that it will replace. */
export async function stageSave(dir: string, files: ReadonlyMap<string, string>): Promise<StagedSave> {
  await finishSave(dir);
  const current = readFolder(dir);
  const changed = differing(current, files);
  if (changed.length === 0) return { commit: async () => undefined, drop: async () => undefined };

  const manifest: Manifest = { write: [], remove: [] };
  for (const file of changed) {
    const after = files.get(file);
    const before = digest(onDisk(dir, file));
    if (after === undefined) manifest.remove.push({ file, before });
    else manifest.write.push({ file, before, after: digest(after) ?? '' });
  }
  const journal = await openJournal(dir);
  const staging = path.join(journal, `new.${randomUUID()}`);
  await mkdir(staging);
  for (const [number, { file }] of manifest.write.entries()) await writeSynced(path.join(staging, String(number)), files.get(file) ?? '');
  await writeSynced(path.join(staging, MANIFEST), JSON.stringify(manifest));
  await syncFolder(staging);
  return {
    commit: async () => {
      await rename(staging, path.join(journal, COMMITTED));
      await syncFolder(journal);
      return finishSave(dir).then(() => undefined, (error: Error) => error);
    },
    drop: () => removeFolder(staging),
  };
}

/**
 * Moves the files of a save that counts into their place. Again and again without harm, by whatever process.
 * @throws Error where somebody has changed its files since
 */
export async function finishSave(dir: string): Promise<void> {
  const save = committed(dir);
  if (!save) return;
  const staged = path.join(dir, JOURNAL, COMMITTED);
  const folders = new Set([dir]);
  for (const [number, { file }] of save.write.entries()) {
    const target = path.join(dir, file);
    if (!existsSync(path.join(staged, String(number)))) continue;
    await mkdir(path.dirname(target), { recursive: true });
    await rename(path.join(staged, String(number)), target);
    folders.add(path.dirname(target));
  }
  for (const { file } of save.remove) {
    await unlink(path.join(dir, file)).catch(unlessGone);
    folders.add(path.dirname(path.join(dir, file)));
  }
  for (const folder of folders) if (existsSync(folder)) await syncFolder(folder);
  await unlink(path.join(staged, MANIFEST)).catch(unlessGone);
  await syncFolder(staged);
  await rmdir(staged).catch(unlessGone);
  for (const folder of folders) if (folder !== dir && existsSync(folder) && readdirSync(folder).length === 0) await rmdir(folder);
}

/** At the start of the process that saves into this folder: finishes a save that counts and drops what was only prepared. */
export async function recoverFolder(dir: string): Promise<void> {
  await finishSave(dir);
  const journal = path.join(dir, JOURNAL);
  if (!existsSync(journal)) return;
  for (const entry of await readdir(journal)) if (entry.startsWith('new.') || entry === COMMITTED) await removeFolder(path.join(journal, entry));
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

/** The save that counts and is not finished, if there is one. */
function committed(dir: string): Manifest | undefined {
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

function filesIn(dir: string): string[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name.startsWith('.')) return [];
    if (!entry.isDirectory()) return [entry.name];
    return readdirSync(path.join(dir, entry.name), { withFileTypes: true }).flatMap((inner) => (inner.isFile() ? [`${entry.name}/${inner.name}`] : []));
  });
}

function onDisk(dir: string, file: string): string | undefined {
  const target = path.join(dir, file);
  return existsSync(target) ? readFileSync(target, 'utf8') : undefined;
}

const digest = (text: string | undefined): string | null => (text === undefined ? null : createHash('sha256').update(text).digest('hex'));

async function openJournal(dir: string): Promise<string> {
  const journal = path.join(dir, JOURNAL);
  if (existsSync(path.join(journal, '.gitignore'))) return journal;
  await mkdir(journal, { recursive: true });
  await writeFile(path.join(journal, '.gitignore'), '*\n');
  await syncFolder(dir);
  return journal;
}

async function removeFolder(folder: string): Promise<void> {
  for (const entry of await readdir(folder)) await unlink(path.join(folder, entry));
  await rmdir(folder);
}

async function writeSynced(file: string, text: string): Promise<void> {
  const handle = await open(file, 'w', 0o644);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A name in a folder survives a power cut once the folder itself has been flushed. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function unlessGone(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
