import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type FlowNode, splitFlows } from '../../nodes/flows/files';
import { createFlowStorage, readFlows } from '../../nodes/flows/storage';

const ROOT = path.join(__dirname, '../..');
let dir: string;
let storage: { init(): Promise<void>; getFlows(): Promise<FlowNode[]>; saveFlows(flows: FlowNode[]): Promise<void>; getCredentials(): Promise<object>; saveCredentials(credentials: object): Promise<void> };

beforeEach(async () => {
  dir = mkdtempSync(path.join(tmpdir(), 'oms-flows-'));
  cpSync(path.join(ROOT, 'flows'), path.join(dir, 'flows'), { recursive: true });
  storage = createFlowStorage({ flowsDir: path.join(dir, 'flows'), stateDir: path.join(dir, 'state'), firstCredentials: { db: { password: '${SECRET}' } }, credentialSecret: 'secret' }) as typeof storage;
  await storage.init();
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Every file below the flows with its bytes and the moment it was written. */
const files = (): Map<string, { text: string; written: number }> =>
  new Map(
    readdirSync(path.join(dir, 'flows'), { recursive: true, encoding: 'utf8' })
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
  expect(String(template?.['template'])).toMatch(/^SELECT o\.name[\s\S]+LIMIT 50$/);
  expect(existsSync(path.join(dir, 'flows/watch/late-orders.watch-late-sql.sql'))).toBe(true);
});

test('a tab that is deleted takes its files with it; other files of the folder are left alone', async () => {
  writeFileSync(path.join(dir, 'flows', 'NOTES.txt'), 'mine');
  const flows = (await storage.getFlows()).filter((node) => node.id !== 'watch' && node.z !== 'watch');
  await storage.saveFlows(flows);
  expect(existsSync(path.join(dir, 'flows/watch.json'))).toBe(false);
  expect(readdirSync(path.join(dir, 'flows/watch'))).toEqual([]);
  expect(existsSync(path.join(dir, 'flows/NOTES.txt'))).toBe(true);
});

test('two tabs of one name get two files', () => {
  const { files: split } = splitFlows([{ id: 'a', type: 'tab', label: 'Same' }, { id: 'b', type: 'tab', label: 'Same' }]);
  expect([...split.keys()]).toEqual(['same.json', 'same-b.json', '_global.json', '_order.json']);
});

test('credentials never stand in the flow files: they are kept encrypted in the data directory', async () => {
  expect(Object.keys(await storage.getCredentials())).toEqual(['$']);
  await storage.saveCredentials({ $: 'encrypted' });
  expect(await storage.getCredentials()).toEqual({ $: 'encrypted' });
  expect(statSync(path.join(dir, 'state/credentials.json')).mode & 0o777).toBe(0o600);
});

test('a broken flow file is named in the error', () => {
  writeFileSync(path.join(dir, 'flows', 'nav.json'), '[{');
  expect(() => readFlows(path.join(dir, 'flows'))).toThrow('flow file nav.json');
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
