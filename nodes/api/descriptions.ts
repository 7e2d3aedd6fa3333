import type { Schema } from './schemas';

export interface Parameter {
  name: string;
  description: string;
  schema: Schema;
}

/** What the flows do not tell about an endpoint. */
export interface Description {
  tag: Tag;
  summary: string;
  description?: string;
  /** Of the parameters in the path, where the name alone does not say it (PATH_PARAMETERS). */
  path?: Readonly<Record<string, string>>;
  query?: readonly Parameter[];
  /** The good answers, by status: the schema (schemas.ts) and what it means. */
  answers: Readonly<Record<number, readonly [schema: string, meaning: string]>>;
}

export const TAGS = {
  'NAV and shipping': 'What partners report. Each report has one endpoint: a release, an acceptance and a shipment mean different steps of an order, and one that comes to another’s endpoint is refused with the name of the right one.',
  Orders: 'Reading orders.',
  Customers: 'Who ordered what, without how it is worked on. Use the storefront’s id where addresses of requests are logged on the way: an e-mail address is personal data.',
  Repair: 'What operators do to an order. Who does it is named in `X-Actor`, why in the body: both go into the order’s audit.',
  Holds: 'Orders that wait for a person.',
  Pauses: 'Stages, partners and stores that rest for a while.',
  Products: 'What NAV has to know before an order names it.',
  Flags: 'Switches of the whole system or of one store. Who turned one, when and why stays in its history.',
  Jobs: 'What runs by schedule. A run that is asked for begins within seconds; while a downtime lasts, each slot is noted as skipped.',
  'Dead letters': 'Messages of the Service Bus that could not be taken.',
} as const satisfies Record<string, string>;

export type Tag = keyof typeof TAGS;

/** Parameters that mean the same wherever they stand. */
export const PATH_PARAMETERS: Readonly<Record<string, string>> = {
  order_id: 'the order’s name, as the OMS gave it',
  sequence: 'the message’s sequence number in the dead letters',
};

const CUSTOMER = { id: 'the storefront’s id of the customer, or an e-mail address' };
const FLAG = { name: 'of the flag' };
const JOB = { id: 'of the job' };
const ORDER = { id: 'the order’s name, or its id' };
const text = (name: string, description: string, more: Schema = {}): Parameter => ({ name, description, schema: { type: 'string', ...more } });
const LIMIT: Parameter = { name: 'limit', description: 'entries of a page', schema: { type: 'integer', minimum: 1, maximum: 500, default: 50 } };
const AFTER = text('after', 'the `next` of the page before');
const STORE = text('store', 'only orders of this store, by its url; needed where an id is known on several platforms');
const QUEUE = text('queue', 'whose dead letters: events of the warehouses, or answers of the print floor', { enum: ['fulfillment', 'batching'], default: 'fulfillment' });
const DRY_RUN: Parameter = { name: 'dry_run', description: 'true: only says what would happen', schema: { type: 'boolean', default: false } };

const FACT = { 200: ['FactAnswer', 'applied now, or already before'], 202: ['FactAnswer', 'kept: it comes before its time, or a person looks at it'] } as const;
const REPAIRED = { 200: ['OrderAnswer', 'done'] } as const;

