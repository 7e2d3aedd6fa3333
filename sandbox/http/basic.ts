import type { Request } from 'express';

/** True when the request carries exactly this user and password as HTTP Basic. */
export function matchesBasic(request: Request, user: string, password: string): boolean {
  return request.headers.authorization === `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}
