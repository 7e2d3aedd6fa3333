import { cancelTask, captureTask, fulfilTask } from '../lifecycle/transitions';
import { InvalidInput } from '../runtime/errors';
import type { Platform } from './intake';

/** The platforms whose orders can be taken, by the name in `stores.platform`. Provided by the subjects that know them. */
export class Platforms {
  readonly #platforms: Readonly<Record<string, Platform>>;

  constructor(platforms: Readonly<Record<string, Platform>>) {
    this.#platforms = platforms;
  }

  /** @throws InvalidInput where nothing reads orders of this platform */
  get(name: string): Platform {
    const platform = this.#platforms[name];
    if (!platform) throw new InvalidInput(`orders of ${name} cannot be read`, { code: 'platform.unknown' });
    return platform;
  }

  /** Every kind of task that is written for a storefront: its mark at intake, the cancel that did not come from it, a split order as a whole, and what a parcel captures. */
  taskKinds(): string[] {
    return Object.entries(this.#platforms).flatMap(([name, { markTask }]) => [...(markTask === undefined ? [] : [markTask]), cancelTask(name), fulfilTask(name), captureTask(name)]);
  }
}
