import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';

/**
 * Which remote calls have left this process, noted right before their first byte in a file that outlives the process. After its death
 * the file answers what the ledger cannot: a call that was begun there and is not noted here never left. Written without a flush to
 * the disk: it outlives every death but that of the machine, after which it says nothing.
 */
export class Departures {
  readonly #folder: string;
  #file: number | undefined;

  /** @param folder of this instance alone */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Begins the file of a run. To be called before its first call is begun in the ledger. */
  open(run: number): void {
    if (this.#file !== undefined) closeSync(this.#file);
    mkdirSync(this.#folder, { recursive: true });
    this.#file = openSync(this.#fileOf(run), 'w', 0o600);
    writeSync(this.#file, `${machineRun() ?? ''}\n`);
  }

  /** The next thing that happens is the first byte. */
  note(effect: number, attempt: number): void {
    if (this.#file !== undefined) writeSync(this.#file, `${keyOf(effect, attempt)}\n`);
  }

  /** The calls of an earlier run that left; undefined where that cannot be told. The run must be over. */
  leftBy(run: number): { has(effect: number, attempt: number): boolean } | undefined {
    let lines: string[];
    try {
      lines = readFileSync(this.#fileOf(run), 'utf8').split('\n');
    } catch {
      return undefined;
    }
    const [machine, ...keys] = lines;
    if (!machine || machine !== machineRun()) return undefined;
    const left = new Set(keys);
    return { has: (effect, attempt) => left.has(keyOf(effect, attempt)) };
  }

  /** Removes the files of all runs but this one: what they had begun has been settled. */
  forgetOthers(run: number): void {
    for (const name of readdirSync(this.#folder)) if (name !== String(run)) rmSync(path.join(this.#folder, name), { force: true });
  }

  #fileOf(run: number): string {
    return path.join(this.#folder, String(run));
  }
}

const keyOf = (effect: number, attempt: number): string => `${effect}/${attempt}`;

/** Tells one run of the machine from the next; undefined where the system has no such thing. */
function machineRun(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}
