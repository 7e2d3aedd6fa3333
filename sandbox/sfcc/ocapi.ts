/** The parts of the OCAPI Shop API 20.4 that the sandbox writes; names and meanings are those of the API. Amounts are JSON numbers. */

export type Custom = { [key: `c_${string}`]: string | number | boolean };

export interface OcapiAddress {
  id: string;
  first_name: string;
  last_name: string;
  full_name: string;
  company_name?: string;
  address1: string;
  address2?: string;
  city: string;
  postal_code: string;
  state_code?: string;
  country_code: string;
  phone: string;
}

export interface OcapiPriceAdjustment {
  price_adjustment_id: string;
  promotion_id: string;
  item_text: string;
  price: number;
  custom: boolean;
  manual: boolean;
  coupon_code?: string;
  creation_date: string;
  last_modified: string;
  applied_discount: { type: 'percentage'; percentage: number } | { type: 'amount'; amount: number } | { type: 'free' };
}

interface OcapiPriced {
  item_id: string;
  item_text: string;
  base_price: number;
  price: number;
  price_after_item_discount: number;
  tax: number;
  adjusted_tax: number;
  tax_basis: number;
  tax_rate: number;
  tax_class_id: string;
  price_adjustments?: OcapiPriceAdjustment[];
}

export interface OcapiOptionItem extends OcapiPriced {
  option_id: string;
  option_value_id: string;
  product_id: string;
  product_name: string;
  quantity: number;
  shipment_id: string;
  price_after_order_discount: number;
}

export interface OcapiProductItem extends OcapiPriced, Custom {
  product_id: string;
  product_name: string;
  quantity: number;
  gift: boolean;
  gift_message?: string;
  shipment_id: string;
  inventory_id: string;
  bonus_product_line_item: boolean;
  price_after_order_discount: number;
  option_items?: OcapiOptionItem[];
}

export interface OcapiShippingItem extends OcapiPriced {
  shipment_id: string;
}

interface OcapiTotals {
  product_sub_total: number;
  product_total: number;
  shipping_total: number;
  merchandize_total_tax: number;
  adjusted_merchandize_total_tax: number;
  shipping_total_tax: number;
  adjusted_shipping_total_tax: number;
  tax_total: number;
}

export interface OcapiShipment extends OcapiTotals {
  shipment_id: string;
  shipment_no: string;
  shipment_total: number;
  shipping_status: string;
  gift: boolean;
  gift_message?: string;
  shipping_address: OcapiAddress;
  shipping_method: { id: string; name: string; description: string; price: number; c_storePickupEnabled: boolean };
  tracking_number?: string;
}

export interface OcapiPaymentInstrument {
  payment_instrument_id: string;
  payment_method_id: string;
  amount: number;
  payment_card?: {
    card_type: string;
    holder: string;
    masked_number: string;
    number_last_digits: string;
    expiration_month: number;
    expiration_year: number;
    credit_card_expired: boolean;
  };
}

export interface OcapiOrder extends OcapiTotals, Custom {
  order_no: string;
  order_token: string;
  site_id: string;
  created_by: string;
  creation_date: string;
  last_modified: string;
  channel_type: string;
  currency: string;
  taxation: 'net' | 'gross';
  status: string;
  export_status: string;
  confirmation_status: string;
  shipping_status: string;
  payment_status: string;
  customer_name: string;
  customer_info: { customer_id: string; customer_no?: string; customer_name: string; email: string };
  billing_address: OcapiAddress;
  order_total: number;
  order_price_adjustments?: OcapiPriceAdjustment[];
  coupon_items?: { coupon_item_id: string; code: string; status_code: string; valid: boolean }[];
  product_items: OcapiProductItem[];
  shipping_items: OcapiShippingItem[];
  shipments: OcapiShipment[];
  payment_instruments: OcapiPaymentInstrument[];
}
