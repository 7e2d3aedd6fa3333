/** What a partner answers, before any fault touches it. */
export interface Reply {
  status: number;
  headers?: Record<string, string>;
  body?: string;
}

/** A JSON answer. */
export function json(status: number, body: unknown, headers: Record<string, string> = {}): Reply {
  return { status, headers: { 'content-type': 'application/json;charset=UTF-8', ...headers }, body: JSON.stringify(body) };
}

/** An answer in plain text. */
export function text(status: number, body: string, headers: Record<string, string> = {}): Reply {
  return { status, headers: { 'content-type': 'text/plain;charset=UTF-8', ...headers }, body };
}
