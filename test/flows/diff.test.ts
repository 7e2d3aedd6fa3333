import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { explain } from '../../nodes/flows/diff/explain';
import { FlowFiles } from '../../nodes/flows/flow-files';
import type { FlowNode } from '../../nodes/flows/node';
import { readFlows } from '../../nodes/flows/storage';
import { aFlow, changed } from './a-flow';

/** What has changed between two states of the flows, in words. */

const ROOT = path.join(__dirname, '../..');
const project = readFlows(path.join(ROOT, 'flows'));

/** From the project’s flows, or from `aFlow`, to the same with these changes. */
const from = (flows: readonly FlowNode[], changes: Parameters<typeof changed>[1], more: FlowNode[] = []): string[] => explain(flows, [...changed(flows, changes), ...more]);

test('nothing where nothing has changed, in whatever order the nodes come', () => {
  expect(explain(project, project.toReversed().toSorted((a, b) => Number(b.type === 'tab') - Number(a.type === 'tab'))).filter((line) => !line.startsWith('  now in this order') && line !== 'Tabs')).toEqual([]);
  expect(explain(project, project)).toEqual([]);
  expect(explain([], [])).toEqual([]);
});

describe('wires', () => {
  test('one that leads elsewhere: the two by their names', () => {
    expect(from(project, { 'cirro-confirmation': { wires: [['cirro-requested'], ['cirro-switched-off']] } })).toEqual([
      'Cirro',
      '  “Wait for acceptance?” now leads from output 2 to “Waits for the switch” instead of “Counts as accepted”',
    ]);
  });

  test('one more, one less, the first and the last', () => {
    const one = (was: string[][], is: string[][]): string | undefined => explain(changed(aFlow(), { pass: { wires: was } }), changed(aFlow(), { pass: { wires: is } }))[1];
    expect(one([['move']], [['move', 'shown']])).toBe('  “Look at it” now leads also to “Reviewed”');
    expect(one([[]], [['shown']])).toBe('  “Look at it” now leads to “Reviewed”');
    expect(one([['move', 'shown', 'fail']], [['move']])).toBe('  “Look at it” no longer leads to “Reviewed” and “Retry, fail or hold”');
  });

  test('a node that was put between two others', () => {
    const check = { id: 'check', type: 'switch', z: 'tab', name: 'Is it large?', x: 520, y: 120, wires: [['move']] };
    expect(from(aFlow(), { pass: { wires: [['check']] } }, [check])).toEqual([
      'Review',
      '  added: switch “Is it large?”, which leads to “To NAV”',
      '  “Look at it” now leads to “Is it large?” instead of “To NAV”',
    ]);
  });

  test('links between tabs', () => {
    const out = (links: string[]): FlowNode => ({ id: 'out', type: 'link out', z: 'tab', name: 'To the next', links });
    const ins: FlowNode[] = [{ id: 'in', type: 'link in', z: 'next', name: 'From review' }, { id: 'in2', type: 'link in', z: 'next', name: 'From elsewhere' }];
    expect(explain([...aFlow(), out(['in']), ...ins], [...aFlow(), out(['in2']), ...ins])).toEqual(['Review', '  “To the next” now leads by link to “From elsewhere” instead of “From review”']);
  });
});

