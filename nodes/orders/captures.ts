/** What of an order is to be captured for what has left, where a store captures by the parcel. Pure. */
import { sumAmounts } from './money';
import type { CanonicalOrder, FulfilledLine, Line } from './order';
import { shareOut } from './split';

/**
 * What of an amount stands for these pieces of an order. Each line has its share of the whole by what it costs with its tax: shipping,
 * and what gift certificates have paid, go with the lines. Of a line's share each piece has as much, rounded down over all pieces so far;
 * so whatever leaves in whatever parcels, all pieces together stand for the whole amount, to the cent.
 * @param pieces of the order's lines; more of a line than was ordered counts as all of it
 */
export function shareOfPieces({ lines, taxation }: Pick<CanonicalOrder, 'lines' | 'taxation'>, amount: number, pieces: readonly FulfilledLine[]): number {
  const left = new Map<string, number>();
  for (const { lineId, quantity } of pieces) left.set(lineId, (left.get(lineId) ?? 0) + quantity);
  const shares = shareOut(amount, lines.map((line) => Math.max(0, line.total + (taxation === 'net' ? line.tax : 0))));
  return sumAmounts(lines.map((line, index) => shareOfLine(line, shares[index] ?? 0, left.get(line.lineId) ?? 0)));
}

/** What a parcel captures, after others that held pieces of the same lines. It does not matter which of them were captured by now. */
export const shareOfParcel = (order: Pick<CanonicalOrder, 'lines' | 'taxation'>, amount: number, { before, parcel }: { before: readonly FulfilledLine[]; parcel: readonly FulfilledLine[] }): number =>
  shareOfPieces(order, amount, [...before, ...parcel]) - shareOfPieces(order, amount, before);

const shareOfLine = ({ quantity }: Line, share: number, pieces: number): number => Number((BigInt(share) * BigInt(Math.min(pieces, quantity))) / BigInt(quantity));
