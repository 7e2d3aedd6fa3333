import { catalogueOf, pageOf, pluginFiles, scriptsOf } from './a-page';

/** The texts of the sidebar: every one comes from a catalogue, in every language. */

const file = pluginFiles['oms-sidebar'] ?? '';
const script = scriptsOf(pageOf(file)).join('\n');
const english = catalogueOf(file, 'en-US');

/** The values that a family of keys must have a text for. */
const FAMILIES: Readonly<Record<string, readonly string[]>> = {
  'standing.': ['held', 'running', 'paused', 'scheduled', 'again', 'next', 'blocked', 'waiting', 'decision', 'error', 'final'],
  'step.': ['transition', 'event', 'effect', 'fact', 'hold'],
  'stage.': ['waiting', 'running', 'late', 'oldest'],
  'pause.': ['stage', 'partner', 'store'],
};

const matches = (pattern: RegExp): string[] => [...script.matchAll(pattern)].map((match) => match[1] ?? '');

test('every text that the page asks for is there, and none is there for nothing', () => {
  const families = matches(/_\(`([\w.]+\.)\$\{/g);
  expect(new Set(families)).toEqual(new Set(Object.keys(FAMILIES)));
  const chosen = matches(/_\(own \? '([\w.]+)' : '[\w.]+'/g).concat(matches(/_\(own \? '[\w.]+' : '([\w.]+)'/g));
  const asked = new Set([...matches(/\b_\('([\w.-]+)'/g), ...chosen, ...families.flatMap((family) => (FAMILIES[family] ?? []).map((value) => family + value)), 'orders', 'stages']);
  expect([...asked].toSorted()).toEqual([...english.keys()].toSorted());
});

test.each(['de'])('%s says everything, with the same values in it', (language) => {
  const values = (text: string): string[] => [...text.matchAll(/__\w+?__/g)].map(([value]) => value).toSorted();
  const shape = (catalogue: Map<string, string>): object => Object.fromEntries([...catalogue].map(([key, text]) => [key, values(text)]));
  expect(shape(catalogueOf(file, language))).toEqual(shape(english));
});
