/** What a partner reports; each kind has one endpoint, since it means another step of the order. */
type Kind = 'release' | 'acceptance' | 'shipment';

interface Report {
  contract: string;
  /** What a body of this kind is, for a person. */
  is: string;
  endpoint: string;
}

const REPORTS: Readonly<Record<Kind, Report>> = {
  release: { contract: 'nav-release-status', is: "NAV's release of an order", endpoint: 'PATCH /api/v3/osor_order/status/:order_id' },
  acceptance: { contract: 'fulfillment-event', is: 'an answer of the warehouse (accepted, rejected, batched …), not a shipment', endpoint: 'POST /api/service_bus/events' },
  shipment: { contract: 'fulfill-orders', is: 'a shipment', endpoint: 'POST /api/v3/osor_order/fulfill_orders' },
};

/** Words of `status` and `type` that tell the kind, whatever else the body holds. */
const WORDS: readonly (readonly [Kind, RegExp])[] = [
  ['release', /^(?:(?:failed_to_)?release_from_nav|released(?:_from_nav)?)$/i],
  ['shipment', /^(?:partially_)?(?:shipped|shipment|fulfilled)$|^shipment\./i],
  ['acceptance', /^(?:accepted|rejected|batched|exported_to_tpl|print_station\..+)$/i],
];
const SHIPMENT_PROPERTIES = ['shipment_id', 'tracking', 'carrier', 'shipped_at'];

/**
 * Whether a body that its contract refuses is a report of another kind, which has an endpoint of its own: releases, acceptances and
 * shipments are easily mixed up. @returns the sentence that says where it belongs, and the pointer of what tells so
 */
export function misdirected(contract: string, body: unknown): { message: string; pointer: string } | undefined {
  if (!Object.values(REPORTS).some((report) => report.contract === contract)) return undefined;
  const found = kindOf(body);
  if (!found || REPORTS[found.kind].contract === contract) return undefined;
  const { is, endpoint } = REPORTS[found.kind];
  return { message: `this is ${is}: send it to ${endpoint}`, pointer: found.pointer };
}

function kindOf(body: unknown, below = ''): { kind: Kind; pointer: string } | undefined {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return undefined;
  const entries = body as Record<string, unknown>;
  for (const property of ['status', 'type']) {
    const word = entries[property];
    const known = typeof word === 'string' ? WORDS.find(([, pattern]) => pattern.test(word)) : undefined;
    if (known) return { kind: known[0], pointer: `${below}/${property}` };
  }
  const telling = SHIPMENT_PROPERTIES.find((property) => property in entries);
  if (telling) return { kind: 'shipment', pointer: `${below}/${telling}` };
  const items = Array.isArray(entries['orders']) ? entries['orders'] : [];
  for (const [index, item] of items.entries()) {
    const found = kindOf(item, `/orders/${index}`);
    if (found) return found;
  }
  return undefined;
}
