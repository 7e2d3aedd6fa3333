/** The product items of an OCAPI order document as canonical lines. An item's options are part of its line. Pure. */
import { sumAmounts } from '../orders/money';
import { type Asset, type Line, type LinePath, linePaths, type Properties } from '../orders/order';
import type { Warehouses } from '../orders/warehouses';
import type { Place } from './place';

/** Reads minor units of the order's currency. */
export type Amount = (place: Place) => number;

/** As many lines as a shipment can name (docs/contracts/fulfill-orders.schema.json). */
const mostLines = 500;

/** @throws InvalidInput with a pointer to the item at fault */
export function toLines(items: readonly Place[], document: Place, amount: Amount, warehouses: Pick<Warehouses, 'has'>): Line[] {
  if (items.length > mostLines) throw document.at('product_items').refused('sfcc.too-many-items', `holds more than ${mostLines} items`);
  const lines = items.map((item, index) => ({ ...toLine(item, index, document, amount), ...toWarehouse(item.at('c_warehouse'), warehouses) }));
  refuseRepeatedIds(items.map((item) => item.at('item_id')));
  return lines;
}

/** Whether the item goes with this shipment. */
export function isIn(shipment: Place, item: Place): boolean {
  const id = item.at('shipment_id').optionalText(256);
  return id !== undefined && id === shipment.at('shipment_id').optionalText(256);
}

/** The amount at a place that may be absent. */
export function stated(place: Place, amount: Amount): number | undefined {
  return place.isAbsent ? undefined : amount(place);
}

/**
 * The tax of an item after discounts; 0 for what costs nothing.
 * @throws InvalidInput when a priced item states none
 */
export function taxOf(item: Place, amount: Amount): number {
  const tax = stated(item.at('adjusted_tax'), amount) ?? stated(item.at('tax'), amount);
  if (tax !== undefined) return tax;
  if (item.at('price').isAbsent || priceBefore(item, amount) === 0) return 0;
  throw item.at('adjusted_tax').refused('sfcc.missing', 'is missing, and so is tax');
}

function toLine(item: Place, index: number, document: Place, amount: Amount): Line {
  const options = item.at('option_items').items();
  const priced = [item, ...options];
  const quantity = wholeQuantity(item.at('quantity'));
  const before = sumAmounts(priced.map((one) => priceBefore(one, amount)), item.at('price').pointer);
  const total = sumAmounts(priced.map((one) => priceAfter(one, document, amount)), item.pointer);
  if (before < 0) throw item.at('price').refused('sfcc.negative-price', 'is negative');
  const unitPrice = before / quantity;
  if (!Number.isSafeInteger(unitPrice)) {
    throw item.at('price').refused('sfcc.price-not-of-whole-units', 'is not a whole number of minor units times the quantity');
  }
  const giftMessage = item.at('gift_message').optionalText(4000) ?? shipmentOf(item, document)?.at('gift_message').optionalText(4000);
  return {
    lineId: item.at('item_id').id(64),
    position: index + 1,
    sku: item.at('product_id').id(100),
    name: item.at('product_name').optionalText(256) ?? item.at('item_text').optionalText(256) ?? item.at('product_id').text(100),
    quantity,
    unitPrice,
    discount: before - total,
    tax: sumAmounts(priced.map((one) => taxOf(one, amount)), item.pointer),
    total,
    gift: item.at('gift').flag() || (shipmentOf(item, document)?.at('gift').flag() ?? false),
    ...(giftMessage !== undefined && { giftMessage }),
    path: toPath(item.at('c_fulfillmentPath')),
    ...toAssets(item.at('c_assets')),
    properties: lineProperties(item, options),
  };
}

/** Who fulfils it, as the merchant's catalogue says; without a word it is picked finished. */
function toPath(place: Place): LinePath {
  const path = linePaths.find((each) => each === (place.isAbsent ? 'finished' : place.value));
  if (!path) throw place.refused('sfcc.path', `is none of ${linePaths.join(', ')}`);
  return path;
}

/** The merchant's own attribute (an assumption of this project): the key of the warehouse that it leaves from, where that is not the store's. */
function toWarehouse(place: Place, warehouses: Pick<Warehouses, 'has'>): Pick<Line, 'warehouse'> {
  const key = place.optionalText(32);
  if (key === undefined) return {};
  if (!warehouses.has(key)) throw place.refused('sfcc.warehouse', 'is the key of no warehouse');
  return { warehouse: key };
}

