import { existsSync } from 'node:fs';
import path from 'node:path';

/** The root of the project, for the tests' sources and for what `npm run faults` has compiled into dist/. */
export const ROOT = rootAbove(__dirname);

function rootAbove(folder: string): string {
  return existsSync(path.join(folder, 'package.json')) ? folder : rootAbove(path.dirname(folder));
}
