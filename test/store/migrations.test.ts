import { readdirSync } from 'node:fs';
import path from 'node:path';

/** The files of the migrations. */

test('every migration is a file NNNN-what-it-is.sql; no number is there twice, none is missing', () => {
  const files = readdirSync(path.join(__dirname, '../../nodes/store/migrations')).toSorted();
  expect(files.filter((file) => !/^\d{4}(-[a-z0-9]+)+\.sql$/.test(file))).toEqual([]);
  expect(files.map((file) => Number(file.slice(0, 4)))).toEqual(files.map((_, index) => index + 1));
});
