import type { Pool } from './pool';

/** The database of the process, as nodes ask for it. */
export class Database {
  readonly pool: Pool;
  /** For reading whatever somebody asks for: bounded in time by the server, and apart from what writes. */
  readonly reads: Pool;

  constructor(pool: Pool, reads: Pool) {
    this.pool = pool;
    this.reads = reads;
  }
}
