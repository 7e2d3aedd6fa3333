import * as fc from 'fast-check';
import { addMoney, exponentOf, formatAmount, formatMoney, parseAmount, parseMoney, subtractMoney, sumAmounts } from '../../nodes/orders/money';
import { InvalidInput } from '../../nodes/runtime/errors';

const currency = fc.constantFrom('USD', 'EUR', 'JPY', 'KWD', 'CLF');
const amount = fc.maxSafeInteger();

function refusal(act: () => unknown): InvalidInput {
  try {
    act();
  } catch (error) {
    if (error instanceof InvalidInput) return error;
    throw error;
  }
  throw new Error('It was not refused');
}

describe('reading and writing', () => {
  test('every amount comes back from its decimal text', () => {
    fc.assert(fc.property(amount, currency, (minor, code) => expect(parseAmount(formatAmount(minor, code), code)).toBe(minor)));
  });

  test('a JSON number is read by its shortest decimal text, never by its binary value', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e12, max: 1e12 }), fc.constantFrom('USD', 'EUR'), (minor, code) => {
        const number: unknown = JSON.parse(formatAmount(minor, code));
        expect(parseAmount(number, code)).toBe(minor);
      }),
    );
    expect(parseAmount(1.1 + 2.2 - 2.2, 'KWD')).toBe(1100);
    expect(() => parseAmount(0.1 + 0.2, 'USD')).toThrow('more than the 2 decimals');
  });

  test.each([
    ['12.34', 'USD', 1234],
    ['12.3', 'USD', 1230],
    ['-0.05', 'USD', -5],
    ['-0.00', 'USD', 0],
    ['12.3400', 'USD', 1234],
    [12, 'USD', 1200],
    [1200, 'JPY', 1200],
    ['1200.0', 'JPY', 1200],
    ['1.234', 'KWD', 1234],
    ['90071992547409.91', 'USD', Number.MAX_SAFE_INTEGER],
  ])('%p %s is %d minor units', (value, code, minor) => {
    expect(parseAmount(value, code)).toBe(minor);
  });

  test.each([
    ['12.345', 'USD', 'money.too-precise'],
    [0.5, 'JPY', 'money.too-precise'],
    ['90071992547409.92', 'USD', 'money.too-large'],
    [1e21, 'USD', 'money.malformed'],
    [1e-7, 'USD', 'money.malformed'],
    [Number.NaN, 'USD', 'money.malformed'],
    ['', 'USD', 'money.malformed'],
    ['1,000.00', 'USD', 'money.malformed'],
    [' 1', 'USD', 'money.malformed'],
    ['1.', 'USD', 'money.malformed'],
    ['9'.repeat(100_000), 'USD', 'money.malformed'],
    [undefined, 'USD', 'money.malformed'],
    [null, 'USD', 'money.malformed'],
    [{}, 'USD', 'money.malformed'],
    ['1.00', 'ZZZ', 'money.unknown-currency'],
    ['1.00', 'usd', 'money.unknown-currency'],
  ])('%p %s is refused as %s, with the place of it', (value, code, reason) => {
    expect(refusal(() => parseAmount(value, code, '/order_total'))).toMatchObject({ code: reason, pointer: '/order_total' });
  });

  test('digits after the point are those of ISO 4217', () => {
    expect(['JPY', 'USD', 'KWD', 'CLF'].map((code) => exponentOf(code))).toEqual([0, 2, 3, 4]);
    expect(['JPY', 'USD', 'KWD'].map((code) => formatAmount(-5, code))).toEqual(['-5', '-0.05', '-0.005']);
  });
});

describe('adding', () => {
  test('subtracting what was added gives the amount back', () => {
    const small = fc.integer();
    fc.assert(
      fc.property(small, small, currency, (a, b, code) => {
        const [left, right] = [{ amount: a, currency: code }, { amount: b, currency: code }] as const;
        expect(subtractMoney(addMoney(left, right), right)).toEqual(left);
      }),
    );
  });

  test('two currencies are never added', () => {
    const [usd, eur] = [parseMoney('1.00', 'USD'), parseMoney('1.00', 'EUR')];
    expect(refusal(() => addMoney(usd, eur)).code).toBe('money.mixed-currencies');
    expect(refusal(() => subtractMoney(usd, eur)).code).toBe('money.mixed-currencies');
    expect(formatMoney(addMoney(usd, usd))).toBe('2.00');
  });

  test('a sum beyond safe integers is refused, not rounded', () => {
    expect(refusal(() => sumAmounts([Number.MAX_SAFE_INTEGER, 1], '/lines')).code).toBe('money.too-large');
    expect(sumAmounts([])).toBe(0);
  });
});
