import * as fc from 'fast-check';
import { itemTexts, memberText } from '../../nodes/runtime/json-text';
import { DEPTH, unsound } from '../../nodes/runtime/sound';

const nested = (levels: number): unknown => JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`);

describe('what may be passed on', () => {
  test('as deep as is promised, and not one level deeper', () => {
    expect(unsound(nested(DEPTH))).toBeUndefined();
    expect(unsound(nested(DEPTH + 1))).toEqual({ reason: `is nested deeper than ${DEPTH} levels`, pointer: '/0'.repeat(DEPTH) });
    expect(unsound(nested(100_000))).toMatchObject({ reason: `is nested deeper than ${DEPTH} levels` });
  });

  test('any JSON without the three keys is sound; with one of them anywhere it is not, and the pointer leads there', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom('__proto__', 'constructor', 'prototype'), (value, key) => {
        const harmless = JSON.parse(JSON.stringify(value).replaceAll(/"(__proto__|constructor|prototype)":/g, '"harmless":')) as unknown;
        expect(unsound(harmless)).toBeUndefined();
        const spoiled = JSON.parse(`{"a":[0,{"${key}":${JSON.stringify(harmless)}}]}`) as unknown;
        expect(unsound(spoiled)).toEqual({ reason: 'is a forbidden key', pointer: `/a/1/${key}` });
      }),
    );
  });
});

test('the control: what is refused would give others a property when a wire clones it', () => {
  const { util } = require('@node-red/util') as { util: { cloneMessage(message: object): { payload: Record<string, unknown> } } };
  const payload = JSON.parse('{"__proto__": {"polluted": true}}') as Record<string, unknown>;
  expect([payload['polluted'], util.cloneMessage({ payload }).payload['polluted']]).toEqual([undefined, true]);
});

describe('parts of a document as they stand in it', () => {
  const blank = fc.constantFrom('', ' ', '\n', '\t \r\n');

  test('each item and member is found whole, whatever is in it', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), fc.jsonValue())), blank, (pairs, space) => {
        const texts = pairs.map(([, value]) => JSON.stringify(value, undefined, space));
        expect(itemTexts(`${space}[${space}${texts.map((text) => `${text}${space}`).join(`,${space}`)}]${space}`)).toEqual(texts);
        const object = `{${space}${pairs.map(([key], index) => `${space}${JSON.stringify(key)}${space}:${space}${texts[index]}${space}`).join(',')}}`;
        for (const [key] of pairs) expect(memberText(object, key)).toBe(texts[pairs.findLastIndex(([each]) => each === key)]);
      }),
    );
  });

  test('numbers, escapes and blanks stay as they are, however deep', () => {
    expect(memberText('{"a": 1.00 , "b": "\\u00e9\\"}" }', 'a')).toBe('1.00');
    expect(memberText('{"a": 1.00 , "\\u0062": "\\u00e9\\"}" }', 'b')).toBe('"\\u00e9\\"}"');
    const deep = `${'{"a":['.repeat(100_000)}${']}'.repeat(100_000)}`;
    expect(itemTexts(`[${deep},1]`)).toEqual([deep, '1']);
    expect(memberText('{"a": {"b": 1}}', 'b')).toBeUndefined();
    expect(itemTexts('[]')).toEqual([]);
  });
});
