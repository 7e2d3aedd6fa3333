/** Between the canonical order and the XML texts of NAV's codeunit `OmsIntegration` (this project's assumption). Pure. */
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { formatAmount, type Money, parseAmount } from '../orders/money';
import { type Fulfillment, type Line, type Order, shipmentReference } from '../orders/order';
import { InvalidInput } from '../runtime/errors';
import { element } from './xml';

/** The `docType` of ImportDocument and FindDocuments. */
export const DocType = { SalesOrder: 1, CreditMemo: 3, Product: 4, ShipmentNotice: 6, Cancellation: 7 } as const;
export type DocType = (typeof DocType)[keyof typeof DocType];

/** A document as FindDocuments lists it, open or posted. */
export interface NavDocument {
  readonly docType: number;
  /** NAV's own number, e.g. `SO000123`. */
  readonly no: string;
  /** Our order name; of a product its item number. */
  readonly externalDocumentNo: string;
  readonly posted: boolean;
  readonly customerNo: string;
  /** Decimal text. */
  readonly amount: string;
  readonly currency: string;
  /** Which parcels a shipment notice is about ({@link shipmentReference}); empty for other documents. */
  readonly shipmentId: string;
  /** Which refund a credit memo is of; empty for other documents. */
  readonly refundId: string;
  /** What a product says; empty for other documents. */
  readonly revision: string;
}

/**
 * The text of a sales order (docType 1). Amounts are decimals of the order's currency, times ISO 8601 UTC.
 * @throws InvalidInput `nav.no-customer-number`
 */
export function toSalesOrder(order: Order): string {
  const decimal = (amount: number): string => formatAmount(amount, order.currency);
  const { shippingAddress: to, shipping, totals } = order;
  return element(
    'SalesOrder',
    {
      ...identity(order),
      CustomerNo: customerNo(order),
      Currency: order.currency,
      Amount: decimal(totals.total),
      TaxAmount: decimal(totals.tax),
      OrderDate: order.placedAt,
      Warehouse: order.warehouse.navKey,
    },
    [
      element('ShipTo', {
        Name: to.name,
        Company: to.company,
        Address1: to.address1,
        Address2: to.address2,
        City: to.city,
        PostalCode: to.postalCode,
        State: to.state,
        Country: to.country,
        Phone: to.phone,
        Email: to.email ?? order.customer.email,
      }),
      element('Lines', {}, order.lines.map((line) => toLine(line, decimal))),
      element('Charges', {}, [element('Charge', { Type: 'shipping', Amount: decimal(shipping.amount), Tax: decimal(shipping.tax) })]),
    ],
  );
}

/**
 * The text of a shipment notice (docType 6) about every parcel in `order.fulfillments`.
 * @throws InvalidInput `nav.no-customer-number`, `nav.nothing-shipped`
 */
export function toShipmentNotice(order: Order): string {
  if (order.fulfillments.length === 0) {
    throw new InvalidInput('There is no shipment to tell NAV about', { code: 'nav.nothing-shipped' });
  }
  return element(
    'ShipmentNotice',
    {
      ...identity(order),
      ShipmentId: shipmentReference(order),
      CustomerNo: customerNo(order),
      Amount: formatAmount(order.totals.total, order.currency),
      Currency: order.currency,
    },
    order.fulfillments.map(toParcel),
  );
}

/**
 * The text of a cancellation (docType 7), which takes back the sales order of the same External Document No.
 * @throws InvalidInput `nav.no-customer-number`
 */
export function toCancellation(order: Order): string {
  return element('Cancellation', {
    ...identity(order),
    CustomerNo: customerNo(order),
    Amount: formatAmount(order.totals.total, order.currency),
    Currency: order.currency,
  });
}

/**
 * The documents in the text that FindDocuments returns.
 * @throws InvalidInput `nav.unreadable-documents`
 */
export function parseDocuments(xml: string): NavDocument[] {
  const root = XMLValidator.validate(xml) === true ? (parser.parse(xml) as unknown) : undefined;
  if (!isRecord(root) || !('Documents' in root)) throw unreadable();
  const { Documents: documents } = root;
  if (documents === '' ) return [];
  if (!isRecord(documents) || !Array.isArray(documents['Document'])) throw unreadable();
  return documents['Document'].map((found: unknown) => toDocument(found));
}

