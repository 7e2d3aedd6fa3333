/** NAV's credit memo (docType 3) of one refund (docs/contracts/nav-documents.md: this project's assumption). Pure. */
import { formatAmount } from '../orders/money';
import type { RefundedOrder } from '../orders/refund';
import { InvalidInput } from '../runtime/errors';
import { customerNo, DocType, identity, type NavDocument, sameAmount } from './mapping';
import { element } from './xml';

/**
 * The text of a credit memo. What the refunded lines do not add up to is a charge of its own.
 * @throws InvalidInput `nav.no-customer-number`, `nav.refund-does-not-add-up`, `nav.other-currency`
 */
export function toCreditMemo(order: RefundedOrder): string {
  const { refund } = order;
  const decimal = (amount: number): string => formatAmount(amount, refund.currency);
  const rest = refund.lines.reduce((left, line) => left - line.amount, refund.amount);
  if (refund.currency !== order.currency) throw new InvalidInput(`The refund is in ${refund.currency} and the order in ${order.currency}`, { code: 'nav.other-currency' });
  if (rest < 0 || refund.amount <= 0)
    throw new InvalidInput(`The refund of ${decimal(refund.amount)} is less than its lines, or nothing`, { code: 'nav.refund-does-not-add-up' });
  return element(
    'CreditMemo',
    {
      ...identity(order),
      RefundId: refund.id,
      CustomerNo: customerNo(order),
      Currency: refund.currency,
      Amount: decimal(refund.amount),
      RefundDate: refund.refundedAt,
      Reason: refund.reason,
    },
    [
      element('Lines', {}, refund.lines.map(({ lineId, sku, quantity, amount }) => element('Line', { LineId: lineId, Sku: sku, Quantity: quantity, Amount: decimal(amount) }))),
      element('Charges', {}, rest === 0 ? [] : [element('Charge', { Type: 'other', Amount: decimal(rest) })]),
    ],
  );
}

/** Whether NAV's document is the credit memo that {@link toCreditMemo} makes of this refund. */
export function isCreditMemoOf(document: NavDocument, order: RefundedOrder): boolean {
  const { refund } = order;
  return (
    document.docType === DocType.CreditMemo &&
    document.externalDocumentNo === order.name &&
    document.refundId === String(refund.id) &&
    document.customerNo === order.navCustomerNo &&
    document.currency === refund.currency &&
    sameAmount(document.amount, refund)
  );
}
