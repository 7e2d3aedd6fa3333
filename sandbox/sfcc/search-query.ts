/** What a search may ask an order for. */
export type Searchable = Record<'order_no' | 'last_modified' | 'creation_date' | 'export_status' | 'status' | 'shipping_status' | 'payment_status', string>;
export type Matches = (order: Searchable) => boolean;

/** A search that OCAPI would refuse. */
export class BadSearch extends Error {}

type Part = Record<string, unknown>;

const fields: readonly string[] = ['order_no', 'last_modified', 'creation_date', 'export_status', 'status', 'shipping_status', 'payment_status'];
const times: readonly string[] = ['last_modified', 'creation_date'];

/** Compiles an OCAPI query. @throws BadSearch for a kind of query that the sandbox does not know */
export function compileQuery(query: unknown): Matches {
  const { kind, part } = only(query, 'query');
  switch (kind) {
    case 'match_all_query':
      return () => true;
    case 'term_query':
      return compileTerm({ ...part, field: Array.isArray(part.fields) ? part.fields[0] : part.field });
    case 'filtered_query': {
      const matches = compileQuery(part.query);
      const passes = compileFilter(part.filter);
      return (order) => matches(order) && passes(order);
    }
    default:
      throw new BadSearch(`The query ${kind} is not known.`);
  }
}

/** Compiles an OCAPI filter. @throws BadSearch for a kind of filter that the sandbox does not know */
export function compileFilter(filter: unknown): Matches {
  const { kind, part } = only(filter, 'filter');
  switch (kind) {
    case 'range_filter':
      return compileRange(part);
    case 'term_filter':
      return compileTerm(part);
    case 'bool_filter':
      return compileBool(part);
    default:
      throw new BadSearch(`The filter ${kind} is not known.`);
  }
}

function compileBool({ operator, filters }: Part): Matches {
  if (!Array.isArray(filters) || filters.length === 0) throw new BadSearch('A bool_filter needs filters.');
  const parts = filters.map(compileFilter);
  if (operator === 'and') return (order) => parts.every((matches) => matches(order));
  if (operator === 'or') return (order) => parts.some((matches) => matches(order));
  if (operator === 'not') return (order) => !parts.some((matches) => matches(order));
  throw new BadSearch(`The operator ${String(operator)} of a bool_filter is not known.`);
}

function compileRange({ field, from, to, filter_mode: mode }: Part): Matches {
  const name = fieldName(field);
  if (!times.includes(name)) throw new BadSearch(`A range over ${name} is not known.`);
  if (mode !== undefined && mode !== 'overlap') throw new BadSearch(`The filter mode ${String(mode)} is not known.`);
  const least = from === undefined ? -Infinity : time(from);
  const most = to === undefined ? Infinity : time(to);
  return (order) => {
    const value = Date.parse(order[name]);
    return value >= least && value <= most;
  };
}

function compileTerm({ field, operator, values }: Part): Matches {
  const name = fieldName(field);
  if (!Array.isArray(values) || values.length === 0) throw new BadSearch('A term needs values.');
  const wanted = new Set(values.map(String));
  if (operator === 'one_of' || (operator === 'is' && wanted.size === 1)) return (order) => wanted.has(order[name]);
  if (operator === 'not_in' || (operator === 'is_not' && wanted.size === 1)) return (order) => !wanted.has(order[name]);
  throw new BadSearch(`The operator ${String(operator)} with ${wanted.size} values is not known.`);
}

function fieldName(field: unknown): keyof Searchable {
  if (typeof field === 'string' && fields.includes(field)) return field as keyof Searchable;
  throw new BadSearch(`The field ${String(field)} cannot be searched.`);
}

function time(value: unknown): number {
  const parsed = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(parsed)) throw new BadSearch(`${String(value)} is not a time.`);
  return parsed;
}

function only(value: unknown, what: string): { kind: string; part: Part } {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  const [entry] = entries;
  if (!entry || entries.length > 1) throw new BadSearch(`One ${what} is needed.`);
  const [kind, part] = entry;
  if (typeof part !== 'object' || part === null) throw new BadSearch(`The ${what} ${kind} is empty.`);
  return { kind, part: part as Part };
}
