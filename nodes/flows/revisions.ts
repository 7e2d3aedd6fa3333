import { gunzipSync, gzipSync } from 'node:zlib';
import { describe } from '../runtime/failure';
import { execute, type Pool, select } from '../store/pool';
import { revisionOf } from './files';
import type { FlowNode } from './node';
import { DeployRefused, outOfDate } from './refusal';

/** A configuration of flows that became the current one of this database. */
export interface FlowRevision {
  /** Later ones are larger. */
  id: number;
  revision: string;
  author: string;
}

const KEPT = 50;
const DUPLICATE = 1062;

/** The configurations of this database, the newest of which every process is to run. */
export class FlowRevisions {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** The one to run; none before the first start of a process with the editor. */
  async current(): Promise<FlowRevision | undefined> {
    const [row] = await select<FlowRevision>(this.#pool, 'SELECT id, revision, author FROM flow_revisions ORDER BY id DESC LIMIT 1').catch(unavailable);
    return row;
  }

  /** @throws Error where it is not, or no longer, what was stored under this name */
  async flowsOf({ id, revision }: FlowRevision): Promise<FlowNode[]> {
    const [row] = await select<{ flows: Buffer }>(this.#pool, 'SELECT flows FROM flow_revisions WHERE id = ?', [id]).catch(unavailable);
    if (!row) throw new Error(`the flow revision ${short(revision)} is no longer in the database`);
    const flows = JSON.parse(gunzipSync(row.flows).toString('utf8')) as FlowNode[];
    if (revisionOf(flows) !== revision) throw new Error(`the flow revision ${short(revision)} in the database is damaged`);
    return flows;
  }

  /**
   * Makes a configuration the current one. Exactly one can replace another.
   * @param after the one that it replaces; undefined: it is the first
   * @throws DeployRefused where another has replaced that one meanwhile
   */
  async publish(flows: readonly FlowNode[], { after, origin, author }: { after: FlowRevision | undefined; origin: 'deploy' | 'files'; author: string }): Promise<FlowRevision> {
    const revision = revisionOf(flows);
    const values = [revision, after?.id ?? 0, gzipSync(JSON.stringify(flows)), origin, author.slice(0, 100)];
    const [result] = await this.#pool.query('INSERT INTO flow_revisions (revision, follows, flows, origin, author) VALUES (?)', [values]).catch((error: { errno?: number }) => {
      if (error.errno === DUPLICATE) throw overtaken();
      return unavailable(error);
    });
    await execute(this.#pool, `DELETE FROM flow_revisions WHERE id NOT IN (SELECT id FROM (SELECT id FROM flow_revisions ORDER BY id DESC LIMIT ${KEPT}) AS kept)`);
    return { id: (result as unknown as { insertId: number }).insertId, revision, author };
  }
}

function unavailable(error: unknown): never {
  const { class: kind, code, message } = describe(error);
  throw kind === 'retryable' ? new DeployRefused(503, code, `${message}: flows are neither deployed nor taken until it can be`) : error;
}

/** What people read of a revision. */
export const short = (revision: string): string => revision.slice(0, 12);

export const overtaken = () => outOfDate('another process has deployed other flows meanwhile; they run here now, too. Look at them, then deploy again');
