import type { Order } from '../../nodes/orders/order';

/** An order as a stage gets it: two lines, 31.30 USD net, shipped in one parcel. */
export function anOrder(changes: Partial<Order> = {}): Order {
  return {
    id: 7,
    name: 'US-US00100001',
    platformId: 'US00100001',
    storeId: 1,
    storeUrl: 'us.example.test',
    storePlatform: 'sfcc',
    part: 0,
    revision: 1,
    exportSequence: 1,
    warehouse: { key: 'us-west', navKey: 'US', cirroRegion: 'US' },
    navCustomerNo: 'abCustomer0000000001',
    placedAt: '2026-01-31T12:00:00.000Z',
    modifiedAt: '2026-01-31T12:05:00.000Z',
    currency: 'USD',
    customer: { id: 'abCustomer0000000001XYZ', email: 'kim@example.test', name: 'Kim Test' },
    shippingAddress: {
      name: 'Kim Test',
      address1: '1 Main St',
      city: 'Boulder',
      postalCode: '80301',
      state: 'CO',
      country: 'US',
      phone: '+1 303 555 0100',
    },
    billingAddress: { name: 'Kim Test', address1: '1 Main St', city: 'Boulder', postalCode: '80301', state: 'CO', country: 'US' },
    lines: [
      {
        lineId: 'line-1',
        position: 1,
        sku: 'POP-1',
        name: 'PopGrip',
        quantity: 2,
        unitPrice: 1000,
        discount: 100,
        tax: 190,
        total: 1900,
        gift: true,
        giftMessage: 'Happy day',
        properties: {},
        path: 'finished',
      },
      { lineId: 'line-2', position: 2, sku: 'POP-2', name: 'PopTop', quantity: 1, unitPrice: 500, discount: 0, tax: 40, total: 500, gift: false, properties: {} },
    ],
    shipping: { amount: 500, tax: 0, discount: 0, method: 'standard' },
    discounts: [{ code: 'SAVE', amount: 100, lineId: 'line-1' }],
    payments: [{ instrumentId: 'pi-1', method: 'CREDIT_CARD', amount: 3130, cardType: 'Visa', maskedNumber: '************1111' }],
    totals: { lines: 2400, discount: 100, shipping: 500, tax: 230, total: 3130 },
    taxation: 'net',
    properties: {},
    fulfillments: [
      {
        shipmentId: 'SHIP-1',
        carrier: 'UPS',
        tracking: '1Z999',
        shippedAt: '2026-02-01T08:00:00.000Z',
        lines: [
          { lineId: 'line-1', quantity: 2 },
          { lineId: 'line-2', quantity: 1 },
        ],
      },
    ],
    ...changes,
  };
}
