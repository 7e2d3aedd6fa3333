import type { Line, LinePath } from '../../nodes/orders/order';
import { routeOf } from '../../nodes/orders/route';
import { anOrder } from './an-order';

const goes = (paths: readonly LinePath[], more: { batchReference?: string; businessType?: number } = {}, from: readonly string[] = []) => {
  const { warehouse, lines } = anOrder();
  const [line] = lines as [Line];
  return routeOf({ ...more, warehouse, lines: paths.map((path, index) => ({ ...line, lineId: `L${index + 1}`, path, ...(from[index] && { warehouse: from[index] }) })) });
};

test.each([
  [['finished', 'finished'], {}, 'cirro'],
  [['finished'], { businessType: 1 }, 'direct'],
  [['finished'], { businessType: 2 }, 'cirro'],
  [['vendor'], {}, 'direct'],
  [['vendor'], { businessType: 1 }, 'direct'],
  [['printable'], {}, 'print'],
  [['printable'], { businessType: 1 }, 'print'],
  [['printable'], { batchReference: 'PB-1' }, 'cirro'],
  [['printable'], { batchReference: 'PB-1', businessType: 1 }, 'direct'],
] as const)('%j with %j goes to %s', (paths, more, route) => {
  expect(goes(paths, more)).toBe(route);
});

test('lines that go different ways are never guessed about: the reason names them', () => {
  expect(() => goes(['printable', 'finished', 'printable'])).toThrow(
    expect.objectContaining({ code: 'order.mixed-paths', message: 'its lines go different ways (printed: L1, L3; finished goods: L2), and it was not split' }),
  );
  expect(() => goes(['finished', 'finished', 'finished'], {}, ['', 'eu-west', 'us-west'])).toThrow(
    expect.objectContaining({ code: 'order.mixed-paths', message: 'its lines go different ways (finished goods: L1, L3; finished goods from eu-west: L2), and it was not split' }),
  );
  expect(goes(['finished', 'finished'], {}, ['', 'us-west'])).toBe('cirro');
  expect(() => goes([])).toThrow(expect.objectContaining({ code: 'order.mixed-paths' }));
});
