import { closeSync, fstatSync, ftruncateSync, openSync } from 'node:fs';
import { writeFully } from '../journal/journal';
import { type Place, readPlace } from '../journal/places';

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
  read(place: Place): Record<string, unknown> {
    return readPlace(this.#fd, place) as Record<string, unknown>;
  }

  clear(): void {
    ftruncateSync(this.#fd, 0);
  }

  close(): void {
    closeSync(this.#fd);
  }
}
