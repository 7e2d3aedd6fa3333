import { callbacks } from '../scenarios/callbacks';
import { deploys } from '../scenarios/deploys';
import { kills } from '../scenarios/kills';
import { overload } from '../scenarios/overload';
import { races } from '../scenarios/races';
import type { Scenario } from './scenario';

/** Every fault scenario, in the order in which they are run. */
export const SCENARIOS: readonly Scenario[] = [
  kills,
  deploys,
  overload,
  races,
  callbacks,
];
