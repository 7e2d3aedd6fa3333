import type { Change, Ledger, Replayable } from '../journal/ledger';
import { effect } from '../journal/effects';
import type { DocumentHead } from './import-document';
import { escapeXml } from './xml';

/** A document that NAV has taken in. */
export interface NavDocument extends DocumentHead {
  /** Number given by NAV. */
  no: string;
  region: string;
  posted: boolean;
}

interface Imported extends Change {
  type: 'nav.imported';
  document: NavDocument;
}
interface Numbered extends Change {
  type: 'nav.numbered';
  lastNumber: number;
}

const prefixes: Record<number, string> = { 1: 'SO', 3: 'CM', 6: 'SN', 7: 'CA' };

/** The documents of all NAV endpoints. A sales order counts as posted once its shipment notice is in. */
export class NavDocuments implements Replayable {
  readonly #ledger: Ledger;
  #byExternalNo = new Map<string, NavDocument[]>();
  #lastNumber = 0;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
    ledger.own('nav', this);
  }

  /** Makes a document, also when there is one with the same External Document No. already; logs the effect. */
  import(region: string, head: DocumentHead, consequences: (document: NavDocument) => Change[]): NavDocument {
    const number = `${prefixes[head.docType] ?? `D${head.docType}`}${String(this.#lastNumber + 1).padStart(6, '0')}`;
    const no = head.docType === 4 ? head.externalDocumentNo : number;
    const document: NavDocument = { ...head, no, region, posted: head.docType === 3 || head.docType === 6 };
    const about = head.shipmentId || (head.refundId ?? head.revision ?? '');
    const key = [3, 4, 6].includes(head.docType) ? `${head.externalDocumentNo}/${about}` : head.externalDocumentNo;
    const imported: Imported = { type: 'nav.imported', document };
    this.#ledger.commit(
      imported,
      effect('nav', `document:${head.docType}`, head.platformOrderNo, key, { region, no, part: head.part }),
      ...consequences(document),
    );
    return document;
  }

  /** Documents of one endpoint, open and posted. */
  find(region: string, docType: number, externalDocumentNo: string): NavDocument[] {
    return (this.#byExternalNo.get(externalDocumentNo) ?? []).filter((document) => document.region === region && document.docType === docType);
  }

  /** The sales order of this name, if the endpoint has one. */
  salesOrder(region: string, externalDocumentNo: string): NavDocument | undefined {
    return this.find(region, 1, externalDocumentNo)[0];
  }

  apply(what: Imported | Numbered): void {
    if (what.type === 'nav.numbered') {
      this.#lastNumber = what.lastNumber;
      return;
    }
    this.#lastNumber += 1;
    const { document } = what;
    const same = this.#byExternalNo.get(document.externalDocumentNo) ?? [];
    // An item has one number and one row: what comes again changes it.
    const others = document.docType === 4 ? same.filter(({ docType, region }) => docType !== 4 || region !== document.region) : same;
    this.#byExternalNo.set(document.externalDocumentNo, [...others, { ...document }]);
    if (document.docType !== 6) return;
    for (const order of this.find(document.region, 1, document.externalDocumentNo)) order.posted = true;
  }

  reset(): Change[] {
    this.#byExternalNo = new Map();
    const numbered: Numbered = { type: 'nav.numbered', lastNumber: this.#lastNumber };
    return [numbered];
  }
}

/** The text that FindDocuments answers. */
export function toDocumentsXml(documents: readonly NavDocument[]): string {
  if (documents.length === 0) return '<Documents/>';
  const rows = documents.map((document) => {
    const attributes = {
      DocType: String(document.docType),
      No: document.no,
      ExternalDocumentNo: document.externalDocumentNo,
      Posted: String(document.posted),
      CustomerNo: document.customerNo,
      Amount: document.amount,
      Currency: document.currency,
      ShipmentId: document.shipmentId,
      ...(document.refundId !== undefined && { RefundId: document.refundId }),
      ...(document.revision !== undefined && { Revision: document.revision }),
    };
    return `<Document ${Object.entries(attributes).map(([name, value]) => `${name}="${escapeXml(value)}"`).join(' ')}/>`;
  });
  return `<Documents>${rows.join('')}</Documents>`;
}
