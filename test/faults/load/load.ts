import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../../support/root';
import type { System } from '../../support/system';
import type { LoadOrder, LoadResult } from './generator';

/** The generator, on a core of its own where it is pinned. */
export class Generator {
  readonly #child: ChildProcess;

  constructor() {
    this.#child = fork(path.join(ROOT, 'dist/test/faults/load/generator.js'), [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  }

  run(order: LoadOrder): Promise<LoadResult> {
    return new Promise((resolve, reject) => {
      this.#child.once('message', (result) => resolve(result as LoadResult));
      this.#child.once('exit', () => reject(new Error('the generator ended')));
      this.#child.send(order);
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  stop(): void {
    this.#child.removeAllListeners('exit');
    this.#child.kill('SIGKILL');
  }
}

/** Server and database share the first core, the generator has the second: what is measured is not what measures. */
export async function separate(system: System, generator: Generator): Promise<void> {
  const [row] = await system.sql<{ file: string; dir: string }>('SELECT @@pid_file AS file, @@datadir AS dir');
  const database = readFileSync(path.resolve(row?.dir ?? '', row?.file ?? ''), 'utf8').trim();
  for (const [pid, core] of [[generator.pid, 1], [system.process?.pid, 0], [database, 0]] as const) {
    const { status, stderr } = spawnSync('taskset', ['--all-tasks', '--pid', '--cpu-list', String(core), String(pid)], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`taskset: ${stderr}`);
  }
}
