import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { temporaryDirectory } from '../bin/temporary';

const ROOT = path.join(__dirname, '../..');
/** What the copy needs of the project to be built and to run. */
const COPIED = ['nodes', 'sandbox', 'bench', 'flows', 'server.ts', 'settings.ts', 'migrate.ts', 'package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json', '.oxlintrc.json'];

/** A block of a document that names a file: the file's text, or how it changes. */
export interface Block {
  language: string;
  file: string;
  text: string;
}

/** The blocks that name a file. */
export const blocksOf = (document: string): Block[] =>
  [...document.matchAll(/^```(\w+) (\S+)\n([\s\S]*?)^```$/gm)].map(([, language = '', file = '', text = '']) => ({ language, file, text }));

/** A copy of the project after what the blocks say; its packages are ours. @param also folders and files to be copied, too */
export function copyOfProject(blocks: readonly Block[], also: readonly string[] = []): string {
  const copy = temporaryDirectory();
  for (const part of [...COPIED, ...also]) cpSync(path.join(ROOT, part), path.join(copy, part), { recursive: true });
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(copy, 'node_modules'));
  for (const block of blocks) {
    const target = path.join(copy, block.file);
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, block.language === 'diff' ? changed(readFileSync(target, 'utf8'), block) : block.text);
  }
  return copy;
}

/** A file after the changes of a diff without line numbers: what it keeps and removes stands in the file exactly once. */
function changed(text: string, { file, text: diff }: Block): string {
  return diff.split(/^@@.*\n/m).reduce((before, hunk) => {
    const lines = hunk.replace(/\n$/, '').split('\n');
    const side = (other: string): string => lines.filter((line) => !line.startsWith(other)).map((line) => `${line.slice(1)}\n`).join('');
    const [old, made] = [side('+'), side('-')];
    const found = before.split(old).length - 1;
    if (found !== 1) throw new Error(`${file} has ${found} places like this, where the document changes one:\n${old}`);
    return before.replace(old, () => made);
  }, text);
}