/** Whether NAV's document is the sales order that {@link toSalesOrder} makes of this order: same customer, amount and currency. */
export function isSalesOrderOf(document: NavDocument, order: Order): boolean {
  return document.docType === DocType.SalesOrder && belongsTo(document, order);
}

/** Whether NAV's document is the notice that {@link toShipmentNotice} makes of this order: same parcels, too. */
export function isShipmentNoticeOf(document: NavDocument, order: Order): boolean {
  return document.docType === DocType.ShipmentNotice && document.shipmentId === shipmentReference(order) && belongsTo(document, order);
}

/** Whether NAV's document is the cancellation that {@link toCancellation} makes of this order. */
export function isCancellationOf(document: NavDocument, order: Order): boolean {
  return document.docType === DocType.Cancellation && belongsTo(document, order);
}

function belongsTo(document: NavDocument, order: Order): boolean {
  return (
    document.externalDocumentNo === order.name &&
    document.customerNo === order.navCustomerNo &&
    document.currency === order.currency &&
    sameAmount(document.amount, { amount: order.totals.total, currency: order.currency })
  );
}

/** Whether NAV's decimal text is this amount. */
export function sameAmount(text: string, { amount, currency }: Money): boolean {
  try {
    return parseAmount(text, currency) === amount;
  } catch (error) {
    if (error instanceof InvalidInput) return false;
    throw error;
  }
}

/** The attributes by which every document of an order names it. */
export function identity(order: Order): Record<'ExternalDocumentNo' | 'PlatformOrderNo' | 'Part', string | number> {
  return { ExternalDocumentNo: order.name, PlatformOrderNo: order.platformId, Part: order.part };
}

/** @throws InvalidInput `nav.no-customer-number` */
export function customerNo(order: Order): string {
  if (order.navCustomerNo === undefined || order.navCustomerNo === '') {
    throw new InvalidInput('The order has no NAV customer number', {
      code: 'nav.no-customer-number',
      pointer: '/navCustomerNo',
      next:
        order.storePlatform === 'sfcc'
          ? 'Give the customer a number in NAV and the order its customer id, then put the order back.'
          : `Add a row for ${order.storePlatform} to customer_cards, then put the order back.`,
    });
  }
  return order.navCustomerNo;
}

function toLine(line: Line, decimal: (amount: number) => string): string {
  return element('Line', {
    LineId: line.lineId,
    Sku: line.sku,
    Description: line.name,
    Quantity: line.quantity,
    UnitPrice: decimal(line.unitPrice),
    Discount: decimal(line.discount),
    Tax: decimal(line.tax),
    Amount: decimal(line.total),
    GiftMessage: line.giftMessage,
  });
}

function toParcel({ carrier, tracking, shippedAt, lines }: Fulfillment): string {
  return element(
    'Parcel',
    { Carrier: carrier, Tracking: tracking, ShippedAt: shippedAt },
    lines.map(({ lineId, quantity }) => element('Line', { LineId: lineId, Quantity: quantity })),
  );
}

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseAttributeValue: false,
  parseTagValue: false,
  ignoreDeclaration: true,
  htmlEntities: true,
  isArray: (name) => name === 'Document',
});

function toDocument(found: unknown): NavDocument {
  if (!isRecord(found)) throw unreadable();
  const attribute = (name: string): string => {
    const value = found[name];
    if (typeof value !== 'string') throw unreadable(name);
    return value;
  };
  const optional = (name: string): string => (typeof found[name] === 'string' ? found[name] : '');
  return {
    docType: Number(attribute('DocType')),
    no: attribute('No'),
    externalDocumentNo: attribute('ExternalDocumentNo'),
    posted: attribute('Posted').toLowerCase() === 'true',
    customerNo: attribute('CustomerNo'),
    amount: attribute('Amount'),
    currency: attribute('Currency'),
    shipmentId: optional('ShipmentId'),
    refundId: optional('RefundId'),
    revision: optional('Revision'),
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function unreadable(attribute?: string): InvalidInput {
  const what = attribute === undefined ? 'is not <Documents>' : `has a document without ${attribute}`;
  return new InvalidInput(`NAV's list of documents ${what}`, { code: 'nav.unreadable-documents' });
}
