import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from './scripts';
import { temporaryDirectory } from './temporary';

let root: string;
let compiled: number;

const write = (file: string, text: string): void => {
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
  writeFileSync(path.join(root, file), text);
};
const inDist = (file: string): boolean => existsSync(path.join(root, 'dist', file));

/** Stands for the compiler: one `.js` for the `server.ts` that is there. */
async function compile({ outDirectory }: { outDirectory: string }): Promise<void> {
  compiled += 1;
  writeFileSync(path.join(outDirectory, 'server.js'), readFileSync(path.join(root, 'server.ts')));
}

beforeEach(() => {
  root = temporaryDirectory();
  compiled = 0;
  write('server.ts', 'one');
  write('nodes/nav/oms-nav.ts', '');
  write('nodes/nav/oms-nav.html', '<script></script>');
  write('nodes/store/migrations/0001-schema.sql', 'CREATE TABLE …');
});

test('what is not TypeScript lies beside the compiled code', async () => {
  expect(await build({ projectRoot: root, compile })).toBe(true);
  expect(inDist('server.js')).toBe(true);
  expect(inDist('nodes/nav/oms-nav.html')).toBe(true);
  expect(inDist('nodes/store/migrations/0001-schema.sql')).toBe(true);
  expect(inDist('nodes/nav/oms-nav.ts')).toBe(false);
});

test('unchanged sources are not compiled again', async () => {
  await build({ projectRoot: root, compile });
  expect(await build({ projectRoot: root, compile })).toBe(false);
  expect(compiled).toBe(1);
});

test('a changed, a new and a changed other file are each noticed', async () => {
  await build({ projectRoot: root, compile });
  write('server.ts', 'two');
  expect(await build({ projectRoot: root, compile })).toBe(true);
  write('nodes/nav/mapping.ts', '');
  expect(await build({ projectRoot: root, compile })).toBe(true);
  write('nodes/nav/oms-nav.html', '<script>new</script>');
  expect(await build({ projectRoot: root, compile })).toBe(true);
  expect(readFileSync(path.join(root, 'dist/nodes/nav/oms-nav.html'), 'utf8')).toBe('<script>new</script>');
});

test('nothing of a deleted source stays', async () => {
  await build({ projectRoot: root, compile });
  rmSync(path.join(root, 'nodes/nav'), { recursive: true });
  expect(await build({ projectRoot: root, compile })).toBe(true);
  expect(inDist('nodes/nav')).toBe(false);
});

test('a failed compile leaves the last good result, and is tried again', async () => {
  await build({ projectRoot: root, compile });
  write('server.ts', 'broken');
  await expect(build({ projectRoot: root, compile: () => Promise.reject(new Error('server.ts(1,1): error')) })).rejects.toThrow('server.ts(1,1)');
  expect(readFileSync(path.join(root, 'dist/server.js'), 'utf8')).toBe('one');
  expect(await build({ projectRoot: root, compile })).toBe(true);
});
