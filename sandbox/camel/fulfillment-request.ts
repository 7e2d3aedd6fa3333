import { compiled } from '../contracts';
import type { FulfillmentRequest } from './callbacks';

/** A request that Camel definitely refuses. */
export class BadRequest extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

type Part = Record<string, unknown>;

/** Reads a fulfillment request. @throws BadRequest */
export function readRequest(body: unknown): Omit<FulfillmentRequest, 'requestId'> {
  const request = object(body, 'The request');
  const address = object(request.ship_to, 'ship_to');
  for (const name of ['name', 'address1', 'city', 'postal_code', 'country']) text(address, name, 'ship_to.');
  const { lines } = request;
  if (!Array.isArray(lines) || lines.length === 0) throw new BadRequest('lines.missing', 'lines must have at least one entry.');
  return {
    orderId: text(request, 'order_id'),
    // A site may do without; what is answered then names 0.
    sequence: request.sequence === undefined ? 0 : whole(request, 'sequence', 1),
    ref: text(request, 'platform_order_no'),
    part: request.part === undefined ? 0 : whole(request, 'part', 0),
    warehouse: text(request, 'warehouse'),
    lines: lines.map((entry) => {
      const line = object(entry, 'A line');
      return { line_id: text(line, 'line_id', 'line.'), sku: text(line, 'sku', 'line.'), quantity: whole(line, 'quantity', 1) };
    }),
  };
}

export interface InventoryQuestion {
  orderId: string;
  lines: { sku: string; quantity: number }[];
}

/** Reads a question for the stock. @throws BadRequest */
export function readInventoryQuestion(body: unknown): InventoryQuestion {
  const question = object(body, 'The question');
  for (const name of ['warehouse', 'cirro_region']) text(question, name);
  const { lines } = question;
  if (!Array.isArray(lines) || lines.length === 0) throw new BadRequest('lines.missing', 'lines must have at least one entry.');
  return {
    orderId: text(question, 'order_id'),
    lines: lines.map((entry) => {
      const line = object(entry, 'A line');
      return { sku: text(line, 'sku', 'line.'), quantity: whole(line, 'quantity', 1) };
    }),
  };
}

const fits = compiled('camel-cancellation-request');

/** Reads a question whether an order can be stopped; docs/contracts/camel-cancellation-request.schema.json. @throws BadRequest */
export function readCancellation(body: unknown): { orderId: string; sequence: number } {
  const { order_id, sequence } = object(body, 'The question');
  if (!fits(body)) throw new BadRequest('field.invalid', `It breaks the contract at ${fits.errors?.[0]?.instancePath || '/'}.`);
  return { orderId: String(order_id), sequence: Number(sequence) };
}

function object(value: unknown, name: string): Part {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new BadRequest('malformed', `${name} must be an object.`);
  return value as Part;
}

function text(part: Part, name: string, within = ''): string {
  const value = part[name];
  if (typeof value !== 'string' || value === '') throw new BadRequest('field.missing', `${within}${name} must be a text.`);
  return value;
}

function whole(part: Part, name: string, least: number): number {
  const value = part[name];
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least) {
    throw new BadRequest('field.invalid', `${name} must be a whole number from ${least} on.`);
  }
  return value;
}
