import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { revisionOf, splitFlows } from '../../nodes/flows/files';
import { FlowFiles } from '../../nodes/flows/flow-files';
import { EditedFlows, FollowedFlows } from '../../nodes/flows/origin';
import { FlowRevisions } from '../../nodes/flows/revisions';
import { NodeRedState } from '../../nodes/flows/state';
import type { FlowNode } from '../../nodes/flows/node';
import { createPool, type Pool, select } from '../../nodes/store/pool';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { silent } from '../support/engine';
import { changed } from './a-flow';

/** Which flows a process runs: its files, or what another process has deployed on the same database. */

let database: TestDatabase;
let pool: Pool;
let revisions: FlowRevisions;
let dir: string;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool(database.appUrl, 16);
  revisions = new FlowRevisions(pool);
}, 60_000);
afterAll(async () => {
  await pool?.end();
  await database?.drop();
});
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'oms-revision-'));
});
afterEach(async () => {
  rmSync(dir, { recursive: true, force: true });
  await pool.query('DELETE FROM flow_revisions');
});

/** Every type but that of a node which a later version brings. */
const knows = (type: string): boolean => type !== 'oms-later';

const folder = (name: string): string => path.join(dir, name, 'flows');

/** An installation with the editor, as it starts: its files, or those of its last run. */
async function editor(name: string, log = silent): Promise<{ origin: EditedFlows; files: FlowFiles; running: FlowNode[]; restart(): Promise<FlowNode[]> }> {
  cpSync(path.join(__dirname, '../../flows'), folder(name), { recursive: true });
  const start = async (): Promise<{ origin: EditedFlows; files: FlowFiles; running: FlowNode[] }> => {
    const files = new FlowFiles(folder(name));
    const state = new NodeRedState(path.join(dir, name, 'state'));
    state.open();
    const origin = new EditedFlows({ files, revisions, log, state, instance: name, knows });
    await origin.open();
    return { origin, files, running: await origin.load() };
  };
  return { ...(await start()), restart: async () => (await start()).running };
}

const named = (flows: readonly FlowNode[], name: string): FlowNode[] => changed(flows, { 'nav-created': { name } });
const nameIn = (flows: readonly FlowNode[]): unknown => flows.find(({ id }) => id === 'nav-created')?.name;
const edit = (name: string, to: string): void => {
  const file = path.join(folder(name), 'nav.json');
  writeFileSync(file, readFileSync(file, 'utf8').replace(/"name": "(Waits for release|From [\w ]+)"/, `"name": "${to}"`));
};
const rows = (): Promise<{ revision: string; origin: string; author: string }[]> => select(pool, 'SELECT revision, origin, author FROM flow_revisions ORDER BY id');

describe('at the start of a process with the editor', () => {
  test('its files become the current revision, once', async () => {
    const a = await editor('a');
    expect(await rows()).toEqual([{ revision: revisionOf(a.running), origin: 'files', author: 'a' }]);
    await a.restart();
    const b = await editor('b');
    expect(revisionOf(b.running)).toBe(revisionOf(a.running));
    expect(await rows()).toHaveLength(1);
  });

  test('files that somebody has changed (a deploy by git) replace what was deployed', async () => {
    const a = await editor('a');
    await a.origin.save(named(a.running, 'From the editor'), 'jane');
    edit('a', 'From git');
    expect(nameIn(await a.restart())).toBe('From git');
    expect((await rows()).map(({ origin, author }) => `${origin} ${author}`)).toEqual(['files a', 'deploy jane', 'files a']);
  });

  test('files that nobody has touched give way to what was deployed elsewhere meanwhile, and are brought up to it', async () => {
    const a = await editor('a');
    const b = await editor('b');
    await b.origin.save(named(b.running, 'From b'), 'jane');
    expect(nameIn(await a.restart())).toBe('From b');
    expect(nameIn(new FlowFiles(folder('a')).read())).toBe('From b');
    expect(await rows()).toHaveLength(2);
  });

  test('two that start at the same moment with different files agree in the end', async () => {
    const [a, b] = await Promise.all(['a', 'b'].map((name) => editor(name)));
    edit('a', 'From a');
    edit('b', 'From b');
    await Promise.all([a?.restart(), b?.restart()]);
    const current = await revisions.current();
    if (!current) throw new Error('no revision');
    expect(['From a', 'From b']).toContain(nameIn(await revisions.flowsOf(current)));
    expect((await rows()).map(({ revision }) => revision)).toContain(current.revision);
  });

  test('how the files are formatted does not count', async () => {
    const a = await editor('a');
    const file = path.join(folder('a'), 'nav.json');
    writeFileSync(file, JSON.stringify((JSON.parse(readFileSync(file, 'utf8')) as FlowNode[]).toReversed()));
    expect(revisionOf(await a.restart())).toBe(revisionOf(a.running));
    expect(await rows()).toHaveLength(1);
  });
});

