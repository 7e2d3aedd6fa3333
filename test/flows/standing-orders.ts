import type { Status } from '../../nodes/lifecycle/lifecycle';
import { type OpenHold, type System, waitFor } from '../support/system';

/** An order that stands in a stage which is paused. */
export async function pausedIn(system: System, status: Status): Promise<{ name: string; pause: number }> {
  const pause = await system.pause('stage', status);
  const [name = ''] = await system.place(1);
  await system.reach(name, status);
  return { name, pause };
}

/** The first hold that an order gets. */
export async function holdOf(system: System, name: string): Promise<OpenHold> {
  const [hold] = await waitFor(async () => {
    const holds = await system.holds(name);
    return holds.length > 0 && holds;
  }, { what: `a hold of ${name}` });
  if (!hold) throw new Error('no hold');
  return hold;
}
