import { days, defineLifecycle, hours, minutes } from './define';

/** Everything that ends an order by cancelling it, by who asked. */
export const cancelled = ['CS_CANCELLED', 'CUSTOMER_CANCELLED', 'OMS_CANCELLED', 'PLATFORM_CANCELLED', 'SHOPIFY_CANCELLED', 'SFCC_CANCELLED'] as const;

/**
 * The life of an order, declared once. The database's edges, the editor's choices, the API's legal actions, the diagram in
 * docs/lifecycle.md and the flow check are all derived from this table; `define.ts` adds the derived edges (cancel, put-back,
 * processed externally, stroopwafel) and refuses a table with a hole in it.
 */
export const lifecycle = defineLifecycle({
  // intake
  READY_FOR_PROCESSING: {
    phase: 'intake', kind: 'working', owner: 'OMS', cancel: 'free', initial: true, stuckAfter: minutes(15),
    next: ['PENDING_APPROVALS', 'RETAINED', 'SPLIT', 'READY_TO_CREATE_IN_NAV', 'RELEASED_FROM_NAV', 'DELAYED', 'PRE_ORDER', 'AGING_ORDER', 'GENERALIZE_ERROR'],
    runbook: 'Open the order, read the reason; correct the source and put the order back.',
  },
  WAITING_FOR_RECIPE_IDS: {
    phase: 'intake', kind: 'waiting', owner: 'Jackyun', cancel: 'free', initial: true, stuckAfter: minutes(15),
    next: ['READY_FOR_PROCESSING', 'GENERALIZE_ERROR'],
    runbook: 'Open the order, read the reason; correct the source and put the order back.',
  },
  PRE_ORDER: {
    phase: 'intake', kind: 'waiting', owner: 'OMS', cancel: 'free', initial: true, stuckAfter: days(30),
    next: ['READY_FOR_PROCESSING'],
    runbook: 'Open the order, read the reason; a put-back begins it before its date.',
    note: 'resumed by schedule when its date has come (orders.resume_at)',
  },
  DELAYED: {
    phase: 'intake', kind: 'waiting', owner: 'OMS', cancel: 'free', initial: true, stuckAfter: days(3),
    next: ['READY_FOR_PROCESSING'],
    runbook: 'Open the order, read the reason; a put-back begins it before its time.',
    note: 'resumed by schedule when the time is over that its store gives the customer (stores.delay_minutes)',
  },
  AGING_ORDER: {
    phase: 'intake', kind: 'decision', owner: 'operations', cancel: 'free', stuckAfter: days(1),
    next: ['READY_FOR_PROCESSING'],
    runbook: 'Open the order, read the reason; correct the source and put the order back.',
  },
  GENERALIZE_ERROR: {
    phase: 'intake', kind: 'error', owner: 'operations', cancel: 'free', initial: true, stuckAfter: minutes(15),
    next: ['READY_FOR_PROCESSING', 'PRE_ORDER', 'DELAYED'],
    runbook: 'Read the pointer and reason on the order; have the storefront correct it or fix the mapping, then put back: the raw order is read again.',
    note: 'added: put back before its date, it waits for it as it would have from the beginning',
  },
  // amazon
  PENDING_ACKNOWLEDGMENT: {
    phase: 'amazon', kind: 'working', owner: 'Amazon', cancel: 'free', initial: true, stuckAfter: minutes(30),
    next: ['ORDER_ACKNOWLEDGED', 'FAILED_TO_ACKNOWLEDGE_ORDER'],
    runbook: 'Compare with Vendor Central; put back once Amazon answers.',
  },
  FAILED_TO_ACKNOWLEDGE_ORDER: {
    phase: 'amazon', kind: 'error', owner: 'operations', cancel: 'free', stuckAfter: minutes(30),
    next: ['PENDING_ACKNOWLEDGMENT'],
    runbook: 'Compare with Vendor Central; put back once Amazon answers.',
  },
  ORDER_ACKNOWLEDGED: {
    phase: 'amazon', kind: 'working', owner: 'Amazon', cancel: 'free', stuckAfter: minutes(30),
    next: ['PENDING_SHIPPING_LABEL'],
    runbook: 'Compare with Vendor Central; put back once Amazon answers.',
  },
  PENDING_SHIPPING_LABEL: {
    phase: 'amazon', kind: 'working', owner: 'Amazon', cancel: 'free', stuckAfter: minutes(30),
    next: ['AMZ_SHIPPING_LABEL_SUCCESS', 'AMZ_SHIPPING_LABEL_FAILED'],
    runbook: 'Compare with Vendor Central; put back once Amazon answers.',
  },
  AMZ_SHIPPING_LABEL_FAILED: {
    phase: 'amazon', kind: 'error', owner: 'operations', cancel: 'free', stuckAfter: minutes(30),
    next: ['PENDING_SHIPPING_LABEL'],
    runbook: 'Compare with Vendor Central; put back once Amazon answers.',
  },
  AMZ_SHIPPING_LABEL_SUCCESS: {
    phase: 'amazon', kind: 'working', owner: 'Amazon', cancel: 'free', stuckAfter: minutes(30),
    next: ['AMZ_PACKING_SLIP_SUCCESS', 'AMZ_PACKING_SLIP_FAILED'],
    runbook: 'Compare with Vendor Central; put back once Amazon answers.',
  },
  AMZ_PACKING_SLIP_SUCCESS: {
    phase: 'amazon', kind: 'working', owner: 'OMS', cancel: 'free', stuckAfter: minutes(30),
    next: ['READY_FOR_PROCESSING'],
    runbook: 'Compare with Vendor Central; put back once Amazon answers.',
  },
  AMZ_PACKING_SLIP_FAILED: {
    phase: 'amazon', kind: 'working', owner: 'OMS', cancel: 'free', stuckAfter: minutes(30),
    next: ['PACKING_SLIP_GENERATED', 'PACKING_SLIP_FAILED'],
    runbook: 'Compare with Vendor Central; put back once Amazon answers.',
    note: 'own PDF instead',
  },
  PACKING_SLIP_GENERATED: {
    phase: 'amazon', kind: 'working', owner: 'OMS', cancel: 'free', stuckAfter: minutes(30),
    next: ['READY_FOR_PROCESSING'],
    runbook: 'Compare with Vendor Central; put back once Amazon answers.',
  },
  PACKING_SLIP_FAILED: {
    phase: 'amazon', kind: 'error', owner: 'operations', cancel: 'free', stuckAfter: minutes(30),
    next: ['AMZ_SHIPPING_LABEL_SUCCESS'],
    runbook: 'Compare with Vendor Central; put back once Amazon answers.',
  },

  // review
  PENDING_APPROVALS: {
    phase: 'review', kind: 'decision', owner: 'artwork review', cancel: 'free', stuckAfter: days(1),
    next: ['ALL_LINE_ITEMS_REJECTED', 'RETAINED', 'SPLIT', 'READY_TO_CREATE_IN_NAV', 'RELEASED_FROM_NAV'],
    runbook: 'Decide the order in the review queue.',
  },
  ALL_LINE_ITEMS_REJECTED: {
    phase: 'review', kind: 'working', owner: 'OMS', cancel: 'free', stuckAfter: minutes(15),
    next: ['OMS_CANCELLED', 'PENDING_APPROVALS'],
    runbook: 'Decide the order in the review queue.',
    note: 'storefront told, payment voided',
  },
  RETAINED: {
    phase: 'review', kind: 'decision', owner: 'customer service', cancel: 'free', stuckAfter: days(2),
    next: ['RETAIN_APPROVED', 'RETAIN_REJECTED'],
    runbook: 'Decide the order in the review queue.',
  },
  RETAIN_APPROVED: {
    phase: 'review', kind: 'working', owner: 'OMS', cancel: 'free', stuckAfter: minutes(15),
    next: ['SPLIT', 'READY_TO_CREATE_IN_NAV', 'RELEASED_FROM_NAV'],
    runbook: 'Decide the order in the review queue.',
  },
  RETAIN_REJECTED: {
    phase: 'review', kind: 'working', owner: 'OMS', cancel: 'free', stuckAfter: minutes(15),
    next: ['VOIDED', 'CS_REFUNDED'],
    runbook: 'Decide the order in the review queue.',
    note: 'storefront told, authorisation voided',
  },

  // split
  SPLIT: {
    phase: 'split', kind: 'waiting', owner: 'OMS', cancel: 'late', stuckAfter: days(10),
    next: ['PARTIALLY_SHIPPED', 'SHIPPED', 'FULFILLED', 'FAILED_TO_FULFILL'],
    runbook: 'Look at the children: the parent follows them.',
    note: 'a parent: follows its children, is never claimed (due_at stays NULL in every status); a cancel asks every child, the strictest class decides',
  },

  // nav
  READY_TO_CREATE_IN_NAV: {
    phase: 'nav', kind: 'working', owner: 'NAV', cancel: 'free', initial: true, stuckAfter: minutes(15),
    next: ['PENDING_NAV_RELEASE', 'FAILED_TO_CREATE_IN_NAV', 'RELEASED_FROM_NAV'],
    runbook: 'Look the order up in NAV by External Document No.; correct it there or put the order back.',
    note: 'initial for children; RELEASED_FROM_NAV directly when the release overtakes our reply',
  },
  FAILED_TO_CREATE_IN_NAV: {
    phase: 'nav', kind: 'error', owner: 'operations', cancel: 'free', stuckAfter: minutes(15),
    next: ['READY_TO_CREATE_IN_NAV'],
    runbook: 'Read NAV’s fault; correct the customer or item in NAV, then put the order back.',
  },
  PENDING_NAV_RELEASE: {
    phase: 'nav', kind: 'waiting', owner: 'NAV', cancel: 'nav', stuckAfter: hours(2),
    next: ['RELEASED_FROM_NAV', 'FAILED_TO_RELEASE_FROM_NAV'],
    runbook: 'Release the sales order in NAV; Camel then calls back.',
  },
  FAILED_TO_RELEASE_FROM_NAV: {
    phase: 'nav', kind: 'error', owner: 'operations', cancel: 'nav', stuckAfter: minutes(15),
    next: ['PENDING_NAV_RELEASE', 'RELEASED_FROM_NAV'],
    runbook: 'Look the order up in NAV by External Document No.; correct it there or put the order back.',
  },
  RELEASED_FROM_NAV: {
    phase: 'nav', kind: 'working', owner: 'OMS', cancel: 'nav', initial: true, stuckAfter: minutes(15),
    next: ['READY_FOR_BATCHING', 'PRINT_STATION_READY_FOR_BATCHING', 'CIRRO_READY_FOR_FULFILLMENT', 'OMS_CREATED_ORDER_FULFILLMENT'],
    runbook: 'Look the order up in NAV by External Document No.; correct it there or put the order back.',
  },
  STROOPWAFEL_EXCEPTION: {
    phase: 'nav', kind: 'error', owner: 'operations', cancel: 'nav', stuckAfter: minutes(15),
    next: ['READY_FOR_PROCESSING', 'READY_TO_CREATE_IN_NAV', 'PENDING_NAV_RELEASE', 'RELEASED_FROM_NAV', 'READY_FOR_BATCHING', 'CIRRO_READY_FOR_FULFILLMENT', 'EXPORTED_TO_TPL', 'SHIPPED', 'EXPORTED_TO_NAV'],
    runbook: 'Look the order up in NAV by External Document No.; correct it there or put the order back.',
    note: 'entered only by import or a migration, from any working or waiting status',
  },

  // batching
  READY_FOR_BATCHING: {
    phase: 'batching', kind: 'working', owner: 'BatchStation', cancel: 'nav', stuckAfter: hours(4),
    next: ['WAITING_BATCHING_CAPACITY', 'BATCHED', 'FAILED_TO_BATCH'],
    runbook: 'Ask the print floor for the batch; put back to push it again.',
  },
  WAITING_BATCHING_CAPACITY: {
    phase: 'batching', kind: 'waiting', owner: 'BatchStation', cancel: 'nav', stuckAfter: hours(4),
    next: ['READY_FOR_BATCHING', 'BATCHED', 'FAILED_TO_BATCH'],
    runbook: 'Ask the print floor for the batch; put back to push it again.',
  },
  BATCHED: {
    phase: 'batching', kind: 'working', owner: 'OMS', cancel: 'print', stuckAfter: hours(4),
    next: ['CIRRO_READY_FOR_FULFILLMENT', 'OMS_CREATED_ORDER_FULFILLMENT'],
    runbook: 'Ask the print floor for the batch; put back to push it again.',
  },
  FAILED_TO_BATCH: {
    phase: 'batching', kind: 'error', owner: 'operations', cancel: 'nav', stuckAfter: hours(4),
    next: ['READY_FOR_BATCHING', 'PRINT_STATION_READY_FOR_BATCHING'],
    runbook: 'Ask the print floor for the batch; put back to push it again.',
  },
  PRINT_STATION_READY_FOR_BATCHING: {
    phase: 'batching', kind: 'working', owner: 'PrintStation', cancel: 'nav', stuckAfter: hours(4),
    next: ['PRINT_STATION_WAITING_FOR_BATCHING', 'PRINT_STATION_FAILED_EXPORT', 'PRINT_STATION_BATCHED', 'FAILED_TO_BATCH'],
    runbook: 'Ask the print floor for the batch; put back to push it again.',
    note: 'batched or failed directly when the result settles a request in doubt',
  },
  PRINT_STATION_WAITING_FOR_BATCHING: {
    phase: 'batching', kind: 'waiting', owner: 'PrintStation', cancel: 'print', stuckAfter: hours(4),
    next: ['PRINT_STATION_BATCHED', 'PRINT_STATION_READY_FOR_BATCHING', 'FAILED_TO_BATCH'],
    runbook: 'Ask the print floor for the batch; put back to push it again.',
    note: 'back to ready = repush',
  },
  PRINT_STATION_BATCHED: {
    phase: 'batching', kind: 'working', owner: 'OMS', cancel: 'print', stuckAfter: hours(4),
    next: ['CIRRO_READY_FOR_FULFILLMENT', 'OMS_CREATED_ORDER_FULFILLMENT', 'PRINT_STATION_READY_FOR_BATCHING'],
    runbook: 'Ask the print floor for the batch; put back to push it again.',
  },
  PRINT_STATION_FAILED_EXPORT: {
    phase: 'batching', kind: 'error', owner: 'operations', cancel: 'nav', stuckAfter: hours(4),
    next: ['PRINT_STATION_READY_FOR_BATCHING'],
    runbook: 'Ask the print floor for the batch; put back to push it again.',
  },

  // cirro
  CIRRO_READY_FOR_FULFILLMENT: {
    phase: 'cirro', kind: 'working', owner: 'Cirro', cancel: 'nav', stuckAfter: minutes(30),
    next: ['CIRRO_PENDING_INVENTORY_CHECK', 'WAITING_FULFILLMENT_CONFIRMATION', 'EXPORTED_TO_TPL', 'FAILED_TO_EXPORT_TO_TPL', 'CIRRO_WAITING_FOR_FULFILLMENT', 'PARTIALLY_SHIPPED', 'SHIPPED'],
    runbook: 'Look the request up in Cirro by order name and sequence.',
    note: 'shipped directly when a shipment settles a request in doubt',
  },
  CIRRO_PENDING_INVENTORY_CHECK: {
    phase: 'cirro', kind: 'working', owner: 'Cirro', cancel: 'nav', stuckAfter: minutes(30),
    next: ['CIRRO_INVENTORY_CONFIRMED', 'CIRRO_WAITING_INVENTORY'],
    runbook: 'Look the request up in Cirro by order name and sequence.',
  },
  CIRRO_WAITING_INVENTORY: {
    phase: 'cirro', kind: 'waiting', owner: 'Cirro', cancel: 'nav', stuckAfter: days(2),
    next: ['CIRRO_PENDING_INVENTORY_CHECK', 'CIRRO_INVENTORY_CONFIRMED'],
    runbook: 'Look the request up in Cirro by order name and sequence.',
    note: 're-checked by schedule',
  },
  CIRRO_INVENTORY_CONFIRMED: {
    phase: 'cirro', kind: 'working', owner: 'Cirro', cancel: 'nav', stuckAfter: minutes(30),
    next: ['WAITING_FULFILLMENT_CONFIRMATION', 'EXPORTED_TO_TPL', 'FAILED_TO_EXPORT_TO_TPL', 'CIRRO_WAITING_FOR_FULFILLMENT', 'PARTIALLY_SHIPPED', 'SHIPPED'],
    runbook: 'Look the request up in Cirro by order name and sequence.',
  },
  CIRRO_WAITING_FOR_FULFILLMENT: {
    phase: 'cirro', kind: 'waiting', owner: 'OMS', cancel: 'nav', stuckAfter: days(1),
    next: ['CIRRO_READY_FOR_FULFILLMENT', 'WAITING_FULFILLMENT_CONFIRMATION', 'EXPORTED_TO_TPL', 'FAILED_TO_EXPORT_TO_TPL'],
    runbook: 'Look the request up in Cirro by order name and sequence.',
    note: 'the master switch is off; turning it on makes these due again',
  },
  WAITING_FULFILLMENT_CONFIRMATION: {
    phase: 'cirro', kind: 'waiting', owner: 'Cirro', cancel: 'late', stuckAfter: hours(2),
    next: ['EXPORTED_TO_TPL', 'CIRRO_READY_FOR_FULFILLMENT', 'FAILED_TO_EXPORT_TO_TPL', 'PARTIALLY_SHIPPED', 'SHIPPED'],
    runbook: 'Ask Cirro whether the request of this order and sequence arrived; the acceptance moves the order.',
    note: 'rejection: back with a hold and the next export sequence; shipped before accepted is accepted',
  },
  EXPORTED_TO_TPL: {
    phase: 'cirro', kind: 'waiting', owner: 'Cirro', cancel: 'late', stuckAfter: days(3),
    next: ['PARTIALLY_SHIPPED', 'SHIPPED', 'CIRRO_READY_FOR_FULFILLMENT'],
    runbook: 'Ask the warehouse for the parcel; the shipment moves the order.',
    note: 'a late rejection goes back, held',
  },
  FAILED_TO_EXPORT_TO_TPL: {
    phase: 'cirro', kind: 'error', owner: 'operations', cancel: 'nav', stuckAfter: minutes(30),
    next: ['CIRRO_READY_FOR_FULFILLMENT', 'OMS_CREATED_ORDER_FULFILLMENT'],
    runbook: 'Look the request up in Cirro by order name and sequence.',
  },

  // shipping
  OMS_CREATED_ORDER_FULFILLMENT: {
    phase: 'shipping', kind: 'waiting', owner: 'own warehouse or vendor', cancel: 'late', stuckAfter: days(5),
    next: ['PARTIALLY_SHIPPED', 'SHIPPED'],
    runbook: 'Compare the parcel, NAV and the storefront; put back once they agree.',
  },
  PARTIALLY_SHIPPED: {
    phase: 'shipping', kind: 'waiting', owner: 'Cirro', cancel: 'late', repeatable: true, stuckAfter: days(5),
    next: ['PARTIALLY_SHIPPED', 'SHIPPED', 'FAILED_TO_FULFILL'],
    runbook: 'Compare the parcel, NAV and the storefront; put back once they agree.',
    note: 'a split order fails to fulfil where one part has left and another has ended without a parcel',
  },
  SHIPPED: {
    phase: 'shipping', kind: 'working', owner: 'NAV', cancel: 'closed', stuckAfter: hours(1),
    next: ['EXPORTED_TO_NAV', 'FAILED_TO_EXPORT_TO_NAV', 'FULFILLED', 'FULFILLED_PAYMENT_ERROR', 'FAILED_TO_FULFILL'],
    runbook: 'Waits for the next NAV shipment-notice schedule; see the job’s runs.',
    note: 'straight to FULFILLED where the store does not export to NAV, and for a parent',
  },
  FAILED_TO_EXPORT_TO_NAV: {
    phase: 'shipping', kind: 'error', owner: 'operations', cancel: 'closed', stuckAfter: hours(4),
    next: ['SHIPPED', 'EXPORTED_TO_NAV'],
    runbook: 'Compare the parcel, NAV and the storefront; put back once they agree.',
  },
  EXPORTED_TO_NAV: {
    phase: 'shipping', kind: 'working', owner: 'storefront', cancel: 'closed', stuckAfter: minutes(30),
    next: ['FULFILLED', 'FULFILLED_PAYMENT_ERROR', 'FAILED_TO_FULFILL'],
    runbook: 'Compare the parcel, NAV and the storefront; put back once they agree.',
  },
  FAILED_TO_FULFILL: {
    phase: 'shipping', kind: 'error', owner: 'operations', cancel: 'closed', stuckAfter: hours(4),
    next: ['EXPORTED_TO_NAV', 'SHIPPED', 'FULFILLED'],
    runbook: 'Read the storefront’s refusal; settle the payment there, then put back or mark as processed externally.',
    note: 'added: the storefront refuses the fulfilment',
  },
  FULFILLED: {
    phase: 'shipping', kind: 'working', workingWhen: 'shopify', owner: 'storefront', cancel: 'closed', stuckAfter: hours(4),
    next: ['PAYMENT_CAPTURED', 'FAILED_TO_CAPTURE', 'CS_REFUNDED', 'CS_REFUNDED_ARBITRARY', 'FAILED_TO_REFUND'],
    runbook: 'Compare the parcel, NAV and the storefront; put back once they agree.',
    note: 'working for Shopify (capture is its own stage), final elsewhere',
  },
  FULFILLED_PAYMENT_ERROR: {
    phase: 'shipping', kind: 'error', owner: 'operations', cancel: 'closed', stuckAfter: hours(4),
    next: ['FULFILLED', 'CS_REFUNDED', 'CS_REFUNDED_ARBITRARY'],
    runbook: 'Compare the parcel, NAV and the storefront; put back once they agree.',
  },
  PAYMENT_CAPTURED: {
    phase: 'shipping', kind: 'final', owner: '-', cancel: 'closed',
    next: ['CS_REFUNDED', 'CS_REFUNDED_ARBITRARY', 'FAILED_TO_REFUND'],
  },
  FAILED_TO_CAPTURE: {
    phase: 'shipping', kind: 'error', owner: 'operations', cancel: 'closed', stuckAfter: hours(4),
    next: ['FULFILLED', 'PAYMENT_CAPTURED'],
    runbook: 'Compare the parcel, NAV and the storefront; put back once they agree.',
  },

  // cancel
  CS_CANCELLED: {
    phase: 'cancel', kind: 'working', workingWhen: 'nav-knows', owner: 'NAV', cancel: 'closed', stuckAfter: hours(1),
    next: ['EXPORTED_CANCELLATION_TO_NAV', 'FAILED_TO_CANCEL_ON_NAV', 'FAILED_TO_CANCEL', 'VOIDED', 'CS_REFUNDED'],
    runbook: 'Compare NAV and the storefront; put back to tell them again.',
    note: 'working where NAV knows the order, else final',
  },
  CUSTOMER_CANCELLED: {
    phase: 'cancel', kind: 'working', workingWhen: 'nav-knows', owner: 'NAV', cancel: 'closed', stuckAfter: hours(1),
    next: ['EXPORTED_CANCELLATION_TO_NAV', 'FAILED_TO_CANCEL_ON_NAV', 'FAILED_TO_CANCEL', 'VOIDED', 'CS_REFUNDED'],
    runbook: 'Compare NAV and the storefront; put back to tell them again.',
    note: 'working where NAV knows the order, else final',
  },
  OMS_CANCELLED: {
    phase: 'cancel', kind: 'working', workingWhen: 'nav-knows', owner: 'NAV', cancel: 'closed', stuckAfter: hours(1),
    next: ['EXPORTED_CANCELLATION_TO_NAV', 'FAILED_TO_CANCEL_ON_NAV', 'FAILED_TO_CANCEL', 'VOIDED', 'CS_REFUNDED'],
    runbook: 'Compare NAV and the storefront; put back to tell them again.',
    note: 'working where NAV knows the order, else final',
  },
  PLATFORM_CANCELLED: {
    phase: 'cancel', kind: 'working', workingWhen: 'nav-knows', owner: 'NAV', cancel: 'closed', stuckAfter: hours(1),
    next: ['EXPORTED_CANCELLATION_TO_NAV', 'FAILED_TO_CANCEL_ON_NAV', 'FAILED_TO_CANCEL', 'VOIDED', 'CS_REFUNDED'],
    runbook: 'Compare NAV and the storefront; put back to tell them again.',
    note: 'working where NAV knows the order, else final',
  },
  SHOPIFY_CANCELLED: {
    phase: 'cancel', kind: 'working', workingWhen: 'nav-knows', owner: 'NAV', cancel: 'closed', stuckAfter: hours(1),
    next: ['EXPORTED_CANCELLATION_TO_NAV', 'FAILED_TO_CANCEL_ON_NAV', 'FAILED_TO_CANCEL', 'VOIDED', 'CS_REFUNDED'],
    runbook: 'Compare NAV and the storefront; put back to tell them again.',
    note: 'working where NAV knows the order, else final',
  },
  SFCC_CANCELLED: {
    phase: 'cancel', kind: 'working', workingWhen: 'nav-knows', owner: 'NAV', cancel: 'closed', stuckAfter: hours(1),
    next: ['EXPORTED_CANCELLATION_TO_NAV', 'FAILED_TO_CANCEL_ON_NAV', 'FAILED_TO_CANCEL', 'VOIDED', 'CS_REFUNDED'],
    runbook: 'Compare NAV and the storefront; put back to tell them again.',
    note: 'working where NAV knows the order, else final',
  },
  FAILED_TO_CANCEL: {
    phase: 'cancel', kind: 'error', owner: 'operations', cancel: 'closed', stuckAfter: hours(1),
    next: [...cancelled],
    runbook: 'Compare NAV and the storefront; put back to tell them again.',
    note: 'the storefront or a partner refused a cancellation',
  },
  EXPORTED_CANCELLATION_TO_NAV: {
    phase: 'cancel', kind: 'final', owner: '-', cancel: 'closed',
    next: ['VOIDED', 'CS_REFUNDED'],
  },
  FAILED_TO_CANCEL_ON_NAV: {
    phase: 'cancel', kind: 'error', owner: 'operations', cancel: 'closed', stuckAfter: hours(1),
    next: [...cancelled, 'EXPORTED_CANCELLATION_TO_NAV'],
    runbook: 'Compare NAV and the storefront; put back to tell them again.',
  },

  // refund
  CS_REFUNDED: {
    phase: 'refund', kind: 'working', workingWhen: 'nav-knows', owner: 'NAV', cancel: 'closed', stuckAfter: hours(1),
    next: ['EXPORTED_REFUND_TO_NAV', 'FAILED_TO_EXPORT_REFUND'],
    runbook: 'Compare the storefront’s refund with NAV’s credit memo; put back to export again.',
    note: 'the whole order refunded; partial refunds are tasks and events, never a status',
  },
  CS_REFUNDED_ARBITRARY: {
    phase: 'refund', kind: 'working', workingWhen: 'nav-knows', owner: 'NAV', cancel: 'closed', stuckAfter: hours(1),
    next: ['EXPORTED_REFUND_TO_NAV', 'FAILED_TO_EXPORT_REFUND', 'CS_REFUNDED'],
    runbook: 'Compare the storefront’s refund with NAV’s credit memo; put back to export again.',
  },
  FAILED_TO_REFUND: {
    phase: 'refund', kind: 'error', owner: 'operations', cancel: 'closed', stuckAfter: hours(1),
    next: ['CS_REFUNDED', 'CS_REFUNDED_ARBITRARY', 'FULFILLED', 'PAYMENT_CAPTURED'],
    runbook: 'Compare the storefront’s refund with NAV’s credit memo; put back to export again.',
  },
  EXPORTED_REFUND_TO_NAV: {
    phase: 'refund', kind: 'final', owner: '-', cancel: 'closed',
    next: [],
  },
  FAILED_TO_EXPORT_REFUND: {
    phase: 'refund', kind: 'error', owner: 'operations', cancel: 'closed', stuckAfter: hours(1),
    next: ['CS_REFUNDED', 'CS_REFUNDED_ARBITRARY', 'EXPORTED_REFUND_TO_NAV'],
    runbook: 'Compare the storefront’s refund with NAV’s credit memo; put back to export again.',
  },

  // cancel
  VOIDED: {
    phase: 'cancel', kind: 'final', owner: '-', cancel: 'closed',
    next: [],
  },
  PROCESSED_EXTERNALLY: {
    phase: 'cancel', kind: 'final', owner: '-', cancel: 'closed',
    next: [],
    note: 'fixed by hand, stop trying',
  },
});

/** The name of a status. */
export type Status = (typeof lifecycle)['names'][number];
