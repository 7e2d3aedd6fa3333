import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { joinFlows, splitFlows } from '../../nodes/flows/files';
import type { FlowNode } from '../../nodes/flows/node';
import { FlowFiles } from '../../nodes/flows/flow-files';
import type { FlowOrigin } from '../../nodes/flows/origin';
import { NodeRedState } from '../../nodes/flows/state';
import { createFlowStorage, readFlows } from '../../nodes/flows/storage';
import { silent } from '../support/engine';

const ROOT = path.join(__dirname, '../..');
let dir: string;
let storage: { init(): Promise<void>; getFlows(): Promise<FlowNode[]>; saveFlows(flows: FlowNode[]): Promise<void>; getCredentials(): Promise<object>; saveCredentials(credentials: object): Promise<void> };

beforeEach(async () => {
  dir = mkdtempSync(path.join(tmpdir(), 'oms-flows-'));
  cpSync(path.join(ROOT, 'flows'), path.join(dir, 'flows'), { recursive: true });
  const files = new FlowFiles(path.join(dir, 'flows'));
  // What a process with the editor does, without the database.
  const origin: FlowOrigin = { open: () => files.recover(), load: async () => files.load(), save: async (flows) => void (await (await files.stage(flows)).commit()), isBehind: async () => false };
  storage = createFlowStorage({ origin, state: new NodeRedState(path.join(dir, 'state')), firstCredentials: { db: { password: '${SECRET}' } }, credentialSecret: 'secret', log: silent }) as typeof storage;
  await storage.init();
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Every file below the flows with its bytes and the moment it was written. */
const files = (): Map<string, { text: string; written: number }> =>
  new Map(
    readdirSync(path.join(dir, 'flows'), { recursive: true, encoding: 'utf8' })
      .filter((file) => !file.startsWith('.journal'))
      .map((file) => [file, path.join(dir, 'flows', file)] as const)
      .filter(([, full]) => statSync(full).isFile())
      .map(([file, full]) => [file, { text: readFileSync(full, 'utf8'), written: statSync(full).mtimeMs }]),
  );
const changed = (before: ReturnType<typeof files>): string[] => {
  const after = files();
  return [...new Set([...before.keys(), ...after.keys()])].filter((file) => before.get(file)?.written !== after.get(file)?.written || before.get(file)?.text !== after.get(file)?.text).toSorted();
};

test('what is loaded and saved again is the same, byte by byte, and no file is touched', async () => {
  const before = files();
  const flows = await storage.getFlows();
  expect(flows.length).toBeGreaterThan(80);
  const tabs = flows.filter((node) => node.type === 'tab');
  const others = flows.filter((node) => node.type !== 'tab').toReversed();
  await storage.saveFlows([...tabs, ...others].map((node) => Object.fromEntries(Object.entries(node).toReversed()) as FlowNode));
  expect(changed(before)).toEqual([]);
});

test('a moved node changes the file of its tab alone, in the lines that say where it stands', async () => {
  const before = files();
  const flows = await storage.getFlows();
  const node = flows.find((each) => each.id === 'nav-create');
  if (node) node['x'] = Number(node['x']) + 20;
  await storage.saveFlows(flows);
  expect(changed(before)).toEqual(['nav.json']);
  const lines = (text: string | undefined): string[] => (text ?? '').split('\n');
  const old = lines(before.get('nav.json')?.text);
  const now = lines(files().get('nav.json')?.text);
  expect(now.filter((line, index) => line !== old[index])).toHaveLength(1);
});

test('several lines of code stand in a file of their own, and come back', async () => {
  const flows = await storage.getFlows();
  const template = flows.find((each) => each.id === 'watch-late-sql');
  expect(String(template?.['template'])).toMatch(/^SELECT .*o\.name[\s\S]+LIMIT 50$/);
  expect(existsSync(path.join(dir, 'flows/watch/late-orders.watch-late-sql.sql'))).toBe(true);
});

test('a tab that is deleted takes its files with it; other files of the folder are left alone', async () => {
  const mine = ['NOTES.txt', 'package.json', 'watch/NOTES.md', 'other/late.sql', 'other/query.x.sql'];
  mkdirSync(path.join(dir, 'flows/other'));
  for (const file of mine) writeFileSync(path.join(dir, 'flows', file), '{}');
  const flows = (await storage.getFlows()).filter((node) => node.id !== 'watch' && node.z !== 'watch');
  await storage.saveFlows(flows);
  expect(existsSync(path.join(dir, 'flows/watch.json'))).toBe(false);
  expect(readdirSync(path.join(dir, 'flows/watch'))).toEqual(['NOTES.md']);
  expect(mine.filter((file) => !existsSync(path.join(dir, 'flows', file)))).toEqual([]);
  rmSync(path.join(dir, 'flows/watch/NOTES.md'));
});

test('an id is never a path: code of a node stays beside its tab', () => {
  const { files: split } = splitFlows([{ id: '../../tab', type: 'tab', label: '' }, { id: '../../../etc/x', type: 'function', z: '../../tab', func: 'a\nb' }]);
  for (const file of split.keys()) expect(file).not.toMatch(/\.\.\/|\/.*\//);
  expect(joinFlows(split).find((node) => node.type === 'function')?.['func']).toBe('a\nb');
});

test('two tabs of one name get two files', () => {
  const { files: split } = splitFlows([{ id: 'a', type: 'tab', label: 'Same' }, { id: 'b', type: 'tab', label: 'Same' }]);
  expect([...split.keys()]).toEqual(['same.json', 'same-b.json', '_global.json', '_order.json']);
});

test('credentials of a node never reach the flow files, in whatever way they came', async () => {
  const flows = await storage.getFlows();
  const before = files();
  for (const node of flows) node['credentials'] = { password: 'hunter2' };
  await storage.saveFlows(flows);
  expect(changed(before)).toEqual([]);
  expect(flows.some((node) => 'credentials' in node)).toBe(false);
});

test('credentials never stand in the flow files: they are kept encrypted in the data directory', async () => {
  expect(Object.keys(await storage.getCredentials())).toEqual(['$']);
  await storage.saveCredentials({ $: 'encrypted' });
  expect(await storage.getCredentials()).toEqual({ $: 'encrypted' });
  expect(statSync(path.join(dir, 'state/credentials.json')).mode & 0o777).toBe(0o600);
});

test.each([
  ['nav.json', '[{'],
  ['nav.json', '{"id":"nav"}'],
  ['nav.json', undefined],
  ['_order.json', '<<<<<<< HEAD'],
  ['_order.json', '["../secret"]'],
  ['watch/late-orders.watch-late-sql.sql', undefined],
])('a flow file that is broken or missing is named in the error: %s with %j', (file, text) => {
  if (text === undefined) rmSync(path.join(dir, 'flows', file));
  else writeFileSync(path.join(dir, 'flows', file), text);
  expect(() => readFlows(path.join(dir, 'flows'))).toThrow(`flow file ${file}: `);
});

test('nothing is saved over files that somebody else has changed: they are named', async () => {
  const flows = await storage.getFlows();
  writeFileSync(path.join(dir, 'flows', 'nav.json'), readFileSync(path.join(dir, 'flows', 'nav.json'), 'utf8').replace('Waits for release', 'Waits'));
  rmSync(path.join(dir, 'flows', 'watch/late-orders.watch-late-sql.sql'));
  const before = files();
  await expect(storage.saveFlows(flows)).rejects.toMatchObject({ status: 409, code: 'version_mismatch', message: expect.stringMatching(/nav\.json, watch\/late-orders/) as string });
  expect(changed(before)).toEqual([]);
});

describe('what git shows', () => {
  const git = (...args: string[]): string => execFileSync('git', args, { cwd: dir, encoding: 'utf8' });
  beforeEach(() => {
    git('init', '-q');
    git('add', 'flows');
    git('-c', 'user.name=test', '-c', 'user.email=test@example.com', 'commit', '-qm', 'flows');
  });
  /** The lines of `git diff` that begin with + or -, without the files' names. */
  const lines = (): string[] => git('diff', '-U0').split('\n').filter((line) => /^[+-](?![+-])/.test(line)).map((line) => line.replaceAll(/\s+/g, ' '));

  test('of one wire that leads elsewhere: the two names, in one file', async () => {
    const flows = await storage.getFlows();
    const node = flows.find((each) => each.id === 'cirro-confirmation') as FlowNode & { wires: string[][] };
    node.wires = [['cirro-requested'], ['cirro-switched-off']];
    await storage.saveFlows(flows);
    expect(git('diff', '--stat').trim().split('\n')).toEqual([expect.stringMatching(/flows\/cirro\.json +\| 2 \+-/), expect.stringContaining('1 file changed')]);
    expect(lines()).toEqual(['- "cirro-exported"', '+ "cirro-switched-off"']);
  });

  test('of one node that was moved: its place, in one file', async () => {
    const flows = await storage.getFlows();
    const node = flows.find((each) => each.id === 'nav-created') ?? { id: '', type: '' };
    node['x'] = 660;
    await storage.saveFlows(flows);
    expect(git('status', '--porcelain', '--untracked-files=all', 'flows').trim()).toBe('M flows/nav.json');
    expect(lines()).toEqual(['- "x": 640,', '+ "x": 660,']);
    // Further down its group grows with it.
    Object.assign(flows.find((each) => each.id === 'nav-created') ?? {}, { y: 180 });
    await storage.saveFlows(flows);
    expect(git('diff', '--name-only').trim()).toBe('flows/nav.json');
    expect(lines()).toHaveLength(8);
  });

  test('of one line of SQL: that line, in a file of its own', async () => {
    const flows = await storage.getFlows();
    const node = flows.find((each) => each.id === 'watch-late-sql');
    if (node) node['template'] = String(node['template']).replace('LIMIT 50', 'LIMIT 60');
    await storage.saveFlows(flows);
    expect(git('diff', '--name-only').trim()).toBe('flows/watch/late-orders.watch-late-sql.sql');
    expect(lines()).toEqual(['- LIMIT 50', '+ LIMIT 60']);
  });
});

test.each(['settings.ts', 'dist/settings.js'])('node-red -s %s alone is refused with the reason: the edge would be missing', (file) => {
  const run = (): string => {
    try {
      return execFileSync(process.execPath, ['node_modules/node-red/red.js', '-s', file, '-u', dir], { cwd: ROOT, encoding: 'utf8', stdio: 'pipe', timeout: 20_000 });
    } catch (error) {
      return String((error as { stdout?: string }).stdout) + String((error as { stderr?: string }).stderr);
    }
  };
  expect(run()).toContain('The OMS is started by `npm start`');
});
