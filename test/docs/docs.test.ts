import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { FLAG_DEFAULTS } from '../../nodes/flags/flags';
import { rules } from '../../nodes/flows/check/check';
import { lifecycle } from '../../nodes/lifecycle/lifecycle';
import { variables } from '../../nodes/runtime/config';

interface Part {
  file: string;
  name: string;
  text: string;
}
const generator = jest.requireActual<{ generate(tables: object): Part[]; insert(document: string, part: Part): string }>('../../bin/docs');

const root = path.resolve(__dirname, '..', '..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

/** The files below a folder, as paths from the root. */
function filesIn(folder: string): string[] {
  return readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)));
}

/** Folders that hold files and are not made by a tool. */
function foldersIn(folder: string): string[] {
  return readdirSync(path.join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !/^(node_modules|dist(\.new)?|coverage|\.git|\.data.*)$/.test(entry.name))
    .map((entry) => path.join(folder, entry.name))
    .filter((name) => filesIn(name).length > 0);
}

const documents = ['README.md', ...filesIn('docs').filter((file) => file.endsWith('.md'))];
const decisions = readdirSync(path.join(root, 'docs/decisions')).toSorted();

test.each(generator.generate({ variables, lifecycle, rules }))('$file: the generated part "$name" is up to date (bin/run docs)', (part) => {
  const document = read(part.file);
  expect(generator.insert(document, part)).toBe(document);
});

test('every generated part has its markers, once', () => {
  for (const part of generator.generate({ variables, lifecycle, rules })) expect(read(part.file).split(`generated: ${part.name} `)).toHaveLength(3);
  expect(() => generator.insert('# nothing', { file: 'docs/x.md', name: 'x', text: '' })).toThrow('has no markers');
});

