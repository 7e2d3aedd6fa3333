import { escapeHtml } from '../reports/html';

/** What we use of an express request and response. */
interface AdminRequest {
  method: string;
  path: string;
  get(header: string): string | undefined;
}
interface AdminResponse {
  statusCode: number;
  json(body: unknown): unknown;
  type(type: string): AdminResponse;
  send(body: string): unknown;
}

/**
 * The editor shows the answer of a refused deploy as it comes, as HTML: it gets the message alone, escaped, a line for each finding.
 * Everybody else gets the JSON of the admin API.
 */
export function readableRefusals(request: AdminRequest, response: AdminResponse, next: () => void): void {
  const fromEditor = request.get('x-requested-with') === 'XMLHttpRequest';
  if (fromEditor && request.method === 'POST' && request.path === '/flows') {
    const json = response.json.bind(response);
    response.json = (body) => {
      const { message } = (body ?? {}) as { message?: unknown };
      // 401 and 409 open dialogs of the editor.
      if (response.statusCode < 400 || [401, 409].includes(response.statusCode) || typeof message !== 'string') return json(body);
      return response.type('text/plain').send(escapeHtml(message).replaceAll('\n', '<br>'));
    };
  }
  next();
}
