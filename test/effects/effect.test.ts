import { effect } from '../../nodes/effects/effect';

const tell = effect<unknown, { id: number; parcels: readonly string[] }, string>({
  kind: 'shop.tell',
  key: ({ id, parcels }) => `shop.tell:${id}:${parcels.join('+')}`,
  policy: 'human',
  request: () => '',
  send: () => Promise.resolve({}),
});

const parcels = (howMany: number): string[] => Array.from({ length: howMany }, (_, index) => `parcel-${index}-${'x'.repeat(30)}`);

test('a key that fits stays as it is', () => {
  expect(tell.key({ id: 7, parcels: ['a', 'b'] })).toBe('shop.tell:7:a+b');
});

test('a key of many parcels fits its column, is the same each time, and another for other parcels', () => {
  const many = parcels(12);
  const key = tell.key({ id: 7, parcels: many });
  expect(key).toHaveLength(191);
  expect(key).toMatch(/^shop\.tell:7:parcel-0-/);
  expect(tell.key({ id: 7, parcels: many })).toBe(key);
  expect(tell.key({ id: 7, parcels: [...many.slice(0, -1), 'another'] })).not.toBe(key);
});

test('an effect that is looked up must say how', () => {
  expect(() => effect({ kind: 'shop.ask', key: () => '', policy: 'inquire', request: () => '', send: () => Promise.resolve({}) })).toThrow('needs inquire()');
});