describe('a deploy', () => {
  test('is in the database and in the files, under one name', async () => {
    const a = await editor('a');
    const flows = named(a.running, 'Deployed');
    await a.origin.save(flows, 'jane');
    const current = await revisions.current();
    expect(current).toMatchObject({ revision: revisionOf(flows), author: 'jane' });
    expect(revisionOf(a.files.read())).toBe(current?.revision);
  });

  test('on top of what another process has replaced is refused with 409, and changes nothing', async () => {
    const a = await editor('a');
    const b = await editor('b');
    await a.origin.save(named(a.running, 'From a'), 'jane');
    await expect(b.origin.save(named(b.running, 'From b'), 'john')).rejects.toMatchObject({ status: 409, code: 'version_mismatch' });
    await expect(b.origin.save([...b.running], 'john')).rejects.toMatchObject({ status: 409 });
    expect(nameIn(b.files.read())).toBe('Waits for release');
    expect(await rows()).toHaveLength(2);
    // It learns of it, takes it, and deploys on top.
    expect(await b.origin.isBehind()).toBe(true);
    const taken = await b.origin.load();
    expect(nameIn(taken)).toBe('From a');
    expect(nameIn(b.files.read())).toBe('From a');
    expect(await b.origin.isBehind()).toBe(false);
    await b.origin.save(named(taken, 'From b'), 'john');
    expect(await a.origin.isBehind()).toBe(true);
  });

  test('of many at the same moment exactly one is taken, thirty times', async () => {
    const editors = await Promise.all(['a', 'b', 'c', 'd'].map((name) => editor(name)));
    for (let round = 1; round <= 30; round++) {
      const results = await Promise.allSettled(editors.map(({ origin, running }, index) => origin.save(named(running, `From ${index} in ${round}`), 'jane')));
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      // Only who was taken is not behind.
      expect(await Promise.all(editors.map(({ origin }) => origin.isBehind()))).toEqual(results.map(({ status }) => status === 'rejected'));
      for (const each of editors) each.running = await each.origin.load();
      expect(new Set(editors.map(({ running }) => nameIn(running))).size).toBe(1);
    }
    expect(await rows()).toHaveLength(31);
  }, 60_000);

  test('of the same flows again is no new revision', async () => {
    const a = await editor('a');
    await a.origin.save([...a.running], 'jane');
    expect(await rows()).toHaveLength(1);
  });

  test('that the database does not take is in no file; one that it took and no file holds is finished by the next start', async () => {
    const a = await editor('a');
    const publish = revisions.publish.bind(revisions);
    const flows = named(a.running, 'Deployed');
    revisions.publish = () => Promise.reject(new Error('the database is away'));
    await expect(a.origin.save([...flows], 'jane')).rejects.toThrow('the database is away');
    expect(nameIn(a.files.read())).toBe('Waits for release');
    // The process dies between the two.
    revisions.publish = async (...args) => {
      await publish(...args);
      throw new Error('killed');
    };
    await expect(a.origin.save([...flows], 'jane')).rejects.toThrow('killed');
    revisions.publish = publish;
    expect(nameIn(a.files.read())).toBe('Waits for release');
    expect(nameIn(await a.restart())).toBe('Deployed');
    expect(nameIn(new FlowFiles(folder('a')).read())).toBe('Deployed');
    expect(await rows()).toHaveLength(2);
  });
});

test('flows that were deployed elsewhere never go over files that somebody has changed; they run all the same', async () => {
  const a = await editor('a');
  const b = await editor('b');
  await b.origin.save(named(b.running, 'From b'), 'jane');
  edit('a', 'From git');
  expect(await a.origin.isBehind()).toBe(true);
  expect(nameIn(await a.origin.load())).toBe('From b');
  expect(nameIn(a.files.read())).toBe('From git');
  expect(a.files.changedBehind()).toEqual(['nav.json']);
});

