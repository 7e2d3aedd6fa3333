/** A storefront of the merchant. */
export interface Site {
  id: string;
  /** Beginning of its order numbers. */
  prefix: string;
  currency: string;
  /** Decimals of the currency. */
  exponent: number;
  taxation: 'net' | 'gross';
  region: 'US' | 'EU' | 'JP';
}

/** The three storefronts. */
export const sites: readonly Site[] = [
  { id: 'POPS-US', prefix: 'US', currency: 'USD', exponent: 2, taxation: 'net', region: 'US' },
  { id: 'POPS-EU', prefix: 'EU', currency: 'EUR', exponent: 2, taxation: 'gross', region: 'EU' },
  { id: 'POPS-JP', prefix: 'JP', currency: 'JPY', exponent: 0, taxation: 'gross', region: 'JP' },
];

/** Finds a storefront by its id. */
export function findSite(id: string): Site | undefined {
  return sites.find((site) => site.id === id);
}

/** Minor units as the number that the storefront puts into its JSON. */
export function toAmount(minor: number, exponent: number): number {
  return minor / 10 ** exponent;
}

/** Minor units as a decimal text with all decimals of the currency. */
export function toDecimal(minor: number, exponent: number): string {
  return toAmount(minor, exponent).toFixed(exponent);
}

/** The number of a storefront's JSON, or a decimal text, in minor units; undefined when it has more decimals than the currency or is none. */
export function toMinor(amount: number | string, exponent: number): number | undefined {
  const text = typeof amount === 'number' ? String(amount) : amount;
  const match = /^(\d{1,12})(?:\.(\d+))?$/.exec(text);
  if (!match) return undefined;
  const [, whole = '0', decimals = ''] = match;
  if (decimals.length > exponent) return undefined;
  return Number(whole) * 10 ** exponent + Number(decimals.padEnd(exponent, '0') || '0');
}
