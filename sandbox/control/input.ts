import type { FaultOrder } from '../faults/fault-table';
import { endpoints, faultKinds, operations, type System } from '../faults/kinds';
import type { EffectFilter } from '../journal/effects';
import { findSite, type Site, sites } from '../sfcc/sites';
import { type Template, templates } from '../sfcc/templates';

/** Input of the control API that is no good; the message is for the person who sent it. */
export class BadInput extends Error {}

type Part = Record<string, unknown>;

export interface OrderWish {
  count: number;
  template: Template;
  seed: string | undefined;
  site: Site | undefined;
}

/** Reads `{platform, count, template?, seed?, site?}`. @throws BadInput */
export function readOrderWish(body: unknown): OrderWish {
  const wish = object(body, ['platform', 'count', 'template', 'seed', 'site']);
  oneOf(wish.platform, 'platform', ['sfcc']);
  const { seed, site } = wish;
  if (seed !== undefined && typeof seed !== 'string' && typeof seed !== 'number') throw new BadInput('seed must be a text or a number.');
  return {
    count: number(wish.count, 'count', { least: 1, most: 20_000, whole: true }),
    template: wish.template === undefined ? 'finished' : oneOf(wish.template, 'template', templates),
    seed: seed === undefined ? undefined : String(seed),
    site: site === undefined ? undefined : findSite(oneOf(site, 'site', sites.map(({ id }) => id))),
  };
}

/** Reads `{system, operation?, endpoint?, fault, rate?, count?, ms?}`. @throws BadInput */
export function readFaultOrder(body: unknown): FaultOrder {
  const order = object(body, ['system', 'operation', 'endpoint', 'fault', 'rate', 'count', 'ms']);
  const system = oneOf(order.system, 'system', Object.keys(operations) as System[]);
  const rate = order.rate === undefined ? 1 : number(order.rate, 'rate', { least: 0, most: 1 });
  if (rate === 0) throw new BadInput('rate must be above 0.');
  return {
    system,
    fault: oneOf(order.fault, 'fault', faultKinds),
    rate,
    ...(order.operation !== undefined && { operation: oneOf<string>(order.operation, 'operation', operations[system]) }),
    ...(order.endpoint !== undefined && { endpoint: oneOf<string>(order.endpoint, 'endpoint', endpoints[system] ?? []) }),
    ...(order.count !== undefined && { count: number(order.count, 'count', { least: 1, most: 1_000_000, whole: true }) }),
    ...(order.ms !== undefined && { ms: number(order.ms, 'ms', { least: 0, most: 600_000 }) }),
  };
}

/** Reads the query of `GET /control/effects`. @throws BadInput */
export function readEffectFilter(query: Part): EffectFilter {
  const { system, operation, ref } = texts(query, ['system', 'operation', 'ref']);
  return { system: system || undefined, operation: operation || undefined, ref: ref || undefined, ...readPage(query) };
}

/** Reads `after` and `limit`. @throws BadInput */
export function readPage(query: Part): { after: number | undefined; limit: number | undefined } {
  const { after, limit } = texts(query, ['after', 'limit']);
  return {
    after: after ? number(Number(after), 'after', { least: 0, most: Number.MAX_SAFE_INTEGER, whole: true }) : undefined,
    limit: limit ? number(Number(limit), 'limit', { least: 1, most: Number.MAX_SAFE_INTEGER, whole: true }) : undefined,
  };
}

function texts(query: Part, names: readonly string[]): Record<string, string | undefined> {
  for (const name of names) if (query[name] !== undefined && typeof query[name] !== 'string') throw new BadInput(`${name} may be given once.`);
  return query as Record<string, string | undefined>;
}

function object(value: unknown, names: readonly string[]): Part {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new BadInput('The body must be a JSON object.');
  const unknown = Object.keys(value).find((name) => !names.includes(name));
  if (unknown !== undefined) throw new BadInput(`${unknown} is not known; known are ${names.join(', ')}.`);
  return value as Part;
}

function oneOf<T extends string>(value: unknown, name: string, known: readonly T[]): T {
  const found = known.find((one) => one === value);
  if (found === undefined) throw new BadInput(`${name} must be one of ${known.join(', ')}.`);
  return found;
}

function number(value: unknown, name: string, { least, most, whole = false }: { least: number; most: number; whole?: boolean }): number {
  if (typeof value === 'number' && value >= least && value <= most && (!whole || Number.isInteger(value))) return value;
  throw new BadInput(`${name} must be a ${whole ? 'whole ' : ''}number from ${least} to ${most}.`);
}
