import type { Status } from '../../nodes/lifecycle/lifecycle';
import type { Template } from '../../sandbox/sfcc/templates';
import type { OpenHold, System } from '../support/system';

/** One kind of order of the day: how it comes, what people do about it, and how it must end. */
export interface Scenario {
  name: string;
  what: string;
  /** Its part of the day, against the other scenarios' parts. */
  share: number;
  /** How it is placed at the storefront. */
  placed: { template: Template; site: string };
  /** What people do where it waits for them. */
  people?: readonly (HoldDuty | StatusDuty)[];
  /** What somebody does once, when every order of the day is placed and all of this scenario stand in this status together. */
  together?: { status: Status; does: (system: System) => Promise<void> };
  /** How an order of so many lines must end. */
  ends: (order: { lines: number }) => Expected;
}

/** What somebody does about an order as soon as it stands in a hold of this kind. Says how he was refused. */
export interface HoldDuty {
  hold: string;
  does: (system: System, hold: OpenHold) => Promise<string | undefined>;
}

/** What somebody does about an order, or a part of one, as soon as it stands in this status. Says how he was refused. */
export interface StatusDuty {
  status: Status;
  does: (system: System, name: string) => Promise<string | undefined>;
}

/** Names of what partners do, as their own log has them: system and operation. */
export type Deed = keyof typeof DEEDS;

/** Every deed, as the table calls it. */
export const DEEDS = {
  'nav document:1': 'sales order',
  'print-station order.create.request': 'print request',
  'print-station order.update.repush': 'print again',
  'print-station batch.create.request': 'batch request',
  'print-station order.cancel.request': 'print cancel',
  'camel fulfillment-request': 'request',
  'nav document:6': 'notice',
  'sfcc fulfill': 'fulfilment',
  'sfcc capture': 'capture',
  'nav document:7': 'NAV cancel',
  'sfcc cancel': 'cancel',
} as const;

/** How an order ends. */
export interface Expected {
  status: Status;
  /** What the partners have done for it, each so many times; what is not named has not happened. */
  deeds: Readonly<Partial<Record<Deed, number>>>;
  /** Statuses that it must have come through, in any order. */
  through: readonly Status[];
  parcels: number;
  /** How many of its parts, or the order itself, have been printed in a batch. */
  batches: number;
  /** The kinds of holds that it stood in, each time; all of them decided. */
  holds: readonly string[];
  /** It must have stood so long in a status, at least. */
  lasting?: { status: Status; ms: number };
}
