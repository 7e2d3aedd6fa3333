import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { reset, writePid } from './scripts';
import { temporaryDirectory } from './temporary';

function usedDirectory(): string {
  const directory = temporaryDirectory();
  mkdirSync(path.join(directory, 'run'));
  writeFileSync(path.join(directory, 'credentials.json'), '{}');
  return directory;
}

function terminal(directory: string, answer?: string): { input: PassThrough; output: PassThrough; env: Record<string, string> } {
  const input = Object.assign(new PassThrough(), { isTTY: answer !== undefined });
  if (answer !== undefined) input.write(`${answer}\n`);
  return { input, output: new PassThrough(), env: { OMS_DATA_DIR: directory } };
}

test.each(['y', 'Yes'])('asks, and removes everything after "%s"', async (answer) => {
  const directory = usedDirectory();
  const { output, ...rest } = terminal(directory, answer);
  await reset([], { ...rest, output });
  expect(String(output.read())).toContain('[y/N]');
  expect(readdirSync(directory)).toEqual([]);
});

test.each(['', 'n', 'yolo'])('removes nothing after "%s"', async (answer) => {
  const directory = usedDirectory();
  await reset([], terminal(directory, answer));
  expect(existsSync(path.join(directory, 'credentials.json'))).toBe(true);
});

test('with --yes nobody is asked', async () => {
  const directory = usedDirectory();
  await reset(['--yes'], terminal(directory));
  expect(readdirSync(directory)).toEqual([]);
});

test('npm keeps a --yes for itself and says so in the environment', async () => {
  const directory = usedDirectory();
  const { env, ...rest } = terminal(directory);
  await reset([], { ...rest, env: { ...env, npm_config_yes: 'true' } });
  expect(readdirSync(directory)).toEqual([]);
});

test('without a terminal and --yes it refuses', async () => {
  const directory = usedDirectory();
  await expect(reset([], terminal(directory))).rejects.toThrow('--yes');
  expect(existsSync(path.join(directory, 'credentials.json'))).toBe(true);
});

test('while an instance runs it refuses and names it', async () => {
  const directory = usedDirectory();
  writePid(path.join(directory, 'run'), 'oms', process.pid);
  await expect(reset(['--yes'], terminal(directory))).rejects.toThrow(`pid ${process.pid}`);
  expect(existsSync(path.join(directory, 'credentials.json'))).toBe(true);
});

test('a directory that is not ours stays as it is', async () => {
  const directory = temporaryDirectory();
  writeFileSync(path.join(directory, 'thesis.doc'), '');
  await expect(reset(['--yes'], terminal(directory))).rejects.toThrow('does not look like a data directory');
  expect(readdirSync(directory)).toEqual(['thesis.doc']);
});
