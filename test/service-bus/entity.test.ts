import { nameOf, toEntity } from '../../nodes/service-bus/entity';

/** How a queue or a subscription is named in a node. */

test.each([
  ['orders', { queue: 'orders' }],
  [' int-prod/oms ', { topic: 'int-prod', subscription: 'oms' }],
])('“%s” names an entity', (text, entity) => {
  expect(toEntity(text)).toEqual(entity);
  expect(nameOf(toEntity(text))).toBe(text.trim());
});

test.each(['', 'a/b/c', 'a/', '/b', 'a b', 'sb://x/y'])('“%s” names none', (text) => {
  expect(() => toEntity(text)).toThrow(expect.objectContaining({ code: 'service-bus.no-such-name' }));
});
