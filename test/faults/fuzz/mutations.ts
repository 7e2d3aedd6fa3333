import * as fc from 'fast-check';

/** Values that something behind the edge may stumble over. */
const NASTY: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null, true, '', ' ', '\0', '\u{feff}', '\u{202e}', '\\', "'; DROP TABLE orders; -- ", '${jndi:ldap://x}', '{{msg}}', '../../etc/passwd', '%00', '\ud800', '\u{1F469}\u{200D}\u{1F52C}', 'NaN', '1e400', 'x'.repeat(70_000),
    0, -1, 1.5, 2 ** 31, 2 ** 53, -(2 ** 63), 1e308, 5e-324, '9999-12-31T23:59:60Z', '0000-01-01T00:00:00Z', '2026-02-29T00:00:00Z', '2026-01-01T00:00:00+23:59', '+010000-01-01T00:00:00Z', [], {}, [[]], [{}], { length: -1 }, { toString: 1 }, { then: 1 }, { hasOwnProperty: 1 },
  ),
  fc.constantFrom(33, 1000, 20_000).map((levels) => JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`) as unknown),
  fc.constantFrom('__proto__', 'constructor', 'prototype').map((key) => JSON.parse(`{"${key}": {"polluted": true}}`) as unknown),
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc.jsonValue(),
  fc.bigInt().map(Number),
);

/** One place of a JSON value is removed, replaced, repeated or given company. */
export function mutated(value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.tuple(value, fc.nat(), fc.constantFrom('remove', 'replace', 'repeat', 'add'), NASTY, fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'status', 'toString'))).map(([whole, where, how, nasty, name]) => {
    const copy = structuredClone(whole);
    const places = containersIn(copy);
    const place = places[where % Math.max(1, places.length)];
    if (!place) return nasty;
    const keys = Object.keys(place);
    const key = keys[where % Math.max(1, keys.length)] ?? '0';
    if (how === 'remove') Reflect.deleteProperty(place, key);
    else if (how === 'replace') define(place, key, nasty);
    else if (how === 'repeat' && Array.isArray(place)) for (let times = 0; times < 600; times++) place.push(place[0]);
    else define(place, name, nasty);
    return copy;
  });
}

/** As JSON.parse does it: an own property, whatever its name. */
const define = (on: object, key: string, value: unknown): void => void Object.defineProperty(on, key, { value, enumerable: true, configurable: true, writable: true });

function containersIn(value: unknown): object[] {
  const found: object[] = [];
  const stack = [value];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (typeof next !== 'object' || next === null) continue;
    found.push(next);
    stack.push(...Object.values(next).filter((each) => each !== undefined));
  }
  return found;
}

/** A few bytes are changed, put in, taken out, doubled or cut off. */
export function mutatedBytes(bytes: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> {
  const change = fc.tuple(fc.nat(), fc.constantFrom('flip', 'insert', 'delete', 'double', 'cut'), fc.uint8Array({ minLength: 1, maxLength: 8 }));
  return fc.tuple(bytes, fc.array(change, { minLength: 1, maxLength: 4 })).map(([whole, changes]) =>
    changes.reduce((now, [where, how, put]) => {
      const at = where % Math.max(1, now.length);
      if (how === 'cut') return now.subarray(0, at);
      const from = how === 'double' ? now.subarray(Math.max(0, at - 40), at) : Buffer.from(put);
      return Buffer.concat([now.subarray(0, at), how === 'delete' ? Buffer.alloc(0) : from, now.subarray(how === 'flip' || how === 'delete' ? at + put.length : at)]);
    }, whole),
  );
}
