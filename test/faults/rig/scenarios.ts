import { callbacks } from '../scenarios/callbacks';
import { deploys } from '../scenarios/deploys';
import { fuzz } from '../scenarios/fuzz';
import { kills } from '../scenarios/kills';
import { overload } from '../scenarios/overload';
import { races } from '../scenarios/races';
import { zombies } from '../scenarios/zombies';
import type { Scenario } from './scenario';

/** Every fault scenario, in the order in which they are run. */
export const SCENARIOS: readonly Scenario[] = [
  kills,
  races,
  callbacks,
  zombies,
  deploys,
  fuzz,
  overload,
];
