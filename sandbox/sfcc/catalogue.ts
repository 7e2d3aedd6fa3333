/** Finished goods: nothing is printed for an order. Prices in minor units, by currency. */
export interface Product {
  id: string;
  name: string;
  price: Record<string, number>;
}

/** What the storefronts sell. */
export const products: readonly Product[] = [
  { id: '801122', name: 'PopGrip Black', price: { USD: 1000, EUR: 1199, JPY: 1540 } },
  { id: '801123', name: 'PopGrip Dove White Marble', price: { USD: 1500, EUR: 1699, JPY: 1980 } },
  { id: '801456', name: 'PopGrip Café Crème – Édition d’été', price: { USD: 1599, EUR: 1799, JPY: 2090 } },
  { id: '802010', name: 'PopGrip for MagSafe Clear', price: { USD: 3000, EUR: 3499, JPY: 4400 } },
  { id: '802233', name: 'ポップグリップ 桜 & 富士山', price: { USD: 1800, EUR: 1999, JPY: 2310 } },
  { id: '803001', name: 'PopWallet+ for MagSafe "Latte"', price: { USD: 4000, EUR: 4499, JPY: 5940 } },
  { id: '803177', name: 'PopMount 2 Car Vent', price: { USD: 1499, EUR: 1799, JPY: 2200 } },
  { id: '804500', name: 'PopTop <Rainbow> Swap', price: { USD: 899, EUR: 999, JPY: 1210 } },
  { id: '805200', name: 'PopCase iPhone 16 Translucent', price: { USD: 5997, EUR: 6499, JPY: 7480 } },
  { id: '806333', name: 'PopThirst Cup Sleeve', price: { USD: 1333, EUR: 1455, JPY: 1771 } },
];

/** What a customer may add to a product, for money or for free. */
export interface Option {
  id: string;
  value: string;
  name: string;
  price: Record<string, number>;
}

export const options: readonly Option[] = [
  { id: 'giftBox', value: 'premium', name: 'Premium gift box', price: { USD: 450, EUR: 490, JPY: 550 } },
  { id: 'warranty', value: '24m', name: 'Warranty 24 months', price: { USD: 299, EUR: 349, JPY: 330 } },
  { id: 'backing', value: 'standard', name: 'Standard backing card', price: { USD: 0, EUR: 0, JPY: 0 } },
];

/** Ways to ship, prices in minor units. */
export const shippingMethods = [
  { id: '001', name: 'Ground', description: 'Order received within 5-7 business days', price: { USD: 595, EUR: 499, JPY: 550 } as Record<string, number> },
  { id: '002', name: '2-Day Express', description: 'Order received in 2 business days', price: { USD: 1295, EUR: 1190, JPY: 1100 } as Record<string, number> },
] as const;

export const giftMessages = [
  'Happy birthday 🎂 – love, Zoë & Jürgen',
  'お誕生日おめでとう🎉',
  'Pour toi, avec amour ❤️',
  'Congrats <grad>! "You did it" 👩🏽‍🎓',
  '新年快樂',
  'Line one\nLine two',
] as const;
