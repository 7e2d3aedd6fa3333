import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, open, readdir, rename, rmdir, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { differing, readFolder } from './folder';
import { COMMITTED, committed, digest, JOURNAL, MANIFEST, type Manifest, onDisk } from './journal';

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
