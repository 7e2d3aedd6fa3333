import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { gone, type Identity, identify, runningProcess } from './scripts';
import { temporaryDirectory } from './temporary';

jest.setTimeout(20_000);

type Program = { name: string; detached?: boolean; drain?: number; deaf?: boolean; never?: boolean; complaint?: string; stopLimit?: number };

const DATABASE: Program = { name: 'database', detached: true };
const SANDBOX: Program = { name: 'sandbox', detached: true };
const SERVER: Program = { name: 'server', drain: 100 };

/** An instance of its own process group, as a terminal or `npm start` makes it. */
class Instance {
  readonly directory = temporaryDirectory();
  readonly process: ChildProcessByStdio<null, Readable, null>;
  readonly seen: Identity[] = [];
  readonly #lines: string[] = [];
  readonly #exit: Promise<unknown[]>;

  constructor(programs: Program[], pause?: number) {
    const script = path.join(__dirname, 'fixtures/instance.js');
    this.process = spawn(process.execPath, [script, this.directory, JSON.stringify({ programs, pause })], { detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
    createInterface(this.process.stdout).on('line', (line) => this.#lines.push(line));
    this.#exit = once(this.process, 'close');
    running.push(this);
  }

  /** Waits for a line of the supervisor. */
  async said(line: string): Promise<void> {
    while (!this.#lines.includes(line)) {
      if (this.process.exitCode !== null) throw new Error(`ended without saying "${line}": ${this.#lines.join(' / ')}`);
      await Promise.race([once(this.process.stdout, 'data'), this.#exit]);
      await new Promise(setImmediate);
    }
  }

  get lines(): string[] {
    return this.#lines;
  }

  /** What the programs have noted, in order. */
  get journal(): string[] {
    const file = path.join(this.directory, 'journal');
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  }

  programOf(name: string): Identity {
    const identity = runningProcess(this.directory, name);
    if (!identity) throw new Error(`${name} does not run`);
    this.seen.push(identity);
    return identity;
  }

  /** A signal to the whole group: the supervisor and every program that has no group of its own. */
  signal(name: NodeJS.Signals): void {
    if (this.process.pid !== undefined) process.kill(-this.process.pid, name);
  }

  async exit(): Promise<unknown> {
    const [code] = await this.#exit;
    return code;
  }
}

const running: Instance[] = [];
afterEach(() => {
  for (const instance of running.splice(0)) {
    for (const { pid } of instance.seen) if (identify(pid)) process.kill(pid, 'SIGKILL');
    if (instance.process.exitCode === null && instance.process.signalCode === null) instance.process.kill('SIGKILL');
  }
});

async function ready(programs: Program[], pause?: number): Promise<{ instance: Instance; processes: Identity[] }> {
  const instance = new Instance(programs, pause);
  await instance.said('ready');
  return { instance, processes: programs.map(({ name }) => instance.programOf(name)) };
}

const goneWithin = async (processes: Identity[], limit: number): Promise<boolean[]> => Promise.all(processes.map((each) => gone(each, limit)));

test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('%s to the whole group: the server drains before anything it needs ends', async (signal) => {
  const { instance, processes } = await ready([DATABASE, SANDBOX, SERVER]);
  instance.signal(signal);
  expect(await instance.exit()).toBe(0);
  const ends = instance.journal.filter((line) => line.endsWith(' ended'));
  expect(ends).toEqual(['server ended', 'sandbox ended', 'database ended']);
  expect(instance.journal.indexOf('sandbox draining')).toBeGreaterThan(instance.journal.indexOf('server ended'));
  expect(await goneWithin(processes, 0)).toEqual([true, true, true]);
});

test('a Ctrl-C that arrives twice, from the terminal and through npm, is one', async () => {
  const { instance } = await ready([{ ...SERVER, drain: 300 }]);
  instance.signal('SIGINT');
  await instance.said('stopping');
  instance.process.kill('SIGINT');
  expect(await instance.exit()).toBe(0);
  expect(instance.journal).toContain('server ended');
  expect(instance.lines).not.toContain('ending at once');
});

test('a dead program is started again, after a longer pause each time up to a limit', async () => {
  const { instance } = await ready([SERVER], 20);
  for (const seconds of [0.02, 0.04, 0.08, 0.08]) {
    const before = instance.lines.length;
    process.kill(instance.programOf('server').pid, 'SIGKILL');
    while (!instance.lines.slice(before).includes('server runs again')) await once(instance.process.stdout, 'data');
    expect(instance.lines[before]).toBe(`server ended by SIGKILL; starting it again in ${seconds} s`);
  }
  instance.signal('SIGTERM');
  expect(await instance.exit()).toBe(0);
  expect(instance.journal.filter((line) => line === 'server started')).toHaveLength(5);
});

test('while it waits to start something again it can be ended at once', async () => {
  const { instance } = await ready([DATABASE, SERVER], 60_000);
  process.kill(instance.programOf('server').pid, 'SIGKILL');
  await instance.said('server ended by SIGKILL; starting it again in 60 s');
  instance.signal('SIGTERM');
  expect(await instance.exit()).toBe(0);
  expect(instance.journal.at(-1)).toBe('database ended');
});

test('a program that does not end in time is killed', async () => {
  const { instance, processes } = await ready([DATABASE, { name: 'server', deaf: true, stopLimit: 100 }]);
  instance.signal('SIGTERM');
  expect(await instance.exit()).toBe(0);
  expect(await goneWithin(processes, 0)).toEqual([true, true]);
});

test('a program that cannot start says why, and nothing of the others stays', async () => {
  const instance = new Instance([DATABASE, { name: 'server', complaint: 'flows/nav.json is no JSON' }]);
  await instance.said('starting server');
  const database = instance.programOf('database');
  expect(await instance.exit()).toBe(1);
  expect(instance.lines.at(-1)).toBe('failed: flows/nav.json is no JSON');
  expect(await goneWithin([database], 0)).toEqual([true]);
});

test('a start can be ended before it is ready', async () => {
  const instance = new Instance([DATABASE, { name: 'server', never: true, stopLimit: 5_000 }]);
  await instance.said('server is here');
  const processes = [instance.programOf('database'), instance.programOf('server')];
  instance.signal('SIGTERM');
  expect(await instance.exit()).toBe(0);
  expect(await goneWithin(processes, 0)).toEqual([true, true]);
});

test('it ends everything although nobody reads what it says any more', async () => {
  const { instance, processes } = await ready([DATABASE, SERVER]);
  instance.process.stdout.destroy();
  instance.process.kill('SIGTERM');
  expect(await instance.exit()).toBe(0);
  expect(await goneWithin(processes, 0)).toEqual([true, true]);
});

test('when it is killed itself, its programs notice', async () => {
  const { instance, processes } = await ready([SANDBOX, SERVER]);
  instance.process.kill('SIGKILL');
  await instance.exit();
  expect(await goneWithin(processes, 5_000)).toEqual([true, true]);
  expect(instance.journal).toEqual(expect.arrayContaining(['server orphaned', 'sandbox orphaned']));
});
