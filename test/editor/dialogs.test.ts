import { existsSync } from 'node:fs';
import path from 'node:path';
import { CALLERS } from '../../nodes/edge/callers';
import { FLAG_DEFAULTS } from '../../nodes/flags/flags';
import { lifecycle } from '../../nodes/lifecycle/lifecycle';
import { DOCUMENT_NAMES } from '../../nodes/nav/oms-nav-document';
import { OPERATOR_ACTIONS } from '../../nodes/orders/oms-operator';
import { JOB_ACTIONS } from '../../nodes/jobs/oms-jobs';
import { ORDER_ACTIONS } from '../../nodes/orders/oms-order';
import { PRINT_STATIONS } from '../../nodes/print-station/oms-print-request';
import { DEAD_LETTER_ACTIONS } from '../../nodes/service-bus/oms-dead-letters';
import { SFCC_ACTIONS } from '../../nodes/sfcc/oms-sfcc-order';
import { catalogueOf, definitionOf, helpOf, nodeFiles, pageOf, pluginFiles, ROOT, scriptsOf, templatesOf } from './a-page';

/** The pages of the nodes in the editor: texts, help, checks. What they do is tested in a browser. */

const TYPES = Object.keys(nodeFiles);
const LANGUAGES = ['en-US', 'de'];
const SHARED = pluginFiles['oms-editor'] ?? '';
const SHARED_PAGES = ['oms-editor', 'dialogs-checks', 'dialogs-choices', 'dialogs-wires', 'dialogs-connection'].map((id) => pluginFiles[id] ?? '');
const NODE_RED = catalogue(path.join(ROOT, 'node_modules/@node-red/nodes/locales/en-US/messages.json'));

function catalogue(file: string): Record<string, Record<string, Record<string, string>>> {
  return jest.requireActual<Record<string, Record<string, Record<string, string>>>>(file);
}

