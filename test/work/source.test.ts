import { spread } from '../../nodes/work/source';

test('those who wait come again after their time, and not all together', () => {
  const waits = Array.from({ length: 50 }, () => spread(2000));
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(2000);
  expect(Math.max(...waits)).toBeLessThanOrEqual(2500);
  expect(new Set(waits).size).toBeGreaterThan(1);
  expect(spread(0)).toBe(0);
});
