import { callbacks } from '../scenarios/callbacks';
import { database } from '../scenarios/database';
import { deploys } from '../scenarios/deploys';
import { drops } from '../scenarios/drops';
import { fuzz } from '../scenarios/fuzz';
import { kills } from '../scenarios/kills';
import { overload } from '../scenarios/overload';
import { races } from '../scenarios/races';
import { recovery } from '../scenarios/recovery';
import { zombies } from '../scenarios/zombies';
import type { Scenario } from './scenario';

/** Every fault scenario, in the order in which they are run. */
export const SCENARIOS: readonly Scenario[] = [
  kills,
  recovery,
  drops,
  races,
  callbacks,
  zombies,
  database,
  deploys,
  fuzz,
  overload,
];
