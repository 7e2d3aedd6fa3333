/**
 * Money is an integer of minor units and an ISO 4217 currency. It is read from decimal text and written as decimal text; no step in
 * between is float arithmetic.
 */
import { InvalidInput } from '../runtime/errors';

/** `amount` counts minor units (cents, yen, fils) and is always a safe integer. */
export interface Money {
  readonly amount: number;
  readonly currency: string;
}

/** Digits after the decimal point by currency, ISO 4217 list one (2024). */
const exponents: ReadonlyMap<string, number> = new Map(
  (
    [
      [0, 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'],
      [
        2,
        'AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE CZK ' +
          'DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT ' +
          'LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN ' +
          'QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS ' +
          'VED VES WST XCD YER ZAR ZMW ZWG',
      ],
      [3, 'BHD IQD JOD KWD LYD OMR TND'],
      [4, 'CLF UYW'],
    ] as const
  ).flatMap(([exponent, codes]) => codes.split(' ').map((code) => [code, exponent] as const)),
);

/** Longest decimal text that can be a safe integer of minor units, with room for zeros in front and behind. */
const longestText = 40;

/**
 * Digits after the decimal point that `currency` has.
 * @throws InvalidInput `money.unknown-currency`
 */
export function exponentOf(currency: unknown, pointer = ''): number {
  const exponent = typeof currency === 'string' ? exponents.get(currency) : undefined;
  if (exponent === undefined) {
    throw new InvalidInput('The currency is not an ISO 4217 code that we know', { code: 'money.unknown-currency', pointer });
  }
  return exponent;
}

/**
 * Minor units of a decimal string (`"12.30"`), or of a JSON number, whose shortest decimal text is taken (`12.3`). Digits beyond the
 * currency's own must be zeros.
 * @param pointer where the value stands in the document, for the error
 * @throws InvalidInput `money.malformed`, `money.too-precise`, `money.too-large`, `money.unknown-currency`
 */
export function parseAmount(value: unknown, currency: string, pointer = ''): number {
  const exponent = exponentOf(currency, pointer);
  const text = typeof value === 'number' ? String(value) : value;
  const parts = typeof text === 'string' && text.length <= longestText ? /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) : null;
  if (parts === null) {
    const reason = value === undefined ? 'The amount is missing' : 'The amount is not a plain decimal number';
    throw new InvalidInput(reason, { code: 'money.malformed', pointer });
  }
  const [, sign = '', whole = '0', fraction = ''] = parts;
  if (/[1-9]/.test(fraction.slice(exponent))) {
    throw new InvalidInput(`The amount has more than the ${exponent} decimals of ${currency}`, { code: 'money.too-precise', pointer });
  }
  const amount = Number(whole + fraction.slice(0, exponent).padEnd(exponent, '0'));
  if (!Number.isSafeInteger(amount)) {
    throw new InvalidInput('The amount is too large', { code: 'money.too-large', pointer });
  }
  return sign === '' || amount === 0 ? amount : -amount;
}

/** {@link parseAmount} with its currency beside it. Throws the same. */
export function parseMoney(value: unknown, currency: string, pointer = ''): Money {
  return { amount: parseAmount(value, currency, pointer), currency };
}

/**
 * Decimal text with exactly the currency's digits: 1230 USD is `12.30`, 1230 JPY is `1230`.
 * @throws InvalidInput `money.unknown-currency`, `money.too-large` (not a safe integer)
 */
export function formatAmount(amount: number, currency: string): string {
  const exponent = exponentOf(currency);
  const digits = String(Math.abs(safe(amount))).padStart(exponent + 1, '0');
  const cut = digits.length - exponent;
  return `${amount < 0 ? '-' : ''}${digits.slice(0, cut)}${exponent === 0 ? '' : `.${digits.slice(cut)}`}`;
}

/** {@link formatAmount} of `money`; the currency is not part of the text. Throws the same. */
export function formatMoney(money: Money): string {
  return formatAmount(money.amount, money.currency);
}

/** @throws InvalidInput `money.mixed-currencies`, `money.too-large` */
export function addMoney(a: Money, b: Money): Money {
  assertSameCurrency(a, b);
  return { amount: safe(a.amount + b.amount), currency: a.currency };
}

/** @throws InvalidInput `money.mixed-currencies`, `money.too-large` */
export function subtractMoney(a: Money, b: Money): Money {
  assertSameCurrency(a, b);
  return { amount: safe(a.amount - b.amount), currency: a.currency };
}

/**
 * The sum of minor units of one currency; 0 for none.
 * @throws InvalidInput `money.too-large`
 */
export function sumAmounts(amounts: Iterable<number>, pointer = ''): number {
  let sum = 0;
  for (const amount of amounts) sum = safe(sum + amount, pointer);
  return sum;
}

function assertSameCurrency(a: Money, b: Money): void {
  if (a.currency !== b.currency) {
    throw new InvalidInput(`${a.currency} and ${b.currency} cannot be added`, { code: 'money.mixed-currencies' });
  }
}

function safe(amount: number, pointer = ''): number {
  if (!Number.isSafeInteger(amount)) {
    throw new InvalidInput('The amount is too large', { code: 'money.too-large', pointer });
  }
  return amount;
}
