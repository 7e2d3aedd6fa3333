import { type Unsound, unsound } from '../runtime/sound';

/**
 * A raw order that must not be passed on as an object: too deep, or with keys that would reach a prototype where it is cloned. It
 * travels as the storefront's own text, with as much of it as tells whose order it is.
 */
export class Quarantined {
  /** The order as the storefront wrote it, byte for byte. */
  readonly text: string;
  readonly wrong: Unsound;
  /** The plain values at the top of the order, by their harmless names. */
  readonly head: Readonly<Record<string, unknown>>;

  constructor(text: string, wrong: Unsound, order: unknown) {
    this.text = text;
    this.wrong = wrong;
    const members = typeof order === 'object' && order !== null && !Array.isArray(order) ? Object.entries(order) : [];
    this.head = Object.fromEntries(members.filter(([key, value]) => unsound({ [key]: 0 }) === undefined && typeof value !== 'object'));
  }
}

/**
 * An order as it may be passed on: itself, or in quarantine.
 * @param text the order as it came; asked for when it is needed
 */
export function admitted(order: unknown, text: () => string): unknown {
  if (order instanceof Quarantined) return order;
  const wrong = unsound(order);
  return wrong ? new Quarantined(text(), wrong, order) : order;
}

/** What tells whose order it is, and when it was changed. */
export const headOf = (order: unknown): unknown => (order instanceof Quarantined ? order.head : order);