describe('a process without the editor', () => {
  const worker = (): { origin: FollowedFlows; files: FlowFiles } => {
    cpSync(path.join(__dirname, '../../flows'), folder('worker'), { recursive: true });
    const files = new FlowFiles(folder('worker'));
    return { files, origin: new FollowedFlows({ files, revisions, log: silent, knows }) };
  };

  test('runs its own files while nobody has deployed, and never says that they are current', async () => {
    const { origin, files } = worker();
    expect(revisionOf(await origin.load())).toBe(revisionOf(files.read()));
    expect(await origin.isBehind()).toBe(false);
    expect(await rows()).toEqual([]);
  });

  test('runs the current revision, takes a newer one, and writes nothing', async () => {
    const { origin, files } = worker();
    edit('worker', 'From here');
    const before = readFileSync(path.join(folder('worker'), 'nav.json'), 'utf8');
    await origin.load();
    const a = await editor('a');
    expect(await origin.isBehind()).toBe(true);
    expect(nameIn(await origin.load())).toBe('Waits for release');
    await a.origin.save(named(a.running, 'Deployed'), 'jane');
    expect(await origin.isBehind()).toBe(true);
    const flows = await origin.load();
    expect(revisionOf(flows)).toBe((await revisions.current())?.revision);
    expect(await origin.isBehind()).toBe(false);
    expect(readFileSync(path.join(folder('worker'), 'nav.json'), 'utf8')).toBe(before);
    expect(files.changedBehind()).toEqual([]);
    await expect(origin.save()).rejects.toThrow('no editor');
  });
});

test('flows with nodes that only a newer version has are left to it: others keep theirs, and never say that they are current', async () => {
  const a = await editor('a');
  const b = await editor('b');
  cpSync(path.join(__dirname, '../../flows'), folder('worker'), { recursive: true });
  const worker = new FollowedFlows({ files: new FlowFiles(folder('worker')), revisions, log: silent, knows });
  await worker.load();
  await a.origin.save([...named(a.running, 'Newer'), { id: 'later', type: 'oms-later', z: 'nav', name: 'Later', x: 100, y: 20, wires: [] }], 'jane');
  expect(await worker.isBehind()).toBe(false);
  expect(await b.origin.isBehind()).toBe(false);
  expect(nameIn(await b.restart())).toBe('Waits for release');
  expect(nameIn(await new FollowedFlows({ files: new FlowFiles(folder('worker')), revisions, log: silent, knows }).load())).toBe('Waits for release');
  await expect(b.origin.save(named(b.running, 'From b'), 'john')).rejects.toMatchObject({ status: 409 });
  expect(await rows()).toHaveLength(2);
  // What comes after it can be run again.
  await a.origin.save(named(a.running, 'From a'), 'jane');
  expect([await worker.isBehind(), await b.origin.isBehind()]).toEqual([true, true]);
});

test('the last fifty revisions are kept, and the account of the system can change none of them', async () => {
  let after = await revisions.current();
  for (let round = 1; round <= 55; round++) after = await revisions.publish([{ id: 'tab', type: 'tab', label: `Round ${round}` }], { after, origin: 'deploy', author: 'jane' });
  expect((await rows()).length).toBe(50);
  expect((await revisions.current())?.revision).toBe(revisionOf([{ id: 'tab', type: 'tab', label: 'Round 55' }]));
  await expect(pool.query("UPDATE flow_revisions SET author = 'nobody'")).rejects.toThrow(/denied/);
  const report = createPool(database.reportUrl, 1);
  await expect(report.query('SELECT flows FROM flow_revisions')).rejects.toThrow(/denied/);
  expect(await select(report, 'SELECT author FROM flow_revisions')).toHaveLength(50);
  await report.end();
});

test('what is damaged in the database is not run', async () => {
  const a = await editor('a');
  const current = await revisions.current();
  if (!current) throw new Error('no revision');
  await expect(revisions.flowsOf({ ...current, revision: revisionOf(splitFlows(named(a.running, 'Other')).ordered) })).rejects.toThrow('damaged');
  await expect(revisions.flowsOf({ ...current, id: current.id + 1 })).rejects.toThrow('no longer in the database');
});
