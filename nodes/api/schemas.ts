import { CATCH_UPS } from '../jobs/slots';
import { lifecycle } from '../lifecycle/lifecycle';

/** A JSON Schema (2020-12), as far as it is used here. */
export type Schema = Readonly<Record<string, unknown>>;

const text = (description?: string): Schema => ({ type: 'string', ...(description && { description }) });
const maybe = (description?: string): Schema => ({ type: ['string', 'null'], ...(description && { description }) });
const number = (description?: string): Schema => ({ type: 'integer', ...(description && { description }) });
const flag = (description?: string): Schema => ({ type: 'boolean', ...(description && { description }) });
const maybeFlag = (description?: string): Schema => ({ type: ['boolean', 'null'], ...(description && { description }) });
const time = (description?: string): Schema => ({ type: 'string', format: 'date-time', ...(description && { description }) });
const maybeTime = (description?: string): Schema => ({ type: ['string', 'null'], format: 'date-time', ...(description && { description }) });
const amount = (description = 'decimal, in the order’s currency'): Schema => ({ type: ['string', 'null'], pattern: String.raw`^-?\d+(\.\d+)?$`, description });
const list = (items: Schema, description?: string): Schema => ({ type: 'array', items, ...(description && { description }) });
const of = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
const anything = (description: string): Schema => ({ type: ['object', 'null'], description });
const next = (): Schema => maybe('what to send as `after` for the next page; null on the last');

/** An object whose properties are all there, but for those named in `optional`. More may be added later. */
function object(properties: Readonly<Record<string, Schema>>, { optional = [], ...more }: { optional?: readonly string[]; description?: string; examples?: readonly unknown[] } = {}): Schema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', required, properties, ...more };
}

const FLAG_EXAMPLE = {
  name: 'cirro_fulfillment_request', kind: 'gate', does: 'Off keeps orders in CIRRO_WAITING_FOR_FULFILLMENT instead of sending them to Cirro.', default: true, enabled: false, stores: [],
  changes: [{ store: '', from: null, to: false, actor: 'operator:Ada', reason: 'Cirro is being migrated', at: '2026-11-21T10:00:00.000Z' }],
};

const status = (): Schema => ({ type: 'string', enum: lifecycle.names, description: 'docs/lifecycle.md' });

