import type { Pool } from './pool';

/** The database of the process, as nodes ask for it. */
export class Database {
  readonly pool: Pool;

  constructor(pool: Pool) {
    this.pool = pool;
  }
}
