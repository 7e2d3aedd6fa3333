import { setTimeout as sleep } from 'node:timers/promises';
import type { Request, Response } from 'express';
import type { FaultTable, Misfortune } from '../faults/fault-table';
import type { System } from '../faults/kinds';
import { type Reply, text } from './reply';

/** One request to a partner: which operation it is, what the partner does, how it says a definite no. */
export interface Scene {
  system: System;
  operation: string;
  /** Where the system has several, e.g. the companies of NAV. */
  endpoint?: string;
  /** Does what was asked (logs its effects) and says what to answer. Told which fault struck, for the faults that change the content. */
  act: (misfortune: Misfortune) => Reply | Promise<Reply>;
  /** The partner's definite refusal, for the fault `reject`. */
  refusal: Reply;
}

/**
 * Plays one request with the faults in force. A request that was delayed is acted upon even when its caller has hung up meanwhile:
 * that is what remotes do.
 */
export async function play(faults: FaultTable, scene: Scene, request: Request, response: Response): Promise<void> {
  const misfortune = faults.strike(scene.system, scene.operation, scene.endpoint);
  if (misfortune.delayMs > 0) await sleep(misfortune.delayMs);
  switch (misfortune.fault) {
    case 'error':
      return send(response, text(500, 'The sandbox was told to fail.'));
    case 'throttle':
      return send(response, text(429, 'Too many requests.', { 'retry-after': '1' }));
    case 'reject':
      return send(response, scene.refusal);
    case 'drop-before':
      request.socket.destroy();
      return;
    default:
  }
  const reply = await scene.act(misfortune);
  if (misfortune.fault === 'drop-after') request.socket.destroy();
  else send(response, misfortune.fault === 'malformed' ? malformed(reply, misfortune.nth) : reply);
}

/** Sends an answer; one that no caller waits for any more is dropped. */
export function send(response: Response, reply: Reply): void {
  if (response.destroyed || response.headersSent) return;
  response.status(reply.status).set(reply.headers ?? {});
  if (reply.body === undefined) response.end();
  else response.send(Buffer.from(reply.body));
}

/** Rubbish: in turn a page of HTML from some gateway and the first half of the true answer. */
function malformed(reply: Reply, nth: number): Reply {
  if (nth % 2 === 0 && reply.body) return { ...reply, status: 200, body: reply.body.slice(0, reply.body.length / 2) };
  return { status: 200, headers: { 'content-type': 'text/html' }, body: '<html><body><h1>It works!</h1></body></html>' };
}
