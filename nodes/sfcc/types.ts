/** Documents of SFCC as they cross the wire: OCAPI Shop API 20.4, Data API 25.6, and the merchant's endpoint for fulfilment. */

/** The refusal that OCAPI answers with a 4xx or 5xx. */
export interface Fault {
  readonly type: string;
  readonly message: string;
}

/** One page of an order search; `orders` are the raw documents. */
export interface OrderPage {
  readonly start: number;
  readonly count: number;
  /** Matches of the whole search at this moment. */
  readonly total: number;
  readonly orders: readonly unknown[];
}

/** Body of the merchant's fulfil-and-capture endpoint; docs/contracts/sfcc-fulfillment.schema.json. */
export interface FulfillmentRequest {
  readonly request_id: string;
  readonly shipments: ReadonlyArray<{
    readonly shipment_id: string;
    readonly carrier: string;
    readonly tracking_number: string;
    readonly shipped_at: string;
    readonly items: ReadonlyArray<{ readonly item_id: string; readonly quantity: number }>;
  }>;
  /** Decimal amounts; empty when nothing is left to capture. */
  readonly payment_instructions: ReadonlyArray<{ readonly execute: 'Capture'; readonly amount: string; readonly currency: string }>;
}

/** Body of the merchant's endpoint that captures what left in one parcel; docs/contracts/sfcc-capture.schema.json. */
export interface CaptureRequest {
  readonly request_id: string;
  readonly shipment_id: string;
  /** Decimal. */
  readonly amount: string;
  readonly currency: string;
}

/** A capture of one parcel, as the storefront shows it. */
export interface ParcelCapture {
  readonly requestId: string;
  readonly transactionId: string;
  readonly amount: string;
  readonly currency: string;
}

/** What the fulfil-and-capture endpoint answers; the capture is absent when nothing was left to capture. */
export interface FulfillmentResult {
  readonly orderNo: string;
  readonly status: string;
  readonly capture?: { readonly transactionId: string; readonly amount: string; readonly currency: string };
}
