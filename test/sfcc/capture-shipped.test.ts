import { loadOrders } from '../../nodes/orders/load';
import { OutcomeUnknown, Rejected } from '../../nodes/runtime/errors';
import { describe as describeFailure } from '../../nodes/runtime/failure';
import { captureShipped } from '../../nodes/sfcc/captures';
import type { SfccClient } from '../../nodes/sfcc/client';
import type { CaptureRequest, ParcelCapture } from '../../nodes/sfcc/types';
import { select } from '../../nodes/store/pool';
import type { Work } from '../../nodes/work/source';
import { createEngine, type Engine } from '../support/engine';
import { createWorld, type World } from '../support/orders';
import { shippedInTwo } from '../support/parcels';

/** The task that captures a parcel, on the real database, at a storefront that answers as it is told. */

let world: World;
let engine: Engine;

beforeAll(async () => {
  world = await createWorld();
  await world.admin.query("UPDATE stores SET capture_per = 'shipment'");
  engine = await createEngine(world);
}, 30_000);
beforeEach(() => world.admin.query('UPDATE tasks SET due_at = NULL'));
afterAll(async () => {
  await engine.processes.stop();
  await world.close();
});

/** Takes what it is sent, then answers, or fails to. */
function storefront(answer: (request: CaptureRequest) => ParcelCapture) {
  const taken: CaptureRequest[] = [];
  const known: ParcelCapture[] = [];
  const client = {
    requireUp: () => undefined,
    capture: async (_site: string, _orderNo: string, request: CaptureRequest, call: { leave?: () => void }) => {
      call.leave?.();
      taken.push(request);
      return answer(request);
    },
    getCaptures: async () => known,
  };
  return { taken, known, client: client as unknown as SfccClient };
}
const taking = (request: CaptureRequest): ParcelCapture => ({ requestId: request.request_id, transactionId: 'CAP-1', amount: request.amount, currency: 'USD' });
const refusing = (): never => {
  throw new Rejected('SFCC refuses: the authorisation has expired', { code: 'sfcc.Expired', next: 'Put it back.' });
};
const silent = (): never => {
  throw new OutcomeUnknown('the connection was cut', { code: 'sfcc.no-answer' });
};

const only = (order: number, shipment: string) => world.admin.query("UPDATE tasks SET due_at = IF(subject = ? AND holds = 0 AND done_at IS NULL, NOW(6), NULL) WHERE kind = 'sfcc.capture'", [`${order}:${shipment}`]);

/** Does the task of one parcel once, to its end. @returns how it ended */
async function capture(order: number, shipment: string, client: SfccClient): Promise<unknown> {
  await only(order, shipment);
  const work: Work = await engine.claim({ task: 'sfcc.capture' });
  const loaded = (await loadOrders(world.pool, [order])).get(order);
  if (!loaded) throw new Error(`no order ${order}`);
  try {
    const performed = await captureShipped({ pool: world.pool, ledger: engine.ledger, sfcc: client }, loaded, work, 'test');
    await engine.ends.complete(work, 'captured');
    return performed;
  } catch (error) {
    await engine.ends.fail(work, describeFailure(error), 'test');
    return error;
  }
}

const told = async (order: number): Promise<string[]> => (await select<{ kind: string; text: string }>(world.pool, "SELECT kind, text FROM order_events WHERE order_id = ? AND kind LIKE 'payment.%' ORDER BY id", [order])).map(({ kind, text }) => `${kind}: ${text}`);
const states = async (order: number): Promise<string[]> => (await select<{ key: string; state: string }>(world.pool, 'SELECT `key`, state FROM effects WHERE order_id = ? ORDER BY `key`', [order])).map(({ key, state }) => `${key.split(':').at(-1) ?? ''} ${state}`);
const holds = (order: number) => select<{ id: number; kind: string; reason: string; effect: string | null }>(world.pool, 'SELECT h.id, h.kind, h.reason, e.`key` AS effect FROM holds h LEFT JOIN effects e ON e.id = h.effect_id WHERE h.order_id = ? AND h.resolved_at IS NULL ORDER BY h.id', [order]);
const decide = (order: number, hold: number | undefined, decision: 'done' | 'void' | 'resend' | 'release', reference?: string) =>
  engine.transitions.transition({ order, actor: 'operator', decision: { hold: hold ?? 0, decision, by: 'operator', reason: 'looked', ...(reference !== undefined && { reference }) } });
const settledElsewhere = async (order: number): Promise<void> => {
  for (const to of ['FAILED_TO_EXPORT_TO_NAV', 'PROCESSED_EXTERNALLY'] as const) expect(await engine.transitions.transition({ order, to, actor: 'operator' })).toMatchObject({ moved: true });
};

