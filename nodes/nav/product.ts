/** NAV's item (docType 4) of one product (docs/contracts/nav-documents.md: this project's assumption). Pure. */
import { createHash } from 'node:crypto';
import { InvalidInput } from '../runtime/errors';
import { DocType, type NavDocument } from './mapping';
import { element } from './xml';

export interface Product {
  /** The item's number in NAV. */
  readonly sku: string;
  readonly description: string;
  /** NAV's code, e.g. `PCS`. */
  readonly unitOfMeasure: string;
}

/** A product on its way to one company of NAV: each has its own items. */
export interface ProductForNav extends Product {
  /** `US`, `EMEA`, `WRITEON` or `JAPAN`. */
  readonly endpoint: string;
}

/** What a message calls NAV's fields `No.`, `Description` and `Base Unit of Measure`, and their lengths. */
const LIMITS = { sku: 20, description: 100, unit_of_measure: 10 } as const;

/**
 * A product as a message carries it.
 * @throws InvalidInput `nav.bad-product` with the pointer of what is missing or too long
 */
export function readProduct(value: unknown): Product {
  const read = (name: keyof typeof LIMITS): string => {
    const text: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
    if (typeof text === 'string' && text.trim() !== '' && Array.from(text).length <= LIMITS[name]) return text.trim();
    throw new InvalidInput(`A product needs ${name}, of at most ${LIMITS[name]} characters`, { code: 'nav.bad-product', pointer: `/${name}` });
  };
  return { sku: read('sku'), description: read('description'), unitOfMeasure: read('unit_of_measure') };
}

/** What the product says, in a few letters: another text is another revision. */
export function revisionOf({ sku, description, unitOfMeasure }: Product): string {
  return createHash('sha256').update(JSON.stringify([sku, description, unitOfMeasure])).digest('hex').slice(0, 16);
}

/** The text of an item. */
export function toProduct(product: Product): string {
  const { sku, description, unitOfMeasure } = product;
  return element('Product', { ItemNo: sku, Description: description, UnitOfMeasure: unitOfMeasure, Revision: revisionOf(product) });
}

/** Whether NAV's document is this revision of the product. */
export function isRevisionOf(document: NavDocument, product: Product): boolean {
  return document.docType === DocType.Product && document.externalDocumentNo === product.sku && document.revision === revisionOf(product);
}
