import type { Found } from './found';
import { DEEDS, type Deed, type Expected } from './scenario';

/** In what an order differs from how it must end, in words. */
export interface Difference {
  order: string;
  what: string;
  expected: string;
  found: string;
}

/** Holds an order against how it must end. `found` is undefined where the order is not there. */
export function differences(order: string, expected: Expected, found: Found | undefined): Difference[] {
  if (!found) return [{ order, what: 'the order', expected: expected.status, found: 'not there' }];
  const all: Difference[] = [];
  const hold = (what: string, wanted: unknown, is: unknown): void => {
    if (String(wanted) !== String(is)) all.push({ order, what, expected: String(wanted), found: String(is) });
  };
  hold('status', expected.status, found.status);
  for (const deed of new Set([...Object.keys(expected.deeds), ...Object.keys(found.deeds)])) hold(nameOf(deed), `${expected.deeds[deed as Deed] ?? 0} times`, `${found.deeds[deed] ?? 0} times`);
  if (expected.deeds['sfcc capture']) hold('captured, in minor units', found.total, found.captured);
  hold('parcels', expected.parcels, found.parcels);
  hold('batches', expected.batches, found.batches);
  hold('holds', list(expected.holds), list(found.holds));
  hold('open tasks', list([]), list(found.openTasks));
  hold('marked as taken at the storefront', true, found.exported);
  const passed = new Set(found.stays.map(({ status }) => status));
  hold('comes through', list(expected.through), list(expected.through.filter((status) => passed.has(status))));
  if (expected.lasting) {
    const { status, ms } = expected.lasting;
    const longest = Math.max(0, ...found.stays.map((stay) => (stay.status === status ? (stay.ms ?? 0) : 0)));
    if (longest < ms) all.push({ order, what: `time in ${status}`, expected: `at least ${ms} ms`, found: `${Math.round(longest)} ms` });
  }
  return all;
}

const list = (items: readonly string[]): string => items.toSorted().join(', ') || 'none';

const nameOf = (deed: string): string => (Object.hasOwn(DEEDS, deed) ? DEEDS[deed as Deed] : deed);