describe('of an order that was settled elsewhere meanwhile', () => {
  test('a capture that was never sent is not, and says so', async () => {
    const order = await shippedInTwo(world, engine);
    await settledElsewhere(order);
    const shop = storefront(taking);
    await capture(order, 'A', shop.client);
    expect(shop.taken).toEqual([]);
    expect(await told(order)).toEqual(['payment.not-captured: the order was settled elsewhere: nothing is captured for parcel A']);
  });

  test('one whose answer was lost is looked up, and told where it has happened', async () => {
    const order = await shippedInTwo(world, engine);
    const shop = storefront(silent);
    await capture(order, 'A', shop.client);
    await settledElsewhere(order);
    shop.known.push(...shop.taken.map(taking));
    expect(await capture(order, 'A', shop.client)).toEqual({ reference: 'CAP-1' });
    expect(shop.taken).toHaveLength(1);
    expect(await told(order)).toEqual(['payment.captured: 12.50 of 25.00 USD for parcel A']);
    expect(await states(order)).toEqual(['A done']);
  });

  test('one that nobody can look up is held until a person says', async () => {
    const order = await shippedInTwo(world, engine);
    const shop = storefront(silent);
    await capture(order, 'A', shop.client);
    await settledElsewhere(order);
    while ((await holds(order)).length === 0) await capture(order, 'A', shop.client);
    const [hold] = await holds(order);
    expect(hold).toMatchObject({ kind: 'sfcc.capture.in-doubt', effect: `sfcc.capture:${order}:0:A` });
    expect(await told(order)).toEqual([]);
    await decide(order, hold?.id, 'done', 'SEEN');
    expect(await capture(order, 'A', shop.client)).toEqual({ reference: 'SEEN' });
    expect(shop.taken).toHaveLength(1);
    expect(await told(order)).toEqual(['payment.captured: 12.50 of 25.00 USD for parcel A']);
  });
});

describe('one that the storefront refuses', () => {
  async function refused(): Promise<{ order: number; hold: Record<'A' | 'B', number | undefined> }> {
    const order = await shippedInTwo(world, engine);
    for (const shipment of ['A', 'B']) await capture(order, shipment, storefront(refusing).client);
    const held = await holds(order);
    expect(held).toMatchObject(['A', 'B'].map((shipment) => ({ kind: 'sfcc.Expired', effect: `sfcc.capture:${order}:0:${shipment}` })));
    return { order, hold: { A: held[0]?.id, B: held[1]?.id } };
  }

  test('says what to do about it: no order is put back', async () => {
    const { order } = await refused();
    for (const { reason } of await holds(order)) expect(reason).toMatch(/^SFCC refuses: the authorisation has expired\. Settle it at the storefront, then release the hold/);
  });

  test('is sent again when its hold is released, and it alone', async () => {
    const { order, hold } = await refused();
    expect(await decide(order, hold.A, 'release')).not.toHaveProperty('refused');
    expect(await states(order)).toEqual(['A intent', 'B rejected']);
    const shop = storefront(taking);
    await capture(order, 'A', shop.client);
    expect(shop.taken).toHaveLength(1);
    expect(await states(order)).toEqual(['A done', 'B rejected']);
  });

  test('is not sent because another capture is let go on that was held for something else', async () => {
    const { order, hold } = await refused();
    await world.admin.query('UPDATE holds SET effect_id = NULL WHERE id = ?', [hold.B]);
    expect(await decide(order, hold.B, 'release')).not.toHaveProperty('refused');
    expect(await states(order)).toEqual(['A rejected', 'B intent']);
  });

  test('is not sent because the order is put back', async () => {
    const { order, hold } = await refused();
    await decide(order, hold.B, 'void');
    expect(await engine.transitions.transition({ order, actor: 'operator', renewEffects: true })).not.toHaveProperty('refused');
    expect(await states(order)).toEqual(['A rejected', 'B not_done']);
    expect(await decide(order, hold.A, 'release')).not.toHaveProperty('refused');
    expect(await states(order)).toEqual(['A intent', 'B not_done']);
  });

  test('is never sent again where it was paid by hand', async () => {
    const { order, hold } = await refused();
    await decide(order, hold.A, 'done', 'BY-HAND');
    const shop = storefront(taking);
    expect(await capture(order, 'A', shop.client)).toEqual({ reference: 'BY-HAND' });
    expect(shop.taken).toEqual([]);
    expect(await told(order)).toEqual(['payment.captured: 12.50 of 25.00 USD for parcel A']);
    expect((await loadOrders(world.pool, [order])).get(order)).toMatchObject({ captured: 1250, heldCaptures: 1 });
  });

  test('is held once more where a person says that it did not happen, with what to do', async () => {
    const { order, hold } = await refused();
    await decide(order, hold.A, 'void');
    const shop = storefront(taking);
    expect(await capture(order, 'A', shop.client)).toBeInstanceOf(Rejected);
    expect(shop.taken).toEqual([]);
    expect((await holds(order)).at(-1)).toMatchObject({ effect: `sfcc.capture:${order}:0:A`, reason: expect.stringContaining('release the hold') as string });
  });
});