/** By method and address, as the `http in` nodes have them. A test fails where one is missing, and where one describes nothing. */
export const DESCRIPTIONS: Readonly<Record<string, Description>> = {
  'PATCH /api/v3/osor_order/status/:order_id': { tag: 'NAV and shipping', summary: 'NAV has released an order, or could not', description: 'Repeat it with the same `event_id` until a 2xx or a 4xx comes. 409 where the order can never take it any more.', answers: FACT },
  'POST /api/v3/osor_order/fulfill_orders': { tag: 'NAV and shipping', summary: 'Parcels that left the warehouse', description: 'Up to a hundred; each is answered for itself. The `shipment_id` makes it the same when it comes again.', answers: { 200: ['FactAnswers', 'one result an item'] } },
  'POST /api/service_bus/events': { tag: 'NAV and shipping', summary: 'A fulfilment event: accepted, rejected, cancel_acknowledged, cancel_refused, batched …', description: 'The answer to a cancel that was asked for decides it; an own warehouse or a vendor, whom nobody can call from here, answers with sequence 0. The same as on the Service Bus topic, under the same `id`: it does not matter which way it comes, nor how often.', answers: FACT },
  'POST /api/v3/print_station/batches': { tag: 'NAV and shipping', summary: 'Results of batches', description: 'Up to five hundred; each is answered for itself. The `event_id` is the one that the same result has on the Service Bus.', answers: { 200: ['FactAnswers', 'one result an item'] } },

  'GET /api/oms/orders': {
    tag: 'Orders', summary: 'A page of orders', description: 'The newest first; inside one status the longest waiting first. Each page costs the same, however late.',
    query: [text('status', 'one status'), text('q', 'a prefix of the name, the storefront’s number or the customer’s e-mail'), AFTER, LIMIT],
    answers: { 200: ['OrderPage', 'the page'] },
  },
  'GET /api/oms/orders/:id': { tag: 'Orders', summary: 'An order with its whole timeline', path: ORDER, answers: { 200: ['Order', 'the order'] } },
  'GET /api/oms/orders/:id/why': { tag: 'Orders', summary: 'Why an order stands where it stands', description: 'Who owes the next step, what it needs, and what may be done.', path: ORDER, answers: { 200: ['Why', 'the causes, the first one decides'] } },

  'GET /api/v3/customers/:id': { tag: 'Customers', summary: 'A customer', path: CUSTOMER, query: [STORE], answers: { 200: ['Customer', 'as the newest order has it'] } },
  'GET /api/v3/customers/:id/orders': { tag: 'Customers', summary: 'A page of a customer’s orders', description: 'The newest first, with the parcels of all parts of a split order.', path: CUSTOMER, query: [STORE, AFTER, LIMIT], answers: { 200: ['CustomerOrders', 'the page'] } },

  'POST /api/oms/orders/:id/put-back': { tag: 'Repair', summary: 'Put an order in error back to where it failed from', description: 'Where only a person knows how far it has come (STROOPWAFEL_EXCEPTION), `to` says where it goes on; `why` lists the choices. An order that waits for its date (PRE_ORDER, DELAYED) begins now.', path: ORDER, answers: REPAIRED },
  'POST /api/oms/orders/:id/repush': { tag: 'Repair', summary: 'Ask the print floor again for an order that waits for its batch, or whoever has stopped one for a cancel that was declined', path: ORDER, answers: REPAIRED },
  'POST /api/oms/orders/:id/processed-externally': { tag: 'Repair', summary: 'Somebody has settled it by hand', path: ORDER, answers: REPAIRED },
  'POST /api/oms/orders/:id/cancel': { tag: 'Repair', summary: 'Cancel the whole order', description: 'Granted at once as long as nobody has it in hand; the print floor or the warehouse is asked otherwise, of a split order about each part. 409 says what can be had instead.', path: ORDER, answers: { ...REPAIRED, 202: ['OrderAnswer', 'decided when a call that is under way, or whoever has the order or parts of it, has answered'] } },
  'POST /api/oms/orders/:id/replay': { tag: 'Repair', summary: 'Send again what is safe', description: 'Nothing that may have happened is sent again.', path: ORDER, query: [DRY_RUN], answers: { 200: ['ReplayAnswer', 'what was done, or would be'] } },

  'GET /api/oms/holds': { tag: 'Holds', summary: 'Open holds', answers: { 200: ['Holds', 'the oldest first'] } },
  'POST /api/oms/holds/:id/decision': { tag: 'Holds', summary: 'Decide a hold', path: { id: 'of the hold' }, answers: { 200: ['HoldDecided', 'the order goes on'] } },

  'GET /api/oms/pauses': { tag: 'Pauses', summary: 'Open pauses', answers: { 200: ['Pauses', 'the oldest first'] } },
  'POST /api/oms/pauses': { tag: 'Pauses', summary: 'Pause a stage, a partner or a store', description: 'What is under way is finished; nothing new begins.', answers: { 201: ['Opened', 'it rests from now on'] } },
  'DELETE /api/oms/pauses/:id': { tag: 'Pauses', summary: 'End a pause', path: { id: 'of the pause' }, answers: { 200: ['Released', 'what waited is due now'] } },

  'POST /api/oms/products': { tag: 'Products', summary: 'Make a product an item in one company of NAV, or change it', description: 'The same product is sent once, a changed one again. 409 is NAV’s refusal; after a 503 send the same again: NAV’s item number makes it the same.', answers: { 200: ['ProductInNav', 'NAV has it so'] } },

  'GET /api/oms/flags': { tag: 'Flags', summary: 'Every flag, what it does, and who changed it', answers: { 200: ['Flags', 'all that are asked'] } },
  'PUT /api/oms/flags/:name': { tag: 'Flags', summary: 'Turn a flag on or off, for every store or for one', description: 'Gates hold at the next attempt; forks for orders that pass from now on. Orders that wait for the flag are due at once.', path: FLAG, answers: { 200: ['Flag', 'as it stands now'] } },
  'DELETE /api/oms/flags/:name': {
    tag: 'Flags', summary: 'Back to the default', description: 'For a store: back to what holds for every store.', path: FLAG,
    query: [text('store', 'the store’s url; without it for every store', { maxLength: 191 }), text('reason', 'for the flag’s history', { maxLength: 400 })],
    answers: { 200: ['Flag', 'as it stands now'] },
  },

  'GET /api/oms/jobs': { tag: 'Jobs', summary: 'Recurring jobs, each with its next slot, last run and downtimes', answers: { 200: ['Jobs', 'all of them'] } },
  'GET /api/oms/jobs/:id/runs': { tag: 'Jobs', summary: 'A page of a job’s runs', description: 'The latest slot first. Kept for seven days.', path: JOB, query: [AFTER, LIMIT], answers: { 200: ['JobRuns', 'the page'] } },
  'POST /api/oms/jobs/:id/run': { tag: 'Jobs', summary: 'Ask for a run now', description: 'Once, beside the schedule, after a run that goes on. Asked again before it began, it is the same run. 409 in a downtime, or where the job is disabled.', path: JOB, answers: { 202: ['JobAsked', 'it begins within seconds'] } },
  'POST /api/oms/jobs/:id/downtimes': { tag: 'Jobs', summary: 'Pause a job', description: 'A run that goes on is finished; slots from now on are noted as skipped and not caught up.', path: JOB, answers: { 201: ['Opened', 'it rests from now on'] } },
  'DELETE /api/oms/jobs/:id/downtimes/:downtime': { tag: 'Jobs', summary: 'End a downtime', path: { ...JOB, downtime: 'its id' }, answers: { 200: ['DowntimeEnded', 'the next slot runs again'] } },

  'GET /api/oms/dead-letters': { tag: 'Dead letters', summary: 'A page of dead letters, each with its reason', query: [QUEUE, AFTER, { ...LIMIT, schema: { type: 'integer', minimum: 1 } }], answers: { 200: ['DeadLetters', 'the page'] } },
  'POST /api/oms/dead-letters/:sequence/replay': { tag: 'Dead letters', summary: 'Take a message again', query: [QUEUE, DRY_RUN], answers: { 200: ['DeadLetterReplay', 'what became of it, or would'] } },
  'POST /api/oms/dead-letters/:sequence/discard': { tag: 'Dead letters', summary: 'Throw a message away', query: [QUEUE], answers: { 200: ['DeadLetterDiscarded', 'it is gone'] } },
};
