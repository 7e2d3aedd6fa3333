import path from 'node:path';
import { explain } from './diff/explain';
import { flowsAt } from './diff/revisions';
import { FlowFiles } from './flow-files';
import { lintFolder } from './lint';
import { readFlows } from './storage';

/** What `bin/run lint:flows` runs, on the flow files of OMS_FLOWS_DIR. */
async function lint(folder: string, args: readonly string[]): Promise<string> {
  if (args.includes('--write')) await rewrite(folder);
  const findings = lintFolder(folder);
  if (findings.length === 0) return '';
  const lines = findings.map(({ file, place, rule, reason }) => `${path.relative(process.cwd(), path.join(folder, file))}: ${place ? `${place}: ` : ''}${reason} [${rule}]\n`);
  process.exitCode = 1;
  return `${lines.join('')}The flows break ${findings.length === 1 ? 'a rule' : `rules in ${findings.length} places`}. docs/flows.md says why each is there.\n`;
}

async function rewrite(folder: string): Promise<void> {
  const files = new FlowFiles(folder);
  const save = await files.stage(files.load());
  const unfinished = await save.commit();
  if (unfinished) throw unfinished;
}

/** What `bin/run flows:diff` runs: from a revision of git (default HEAD) to the files as they are, or from one to another. */
async function diff(folder: string, args: readonly string[]): Promise<string> {
  const [range = 'HEAD', ...others] = args;
  if (others.length > 0) throw new Error('Usage: flows:diff [<revision> | <revision>..<revision>]');
  const [from = '', to] = range.split('..', 2);
  const lines = explain(flowsAt(folder, from || 'HEAD'), to === undefined ? readFlows(folder) : flowsAt(folder, to || 'HEAD'));
  return `${lines.join('\n') || 'Nothing has changed.'}\n`;
}

const COMMANDS: Readonly<Record<string, (folder: string, args: readonly string[]) => Promise<string>>> = { lint, diff };

async function main([name = '', ...args]: string[]): Promise<void> {
  const command = COMMANDS[name];
  if (!command) throw new Error(`Usage: ${Object.keys(COMMANDS).join(' | ')}`);
  process.stdout.write(await command(process.env['OMS_FLOWS_DIR'] ?? 'flows', args));
}

main(process.argv.slice(2)).catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
