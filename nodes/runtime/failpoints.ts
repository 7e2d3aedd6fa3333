import { writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Environment } from './environment';
import { InvalidInput } from './errors';

/** The places where a process may be struck: each stands where a death, a stall or an error is worst. */
export const SITES = [
  'work.claimed', 'work.end', 'work.ended',
  'effect.commit', 'effect.sent', 'effect.answered',
  'transition.commit', 'transition.committed',
  'intake.commit', 'intake.committed',
  'bus.settle', 'bus.settled',
  'outbox.publish', 'outbox.published',
] as const;

export type Site = (typeof SITES)[number];

const ACTIONS = ['kill', 'freeze', 'throw', 'delay'] as const;

interface Failpoint {
  text: string;
  site: string;
  /** Undefined: whatever it is about. */
  about: string | undefined;
  action: (typeof ACTIONS)[number];
  ms: number;
  /** Which time it strikes; 0 is every time. */
  nth: number;
  met: number;
}

let armed: Failpoint[] | undefined;

/**
 * Arms what `OMS_FAILPOINTS` names, e.g. `effect.sent/nav.create=kill;effect.answered=delay:200@every;transition.commit=throw@3`: a
 * site, perhaps what it is about, the action, and which time it strikes (the first unless told otherwise). For fault tests alone.
 * @throws InvalidInput where it cannot be read, or where a partner is a real one
 */
export function armFailpoints(env: Environment): void {
  const text = env.optional('OMS_FAILPOINTS');
  if (text === undefined) return;
  if (!env.sandbox) throw new InvalidInput('OMS_FAILPOINTS is for fault tests: it strikes only a process whose partners are all the sandbox’s', { code: 'config.failpoints' });
  armed = text.split(';').map(parse);
}

function parse(text: string): Failpoint {
  const [, site, about, action, ms = '0', nth = '1'] = /^([a-z.]+)(?:\/([\w.-]+))?=([a-z]+)(?::(\d+))?(?:@(\d+|every))?$/.exec(text.trim()) ?? [];
  const known = ACTIONS.find((each) => each === action);
  if (!known || !SITES.some((each) => each === site)) throw new InvalidInput(`OMS_FAILPOINTS: "${text}" is no site[/about]=${ACTIONS.join('|')}[:ms][@nth|@every]; sites: ${SITES.join(', ')}`, { code: 'config.failpoints' });
  return { text: text.trim(), site: site as Site, about, action: known, ms: Number(ms), nth: nth === 'every' ? 0 : Number(nth), met: 0 };
}

/**
 * A place that may be struck. Costs nothing unless something is armed.
 * @param about what is being done: the kind of effect, the stage, the status that is entered; several where a group is written
 */
export function failpoint(site: Site, about: string | readonly string[]): Promise<void> | undefined {
  return armed && strike(armed, site, [about].flat());
}

async function strike(failpoints: readonly Failpoint[], site: Site, about: readonly string[]): Promise<void> {
  for (const each of failpoints) {
    if (each.site !== site || (each.about !== undefined && !about.includes(each.about))) continue;
    each.met++;
    if (each.nth !== 0 && each.met !== each.nth) continue;
    // Written at once: a killed process writes nothing more.
    writeSync(2, `${JSON.stringify({ level: 'warn', code: 'failpoint', failpoint: each.text, about })}\n`);
    if (each.action === 'kill') process.kill(process.pid, 'SIGKILL');
    else if (each.action === 'freeze') process.kill(process.pid, 'SIGSTOP');
    else if (each.action === 'throw') throw new Error(`failpoint ${each.text}`);
    else await sleep(each.ms);
  }
}
