import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { revisionOf, splitFlows } from '../../nodes/flows/files';
import type { FlowNode } from '../../nodes/flows/node';
import { FlowFiles } from '../../nodes/flows/flow-files';
import { readFlows } from '../../nodes/flows/storage';

/** A save is all old or all new, wherever the process that saves is killed. */

const ROOT = path.join(__dirname, '../..');
let dir: string;
let wanted: string;
let oldRevision: string;
let newRevision: string;

beforeAll(() => {
  if (!existsSync(path.join(ROOT, 'dist/nodes/flows/flow-files.js'))) throw new Error('dist/ is missing: run `bin/run build` (npm test does it by itself)');
  dir = mkdtempSync(path.join(tmpdir(), 'oms-crash-'));
  wanted = path.join(dir, 'wanted.json');
  const flows = readFlows(path.join(ROOT, 'flows'));
  oldRevision = revisionOf(flows);
  const changed = afterwards(flows);
  newRevision = revisionOf(splitFlows(changed).ordered);
  writeFileSync(wanted, JSON.stringify(changed));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Every kind of change: a tab less, a tab more, one that is called otherwise, rewired nodes of two tabs, code changed, added, removed. */
function afterwards(flows: readonly FlowNode[]): FlowNode[] {
  const changed = flows
    .filter((node) => node.id !== 'review' && node.z !== 'review' && node.id !== 'watch-holds-sql')
    .map((node) => {
      if (node.id === 'nav') return { ...node, label: 'NAV and Camel' };
      if (node.id === 'cirro-switch') return { ...node, wires: [['cirro-switched-off'], ['cirro-request']] };
      if (node.id === 'shipping-fulfil') return { ...node, x: 420 };
      if (node.id === 'watch-late-sql') return { ...node, template: `${String(node['template'])}\n-- changed` };
      return node;
    });
  return [...changed, { id: 'more', type: 'tab', label: 'More' }, { id: 'more-sql', type: 'template', z: 'more', name: 'More', format: 'sql', template: 'SELECT 1\n  FROM dual' }];
}

/** Saves in a fresh copy of the flows and dies before operation `n`. */
function save(how: 'whole' | 'naive', n: number): { folder: string; killed: boolean; operations: [string, string][] } {
  const folder = path.join(dir, `${how}-${n}`);
  cpSync(path.join(ROOT, 'flows'), folder, { recursive: true });
  const { signal, status, stdout, stderr } = spawnSync(process.execPath, [path.join(__dirname, 'storage-child.js'), how, folder, wanted, String(n)], { encoding: 'utf8' });
  if (signal === null && status !== 0) throw new Error(stderr);
  return { folder, killed: signal === 'SIGKILL', operations: signal === null ? (JSON.parse(stdout) as [string, string][]) : [] };
}

const revision = (folder: string): string => {
  try {
    return revisionOf(readFlows(folder));
  } catch (error) {
    return (error as Error).message;
  }
};

const filesIn = (folder: string): Map<string, string> =>
  new Map(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.parentPath.includes('.journal'))
      .map((entry) => path.join(entry.parentPath, entry.name))
      .map((file) => [path.relative(folder, file), readFileSync(file, 'utf8')]),
  );

const journal = (folder: string): string[] => (existsSync(path.join(folder, '.journal')) ? readdirSync(path.join(folder, '.journal')).filter((name) => name !== '.gitignore') : []);

test('killed before any single operation of a save: a reader sees all old flows or all new ones, and the next start puts the files right', async () => {
  const { operations, folder: whole } = save('whole', 0);
  expect(operations.length).toBeGreaterThan(30);
  expect(revision(whole)).toBe(newRevision);
  const seen: string[] = [];
  for (let n = 1; n <= operations.length; n++) {
    const { folder, killed } = save('whole', n);
    expect({ n, killed }).toEqual({ n, killed: true });
    const left = revision(folder);
    seen.push(left === oldRevision ? 'old' : left === newRevision ? 'new' : left);
    // The reader looked only; the next process that saves cleans up, and it changes nothing about what counts.
    await new FlowFiles(folder).recover();
    expect({ n, revision: revision(folder) }).toEqual({ n, revision: left });
    const files = filesIn(folder);
    expect({ n, files }).toEqual({ n, files: filesIn(left === newRevision ? whole : path.join(ROOT, 'flows')) });
    expect(journal(folder)).toEqual([]);
    rmSync(folder, { recursive: true });
  }
  // Old until one operation, new from then on.
  expect([...new Set(seen)]).toEqual(['old', 'new']);
  expect(seen).toEqual(seen.toSorted().toReversed());
  const commit = operations.findIndex(([operation, target]) => operation === 'rename' && target === '.journal/save');
  expect(seen.indexOf('new')).toBe(commit + 1);
}, 120_000);

test('the control: files written one after the other leave a mixture', () => {
  const { operations, folder } = save('naive', 0);
  expect(revision(folder)).toBe(newRevision);
  const seen = operations.map((_, index) => revision(save('naive', index + 1).folder));
  const mixed = seen.filter((each) => each !== oldRevision && each !== newRevision);
  expect(mixed.length).toBeGreaterThan(5);
}, 120_000);

test('everything is on the disk before it counts: texts, then the folder’s names, then the commit, then the files in their place, then the end', () => {
  const { operations } = save('whole', 0);
  const at = (operation: string, target: string | RegExp): number[] =>
    operations.flatMap(([name, where], index) => (name === operation && (typeof target === 'string' ? where === target : target.test(where)) ? [index] : []));
  const [commit = -1] = at('rename', '.journal/save');
  const staged = at('writeFile', /^\.journal\/new\.[\w-]+\/\w/);
  expect(staged.length).toBeGreaterThan(7);
  // Each text is flushed right after it was written, and the folder that names them after the last.
  for (const index of staged) expect(operations[index + 1]).toEqual(['sync', operations[index]?.[1]]);
  const [folderSynced = -1] = at('sync', /^\.journal\/new\.[\w-]+$/);
  expect(folderSynced).toBeGreaterThan(staged.at(-1) ?? Infinity);
  expect(folderSynced).toBeLessThan(commit);
  expect(operations[commit + 1]).toEqual(['sync', '.journal']);
  // No file in its place is touched before that, and the save ends after their folders were flushed.
  const moved = operations.flatMap(([name, where], index) => (['rename', 'unlink'].includes(name) && !where.startsWith('.journal') ? [index] : []));
  expect(Math.min(...moved)).toBeGreaterThan(commit + 1);
  const [end = -1] = at('unlink', '.journal/save/save.json');
  for (const folder of ['', 'watch', 'more']) expect(at('sync', folder).some((index) => index > Math.max(...moved) && index < end)).toBe(true);
});

describe('a save that was interrupted', () => {
  /** Killed when half of the files are in their place. */
  function halfDone(): string {
    const { operations } = save('whole', 0);
    const moves = operations.flatMap(([name, where], index) => (name === 'rename' && !where.startsWith('.journal') ? [index] : []));
    return save('whole', (moves[Math.floor(moves.length / 2)] ?? 0) + 1).folder;
  }

  afterEach(() => {
    for (const name of readdirSync(dir).filter((each) => /^(whole|naive)-/.test(each))) rmSync(path.join(dir, name), { recursive: true });
  });

  test('is finished before the next one', async () => {
    const folder = halfDone();
    const files = new FlowFiles(folder);
    const flows = files.load();
    expect(revisionOf(flows)).toBe(newRevision);
    flows.push({ id: 'z-new', type: 'comment', z: 'watch', name: 'One more' });
    const saving = await files.stage(flows);
    expect(await saving.commit()).toBeUndefined();
    expect(revision(folder)).toBe(revisionOf(flows));
    expect(existsSync(path.join(folder, 'nav.json'))).toBe(false);
  });

  test('goes over nothing that somebody has changed since: the files are named', async () => {
    const folder = halfDone();
    writeFileSync(path.join(folder, 'watch.json'), '[]\n');
    expect(() => readFlows(folder)).toThrow(/interrupted.* watch\.json .*delete .*\.journal\/save to keep/);
    await expect(new FlowFiles(folder).recover()).rejects.toThrow('watch.json');
    rmSync(path.join(folder, '.journal/save'), { recursive: true });
    expect(() => readFlows(folder)).toThrow('flow file');
  });

  test('is never shown by git', () => {
    const folder = halfDone();
    const git = (...args: string[]): string => spawnSync('git', args, { cwd: folder, encoding: 'utf8' }).stdout;
    git('init', '-q');
    expect(existsSync(path.join(folder, '.journal/save'))).toBe(true);
    expect(git('status', '--porcelain', '--untracked-files=all')).not.toContain('journal');
  });
});

test('while another process saves again and again, a reader never sees a mixture', async () => {
  const folder = path.join(dir, 'busy');
  cpSync(path.join(ROOT, 'flows'), folder, { recursive: true });
  const flows = readFlows(folder);
  const script = `
    const { FlowFiles } = require(${JSON.stringify(path.join(ROOT, 'dist/nodes/flows/flow-files.js'))});
    const files = new FlowFiles(${JSON.stringify(folder)});
    (async () => {
      for (let round = 1; round <= 60; round++) {
        const flows = files.load();
        for (const node of flows) if (node.type === 'tab') node.info = 'round ' + round;
        await (await files.stage(flows)).commit();
      }
    })();`;
  const child = spawn(process.execPath, ['-e', script], { stdio: 'inherit' });
  const over = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const ended = over.then(() => true);
  const rounds = new Set<string>();
  do {
    const infos = new Set(readFlows(folder).filter((node) => node.type === 'tab').map((node) => String(node['info'])));
    // Every tab says the same round; before the first, each its own.
    rounds.add([...infos].join('\n'));
  } while (!(await Promise.race([ended, new Promise<false>((resolve) => setImmediate(resolve, false))])));
  expect(await over).toBe(0);
  const first = new Set(flows.filter((node) => node.type === 'tab').map((node) => String(node['info'])));
  rounds.delete([...first].join('\n'));
  expect([...rounds].filter((round) => !/^round \d+$/.test(round))).toEqual([]);
  expect(rounds.size).toBeGreaterThan(5);
}, 60_000);
