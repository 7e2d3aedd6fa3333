import { XMLParser, XMLValidator } from 'fast-xml-parser';
import * as fc from 'fast-check';
import { InvalidInput } from '../../nodes/runtime/errors';
import { DocType, isSalesOrderOf, isShipmentNoticeOf, type NavDocument, parseDocuments, toSalesOrder, toShipmentNotice } from '../../nodes/nav/mapping';
import { element, escapeAttribute } from '../../nodes/nav/xml';
import { anOrder } from '../orders/an-order';

test('a sales order says who gets what for how much, in decimals', () => {
  expect(toSalesOrder(anOrder())).toBe(
    '<SalesOrder ExternalDocumentNo="US-US00100001" PlatformOrderNo="US00100001" Part="0" CustomerNo="abCustomer0000000001" Currency="USD" ' +
      'Amount="31.30" TaxAmount="2.30" OrderDate="2026-01-31T12:00:00.000Z" Warehouse="US">' +
      '<ShipTo Name="Kim Test" Address1="1 Main St" City="Boulder" PostalCode="80301" State="CO" Country="US" Phone="+1 303 555 0100" Email="kim@example.test"/>' +
      '<Lines>' +
      '<Line LineId="line-1" Sku="POP-1" Description="PopGrip" Quantity="2" UnitPrice="10.00" Discount="1.00" Tax="1.90" Amount="19.00" GiftMessage="Happy day"/>' +
      '<Line LineId="line-2" Sku="POP-2" Description="PopTop" Quantity="1" UnitPrice="5.00" Discount="0.00" Tax="0.40" Amount="5.00"/>' +
      '</Lines><Charges><Charge Type="shipping" Amount="5.00" Tax="0.00"/></Charges></SalesOrder>',
  );
});

test('a shipment notice names its parcels', () => {
  expect(toShipmentNotice(anOrder())).toBe(
    '<ShipmentNotice ExternalDocumentNo="US-US00100001" PlatformOrderNo="US00100001" Part="0" ShipmentId="SHIP-1" CustomerNo="abCustomer0000000001" ' +
      'Amount="31.30" Currency="USD"><Parcel Carrier="UPS" Tracking="1Z999" ShippedAt="2026-02-01T08:00:00.000Z">' +
      '<Line LineId="line-1" Quantity="2"/><Line LineId="line-2" Quantity="1"/></Parcel></ShipmentNotice>',
  );
});

test('yen have no decimals', () => {
  expect(toSalesOrder(anOrder({ currency: 'JPY' }))).toContain('Amount="3130" TaxAmount="230"');
});

test('without a customer number or a parcel there is nothing to send', () => {
  const { navCustomerNo: _, ...guest } = anOrder();
  expect(() => toSalesOrder(guest)).toThrow(expect.objectContaining({ constructor: InvalidInput, code: 'nav.no-customer-number' }));
  expect(() => toShipmentNotice(guest)).toThrow(expect.objectContaining({ code: 'nav.no-customer-number' }));
  expect(() => toShipmentNotice(anOrder({ fulfillments: [] }))).toThrow(expect.objectContaining({ code: 'nav.nothing-shipped' }));
});

describe('escaping', () => {
  const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '', parseAttributeValue: false, htmlEntities: true, trimValues: false });

  test('any text is well-formed XML, and printable text comes back as it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => expect(XMLValidator.validate(element('A', { Text: text }))).toBe(true)),
      { numRuns: 1000 },
    );
    const printable = fc.string({ unit: fc.constantFrom('a', ' ', '<', '>', '&', '"', "'", '\n', '\t', 'é', '漢', '🎈', '𝒳', '&amp;', '&#10;') });
    fc.assert(
      fc.property(printable, (text) => {
        expect(parser.parse(element('A', { Text: text }))).toEqual({ A: { Text: text } });
      }),
    );
  });

  test('what XML cannot carry is shown as a replacement character', () => {
    expect(escapeAttribute('a\u0000b\u001Fc\uD800d\uFFFFe🎈')).toBe('a\uFFFDb\uFFFDc\uFFFDd\uFFFDe🎈');
    expect(escapeAttribute('\r\n\t')).toBe('&#13;&#10;&#9;');
  });
});

describe('the list of documents', () => {
  const attributes = 'No="SO1" ExternalDocumentNo="US-US00100001" Posted="true" CustomerNo="abCustomer0000000001" Amount="31.30" Currency="USD"';

  test('may be empty, of one or of several', () => {
    expect(parseDocuments('<Documents/>')).toEqual([]);
    expect(parseDocuments('<?xml version="1.0"?><Documents></Documents>')).toEqual([]);
    expect(parseDocuments(`<Documents><Document DocType="6" ${attributes} ShipmentId="A&amp;B"/></Documents>`)).toEqual([
      {
        docType: 6,
        no: 'SO1',
        externalDocumentNo: 'US-US00100001',
        posted: true,
        customerNo: 'abCustomer0000000001',
        amount: '31.30',
        currency: 'USD',
        shipmentId: 'A&B',
        refundId: '',
        revision: '',
      },
    ]);
    expect(parseDocuments(`<Documents><Document DocType="1" ${attributes}/><Document DocType="1" ${attributes}/></Documents>`)).toHaveLength(2);
  });

  test.each(['', 'no', '<Documents>', '<Other/>', '<Documents>text</Documents>', '<Documents><Document/></Documents>', '<Documents><Document DocType="1"/></Documents>'])(
    '%s is refused',
    (xml) => {
      expect(() => parseDocuments(xml)).toThrow(expect.objectContaining({ constructor: InvalidInput, code: 'nav.unreadable-documents' }));
    },
  );

  test('any text is either a list or refused', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string().map((text) => `<Documents>${text}</Documents>`)), (xml) => {
        let outcome: unknown;
        try {
          outcome = parseDocuments(xml);
        } catch (error) {
          outcome = error;
        }
        expect(Array.isArray(outcome) || outcome instanceof InvalidInput).toBe(true);
      }),
    );
  });
});

describe('a document proves the call when all of it matches', () => {
  const document: NavDocument = {
    docType: DocType.SalesOrder,
    no: 'SO1',
    externalDocumentNo: 'US-US00100001',
    posted: false,
    customerNo: 'abCustomer0000000001',
    amount: '31.3',
    currency: 'USD',
    refundId: '',
    revision: '',
    shipmentId: '',
  };
  const notice = { ...document, docType: DocType.ShipmentNotice, shipmentId: 'SHIP-1' };

  test('the same customer, amount and currency', () => {
    expect(isSalesOrderOf(document, anOrder())).toBe(true);
    expect(isShipmentNoticeOf(notice, anOrder())).toBe(true);
  });

  test.each<Partial<NavDocument>>([
    { customerNo: 'other' },
    { amount: '31.31' },
    { amount: 'many' },
    { currency: 'EUR' },
    { externalDocumentNo: 'US-US00100002' },
    { docType: 2 },
  ])('but not with %j', (difference) => {
    expect(isSalesOrderOf({ ...document, ...difference }, anOrder())).toBe(false);
    expect(isShipmentNoticeOf({ ...notice, ...difference }, anOrder())).toBe(false);
  });

  test('nor a notice about other parcels', () => {
    expect(isShipmentNoticeOf({ ...notice, shipmentId: 'SHIP-2' }, anOrder())).toBe(false);
  });
});