/** What the endpoints answer, by the name under which the document has it. The examples are checked against them, and so are the answers of the running system. */
export const SCHEMAS: Readonly<Record<string, Schema>> = {
  Problem: object(
    {
      type: text('always about:blank'),
      title: text('a code that stays the same, e.g. `order.unknown`, or a sentence where the request never reached its endpoint'),
      status: number('of the answer'),
      detail: text('for a person'),
      pointer: text('RFC 6901, into the body; or the name of the parameter'),
      correlation_id: text('stands in the log, too'),
    },
    {
      optional: ['detail', 'pointer'],
      description: 'RFC 9457. Never a stack, a path or SQL.',
      examples: [{ type: 'about:blank', title: 'contract.violated', status: 400, detail: '/event_id is missing', pointer: '/event_id', correlation_id: '5f0a8f3e-6d53-4f5e-8a4c-6d1f5b3d9f10' }],
    },
  ),

  FactAnswer: object(
    { order_id: text('the order’s name'), result: { type: 'string', enum: ['applied', 'already', 'kept', 'refused', 'unknown'] }, status: status(), reason: text() },
    {
      optional: ['status', 'reason'],
      description: '`applied` now or `already` before; `kept` until the order is so far, or for a person to look at; `refused` where it can never be.',
      examples: [{ order_id: 'US-US00100001', result: 'applied', status: 'RELEASED_FROM_NAV' }],
    },
  ),
  FactAnswers: object({ orders: list(of('FactAnswer')) }, { description: 'One result an item, in their order.', examples: [{ orders: [{ order_id: 'US-US00100001', result: 'applied', status: 'SHIPPED' }, { order_id: 'US-NONE', result: 'unknown' }] }] }),

  OrderSummary: object({
    id: number(), name: text('the one identity that partners see'), platform_id: text('the storefront’s number'), store: text('its url'), status: status(), entered_at: time('since when it stands there'),
    due_at: maybeTime('when a stage may take it; null where nothing is to be done by us'), holds: number('open ones'), currency: maybe(), total: amount(), reason: maybe('why it waits'),
    parent: maybe('the split order that it is a part of'), parts: number('how many it was split into'),
  }),
  OrderPage: object(
    { orders: list(of('OrderSummary')), next: next() },
    { examples: [{ orders: [{ id: 42, name: 'US-US00100001', platform_id: 'US00100001', store: 'https://us.shop.example', status: 'PENDING_NAV_RELEASE', entered_at: '2026-11-21T10:00:00.000Z', due_at: null, holds: 0, currency: 'USD', total: '119.90', reason: null, parent: null, parts: 0 }], next: 'WyIyMDI2LTExLTIxIDEwOjAwOjAwLjAwMDAwMCIsNDJd' }] },
  ),
  Step: object({ at: time(), kind: { type: 'string', enum: ['transition', 'event', 'effect', 'fact', 'hold'] }, actor: text(), node: maybe('of the flows'), text: text() }, { description: 'One step of an order’s timeline.' }),
  Order: object(
    {
      id: number(), name: text(), status: status(), version: number('grows with every transition'), platform_id: text(), store: text(), platform: text(), part: number('0, or the part of a split'), parent: maybe('the split order that it is a part of'), children: list(object({ name: text(), status: status() }), 'its parts, where it was split'), currency: maybe(), total: amount(),
      entered_at: time(), due_at: maybeTime(), attempts: number(), open_holds: number(), reason: maybe(), nav_order_no: maybe(), batch_reference: maybe(), warehouse: text(), placed_at: maybeTime(), created_at: time(),
      waits_for: object({ kind: text(), owner: text('who acts next'), runbook: maybe() }),
      customer: anything('name, e-mail, phone'), shipping_address: anything('as the storefront gave it'), billing_address: anything('as the storefront gave it'), amounts: anything('sums of the order'),
      lines: list(object({ line_id: text(), sku: text(), name: text(), quantity: number(), quantity_cancelled: number(), quantity_shipped: number(), quantity_refunded: number(), unit_price: amount(), discount: amount(), tax: amount(), total: amount(), gift: flag(), path: maybe('who fulfils it'), warehouse: text('where it leaves from') })),
      payments: list(object({ instrument_id: text(), method: text(), currency: text(), amount: amount(), state: text(), reference: maybe() })),
      fulfillments: list(object({ shipment_id: text(), carrier: text(), tracking: text(), shipped_at: time(), state: text('shipped, or told: the storefront knows'), lines: list(object({ line_id: text(), quantity: number() })) })),
      effects: list(object({ id: number(), kind: text(), key: text('the business meaning'), state: text(), attempt: number(), reference: maybe('the partner’s own number'), reason: maybe() }), 'calls that must not happen twice'),
      holds: list(object({ id: number(), kind: text(), reason: text(), opened: time(), resolved: maybeTime(), decision: maybe() })),
      tasks: list(object({ kind: text(), subject: text(), done_at: maybeTime(), result: maybe() }), 'what runs beside the order’s line'),
      cancellations: list(object({ state: text(), to_status: text(), reason: text(), decision_reason: maybe() })),
      timeline: list(of('Step'), 'what happened, oldest first'),
    },
    {
      examples: [
        {
          id: 42, name: 'US-US00100001', status: 'SHIPPED', version: 9, platform_id: 'US00100001', store: 'https://us.shop.example', platform: 'sfcc', part: 0, parent: null, children: [], currency: 'USD', total: '119.90',
          entered_at: '2026-11-21T12:00:00.000Z', due_at: null, attempts: 0, open_holds: 0, reason: null, nav_order_no: 'SO000123', batch_reference: null, warehouse: 'US-EAST', placed_at: '2026-11-21T09:59:00.000Z', created_at: '2026-11-21T10:00:00.000Z',
          waits_for: { kind: 'working', owner: 'NAV', runbook: null }, customer: { name: 'Ada Example', email: 'ada@example.com' }, shipping_address: { city: 'Boston', country: 'US' }, billing_address: { city: 'Boston', country: 'US' }, amounts: { total: '119.90' },
          lines: [{ line_id: 'L1', sku: 'PS-1', name: 'Photo stand', quantity: 1, quantity_cancelled: 0, quantity_shipped: 1, quantity_refunded: 0, unit_price: '119.90', discount: '0.00', tax: '9.90', total: '119.90', gift: false, path: 'finished', warehouse: 'US-EAST' }],
          payments: [{ instrument_id: 'P1', method: 'CREDIT_CARD', currency: 'USD', amount: '119.90', state: 'authorized', reference: null }],
          fulfillments: [{ shipment_id: 'SHP-1', carrier: 'UPS', tracking: '1Z999', shipped_at: '2026-11-21T12:00:00.000Z', state: 'shipped', lines: [{ line_id: 'L1', quantity: 1 }] }],
          effects: [{ id: 1, kind: 'nav.create', key: 'nav.create:42', state: 'done', attempt: 1, reference: 'SO000123', reason: null }],
          holds: [], tasks: [{ kind: 'sfcc.mark-exported', subject: '42', done_at: '2026-11-21T10:00:01.000Z', result: 'done' }], cancellations: [],
          timeline: [{ at: '2026-11-21T10:00:00.000Z', kind: 'transition', actor: 'flow:intake', node: 'intake-sfcc-take', text: 'READY_FOR_PROCESSING' }],
        },
      ],
    },
  ),
  Why: object(
    {
      order_id: text(), status: status(), kind: text(), since: time(), seconds: number(), late: flag('longer there than the lifecycle expects'), because: text('the first cause, in one sentence'), owes: text('who owes the next step'),
      causes: list(object({ kind: text(), text: text(), who: text(), since: time() })), parent: maybe('the split order that it is a part of'), children: list(object({ name: text(), status: status() }), 'its parts, where it was split'),
      next: object({ to: list(text()), stage: maybe(), guards: list(object({ guard: text(), needs: text(), value: text(), ok: flag() })), facts: list(object({ fact: text(), from: text(), to: maybe(), reason: text() })) }),
      captured: object({ amount: amount('decimal, in its currency'), of: amount('its total, with what gift certificates have paid'), currency: text(), parcels: number('that are captured'), of_parcels: number('that have left') }, { description: 'of a store that captures by the shipment' }),
      next_attempt: maybeTime(), attempts: number(), actions: list(object({ action: text(), method: text(), path: text(), allowed: flag(), text: text('what it would do, or why it is refused'), to: list(status(), 'where there is a choice') }, { optional: ['to'] })),
    },
    {
      optional: ['captured'],
      examples: [
        {
          order_id: 'US-US00100001', status: 'PENDING_NAV_RELEASE', kind: 'waiting', since: '2026-11-21T10:00:00.000Z', seconds: 240, late: false, because: 'It waits for NAV.', owes: 'NAV',
          causes: [{ kind: 'waiting', text: 'It waits for NAV.', who: 'NAV', since: '2026-11-21T10:00:00.000Z' }], parent: null, children: [],
          next: { to: ['RELEASED_FROM_NAV'], stage: null, guards: [], facts: [{ fact: 'nav.released', from: 'NAV', to: 'RELEASED_FROM_NAV', reason: 'NAV released it' }] }, next_attempt: null, attempts: 0,
          actions: [{ action: 'cancel', method: 'POST', path: '/api/oms/orders/US-US00100001/cancel', allowed: true, text: 'NAV is told first' }],
        },
      ],
    },
  ),
  OrderAnswer: object(
    { order_id: text(), status: status(), result: text('what happened, e.g. put-back, cancelled, waiting, refused'), reason: text(), possible: list({ type: ['object', 'string'] }, 'what can be had instead') },
    { optional: ['reason', 'possible'], examples: [{ order_id: 'US-US00100001', status: 'READY_TO_CREATE_IN_NAV', result: 'put-back' }, { order_id: 'US-US00100001', status: 'SHIPPED', result: 'refused', reason: 'it has been shipped' }] },
  ),
  ReplayAnswer: object(
    {
      order_id: text(), status: status(), version: number(), result: { type: 'string', enum: ['dry-run', 'replayed', 'nothing', 'blocked', 'refused'] }, reason: text(), steps: list(text()),
      calls: list(object({ kind: text(), key: text(), state: text(), action: { type: 'string', enum: ['send', 'skip', 'blocked'] }, reference: text(), reason: text() }, { optional: ['reference'] })),
    },
    {
      optional: ['version', 'reason', 'steps', 'calls'],
      examples: [{ order_id: 'US-US00100001', status: 'FAILED_TO_CREATE_IN_NAV', version: 4, result: 'dry-run', steps: ['put back from FAILED_TO_CREATE_IN_NAV to READY_TO_CREATE_IN_NAV'], calls: [{ kind: 'nav.create', key: 'nav.create:42', state: 'rejected', action: 'send', reason: 'nothing of it has happened' }] }],
    },
  ),

  Holds: object(
    { holds: list(object({ id: number(), order: number(), name: text(), kind: text(), effect: { type: ['object', 'null'], properties: { kind: text(), key: text() }, description: 'the call in doubt' }, reason: text(), opened: time() })) },
    { examples: [{ holds: [{ id: 7, order: 42, name: 'US-US00100001', kind: 'effect.parked', effect: { kind: 'nav.create', key: 'nav.create:42' }, reason: 'the answer was lost', opened: '2026-11-21T10:00:00.000Z' }] }] },
  ),
  HoldDecided: object({ id: number(), order_id: text(), decision: { type: 'string', enum: ['done', 'void', 'resend', 'release'] }, status: status() }, { optional: ['status'], examples: [{ id: 7, order_id: 'US-US00100001', decision: 'done', status: 'PENDING_NAV_RELEASE' }] }),
  Pauses: object(
    { pauses: list(object({ id: number(), kind: { type: 'string', enum: ['stage', 'partner', 'store'] }, name: text(), reason: text(), actor: text(), until: maybeTime(), opened: time() })) },
    { examples: [{ pauses: [{ id: 3, kind: 'partner', name: 'NAV', reason: 'NAV maintenance', actor: 'operator:Ada', until: null, opened: '2026-11-21T10:00:00.000Z' }] }] },
  ),
  ProductInNav: object({ company: text('of NAV'), sku: text(), reference: text('NAV’s number of the item') }, { examples: [{ company: 'US', sku: 'PG-1001', reference: 'PG-1001' }] }),
  Flags: object({ flags: list(of('Flag')) }, { examples: [{ flags: [FLAG_EXAMPLE] }] }),
  Flag: object(
    {
      name: text(), kind: { type: 'string', enum: ['gate', 'fork', 'setting'], description: 'read at every attempt; pinned when an order passes; not about an order' }, does: text(), default: flag(),
      enabled: flag('for every store without a row of its own'), stores: list(object({ store: text('its url'), enabled: flag() })),
      changes: list(object({ store: text('its url; empty: every store'), from: maybeFlag('null: there was no row'), to: maybeFlag('null: back to the default'), actor: text(), reason: text(), at: time() }), 'the latest ten, the newest first'),
    },
    { examples: [FLAG_EXAMPLE] },
  ),
  Opened: object({ id: number() }, { examples: [{ id: 3 }] }),
  Released: object({ id: number(), released: { type: 'boolean', const: true } }, { examples: [{ id: 3, released: true }] }),

  DeadLetters: object(
    {
      dead_letters: list(object({ sequence: { type: ['integer', 'string'], description: 'a text where it is larger than 2^53' }, message_id: text(), reason: maybe(), enqueued: maybeTime(), deliveries: number(), body: { description: 'as it was sent' } }, { optional: ['body'] })),
      next: { type: ['integer', 'string', 'null'], description: 'what to send as `after` for the next page' },
    },
    { examples: [{ dead_letters: [{ sequence: 12, message_id: 'evt-1', reason: 'contract.violated', enqueued: '2026-11-21T10:00:00.000Z', deliveries: 1, body: { id: 'evt-1' } }], next: null }] },
  ),
  DeadLetterReplay: object(
    {
      sequence: { type: ['integer', 'string'] }, message_id: text(), dry_run: flag(), completes: flag('whether it leaves the dead letters'),
      facts: list(object({ order_id: text(), type: text(), outcome: text(), from: text(), to: text(), pointer: text(), reason: text() }, { optional: ['order_id', 'type', 'from', 'to', 'pointer', 'reason'] })),
    },
    { examples: [{ sequence: 12, message_id: 'evt-1', dry_run: true, completes: true, facts: [{ order_id: 'US-US00100001', type: 'accepted', outcome: 'would-apply', to: 'EXPORTED_TO_TPL' }] }] },
  ),
  Customer: object(
    { id: maybe('the storefront’s; null for a guest'), email: text(), name: text(), orders: number('how many'), last_order_at: maybeTime(), stores: list(text('its url')), nav_customer_numbers: list(text(), 'the cards under which NAV knows the customer') },
    { examples: [{ id: 'C00042', email: 'jane@example.test', name: 'Jane Doe', orders: 3, last_order_at: '2026-11-21T10:00:00.000Z', stores: ['https://us.shop.example'], nav_customer_numbers: ['C00042'] }] },
  ),
  CustomerOrders: object(
    {
      orders: list(object({
        order_id: text('the order’s name'), platform_id: text('the storefront’s number'), store: text('its url'), status: status(), placed_at: maybeTime(), currency: maybe(),
        totals: object({ lines: amount(), discount: amount(), shipping: amount(), tax: amount(), total: amount() }),
        parcels: list(object({ shipment_id: text(), carrier: text(), tracking: text(), shipped_at: time() })),
      })),
      next: next(),
    },
    {
      examples: [{
        orders: [{
          order_id: 'US-US00100001', platform_id: 'US00100001', store: 'https://us.shop.example', status: 'FULFILLED', placed_at: '2026-11-20T09:00:00.000Z', currency: 'USD',
          totals: { lines: '99.90', discount: '0.00', shipping: '10.00', tax: '10.00', total: '119.90' },
          parcels: [{ shipment_id: 'SHP-1', carrier: 'UPS', tracking: '1Z999', shipped_at: '2026-11-21T10:00:00.000Z' }],
        }],
        next: null,
      }],
    },
  ),
  JobRun: object({
    id: number(), slot: time('the scheduled time that it stands for, or when it was asked for'), state: { type: 'string', enum: ['asked', 'running', 'done', 'failed', 'lost', 'skipped'] }, result: maybe(), attempts: number('more than 1 where it got lost and was begun again'),
    asked_by: maybe('null where the schedule did'), reason: maybe('why it was asked for'), started_at: time(), finished_at: maybeTime(),
  }),
  JobRuns: object(
    { runs: list(of('JobRun')), next: next() },
    { examples: [{ runs: [{ id: 77, slot: '2026-11-21T10:00:00.000Z', state: 'skipped', result: 'skipped: downtime: NAV maintenance', attempts: 1, asked_by: null, reason: null, started_at: '2026-11-21T10:00:00.020Z', finished_at: '2026-11-21T10:00:00.020Z' }], next: null }] },
  ),
  Jobs: object(
    {
      jobs: list(object({
        id: number(), class: text(), store: maybe('its url, where the job is one store’s'), cron: text('UTC; five, six (seconds first) or seven fields'), enabled: flag(), catch_up: { type: 'string', enum: CATCH_UPS, description: 'what becomes of missed slots' },
        next_slot: maybeTime(), last_run: { anyOf: [of('JobRun'), { type: 'null' }] },
        downtimes: list(object({ id: number(), from: time(), until: maybeTime('null: until somebody ends it'), reason: text(), actor: text() }), 'those that go on, or will'),
      })),
    },
    {
      examples: [{
        jobs: [{
          id: 4, class: 'nav.shipment-notice', store: null, cron: '0 */10 * * * *', enabled: true, catch_up: 'last', next_slot: '2026-11-21T10:10:00.000Z',
          last_run: { id: 78, slot: '2026-11-21T10:00:00.000Z', state: 'done', result: '12 orders', attempts: 1, asked_by: null, reason: null, started_at: '2026-11-21T10:00:00.020Z', finished_at: '2026-11-21T10:00:00.060Z' },
          downtimes: [{ id: 2, from: '2026-11-21T10:05:00.000Z', until: null, reason: 'NAV maintenance', actor: 'operator:jane' }],
        }],
      }],
    },
  ),
  JobAsked: object({ id: number('of the run'), state: { type: 'string', const: 'asked' } }, { examples: [{ id: 79, state: 'asked' }] }),
  DowntimeEnded: object({ id: number(), ended: { type: 'boolean', const: true } }, { examples: [{ id: 2, ended: true }] }),
  DeadLetterDiscarded: object({ sequence: { type: ['integer', 'string'] }, message_id: text(), result: { type: 'string', const: 'discarded' } }, { examples: [{ sequence: 12, message_id: 'evt-1', result: 'discarded' }] }),
};
