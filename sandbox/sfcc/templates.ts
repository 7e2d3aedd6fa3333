import { articles } from '../articles';
import type { OcapiOrder } from './ocapi';
import { makeOrder, type Recipe } from './order-document';
import type { Site } from './sites';

/** Kinds of orders that can be asked for. */
export const templates = ['finished', 'printable', 'smudged', 'slow-print', 'vendor', 'split', 'two-warehouses', 'elsewhere', 'own-warehouse', 'out-of-stock', 'unreleased', 'rejected', 'parcels', 'pre-order', 'bad', 'hostile'] as const;
export type Template = (typeof templates)[number];

type AnyOrder = Omit<OcapiOrder, 'currency'> & { currency?: string };

/** Ways in which an order can be beyond understanding; order number n takes the (n mod 4)th. */
const spoilers: readonly ((order: OcapiOrder) => AnyOrder)[] = [
  (order) => ({ ...order, order_total: order.order_total + 1 }),
  ({ currency: _currency, ...order }) => order,
  (order) => ({ ...order, currency: 'ZZZ' }),
  (order) => ({ ...order, product_items: [] }),
];

/** Who fulfils the items of a template, in turn. */
const paths: Readonly<Partial<Record<Template, readonly string[]>>> = { printable: ['printable'], smudged: ['printable'], 'slow-print': ['printable'], vendor: ['vendor'], split: ['printable', 'finished', 'vendor'] };

/** Where the items of a template leave from, in turn: from the store's own warehouse, of which the catalogue says nothing, or from another one. */
const places: Readonly<Partial<Record<Template, readonly ('own' | 'other')[]>>> = { 'two-warehouses': ['own', 'other'], elsewhere: ['other'] };

/** The key that the OMS gives the warehouse of another region than the store's. */
const others: Readonly<Record<Site['region'], string>> = { US: 'eu-west', EU: 'jp-tokyo', JP: 'us-east' };

/** The article that makes a template what it is: an order's first item. */
const special: Readonly<Partial<Record<Template, string>>> = { 'out-of-stock': articles.late, unreleased: articles.blocked, rejected: articles.disputed, parcels: articles.bulky, smudged: articles.smudged, 'slow-print': articles.slow };

/** How long a pre-order waits: short, so that somebody may watch it. */
const PRE_ORDER_MS = 60_000;

/** Templates that mean nothing with a single item. */
const several: ReadonlySet<Template> = new Set(['split', 'two-warehouses', 'parcels']);

/** What the merchant's catalogue says of an item that goes this way; what is printed has its artwork, as JSON text as a custom attribute holds it. */
function wayOf(way: string, orderNo: string, position: number): Record<string, string> {
  if (way !== 'printable') return { c_fulfillmentPath: way };
  const url = (kind: string): string => `https://artwork.shop.sandbox/${orderNo}/${position}-${kind}.png`;
  return { c_fulfillmentPath: way, c_assets: JSON.stringify([{ kind: 'artwork', url: url('artwork'), position: 1 }, { kind: 'proof', url: url('proof'), position: 2 }]) };
}

/** Custom attributes that do harm where they are cloned or assigned; order number n takes the (n mod 4)th. */
const weapons: readonly string[] = [
  '{"__proto__": {"polluted": true}}',
  '{"a": [{"constructor": {"prototype": {"polluted": true}}}]}',
  '{"prototype": {"polluted": true}}',
  `${'['.repeat(40)}${']'.repeat(40)}`,
];

/**
 * Makes an order of a template: `finished` goods only, all `printable`, all printed and the first batch `smudged`, all printed and in ten minutes alone (`slow-print`), all from a `vendor`, a `split` of them (two lines at least), `two-warehouses`, of which every second item
 * (two at least) leaves from a warehouse of another region, `elsewhere`, of which all do, `own-warehouse`, of the kind of
 * business that leaves from a warehouse of the merchant's own, `out-of-stock`,
 * with an article that the warehouse gets in a while, `unreleased`, with one that NAV does not release, `rejected`, with one that Cirro takes only
 * when it is asked again, `parcels`, of which each item (two at least) is shipped alone, `pre-order`, which may not be worked on for a minute, `bad`, which no order system can take in, or `hostile`,
 * which must not even be passed on.
 */
export function makeFromTemplate(template: Template, recipe: Recipe, variant: number): AnyOrder {
  const order = makeOrder({ ...recipe, leastLines: several.has(template) ? 2 : 1 });
  const ways = paths[template];
  if (ways) order.product_items = order.product_items.map((item, index) => Object.assign(item, wayOf(ways[index % ways.length] ?? '', recipe.orderNo, index + 1)));
  const turns = places[template];
  if (turns) order.product_items = order.product_items.map((item, index) => (turns[index % turns.length] === 'other' ? Object.assign(item, { c_warehouse: others[recipe.site.region] }) : item));
  if (template === 'own-warehouse') return Object.assign(order, { c_orderBusinessType: 1 });
  if (template === 'pre-order') return Object.assign(order, { c_releaseDate: new Date(Date.now() + PRE_ORDER_MS).toISOString() });
  if (template === 'hostile') return Object.assign(order, { c_hostile: JSON.parse(weapons[variant % weapons.length] ?? '') as unknown });
  const article = special[template];
  if (article) order.product_items = order.product_items.map((item, index) => (index === 0 ? { ...item, product_id: article } : item));
  const spoil = template === 'bad' ? spoilers[variant % spoilers.length] : undefined;
  return spoil ? spoil(order) : order;
}
