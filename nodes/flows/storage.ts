import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { type FlowNode, joinFlows, ORDER_FILE, splitFlows } from './files';

/** Credentials of config nodes that come from the environment; Node-RED replaces `${NAME}` when it makes the node. */
type Credentials = Record<string, unknown>;

export interface FlowStorageOptions {
  /** The folder of the flow files. */
  flowsDir: string;
  /** Where settings, sessions and encrypted credentials are kept; not under version control. */
  stateDir: string;
  /** Credentials of a fresh installation: references to the environment, no secrets. */
  firstCredentials: Credentials;
  /** What Node-RED encrypts credentials with. */
  credentialSecret: string;
  /** The last line of defence: throws where these flows must not be saved. */
  check?: (flows: readonly FlowNode[]) => void;
}

/**
 * Node-RED's storage: one file per tab (files.ts), everything that is nobody's source in the data directory. A save writes only the
 * files that change, each through a temporary file, and removes those whose tab is gone.
 */
export function createFlowStorage({ flowsDir, stateDir, firstCredentials, credentialSecret, check }: FlowStorageOptions): object {
  const state = (name: string): string => path.join(stateDir, `${name}.json`);
  return {
    init: async (): Promise<void> => {
      mkdirSync(stateDir, { recursive: true, mode: 0o700 });
    },
    getFlows: async (): Promise<FlowNode[]> => readFlows(flowsDir),
    saveFlows: async (flows: FlowNode[]): Promise<void> => {
      check?.(flows);
      const { files, ordered } = splitFlows(flows);
      // In place: the revision that Node-RED hashes next is then the one that a restart loads.
      flows.splice(0, flows.length, ...ordered);
      await writeFlows(flowsDir, files);
    },
    getCredentials: async (): Promise<Credentials> => (await readJson(state('credentials'))) ?? encrypted(firstCredentials, credentialSecret),
    saveCredentials: (credentials: unknown) => writeSafely(state('credentials'), JSON.stringify(credentials)),
    getSettings: async () => (await readJson(state('settings'))) ?? {},
    saveSettings: (settings: unknown) => writeSafely(state('settings'), JSON.stringify(settings)),
    getSessions: async () => (await readJson(state('sessions'))) ?? {},
    saveSessions: (sessions: unknown) => writeSafely(state('sessions'), JSON.stringify(sessions)),
    getLibraryEntry: async (type: string, name: string): Promise<unknown> => libraryEntry(path.join(stateDir, 'library', type), name),
    saveLibraryEntry: async (type: string, name: string, meta: object, body: string): Promise<void> =>
      writeSafely(path.join(inside(path.join(stateDir, 'library', type), name)), `${Object.entries(meta).map(([key, value]) => `// ${key}: ${String(value)}\n`).join('')}${body}`),
  };
}

/** As Node-RED itself encrypts them: AES-256-CTR under the hashed secret, the initialisation vector in front. */
function encrypted(credentials: Credentials, secret: string): Credentials {
  const vector = randomBytes(16);
  const cipher = createCipheriv('aes-256-ctr', createHash('sha256').update(secret).digest(), vector);
  return { $: vector.toString('hex') + cipher.update(JSON.stringify(credentials), 'utf8', 'base64') + cipher.final('base64') };
}

/** The flows of a folder; none where it has no `_order.json` yet. */
export function readFlows(flowsDir: string): FlowNode[] {
  if (!existsSync(path.join(flowsDir, ORDER_FILE))) return [];
  return joinFlows((file) => readFileSync(path.join(flowsDir, file), 'utf8'));
}

async function writeFlows(flowsDir: string, files: ReadonlyMap<string, string>): Promise<void> {
  for (const [file, text] of files) {
    const target = path.join(flowsDir, file);
    const current = existsSync(target) ? await readFile(target, 'utf8') : undefined;
    if (current !== text) await writeSafely(target, text);
  }
  for (const file of ownFiles(flowsDir)) if (!files.has(file)) await rm(path.join(flowsDir, file));
}

/** The files in the folder that are flows: other files of a project are left alone. */
function ownFiles(flowsDir: string): string[] {
  return readdirSync(flowsDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(flowsDir, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/'))
    .filter((file) => /^[\w-]+\.json$|^[\w-]+\/[^/]+\.(js|sql|html|json|md|txt)$/.test(file));
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

async function readJson(file: string): Promise<Record<string, unknown> | undefined> {
  if (!existsSync(file)) return undefined;
  const text = await readFile(file, 'utf8');
  return text ? (JSON.parse(text) as Record<string, unknown>) : undefined;
}

async function libraryEntry(folder: string, name: string): Promise<unknown> {
  const target = inside(folder, name);
  if (!existsSync(target)) return [];
  if (statSync(target).isFile()) return (await readFile(target, 'utf8')).replace(/^(\/\/ \w+: .*\n)*/, '');
  const entries = readdirSync(target, { withFileTypes: true });
  return entries.map((entry) => (entry.isDirectory() ? entry.name : { fn: entry.name }));
}

function inside(folder: string, name: string): string {
  const target = path.join(folder, name);
  if (target !== folder && !target.startsWith(`${folder}${path.sep}`)) throw new Error('a library entry lies outside of the library');
  return target;
}