describe('nodes', () => {
  test('added, removed, called otherwise, disabled, moved to another tab', () => {
    expect(from(aFlow(), { shown: undefined, move: { wires: [[], [], []], name: 'To the ERP' }, 'next-fail': { z: 'tab' }, fail: { d: true } }, [{ id: 'note', type: 'comment', z: 'tab', name: 'Mind the gap' }])).toEqual([
      'Review',
      '  added: comment “Mind the gap”',
      '  removed: debug “Reviewed”',
      '  “To NAV” is now called “To the ERP”',
      '  “To the ERP” no longer leads from output 3 to “Reviewed”',
      '  “Retry, fail or hold” [fail] is now disabled',
      '  “Retry, fail or hold” [next-fail] was moved here from “NAV”',
    ]);
  });

  test('settings: from what to what, nothing for what is empty, connections by their names', () => {
    expect(from(project, { 'nav-create-work': { attempts: 9, failure: '', lanes: 'US, EMEA' }, 'nav-create': { connection: 'sfcc-connection' } })).toEqual([
      'NAV',
      '  “Create sales order in NAV”: connection: “NAV” → “SFCC”',
      '  “Orders for NAV”: attempts: 8 → 9',
      '  “Orders for NAV”: failure: FAILED_TO_CREATE_IN_NAV → nothing',
      '  “Orders for NAV”: lanes: nothing → US, EMEA',
    ]);
  });

  test('settings inside of others: where, and only counted when they are many', () => {
    const rules = (...to: string[]): Record<string, unknown> => ({ rules: to.map((each) => ({ t: 'set', p: 'payload', to: each })) });
    const one = (was: string[], is: string[]): string[] => explain(changed(aFlow(), { pass: rules(...was) }), changed(aFlow(), { pass: rules(...is) })).slice(1);
    expect(one(['a', 'b'], ['a', 'c'])).toEqual(['  “Look at it”: rules[1].to: b → c']);
    expect(one(['a', 'b', 'c', 'd', 'e'], ['1', '2', '3', '4', '5'])).toEqual(['  “Look at it”: rules: 5 values changed']);
  });

  test('two of one name are told apart by their ids', () => {
    expect(from(project, { 'api-list': { action: 'get' }, 'api-repair-reply': { name: 'Say so' } }).slice(1)).toEqual(['  “List orders” [api-list]: action: list → get', '  “Answer” [api-repair-reply] is now called “Say so”']);
  });

  test('those that were only moved are counted, and groups follow them', () => {
    expect(from(project, { 'nav-create': { x: 420 }, 'nav-created': { x: 660 }, 'nav-group-create': { w: 999, x: 1 } })).toEqual(['NAV', '  2 nodes moved']);
  });

  test('put into a group and taken out of one', () => {
    expect(from(aFlow(), { shown: { g: 'group' }, pass: { g: undefined } })).toEqual(['Review', '  “Look at it” is no longer in the group “Decide”', '  “Reviewed” is now in the group “Decide”']);
  });

  test('another node of the same id is another node', () => {
    expect(from(aFlow(), { pass: { type: 'switch', property: 'payload' } })).toEqual(['Review', '  added: switch “Look at it”, which leads to “To NAV”', '  removed: change “Look at it”']);
  });
});

test('code and descriptions: the lines that came and went', () => {
  const late = project.find(({ id }) => id === 'watch-late-sql');
  const template = String(late?.['template']).replace('LIMIT 50', 'LIMIT 60\nOFFSET 0');
  expect(from(project, { 'watch-late-sql': { template } }).map((line) => line.replaceAll(/([+-]) +/g, '$1 '))).toEqual([
    'Watch',
    '  “Late orders” [watch-late-sql]: text: 2 lines added, 1 line removed',
    '    - LIMIT 50',
    '    + LIMIT 60',
    '    + OFFSET 0',
  ]);
  const long = Array.from({ length: 20 }, (_, index) => `line ${index}`).join('\n');
  const lines = from(aFlow(), { tab: { info: long } });
  expect(lines[1]).toBe('  “Review”: description: 20 lines added, 1 line removed');
  expect(lines.at(-1)).toBe('    … and 15 lines more');
});

