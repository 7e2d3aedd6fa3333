/** OCAPI order documents as a storefront answers them (Shop API 20.4, definition `order`). */

export type Document = Record<string, unknown>;

export const anAddress: Document = {
  id: 'address-1',
  first_name: 'Kim',
  last_name: 'Test',
  full_name: 'Kim Test',
  address1: '1 Main St',
  city: 'Boulder',
  postal_code: '80301',
  state_code: 'CO',
  country_code: 'us',
  phone: '+1 303 555 0100',
};

export function anItem(changes: Document = {}): Document {
  return {
    item_id: 'item-1',
    product_id: 'POP-1',
    product_name: 'PopGrip',
    quantity: 2,
    shipment_id: 'me',
    base_price: 10,
    price: 20,
    price_after_item_discount: 20,
    price_after_order_discount: 20,
    tax: 1.7,
    adjusted_tax: 1.7,
    ...changes,
  };
}

export function aShipment(): Document {
  return { shipment_id: 'me', shipping_address: anAddress, shipping_method: { id: 'standard', c_storePickupEnabled: false } };
}

/** 20.00 of goods, 5.00 shipping, 2.12 tax on top: 27.12 USD. */
export function aDocument(changes: Document = {}): Document {
  return {
    order_no: 'US00100001',
    site_id: 'POPS-US',
    creation_date: '2026-01-31T12:00:00.000Z',
    last_modified: '2026-01-31T12:05:00.000Z',
    currency: 'USD',
    taxation: 'net',
    status: 'new',
    export_status: 'ready',
    customer_info: { customer_id: 'abCustomerIdOfMoreThanTwenty', customer_name: 'Kim Test', email: 'kim@example.test' },
    billing_address: anAddress,
    product_items: [anItem()],
    shipping_items: [{ item_id: 'ship-1', shipment_id: 'me', price: 5, price_after_item_discount: 5, adjusted_tax: 0.42 }],
    shipments: [aShipment()],
    payment_instruments: [
      { payment_instrument_id: 'pi-1', payment_method_id: 'CREDIT_CARD', amount: 27.12, payment_card: { card_type: 'Visa', masked_number: '************1111' } },
    ],
    product_total: 20,
    shipping_total: 5,
    tax_total: 2.12,
    order_total: 27.12,
    c_orderSource: 'web',
    ...changes,
  };
}
