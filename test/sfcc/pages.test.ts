import { firstPage, nextPage } from '../../nodes/sfcc/pages';

const order = (time: string): object => ({ order_no: time, last_modified: `2026-11-21T10:00:${time}Z` });

test('a run begins behind its watermark; the first of all has no beginning', () => {
  expect(firstPage('2026-11-21T10:00:10.000Z', 4000)).toEqual({ start: 0, done: false, from: '2026-11-21T10:00:06.000Z' });
  expect(firstPage(undefined, 4000)).toEqual({ start: 0, done: false });
});

test('the next page begins at the last time seen, whatever left the search meanwhile', () => {
  expect(nextPage({ start: 0, done: false }, [order('01'), order('02')], 2)).toEqual({ from: '2026-11-21T10:00:02.000Z', start: 0, covered: '2026-11-21T10:00:02.000Z', done: false });
});

test('only where a whole page shares one time does the offset grow', () => {
  const cursor = { from: '2026-11-21T10:00:02.000Z', start: 0, done: false };
  expect(nextPage(cursor, [order('02'), order('02')], 2)).toMatchObject({ from: cursor.from, start: 2, done: false });
  expect(nextPage({ ...cursor, start: 2 }, [order('02'), order('03')], 2)).toMatchObject({ from: '2026-11-21T10:00:03.000Z', start: 0 });
});

test('a page that is not full is the last; what it held is covered', () => {
  expect(nextPage({ start: 0, done: false }, [order('05')], 2)).toMatchObject({ covered: '2026-11-21T10:00:05.000Z', done: true });
  expect(nextPage({ start: 0, done: false }, [], 2)).toEqual({ start: 0, done: true });
});