describe('tabs', () => {
  test('added, removed, in another order, called otherwise', () => {
    const flows = project.filter((node) => node.id !== 'watch' && node.z !== 'watch');
    const [first, ...others] = flows.filter(({ type }) => type === 'tab');
    const after = [...others, first as FlowNode, { id: 'more', type: 'tab', label: 'More' }, ...flows.filter(({ type }) => type !== 'tab')].map((node) => (node.id === 'cirro' ? { ...node, label: 'Camel' } : node));
    const lines = explain(project, after);
    expect(lines.slice(0, 5)).toEqual([
      'Tabs',
      '  added: tab “More”',
      '  removed: tab “Watch”',
      `  now in this order: ${others.map((tab) => `“${tab.id === 'cirro' ? 'Camel' : String(tab['label'])}”`).join(', ')}, “Intake SFCC” and “More”`,
      'Camel',
    ]);
    expect(lines[5]).toBe('  “Cirro” is now called “Camel”');
    expect(lines).toContain('Watch (removed)');
    expect(lines).toContain('  removed: cronplus “Tick”');
  });

  test('configuration nodes stand in a paragraph of their own', () => {
    expect(from(project, { 'nav-connection': { sockets: 12 } }, [{ id: 'other', type: 'MySQLdatabase', name: 'Archive' }])).toEqual(['Configuration', '  added: MySQLdatabase “Archive”', '  “NAV”: sockets: 8 → 12']);
  });
});

describe('bin/run flows:diff, on a repository', () => {
  let dir: string;
  const git = (...args: string[]): string => execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.com', ...args], { cwd: dir, encoding: 'utf8' });
  const diff = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
    spawnSync(process.execPath, ['dist/nodes/flows/command.js', 'diff', ...args], { cwd: ROOT, encoding: 'utf8', env: { ...process.env, OMS_FLOWS_DIR: path.join(dir, 'flows') } });
  const change = async (id: string, properties: Record<string, unknown>): Promise<void> => {
    const files = new FlowFiles(path.join(dir, 'flows'));
    const save = await files.stage(changed(files.load(), { [id]: properties }));
    await save.commit();
  };

  beforeAll(async () => {
    dir = mkdtempSync(path.join(tmpdir(), 'oms-diff-'));
    git('init', '-q');
    writeFileSync(path.join(dir, 'README'), 'nothing yet');
    git('add', '.');
    git('commit', '-qm', 'before there were flows');
    git('tag', 'empty');
    cpSync(path.join(ROOT, 'flows'), path.join(dir, 'flows'), { recursive: true });
    git('add', '.');
    git('commit', '-qm', 'flows');
    git('tag', 'one');
    await change('nav-created', { reason: 'made in NAV' });
    git('commit', '-qam', 'a reason');
    git('tag', 'two');
    await change('watch-late-sql', { template: 'SELECT 1\nFROM dual' });
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  test('from HEAD to the files as they are, from a revision, from one to another', () => {
    const reason = 'NAV\n  “Waits for release”: reason: created in NAV → made in NAV\n';
    const text = /^Watch\n {2}“Late orders” \[watch-late-sql\]: text: 2 lines added, \d+ lines removed\n/;
    expect(diff()).toMatchObject({ status: 0, stdout: expect.stringMatching(text) as string });
    expect(diff('one').stdout).toMatch(new RegExp(`^${reason}${text.source.slice(1)}`));
    expect(diff('one..two')).toMatchObject({ status: 0, stdout: reason, stderr: '' });
    expect(diff('one..').stdout).toBe(reason);
    expect(diff('one..one').stdout).toBe('Nothing has changed.\n');
    expect(diff('empty..one').stdout).toMatch(/^Tabs\n {2}added: tab “Intake SFCC”/);
  });

  test.each([
    [['nothing-like-this'], 'nothing-like-this is no revision of this repository\n'],
    [['--output=x'], '--output=x is no revision of this repository\n'],
    [['one', 'two'], 'Usage: flows:diff [<revision> | <revision>..<revision>]\n'],
  ])('%j is answered in one line', (args, stderr) => {
    expect(diff(...args)).toMatchObject({ status: 1, stdout: '', stderr });
  });

  test('a folder outside of a repository is named in one line', () => {
    const outside = mkdtempSync(path.join(tmpdir(), 'oms-diff-'));
    const { status, stderr } = spawnSync(process.execPath, ['dist/nodes/flows/command.js', 'diff'], { cwd: ROOT, encoding: 'utf8', env: { ...process.env, OMS_FLOWS_DIR: outside } });
    expect({ status, stderr }).toEqual({ status: 1, stderr: `${outside} is in no repository of git\n` });
    rmSync(outside, { recursive: true });
  });
});
