import { InvalidInput } from '../runtime/errors';
import type { Message } from '../runtime/node';
import type { Run } from './runs';

/** What travels through a job's flow. */
export interface JobMessage extends Message {
  job: Run;
}

/** @throws InvalidInput where the message did not come from an `oms-job` node */
export function requireJob(message: Partial<JobMessage>): Run {
  if (!message.job || typeof message.job.run !== 'number')
    throw new InvalidInput('the message carries no run of a job', { code: 'message.no-job', next: 'Wire this node behind an oms-job node.' });
  return message.job;
}
