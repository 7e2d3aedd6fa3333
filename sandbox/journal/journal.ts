import { closeSync, fstatSync, ftruncateSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import { type Place, readPlace } from './places';

const chunkBytes = 1 << 20;
const newline = 0x0a;

/** Writes the whole buffer; a plain `writeSync` may write less than it was given. */
export function writeFully(fd: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written);
}

/**
 * An append-only file of JSON lines. One line is one commit: it is written with a single call, so that a process killed at any
 * moment leaves whole commits and at most one torn last line, which is cut off when the file is opened again.
 */
export class Journal {
  readonly #file: string;
  #fd: number;

  constructor(file: string) {
    this.#file = file;
    this.#fd = openSync(file, 'a+', 0o600);
  }

  /**
   * Calls `visit` with every line in the order of writing, and cuts a torn last line off.
   * @throws Error naming the line, where a line other than the last cannot be read
   */
  replay(visit: (line: unknown, place: Place) => void): void {
    const chunk = Buffer.allocUnsafe(chunkBytes);
    let rest: Buffer = Buffer.alloc(0);
    let position = 0;
    let good = 0;
    let count = 0;
    for (;;) {
      const read = readSync(this.#fd, chunk, 0, chunkBytes, position);
      if (read === 0) break;
      position += read;
      const bytes = Buffer.concat([rest, chunk.subarray(0, read)]);
      let start = 0;
      for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, start)) {
        count += 1;
        visit(this.#parse(bytes.toString('utf8', start, end), count), { offset: good, length: end + 1 - start });
        good += end + 1 - start;
        start = end + 1;
      }
      rest = bytes.subarray(start);
    }
    if (good < fstatSync(this.#fd).size) ftruncateSync(this.#fd, good);
  }

  /** Adds one line. */
  append(line: unknown): Place {
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
    const place = { offset: fstatSync(this.#fd).size, length: bytes.length };
    writeFully(this.#fd, bytes);
    return place;
  }

  /** Reads one line again. */
  read(place: Place): unknown {
    return readPlace(this.#fd, place);
  }

  /** Takes every line out. */
  clear(): void {
    ftruncateSync(this.#fd, 0);
  }

  /** Replaces everything by one line, at once: a kill leaves either the old content or the new. */
  restartWith(line: unknown): void {
    const fresh = `${this.#file}.new`;
    rmSync(fresh, { force: true });
    const fd = openSync(fresh, 'a+', 0o600);
    writeFully(fd, Buffer.from(`${JSON.stringify(line)}\n`));
    renameSync(fresh, this.#file);
    closeSync(this.#fd);
    this.#fd = fd;
  }

  close(): void {
    closeSync(this.#fd);
  }

  #parse(text: string, line: number): unknown {
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new Error(`${this.#file}: line ${line} cannot be read; move the file away to start afresh`, { cause });
    }
  }
}
