import http from 'node:http';
import path from 'node:path';
import { type Client, createClientAsync, NTLMSecurity } from 'soap';
import { navCredentials } from '../../sandbox/nav/router';
import { camelAccess } from '../../sandbox/camel/router';
import { sfccClient } from '../../sandbox/sfcc/router';

/** Clients of the partners, as plain as possible: what they send is what a test says. */

const wsdl = path.join(__dirname, '../../nodes/nav/oms-integration.wsdl');

export interface NavClient {
  importDocument(docType: number, xmlText: string): Promise<string>;
  findDocuments(docType: number, externalDocumentNo: string): Promise<string>;
  /** Ends the connection. */
  close(): void;
}

/** NAV through the `soap` package, on one connection that is kept. */
export async function navClient(sandboxUrl: string, credentials: { user: string; password: string; domain: string } = navCredentials, region = 'us/WS/US'): Promise<NavClient> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const client: Client = await createClientAsync(wsdl, { endpoint: `${sandboxUrl}/nav/${region}/Codeunit/OmsIntegration`, disableCache: true });
  const { user: username, password, domain } = credentials;
  client.setSecurity(new NTLMSecurity({ username, password, domain, workstation: 'oms', httpAgent: agent }));
  const call = async (method: string, parameters: object): Promise<string> => {
    const act = client[`${method}Async`] as (parameters: object) => Promise<[{ return_value: string }]>;
    const [result] = await act.call(client, parameters);
    return result.return_value;
  };
  return {
    importDocument: (docType, xmlText) => call('ImportDocument', { docType, xmlText }),
    findDocuments: (docType, externalDocumentNo) => call('FindDocuments', { docType, externalDocumentNo }),
    close: () => agent.destroy(),
  };
}

/** The sales order of an order. */
export function salesOrder(ref: string, changes: { customerNo?: string; sku?: string } = {}): string {
  const { customerNo = 'C0001', sku = '801122' } = changes;
  return (
    `<SalesOrder ExternalDocumentNo="${nameOf(ref)}" PlatformOrderNo="${ref}" Part="0" CustomerNo="${customerNo}" Currency="USD" Amount="12.34" TaxAmount="1.00" OrderDate="2026-01-02T03:04:05Z" Warehouse="US">` +
    '<ShipTo Name="Zoë &amp; Jürgen 🎂" Address1="1 Main St" City="Boulder" PostalCode="80301" Country="US"/>' +
    `<Lines><Line LineId="l1" Sku="${sku}" Description="PopGrip" Quantity="1" UnitPrice="11.34" Discount="0" Tax="1.00" Amount="12.34" GiftMessage=""/></Lines>` +
    '<Charges/></SalesOrder>'
  );
}

/** The text of a cancellation (docType 7). */
export function cancellation(ref: string): string {
  return `<Cancellation ExternalDocumentNo="${nameOf(ref)}" PlatformOrderNo="${ref}" Part="0"/>`;
}

/** The shipment notice of an order. */
export function shipmentNotice(ref: string, shipmentId = 'S1'): string {
  return (
    `<ShipmentNotice ExternalDocumentNo="${nameOf(ref)}" ShipmentId="${shipmentId}" PlatformOrderNo="${ref}" Part="0" CustomerNo="C0001" Amount="12.34" Currency="USD">` +
    '<Parcel Carrier="UPS" Tracking="1Z" ShippedAt="2026-01-02T03:04:05Z"><Line LineId="l1" Quantity="1"/></Parcel></ShipmentNotice>'
  );
}

/** The OMS's name of an order. */
export function nameOf(ref: string): string {
  return `US-${ref}`;
}

/** Sends a fulfillment request to Camel. */
export function requestFulfillment(sandboxUrl: string, ref: string, sequence = 1, key: string = camelAccess.subscriptionKey, skus: readonly string[] = ['801122']): Promise<Response> {
  return fetch(`${sandboxUrl}/camel/fulfillment-requests`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'ocp-apim-subscription-key': key,
      authorization: `Basic ${Buffer.from(`${camelAccess.user}:${camelAccess.password}`).toString('base64')}`,
    },
    body: JSON.stringify({
      order_id: nameOf(ref), sequence, platform_order_no: ref, part: 0, store: 'POPS-US', warehouse: 'US', cirro_region: 'US', currency: 'USD',
      ship_to: { name: 'Zoë', address1: '1 Main St', city: 'Boulder', postal_code: '80301', country: 'US' },
      lines: skus.map((sku, index) => ({ line_id: `l${index + 1}`, sku, name: 'PopGrip', quantity: 2 })),
    }),
  });
}

/** Asks Camel whether it can stop an order. */
export function requestCancellation(sandboxUrl: string, ref: string, sequence = 1): Promise<Response> {
  return fetch(`${sandboxUrl}/camel/cancellation-requests`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'ocp-apim-subscription-key': camelAccess.subscriptionKey,
      authorization: `Basic ${Buffer.from(`${camelAccess.user}:${camelAccess.password}`).toString('base64')}`,
    },
    body: JSON.stringify({ order_id: nameOf(ref), sequence }),
  });
}

/** Asks the storefront for a token. */
export function askForToken(sandboxUrl: string, secret: string = sfccClient.secret): Promise<Response> {
  return fetch(`${sandboxUrl}/sfcc/dw/oauth2/access_token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${sfccClient.id}:${secret}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
}

export type SfccCall = (method: string, path: string, body?: unknown) => Promise<Response>;

/** The storefront's API with a fresh token. */
export async function sfccCalls(sandboxUrl: string): Promise<SfccCall> {
  const { access_token: token } = (await (await askForToken(sandboxUrl)).json()) as { access_token: string };
  return (method, where, body) =>
    fetch(`${sandboxUrl}/sfcc${where}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'x-dw-client-id': sfccClient.id, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
}

export interface ShownOrder {
  order_no: string;
  order_total: number;
  currency: string;
  last_modified: string;
  export_status: string;
  status: string;
  product_items: { item_id: string; quantity: number }[];
  [key: string]: unknown;
}

/** A request that ships the whole order and captures its total. */
export function wholeFulfillment(order: ShownOrder, requestId = 'F1') {
  return {
    request_id: requestId,
    shipments: [{
      shipment_id: 'S1', carrier: 'UPS', tracking_number: '1Z', shipped_at: '2026-01-02T03:04:05Z',
      items: order.product_items.map(({ item_id: id, quantity }) => ({ item_id: id, quantity })),
    }],
    payment_instructions: [{ execute: 'Capture', amount: order.order_total.toFixed(order.currency === 'JPY' ? 0 : 2), currency: order.currency }],
  };
}
