import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { findChromium, provideChromium } from './scripts';
import { temporaryDirectory } from './temporary';

function programIn(directory: string, name: string, mode: number): string {
  mkdirSync(directory, { recursive: true });
  const file = path.join(directory, name);
  writeFileSync(file, '');
  chmodSync(file, mode);
  return file;
}

test('Chromium is found on the PATH under any of its names; a file that cannot be run is none', () => {
  const [one, other] = [temporaryDirectory(), temporaryDirectory()];
  programIn(one, 'chromium', 0o644);
  const browser = programIn(other, 'chromium-browser', 0o755);
  expect(findChromium([one, other].join(path.delimiter))).toBe(browser);
});

test('one that is there is not installed again', async () => {
  expect(await provideChromium({ find: () => '/opt/chromium', may: () => true, install: () => Promise.reject(new Error('nobody asked')) })).toEqual({ program: '/opt/chromium' });
});

test('a missing one is installed where that is ours to do', async () => {
  const installed: string[] = [];
  const said: string[] = [];
  const provided = await provideChromium({
    announce: () => said.push('installing'),
    find: () => (installed.length > 0 ? '/usr/bin/chromium' : undefined),
    may: () => true,
    install: async (packages) => void installed.push(...packages),
  });
  expect({ provided, installed, said }).toEqual({ provided: { program: '/usr/bin/chromium' }, installed: ['chromium'], said: ['installing'] });
});

test.each([
  ['is not ours to install', false, undefined, 'apt-get install chromium'],
  ['cannot be installed', true, 'Unable to locate package chromium', 'Unable to locate package chromium'],
  ['is not there after all', true, undefined, 'it is not there afterwards'],
])('where it %s the reason is told', async (_what, may, said, reason) => {
  const provided = await provideChromium({ find: () => undefined, may: () => may, install: async () => said });
  expect(provided).toEqual({ reason: expect.stringContaining(reason) as string });
});

test('an install that takes too long is given up', async () => {
  const provided = await provideChromium({ find: () => undefined, may: () => true, install: () => Promise.reject(new Error('aborted due to timeout')) });
  expect(provided.reason).toContain('aborted due to timeout');
});
