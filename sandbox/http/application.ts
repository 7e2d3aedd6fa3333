import type { RequestListener } from 'node:http';
import express, { type ErrorRequestHandler, type Router } from 'express';
import type { Log } from '../log';

const largestBody = '2mb';

/** One application of several routers, each below its path. Bodies are read as bytes, whatever they say they are. */
export function application(routers: Record<string, Router>, log: Log): RequestListener {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(express.raw({ type: () => true, limit: largestBody }));
  for (const [path, router] of Object.entries(routers)) app.use(path, router);
  app.use((_request, response) => {
    response.status(404).json({ message: 'The sandbox has nothing here.' });
  });
  app.use(((error: { status?: number; message?: string }, request, response, next) => {
    const status = error.status ?? 500;
    if (status >= 500) log('request failed', { method: request.method, path: request.path, error: String(error.message) });
    if (response.headersSent) next(error);
    else response.status(status).json({ message: status < 500 ? error.message : 'The sandbox failed.' });
  }) satisfies ErrorRequestHandler);
  return app;
}
