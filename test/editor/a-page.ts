import { readFileSync } from 'node:fs';
import path from 'node:path';
import vm from 'node:vm';

export const ROOT = path.join(__dirname, '../..');

const { nodes, plugins } = (JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { 'node-red': { nodes: Record<string, string>; plugins: Record<string, string> } })['node-red'];
const source = (file: string): string => path.join(ROOT, file.replace(/^dist\//, '').replace(/\.js$/, ''));

/** Where the page of each node type lies, without its ending. */
export const nodeFiles: Readonly<Record<string, string>> = Object.fromEntries(Object.entries(nodes).map(([type, file]) => [type, source(file)]));
/** Where the page of each plugin of the editor lies. */
export const pluginFiles: Readonly<Record<string, string>> = Object.fromEntries(Object.entries(plugins).map(([id, file]) => [id, source(file)]));

export const pageOf = (file: string): string => readFileSync(`${file}.html`, 'utf8');

/** The scripts of a page, as the browser runs them. */
export const scriptsOf = (page: string): string[] => [...page.matchAll(/<script type="text\/javascript">([\s\S]*?)<\/script>/g)].map((match) => match[1] ?? '');
/** The templates of dialogs in a page. */
export const templatesOf = (page: string): string[] => [...page.matchAll(/<script type="text\/html"[^>]*>([\s\S]*?)<\/script>/g)].map((match) => match[1] ?? '');

/** Runs the scripts of these pages one after the other, in a browser that consists of what is given. */
export function run(files: readonly string[], browser: object): void {
  const context = vm.createContext({ setTimeout, clearTimeout, ...browser });
  for (const file of files) for (const script of scriptsOf(pageOf(file))) vm.runInContext(script, context, { filename: `${file}.html` });
}

export interface Definition {
  subject?: string;
  inputs?: number;
  outputs?: number;
  icon?: string;
  defaults: Record<string, { value: unknown; type?: string }>;
  checks?: Record<string, unknown>;
}

/** What the page of a node type registers; a connection by its settings. */
export function definitionOf(type: string): Definition {
  let found: Definition | undefined;
  const check = (): undefined => undefined;
  const checks = { number: () => check, offered: () => check, several: () => check, connection: check, shaped: () => check };
  const RED = {
    oms: {
      checks,
      registerType: (_type: string, definition: Definition) => (found = definition),
      registerConnection: (_type: string, settings: Record<string, unknown> = {}) =>
        (found = { defaults: Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, { value }])), checks: settings }),
    },
  };
  run([nodeFiles[type] ?? type], { RED });
  if (!found) throw new Error(`the page of ${type} registers nothing`);
  return found;
}

/** A catalogue, flat: keys with dots. */
export function catalogueOf(file: string, language: string): Map<string, string> {
  const found = new Map<string, string>();
  const walk = (part: object, prefix: string): void => {
    for (const [key, value] of Object.entries(part)) {
      if (typeof value === 'string') found.set(`${prefix}${key}`, value);
      else walk(value as object, `${prefix}${key}.`);
    }
  };
  walk(JSON.parse(readFileSync(path.join(path.dirname(file), 'locales', language, `${path.basename(file)}.json`), 'utf8')) as object, '');
  return found;
}

export const helpOf = (file: string, language: string): string => readFileSync(path.join(path.dirname(file), 'locales', language, `${path.basename(file)}.html`), 'utf8');
