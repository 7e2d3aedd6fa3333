import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Departures } from '../../nodes/work/departures';

let folder: string;
beforeEach(() => {
  folder = path.join(mkdtempSync(path.join(tmpdir(), 'oms-calls-')), 'calls');
});
afterEach(() => rmSync(path.dirname(folder), { recursive: true }));

test('the next run knows which calls of the last one left', () => {
  const last = new Departures(folder);
  last.open(7);
  last.note(12, 1);
  last.note(12, 2);
  const left = new Departures(folder).leftBy(7);
  expect([left?.has(12, 1), left?.has(12, 2), left?.has(12, 3), left?.has(1, 2)]).toEqual([true, true, false, false]);
});

test('a run without a file, or on a machine that has started anew since, is one of which nothing is known', () => {
  const last = new Departures(folder);
  last.open(7);
  expect(new Departures(folder).leftBy(8)).toBeUndefined();
  writeFileSync(path.join(folder, '7'), readFileSync(path.join(folder, '7'), 'utf8').replace(/^.*\n/, 'another-start-of-the-machine\n'));
  expect(new Departures(folder).leftBy(7)).toBeUndefined();
  writeFileSync(path.join(folder, '7'), '');
  expect(new Departures(folder).leftBy(7)).toBeUndefined();
});

test('a run that registers anew goes on in a file of its own; the files of others are forgotten when they are settled', () => {
  const departures = new Departures(folder);
  departures.open(7);
  departures.note(1, 1);
  departures.open(8);
  departures.note(2, 1);
  expect([departures.leftBy(7)?.has(2, 1), departures.leftBy(8)?.has(2, 1)]).toEqual([false, true]);
  departures.forgetOthers(8);
  expect(readdirSync(folder)).toEqual(['8']);
});
