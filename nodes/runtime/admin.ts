import { describe } from './failure';
import { logOf, type AdminRequest, type Red } from './node';
import { Services } from './services';

/** One route that the editor's own pages call, below the editor's address and behind its sign-in. */
export interface AdminRoute {
  method: 'get' | 'post' | 'delete';
  /** Express path; begins with `/oms/`. */
  path: string;
  /** What the signed-in user must be allowed to: `flows.read` to look, `flows.write` to act. */
  permission: 'flows.read' | 'flows.write';
  /** Answers the body of a 200; what it throws is answered as `{code, message, next?}` with the status of its class. */
  answer(request: AdminRequest, user: string): Promise<object> | object;
}

const STATUS: Readonly<Record<string, number>> = { invalid: 400, rejected: 409, retryable: 503, unknown: 502 };

/**
 * The one way to make a plugin of the editor: its script lies beside it as `.html`, its routes are mounted here. Nothing is mounted
 * where the editor is off.
 */
export function defineEditorPlugin(id: string, routes: (services: Services, red: Red) => readonly AdminRoute[]): (red: Red) => void {
  return (red) => {
    red.plugins?.registerPlugin(id, {});
    if (!red.httpAdmin || red.settings.httpAdminRoot === false) return;
    const services = red.settings.services ?? new Services();
    for (const route of routes(services, red))
      red.httpAdmin[route.method](route.path, red.auth.needsPermission(route.permission), (request, response) => {
        Promise.resolve()
          .then(() => route.answer(request, request.user?.username ?? 'admin'))
          .then((body) => response.json(body))
          .catch((error: unknown) => {
            const failure = describe(error);
            if (failure.class === 'bug') logOf(services).error({ code: failure.code, reason: failure.message, path: route.path }, 'a route of the editor failed');
            const message = failure.class === 'bug' ? 'something went wrong here; it has been logged' : failure.message;
            response.status(STATUS[failure.class] ?? 500).json({ code: failure.code, message, ...(failure.next !== undefined && { next: failure.next }) });
          });
      });
  };
}