/** As many files as a line is printed from. */
const mostAssets = 20;

/** Its files, as JSON text or as a list (this project's assumption: `{kind, url, position?}`). What is fetched by others is fetched by https alone. */
function toAssets(place: Place): Pick<Line, 'assets'> {
  const assets = listed(place).items();
  if (assets.length > mostAssets) throw place.refused('sfcc.too-many-assets', `holds more than ${mostAssets} files`);
  return assets.length === 0 ? {} : { assets: assets.map(toAsset) };
}

function listed(place: Place): Place {
  const text = typeof place.value === 'string' ? place.optionalText(20_000) : undefined;
  if (typeof place.value === 'string' && text === undefined) return place.holding([]);
  if (text === undefined) return place;
  try {
    return place.holding(JSON.parse(text));
  } catch {
    throw place.refused('sfcc.assets', 'is not JSON');
  }
}

function toAsset(place: Place, index: number): Asset {
  const url = place.at('url').text(1000);
  if (!/^https:\/\/[^\s\\]+$/.test(url) || !URL.canParse(url) || new URL(url).username !== '') throw place.at('url').refused('sfcc.asset-url', 'is not an https URL');
  const kind = place.at('kind').text(32);
  if (!/^[\w.-]+$/.test(kind)) throw place.at('kind').refused('sfcc.asset-kind', 'has other characters than letters, digits and ._-');
  const position = place.at('position').isAbsent ? index + 1 : place.at('position').value;
  if (typeof position !== 'number' || !Number.isInteger(position) || position < 1 || position > 1000) throw place.at('position').refused('sfcc.asset-position', 'is not a whole number from 1 to 1000');
  return { kind, url, position };
}

/** Price of the whole line before any discount. A bonus item may come without one. */
function priceBefore(item: Place, amount: Amount): number {
  const price = item.at('price');
  return price.isAbsent && item.at('bonus_product_line_item').flag() ? 0 : amount(price);
}

/** Price of the whole line after its own discounts and its share of the order's, as SFCC prorated it. */
function priceAfter(item: Place, document: Place, amount: Amount): number {
  const afterOrder = stated(item.at('price_after_order_discount'), amount);
  if (afterOrder !== undefined) return afterOrder;
  if (document.at('order_price_adjustments').items().length > 0) {
    throw item.at('price_after_order_discount').refused('sfcc.missing', 'is missing, though the order has discounts of its own');
  }
  const adjustments = item.at('price_adjustments').items();
  return (
    stated(item.at('price_after_item_discount'), amount) ??
    sumAmounts([priceBefore(item, amount), ...adjustments.map((adjustment) => amount(adjustment.at('price')))], item.pointer)
  );
}

function shipmentOf(item: Place, document: Place): Place | undefined {
  return document.at('shipments').items().find((shipment) => isIn(shipment, item));
}

function lineProperties(item: Place, options: readonly Place[]): Properties {
  const shipmentId = item.at('shipment_id').optionalText(256);
  const bundled = item.at('bundled_product_items').items();
  return {
    ...item.customAttributes(),
    ...(item.at('bonus_product_line_item').flag() && { bonus: true }),
    ...(shipmentId !== undefined && { shipmentId }),
    ...(options.length > 0 && {
      options: options.map((option) => ({ id: option.at('option_id').text(256), value: option.at('option_value_id').text(256) })),
    }),
    ...(bundled.length > 0 && {
      bundle: bundled.map((part) => ({ sku: part.at('product_id').text(100), quantity: wholeQuantity(part.at('quantity')) })),
    }),
  };
}

function wholeQuantity(place: Place): number {
  const quantity = place.value;
  if (typeof quantity !== 'number' || !Number.isInteger(quantity) || quantity < 1 || quantity > 999) {
    throw place.refused('sfcc.quantity', 'is not a whole number from 1 to 999');
  }
  return quantity;
}

/** @throws InvalidInput with a pointer to the first id that another has, too */
export function refuseRepeatedIds(ids: readonly Place[]): void {
  const seen = new Set<string>();
  for (const place of ids) {
    const id = place.id(64);
    if (seen.has(id)) throw place.refused('sfcc.repeated-id', 'is the id of another, too');
    seen.add(id);
  }
}
