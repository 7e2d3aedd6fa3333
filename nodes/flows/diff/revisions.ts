import { execFileSync } from 'node:child_process';
import { joinFlows, ORDER_FILE, ownFiles } from '../files';
import type { FlowNode } from '../node';

/** The flows of a folder as they were in a revision of git; none where it held none. @throws Error in one line */
export function flowsAt(folder: string, revision: string): FlowNode[] {
  const commit = commitOf(folder, revision);
  const inside = git(folder, 'ls-tree', '-r', '-z', '--name-only', commit, '.').split('\0').filter(Boolean);
  const read = (file: string): string => git(folder, 'show', `${commit}:./${file}`);
  if (!inside.includes(ORDER_FILE)) return [];
  return joinFlows(new Map(inside.filter(ownFiles(read(ORDER_FILE))).map((file) => [file, read(file)])));
}

function commitOf(folder: string, revision: string): string {
  try {
    git(folder, 'rev-parse', '--git-dir');
  } catch (error) {
    throw new Error(`${folder} is in no repository of git`, { cause: error });
  }
  try {
    return git(folder, 'rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`).trim();
  } catch (error) {
    throw new Error(`${revision} is no revision of this repository`, { cause: error });
  }
}

function git(folder: string, ...args: string[]): string {
  return execFileSync('git', args, { cwd: folder, encoding: 'utf8', maxBuffer: 256 * 1024 * 1024, stdio: ['ignore', 'pipe', 'pipe'] });
}
