import type { Misfortune } from '../faults/fault-table';
import { BadSearch, compileQuery, type Searchable } from './search-query';
import type { OrderState, Storefront } from './storefront';

interface SearchRequest {
  query?: unknown;
  sorts?: unknown;
  start?: unknown;
  count?: unknown;
}

const sortable: readonly (keyof Searchable)[] = ['last_modified', 'creation_date', 'order_no'];

/**
 * Answers an `order_search`. Orders that are equal in the sort stay in the order of their creation.
 * The fault `duplicate` shows the first order of the page twice, `reorder` turns the page around.
 * @throws BadSearch
 */
export function search(storefront: Storefront, site: string, request: SearchRequest, { fault }: Pick<Misfortune, 'fault'> = {}) {
  const matches = compileQuery(request.query);
  const start = whole(request.start ?? 0, 'start', 0, 1_000_000);
  const count = whole(request.count ?? 25, 'count', 1, 200);
  const found = storefront.ofSite(site).map((order) => ({ order, as: searchable(order) })).filter(({ as }) => matches(as));
  const sorted = found.toSorted(compareBy(request.sorts));
  const page = sorted.slice(start, start + count).map(({ order }) => order);
  const shown = fault === 'reorder' ? page.toReversed() : fault === 'duplicate' ? page.flatMap((order, index) => (index === 0 ? [order, order] : [order])) : page;
  return {
    count: shown.length,
    start,
    total: found.length,
    select: '(**)',
    query: request.query,
    hits: shown.map((order) => ({ relevance: 1, data: storefront.document(order) })),
  };
}

function searchable(order: OrderState): Searchable {
  const shipped = order.fulfillments.length > 0;
  return {
    order_no: order.ref,
    last_modified: order.modifiedAt,
    creation_date: order.createdAt,
    export_status: order.exportStatus,
    status: shipped ? 'completed' : order.cancelled ? 'cancelled' : 'new',
    shipping_status: shipped ? 'shipped' : 'not_shipped',
    payment_status: shipped ? 'paid' : 'not_paid',
  };
}

type Found = { as: Searchable };

function compareBy(sorts: unknown): (a: Found, b: Found) => number {
  if (sorts === undefined) return () => 0;
  if (!Array.isArray(sorts)) throw new BadSearch('sorts must be a list.');
  const keys = sorts.map((sort: { field?: unknown; sort_order?: unknown }) => {
    const field = sortable.find((name) => name === sort?.field);
    if (!field) throw new BadSearch(`Sorting by ${String(sort?.field)} is not known.`);
    return { field, sign: sort.sort_order === 'desc' ? -1 : 1 };
  });
  return (a, b) => {
    for (const { field, sign } of keys) {
      if (a.as[field] !== b.as[field]) return a.as[field] < b.as[field] ? -sign : sign;
    }
    return 0;
  };
}

function whole(value: unknown, name: string, least: number, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new BadSearch(`${name} must be a whole number from ${least} to ${most}.`);
}
