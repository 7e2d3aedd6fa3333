import { closeSync, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs';
import { writeFully } from '../journal/journal';

/** Where an order's document lies in the file. */
export interface Place {
  offset: number;
  length: number;
}

/**
 * The documents of the orders, as placed, one after another in a file: memory keeps only their places. A document is written
 * before the change that tells of it, so that a kill in between leaves nothing but unused bytes.
 */
export class OrderFile {
  readonly #fd: number;

  constructor(file: string) {
    this.#fd = openSync(file, 'a+', 0o600);
  }

  /** Adds documents with one write. */
  append(documents: readonly object[]): Place[] {
    let offset = fstatSync(this.#fd).size;
    const texts = documents.map((document) => Buffer.from(`${JSON.stringify(document)}\n`));
    writeFully(this.#fd, Buffer.concat(texts));
    return texts.map(({ length }) => {
      const place = { offset, length };
      offset += length;
      return place;
    });
  }

  /** Reads one document. */
  read({ offset, length }: Place): Record<string, unknown> {
    const bytes = Buffer.allocUnsafe(length);
    const read = readSync(this.#fd, bytes, 0, length, offset);
    if (read < length) throw new Error(`The file of orders ends at ${offset + read}, before the order it should hold`);
    return JSON.parse(bytes.toString('utf8')) as Record<string, unknown>;
  }

  clear(): void {
    ftruncateSync(this.#fd, 0);
  }

  close(): void {
    closeSync(this.#fd);
  }
}
