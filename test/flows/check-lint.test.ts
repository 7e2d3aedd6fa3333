import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** `npm run lint:flows`: the flow files against the rules, as a person at the terminal sees it. */

const ROOT = path.join(__dirname, '../..');
let dir: string;

beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'oms-lint-'));
  cpSync(path.join(ROOT, 'flows'), path.join(dir, 'flows'), { recursive: true });
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const lint = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
  spawnSync(process.execPath, [path.join(ROOT, 'dist/nodes/flows/command.js'), 'lint', ...args], { cwd: dir, encoding: 'utf8', env: { ...process.env, OMS_FLOWS_DIR: path.join(dir, 'flows') } });
const text = (file: string): string => readFileSync(path.join(dir, 'flows', file), 'utf8');
const edit = (file: string, from: string, to: string): void => {
  expect(text(file)).toContain(from);
  writeFileSync(path.join(dir, 'flows', file), text(file).replace(from, to));
};

test('says nothing about the project’s flows', () => {
  expect(lint()).toMatchObject({ status: 0, stdout: '', stderr: '' });
});

test('names file, tab, node, reason and rule, and fails', () => {
  edit('nav.json', '"PENDING_NAV_RELEASE"', '"SHIPPED"');
  edit('shipping.json', '"Shipped orders are due"', '""');
  const { status, stdout } = lint();
  expect(status).toBe(1);
  expect(stdout.split('\n')).toEqual([
    expect.stringMatching(/^flows\/nav\.json: NAV › Waits for release: leads from READY_TO_CREATE_IN_NAV to SHIPPED, which the lifecycle does not allow; .*\[legal edges\]$/),
    expect.stringMatching(/^flows\/shipping\.json: Shipping › oms-due without a name \(shipping-due\): has no name.*\[names\]$/),
    'The flows break rules in 2 places. docs/flows.md says why each is there.',
    '',
  ]);
});

test('finds what no deploy would have written, and writes it as one would', () => {
  const good = text('nav.json');
  writeFileSync(path.join(dir, 'flows/nav.json'), JSON.stringify((JSON.parse(good) as object[]).toReversed()));
  expect(lint()).toMatchObject({ status: 1, stdout: expect.stringContaining('flows/nav.json: is not as a deploy writes it: `npm run lint:flows -- --write` does [form]') as string });
  expect(lint('--write')).toMatchObject({ status: 0, stdout: '' });
  expect(text('nav.json')).toBe(good);
});

test('finds credentials in a file, and a tab that is not loaded', () => {
  edit('_global.json', '"name": "NAV",', '"name": "NAV", "credentials": { "password": "hunter22" },');
  writeFileSync(path.join(dir, 'flows/forgotten.json'), '[{ "id": "forgotten", "type": "tab" }]');
  writeFileSync(path.join(dir, 'flows/package.json'), '{}');
  const { status, stdout } = lint();
  expect(status).toBe(1);
  expect(stdout).toContain('flows/_global.json: NAV: has credentials in its file');
  expect(stdout).toContain('flows/forgotten.json: is a tab that _order.json does not name: it is not loaded [order]');
  expect(stdout).not.toContain('package.json');
});

test('a file that cannot be read is one line', () => {
  writeFileSync(path.join(dir, 'flows/nav.json'), '<<<<<<< HEAD');
  expect(lint()).toMatchObject({ status: 1, stdout: '', stderr: expect.stringMatching(/^flow file nav\.json: .*\n$/) as string });
});
