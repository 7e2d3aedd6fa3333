import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import path from 'node:path';

/** Credentials of config nodes that come from the environment; Node-RED replaces `${NAME}` when it makes the node. */
export type Credentials = Record<string, unknown>;

/** What Node-RED keeps that is nobody's source: settings, sessions, encrypted credentials, the library. Not under version control. */
export class NodeRedState {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
  }

  open(): void {
    mkdirSync(this.#dir, { recursive: true, mode: 0o700 });
  }

  async read(name: string): Promise<Record<string, unknown> | undefined> {
    const file = path.join(this.#dir, `${name}.json`);
    if (!existsSync(file)) return undefined;
    const text = await readFile(file, 'utf8');
    return text ? (JSON.parse(text) as Record<string, unknown>) : undefined;
  }

  write(name: string, value: unknown): Promise<void> {
    return writeSafely(path.join(this.#dir, `${name}.json`), JSON.stringify(value));
  }

  async libraryEntry(type: string, name: string): Promise<unknown> {
    const target = this.#library(type, name);
    if (!existsSync(target)) return [];
    if (statSync(target).isFile()) return (await readFile(target, 'utf8')).replace(/^(\/\/ \w+: .*\n)*/, '');
    const entries = readdirSync(target, { withFileTypes: true });
    return entries.map((entry) => (entry.isDirectory() ? entry.name : { fn: entry.name }));
  }

  saveLibraryEntry(type: string, name: string, meta: object, body: string): Promise<void> {
    const head = Object.entries(meta).map(([key, value]) => `// ${key}: ${String(value)}\n`);
    return writeSafely(this.#library(type, name), `${head.join('')}${body}`);
  }

  #library(type: string, name: string): string {
    const folder = path.join(this.#dir, 'library', type);
    const target = path.join(folder, name);
    if (target !== folder && !target.startsWith(`${folder}${path.sep}`)) throw new Error('a library entry lies outside of the library');
    return target;
  }
}

/** As Node-RED itself encrypts them: AES-256-CTR under the hashed secret, the initialisation vector in front. */
export function encrypted(credentials: Credentials, secret: string): Credentials {
  const vector = randomBytes(16);
  const cipher = createCipheriv('aes-256-ctr', createHash('sha256').update(secret).digest(), vector);
  return { $: vector.toString('hex') + cipher.update(JSON.stringify(credentials), 'utf8', 'base64') + cipher.final('base64') };
}

/** Through a temporary file that is flushed before it takes the old one's place. */
async function writeSafely(file: string, text: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}.tmp`;
  const handle = await open(temporary, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
}