/** What `data-i18n` names in a page: `[placeholder]oms/oms-editor:placeholder.name`. */
const namedIn = (page: string): string[] => [...page.matchAll(/data-i18n="([^"]*)"/g)].flatMap((match) => (match[1] ?? '').split(';')).map((key) => key.replace(/^\[[\w-]+\]/, ''));
/** Literals that scripts hand to a catalogue: `this._('x')`, `node._('x')`, `text('x')`. */
const askedIn = (scripts: string): string[] => [...scripts.matchAll(/(?:\._|\btext|\bown)\('([\w.-]+)'/g)].map((match) => match[1] ?? '');
/** The beginnings of those whose end is a value: this._(`flag.${value}`). */
const familiesIn = (scripts: string): string[] => [...scripts.matchAll(/(?:\._|\btext|\bown)\(`([\w.-]+\.)\$\{/g)].map((match) => match[1] ?? '');
/** Literals that look like keys of this catalogue, wherever they stand: a key may be chosen first and asked for later. */
function literalsIn(scripts: string, own: ReadonlySet<string>): string[] {
  const groups = new Set([...own].map((key) => key.split('.')[0]));
  return [...scripts.matchAll(/'(\w[\w.-]*)'/g)].map((match) => match[1] ?? '').filter((literal) => literal.includes('.') && groups.has(literal.split('.')[0]));
}

/** The values that a family of keys must have a text for. */
const FAMILIES: Readonly<Record<string, readonly string[]>> = {
  'oms-auth caller.': CALLERS,
  'oms-flag flag.': Object.keys(FLAG_DEFAULTS),
  'oms-flag about.': ['gate', 'fork'],
  'oms-operator action.': OPERATOR_ACTIONS,
  'oms-order action.': ORDER_ACTIONS,
  'oms-print-request station.': PRINT_STATIONS,
  'oms-jobs action.': JOB_ACTIONS,
  'oms-sfcc-order action.': SFCC_ACTIONS,
  'oms-dead-letters action.': DEAD_LETTER_ACTIONS,
  'oms-nav-document document.': DOCUMENT_NAMES,
  'oms-editor category.': ['stages', 'edge', 'orders', 'jobs', 'partners'],
  'oms-editor about.': ['stages', 'edge', 'orders', 'jobs', 'partners'],
  'oms-editor phase.': [...new Set(lifecycle.names.map((name) => lifecycle.statuses[name].phase))],
  'oms-editor kind.': [...new Set(lifecycle.names.map((name) => lifecycle.statuses[name].kind))],
};

/** Every key of a node type's own catalogue that is needed, by the rules of RED.oms.registerType and by what its page says. */
function neededBy(type: string): Set<string> {
  const page = pageOf(nodeFiles[type] ?? '');
  const scripts = scriptsOf(page).join('\n');
  const { outputs = 0, checks = {}, subject } = definitionOf(type);
  const families = familiesIn(scripts).flatMap((family) => (FAMILIES[`${type} ${family}`] ?? ['a family that the test does not know']).map((value) => `${family}${value}`));
  return new Set([
    'name',
    ...(subject === undefined ? ['variables'] : []),
    ...Array.from({ length: outputs }, (_, index) => `output.${index + 1}`),
    ...Object.keys(checks).map((property) => `label.${property}`),
    ...namedIn(page).filter((key) => !key.includes(':')),
    ...askedIn(scripts),
    ...families,
  ]);
}

describe.each(TYPES)('%s', (type) => {
  const file = nodeFiles[type] ?? '';
  const page = pageOf(file);

  test('its page names its type and holds nothing that a reader sees: every text comes from a catalogue', () => {
    expect(page).toContain(`data-template-name="${type}"`);
    expect(page).toMatch(new RegExp(String.raw`register(Type|Connection)\('${type}'`));
    for (const template of templatesOf(page)) {
      expect(template.replaceAll(/<[^>]*>/g, '').trim()).toBe('');
      expect(template).not.toMatch(/\b(placeholder|title|alt|aria-label)="/);
    }
  });

  test('the catalogue has every text that is asked for, and none that is not', () => {
    const own = new Set(catalogueOf(file, 'en-US').keys());
    const needed = new Set([...neededBy(type), ...literalsIn(scriptsOf(page).join('\n'), own)]);
    expect([...needed].filter((key) => !own.has(key))).toEqual([]);
    expect([...own].filter((key) => !needed.has(key))).toEqual([]);
    const shared = catalogueOf(SHARED, 'en-US');
    const foreign = namedIn(page).filter((key) => key.includes(':'));
    for (const key of foreign) {
      const [namespace, name = ''] = key.split(':');
      const text = namespace === 'node-red' ? name.split('.').reduce<unknown>((part, step) => (part as Record<string, unknown> | undefined)?.[step], NODE_RED) : namespace === 'oms/oms-editor' && shared.get(name);
      expect({ key, text }).toEqual({ key, text: expect.stringMatching(/./) });
    }
  });

  test.each(LANGUAGES.slice(1))('the catalogue in %s has the same keys, and the same values to fill in', (language) => {
    expect(blanks(catalogueOf(file, language))).toEqual(blanks(catalogueOf(file, 'en-US')));
  });

  test('every setting that can be wrong is checked', () => {
    const { defaults, checks = {} } = definitionOf(type);
    // Any text is a name or a reason; the source is chosen from two, and a box is ticked or not.
    const free = ['name', 'reason', 'source', 'scheduled', 'sequence', 'sessions'];
    expect(Object.keys(defaults).filter((property) => !(property in checks) && !free.includes(property))).toEqual([]);
    expect(Object.keys(checks).filter((property) => !(property in defaults))).toEqual([]);
  });

  test('it has its place in the palette, an icon, and a name for each output', () => {
    const { subject, icon, outputs = 0 } = definitionOf(type);
    const places = type.endsWith('-connection') ? [undefined] : ['stages', 'edge', 'orders', 'jobs', 'partners'];
    expect(places).toContain(subject);
    expect(icon ?? 'font-awesome/fa-cog').toMatch(/^font-awesome\/fa-[a-z-]+$/);
    const labels = Array.from({ length: outputs }, (_, index) => catalogueOf(file, 'en-US').get(`output.${index + 1}`));
    expect(new Set(labels).size).toBe(outputs);
  });

  test.each([
    ['en-US', ['Inputs', 'Outputs', 'Details', 'References']],
    ['de', ['Eingänge', 'Ausgänge', 'Details', 'Verweise']],
  ])('its help in %s: one sentence, then the four sections in their order, none empty', (language, headings) => {
    const help = helpOf(file, language);
    expect(help).toMatch(new RegExp(String.raw`^<script type="text/html" data-help-name="${type}">\n  <p>[^<]+</p>\n`));
    const [lead = '', ...sections] = help.replaceAll(/<\/?script[^>]*>/g, '').split(/<h3>/);
    expect(lead.replaceAll(/<\/?p>/g, '').trim()).toMatch(/^\p{Lu}[^.]*\.$/u);
    expect(sections.map((section) => section.split('</h3>')[0])).toEqual(headings);
    for (const section of sections) expect(section.split('</h3>')[1]?.replaceAll(/<[^>]*>/g, '').trim()).toMatch(/.../);
  });

  test('its help names outputs as the ports are named, and files that exist', () => {
    const { outputs = 0 } = definitionOf(type);
    for (const language of LANGUAGES) {
      const help = helpOf(file, language);
      const labels = Array.from({ length: outputs }, (_, index) => catalogueOf(file, language).get(`output.${index + 1}`));
      const ports = [...help.matchAll(/^    <li>([^<]+)$/gm)].map((match) => match[1]);
      expect(ports).toEqual(outputs > 1 ? labels : []);
      const references = help.split(/<h3>(?:References|Verweise)<\/h3>/)[1] ?? '';
      const files = [...references.matchAll(/<code>([^<]+)<\/code>/g)].map((match) => match[1] ?? '');
      expect(files.filter((each) => !existsSync(path.join(ROOT, each)))).toEqual([]);
      expect(files).not.toEqual([]);
    }
  });
});

/** A catalogue's keys, each with the values that its text wants. */
function blanks(texts: Map<string, string>): [string, string[]][] {
  return [...texts].map(([key, text]): [string, string[]] => [key, (text.match(/__\w+?__/g) ?? []).toSorted()]).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

describe('what the dialogs share', () => {
  const pages = SHARED_PAGES.map(pageOf);
  const scripts = pages.flatMap(scriptsOf).join('\n');
  const everyPage = [...pages, ...Object.values(nodeFiles).map(pageOf)];

  test('its catalogue has every text that is asked for, and none that is not', () => {
    const own = new Set(catalogueOf(SHARED, 'en-US').keys());
    const families = familiesIn(scripts).filter((family) => FAMILIES[`oms-editor ${family}`]).flatMap((family) => FAMILIES[`oms-editor ${family}`]?.map((value) => `${family}${value}`) ?? []);
    const inherited = [...scripts.matchAll(/`oms\/oms-editor:([\w-]+\.)\$\{/g)].flatMap((match) => FAMILIES[`oms-editor ${match[1] ?? ''}`]?.map((value) => `${match[1] ?? ''}${value}`) ?? []);
    const named = everyPage.flatMap(namedIn).filter((key) => key.startsWith('oms/oms-editor:')).map((key) => key.slice('oms/oms-editor:'.length));
    const needed = new Set([...families, ...inherited, ...named, ...literalsIn(scripts, own)]);
    expect([...needed].filter((key) => !own.has(key))).toEqual([]);
    expect([...own].filter((key) => !needed.has(key))).toEqual([]);
  });

  test('it exists in every language, with the same values to fill in', () => {
    for (const language of LANGUAGES) expect(blanks(catalogueOf(SHARED, language))).toEqual(blanks(catalogueOf(SHARED, 'en-US')));
  });

  test('a text that is missing, or not used, would be seen', () => {
    expect(namedIn('<i data-i18n="[placeholder]a.b;c"></i>')).toEqual(['a.b', 'c']);
    expect(askedIn("this._('a.b', { x }); node._('c'); text('d.e')")).toEqual(['a.b', 'c', 'd.e']);
    expect(familiesIn('this._(`flag.${value}`); text(`phase.${phase}`)')).toEqual(['flag.', 'phase.']);
    expect(literalsIn("this._(on ? 'hint.on' : 'hint.off'); input.on('change.oms')", new Set(['hint.on']))).toEqual(['hint.on', 'hint.off']);
    expect(neededBy('oms-flag')).toContain('flag.use_prod_arena');
    expect(neededBy('oms-work')).toContain('label.failure');
  });
});
