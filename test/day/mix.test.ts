import { countsOf, mix } from './mix';
import { SCENARIOS } from './scenarios';

test.each([SCENARIOS.length, 80, 81, 2000])('%s orders are shared out to the last one, and every scenario gets some', (orders) => {
  const counts = countsOf(SCENARIOS, orders);
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(orders);
  expect(Math.min(...counts)).toBeGreaterThanOrEqual(1);
});

test('of a large day each scenario gets its share', () => {
  const all = SCENARIOS.reduce((sum, { share }) => sum + share, 0);
  for (const [index, count] of countsOf(SCENARIOS, 2000).entries()) expect(Math.abs(count / 2000 - (SCENARIOS[index]?.share ?? 0) / all)).toBeLessThan(0.005);
});

test('too few orders are refused', () => {
  expect(() => countsOf(SCENARIOS, SCENARIOS.length - 1)).toThrow('are too few for it');
});

test('the same seed mixes alike, another one otherwise', () => {
  const names = (seed: number): string[] => mix(SCENARIOS, 200, seed).map(({ name }) => name);
  expect(names(1)).toEqual(names(1));
  expect(names(2)).not.toEqual(names(1));
  expect(names(2).toSorted()).toEqual(names(1).toSorted());
});
