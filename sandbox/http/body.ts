import type { Request } from 'express';

/** A body that should have been JSON. */
export class NotJson extends Error {}

/** The body as text; empty without one. The application reads all bodies as bytes. */
export function bodyText(request: Request): string {
  const body: unknown = request.body;
  return Buffer.isBuffer(body) ? body.toString('utf8') : '';
}

/** The body as JSON. @throws NotJson */
export function jsonBody(request: Request): unknown {
  try {
    return JSON.parse(bodyText(request));
  } catch {
    throw new NotJson('The body is not JSON.');
  }
}