describe('the map of folders in README.md', () => {
  const section = read('README.md').split('## Folders')[1]?.split('\n## ')[0] ?? '';
  const named = [...section.matchAll(/^\| `([^`]+)\/` \|/gm)].map((match) => match[1] ?? '');

  test('every named folder is there', () => {
    expect(named.filter((folder) => !existsSync(path.join(root, folder)))).toEqual([]);
  });

  test('every folder at the top and every subject of nodes/ is named', () => {
    expect([...foldersIn('.'), ...foldersIn('nodes')].filter((folder) => !named.includes(folder))).toEqual([]);
  });
});

test.each(documents)('%s: every relative link leads somewhere', (document) => {
  const links = [...withoutCode(read(document)).matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? '').filter((link) => !/^\w+:/.test(link));
  expect(links.filter((link) => !leadsSomewhere(link, document))).toEqual([]);
});

function leadsSomewhere(link: string, from: string): boolean {
  const [target = '', anchor] = link.split('#');
  const file = target === '' ? from : path.join(path.dirname(from), target);
  if (!existsSync(path.join(root, file))) return false;
  return anchor === undefined || statSync(path.join(root, file)).isDirectory() || anchorsOf(read(file)).has(anchor);
}

/** As GitHub makes them from headings. */
function anchorsOf(document: string): Set<string> {
  const headings = [...withoutCode(document).matchAll(/^#+ (.+)$/gm)].map((match) => match[1] ?? '');
  return new Set(headings.map((heading) => heading.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-')));
}

function withoutCode(document: string): string {
  return document.replaceAll(/^```[\s\S]*?^```/gm, '').replaceAll(/`[^`\n]*`/g, (code) => code.replaceAll(/[[\]()]/g, ''));
}

describe('environment variables', () => {
  const ours = /\b(?:OMS|SFCC|NAV|CAMEL|SERVICE_BUS)_[A-Z][A-Z_]*[A-Z]\b/;
  /** The ways in which the code reads a variable: `env.X`, `env['X']`, `env.optional('X')`, `number(env, 'X'`, `portOf(env, 'X'`. */
  const reads = [
    new RegExp(String.raw`\benv\??\.(${ours.source})`, 'g'),
    new RegExp(String.raw`\benv\[['"](${ours.source})['"]\]`, 'g'),
    new RegExp(String.raw`\b(?:optional|required|number|portOf)\((?:env, )?['"](${ours.source})['"]`, 'g'),
  ];
  /** What server.ts hands on to Node-RED inside its own process: nobody else sets these. */
  const handedOn = new Set([...read('server.ts').matchAll(/process\.env\['(\w+)'\] = /g)].map((match) => match[1]));
  const declared = new Set(variables.map((variable) => variable.name));
  const sources = ['server.ts', 'migrate.ts', 'settings.ts', ...['nodes', 'sandbox', 'bin'].flatMap(filesIn)].filter((file) => /\.[cm]?[jt]s$|^bin\/run$/.test(file));
  const readBy = (code: string): string[] => reads.flatMap((pattern) => [...code.matchAll(pattern)].map((match) => match[1] ?? ''));

  test('every variable that the code reads is declared', () => {
    const undeclared = sources.flatMap((file) => readBy(read(file)).map((name) => ({ file, name }))).filter(({ name }) => !declared.has(name) && !handedOn.has(name));
    expect(undeclared).toEqual([]);
  });

  test('the scan sees what it should', () => {
    expect(readBy("env.OMS_ONE ?? process.env['NAV_TWO'] ?? env.optional('SFCC_THREE') ?? portOf(env, 'CAMEL_FOUR', 1)").toSorted()).toEqual(['CAMEL_FOUR', 'NAV_TWO', 'OMS_ONE', 'SFCC_THREE']);
    expect(sources.map(read).flatMap(readBy)).toEqual(expect.arrayContaining(['OMS_PORT', 'NAV_DOMAIN', 'SERVICE_BUS_CONNECTION_STRING', 'OMS_SANDBOX_PACE', 'OMS_LOG_LEVEL']));
  });

  test('every declared variable is spoken of somewhere in the code', () => {
    const code = sources.filter((file) => file !== 'nodes/runtime/config.ts').map(read).join('\n');
    expect([...declared].filter((name) => !code.includes(name))).toEqual([]);
  });

  test('a variable that a document names is declared', () => {
    const words = documents.flatMap((document) => [...read(document).matchAll(new RegExp(ours.source, 'g'))].map((match) => match[0]));
    expect([...new Set(words)].filter((name) => !declared.has(name) && !lifecycle.has(name) && ![...declared].some((known) => known.startsWith(`${name}_`)))).toEqual([]);
  });
});

test('docs/configuration.md names every flag with its default', () => {
  const document = read('docs/configuration.md');
  for (const [flag, enabled] of Object.entries(FLAG_DEFAULTS)) expect(document).toMatch(new RegExp(String.raw`\| \`${flag}\` \| [a-z ]+ \| ${enabled ? 'on' : 'off'} \|`));
});

test('docs/data.md names every table', () => {
  const migrations = filesIn('nodes/store/migrations').filter((file) => file.endsWith('.sql'));
  const tables = migrations.flatMap((file) => [...read(file).matchAll(/^CREATE TABLE (\w+)/gm)].map((match) => match[1] ?? ''));
  expect(tables.length).toBeGreaterThan(30);
  const document = read('docs/data.md');
  expect(tables.filter((name) => !document.includes(`\`${name}\``))).toEqual([]);
});

test('a document names statuses and edges only as they are', () => {
  const words = ['README.md', 'docs/operations.md', 'docs/lifecycle.md'].flatMap((document) => [...read(document).matchAll(/`((?:READY|PENDING|FAILED|CIRRO|EXPORTED|WAITING|CS)_[A-Z_]+)`/g)].map((match) => match[1] ?? ''));
  expect([...new Set(words)].filter((word) => !lifecycle.has(word))).toEqual([]);
});

test.each(decisions)('docs/decisions/%s has the number of its file, a title and three parts', (file) => {
  expect(file).toMatch(/^\d{4}-[a-z0-9-]+\.md$/);
  const text = read(path.join('docs/decisions', file));
  expect(text).toMatch(new RegExp(`^# ${file.slice(0, 4)} \\S.+\\n`));
  for (const part of ['Context', 'Decision', 'Consequence']) expect(text).toContain(`**${part}.**`);
});

test('decisions are numbered without a gap', () => {
  expect(decisions.map((file) => Number(file.slice(0, 4)))).toEqual(decisions.map((_, index) => index + 1));
});
