import { NavFault } from './soap';
import { BadXml, child, type Element, parseXml } from './xml';

/** What NAV keeps of a document. */
export interface DocumentHead {
  docType: number;
  externalDocumentNo: string;
  /** The storefront's order number. */
  platformOrderNo: string;
  part: number;
  customerNo: string;
  /** Decimal text. */
  amount: string;
  currency: string;
  shipmentId: string;
  /** Of a sales order: its articles. */
  skus: readonly string[];
  /** Of a credit memo. */
  refundId?: string;
  /** Of a product. */
  revision?: string;
}

const rootNames: Record<number, string | undefined> = { 1: 'SalesOrder', 3: 'CreditMemo', 4: 'Product', 6: 'ShipmentNotice', 7: 'Cancellation' };

/** The document types that NAV knows. Of 2 and 5 the contents are not checked. */
export const docTypes: readonly number[] = [1, 2, 3, 4, 5, 6, 7];

/** Reads the parameter `docType`. @throws NavFault */
export function readDocType(text: string | undefined): number {
  const docType = Number(text);
  if (docTypes.includes(docType)) return docType;
  throw new NavFault('NavNCLDialogException', `Document type ${text ?? ''} is unknown.`);
}

/** Reads a document and checks it as NAV does. @throws NavFault */
export function readDocument(docType: number, xml: string): DocumentHead {
  const root = parsed(xml);
  const expected = rootNames[docType];
  if (expected !== undefined && root.name !== expected) {
    throw new NavFault('NavNCLDialogException', `Document type ${docType} must be a ${expected}, not a ${root.name}.`);
  }
  if (docType === 4) return readProduct(root);
  const head: DocumentHead = {
    docType,
    externalDocumentNo: required(root, 'ExternalDocumentNo'),
    platformOrderNo: required(root, 'PlatformOrderNo'),
    part: Number(root.attributes.Part ?? 0),
    customerNo: root.attributes.CustomerNo ?? '',
    amount: root.attributes.Amount ?? '',
    currency: root.attributes.Currency ?? '',
    shipmentId: root.attributes.ShipmentId ?? '',
    skus: docType === 1 ? linesOf(root).map(({ attributes }) => attributes.Sku ?? '') : [],
  };
  if (docType === 1) checkSalesOrder(root);
  if (docType === 6) checkShipmentNotice(root);
  if (docType !== 3) return head;
  checkCreditMemo(root);
  return { ...head, refundId: required(root, 'RefundId') };
}

function checkSalesOrder(root: Element): void {
  required(root, 'CustomerNo');
  required(root, 'Currency');
  decimal(root, 'Amount');
  const lines = linesOf(root);
  if (lines.length === 0) throw new NavFault('NavNCLDialogException', 'There is nothing to order: the sales order has no lines.');
  for (const line of lines) {
    required(line, 'Sku');
    positive(line, 'Quantity');
    decimal(line, 'Amount');
  }
  if (!child(root, 'ShipTo')) throw new NavFault('NavTestFieldException', 'Ship-to must have a value in Sales Header.');
}

const linesOf = (salesOrder: Element): readonly Element[] => child(salesOrder, 'Lines')?.children ?? [];

/** A credit memo adds up: its lines and charges are its amount. */
function checkCreditMemo(root: Element): void {
  required(root, 'CustomerNo');
  required(root, 'Currency');
  positive(root, 'Amount');
  const lines = linesOf(root);
  const charges = child(root, 'Charges')?.children ?? [];
  if (lines.length + charges.length === 0) throw new NavFault('NavNCLDialogException', 'There is nothing to credit: the credit memo has neither lines nor charges.');
  for (const line of lines) {
    required(line, 'Sku');
    positive(line, 'Quantity');
    decimal(line, 'Amount');
  }
  for (const charge of charges) decimal(charge, 'Amount');
  const sum = [...lines, ...charges].reduce((total, each) => total + Number(each.attributes.Amount), 0);
  if (Math.abs(sum - Number(root.attributes.Amount)) > 0.0005) {
    throw new NavFault('NavNCLDialogException', `The lines and charges of the credit memo are ${sum.toFixed(3)}, and its amount is ${root.attributes.Amount ?? ''}.`);
  }
}

const unitsOfMeasure = ['PCS', 'BOX', 'SET'];

/** An item. The base units of measure are a table in NAV. */
function readProduct(root: Element): DocumentHead {
  const itemNo = required(root, 'ItemNo');
  required(root, 'Description');
  const unit = required(root, 'UnitOfMeasure');
  if (!unitsOfMeasure.includes(unit)) {
    throw new NavFault('NavCSideValidateTableRelationException', `The field Base Unit of Measure of table Item contains a value (${unit}) that cannot be found in the related table (Unit of Measure).`);
  }
  if (itemNo.length > 20) throw new NavFault('NavNCLStringLengthExceededException', `The length of the string is ${itemNo.length}, but it must be less than or equal to 20 characters. Value: ${itemNo}`);
  return { docType: 4, externalDocumentNo: itemNo, platformOrderNo: itemNo, part: 0, customerNo: '', amount: '', currency: '', shipmentId: '', skus: [], revision: required(root, 'Revision') };
}

function checkShipmentNotice(root: Element): void {
  required(root, 'ShipmentId');
  const lines = root.children.filter(({ name }) => name === 'Parcel').flatMap(({ children }) => children);
  if (lines.length === 0) throw new NavFault('NavNCLDialogException', 'The shipment notice has no parcel with lines.');
  for (const line of lines) {
    required(line, 'LineId');
    positive(line, 'Quantity');
  }
}

function parsed(xml: string): Element {
  try {
    return parseXml(xml);
  } catch (error) {
    if (error instanceof BadXml) throw new NavFault('NavNCLXmlException', `The document is not well-formed: ${error.message}`);
    throw error;
  }
}

function required(element: Element, attribute: string): string {
  const value = element.attributes[attribute]?.trim();
  if (!value) throw new NavFault('NavTestFieldException', `${attribute} must have a value in ${element.name}. It cannot be zero or empty.`);
  return value;
}

function decimal(element: Element, attribute: string): void {
  if (/^-?\d+(\.\d+)?$/.test(required(element, attribute))) return;
  throw new NavFault('NavNCLEvaluateException', `The value "${element.attributes[attribute] ?? ''}" of ${attribute} can't be evaluated into type Decimal.`);
}

function positive(element: Element, attribute: string): void {
  decimal(element, attribute);
  if (Number(element.attributes[attribute]) > 0) return;
  throw new NavFault('NavTestFieldException', `${attribute} must be positive in ${element.name}.`);
}
