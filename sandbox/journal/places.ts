import { readSync } from 'node:fs';

/** Where a line lies in a file. */
export interface Place {
  offset: number;
  length: number;
}

/** Reads one line of JSON. @throws Error where the file ends before it */
export function readPlace(fd: number, { offset, length }: Place): unknown {
  const bytes = Buffer.allocUnsafe(length);
  const read = readSync(fd, bytes, 0, length, offset);
  if (read < length) throw new Error(`The file ends at ${offset + read}, before the line that it should hold`);
  return JSON.parse(bytes.toString('utf8')) as unknown;
}
