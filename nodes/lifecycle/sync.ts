import type { Connection } from 'mysql2/promise';
import { lifecycle } from './lifecycle';

/**
 * Writes the declared statuses and edges into the database: additively, what is gone from the declaration is retired and not
 * deleted, since audits speak of it. Part of a migration, never of a start.
 */
export async function syncLifecycle(owner: Connection): Promise<void> {
  const statuses = lifecycle.names.map((name) => {
    const { phase, kind, workingWhen, owner: who, cancel, initial, stuckAfter, runbook } = lifecycle.statuses[name];
    return [name, phase, workingWhen ? `${kind}|final` : kind, who, cancel, initial ?? false, stuckAfter ?? null, runbook ?? null];
  });
  await owner.query(
    `INSERT INTO statuses (name, phase, kind, owner, cancel, initial, stuck_after, runbook) VALUES ?
     ON DUPLICATE KEY UPDATE phase = VALUES(phase), kind = VALUES(kind), owner = VALUES(owner), cancel = VALUES(cancel),
       initial = VALUES(initial), stuck_after = VALUES(stuck_after), runbook = VALUES(runbook), retired_at = NULL`,
    [statuses],
  );
  await owner.query(
    `INSERT INTO status_transitions (from_status, to_status, rule, import_only) VALUES ?
     ON DUPLICATE KEY UPDATE rule = VALUES(rule), import_only = VALUES(import_only), retired_at = NULL`,
    [lifecycle.edges.map((edge) => [edge.from, edge.to, edge.rule, edge.rule === 'stroopwafel'])],
  );
  await owner.query('UPDATE statuses SET retired_at = COALESCE(retired_at, NOW(6)) WHERE name NOT IN (?)', [lifecycle.names]);
  await owner.query(
    "UPDATE status_transitions SET retired_at = COALESCE(retired_at, NOW(6)) WHERE CONCAT(from_status, '>', to_status) NOT IN (?)",
    [lifecycle.edges.map((edge) => `${edge.from}>${edge.to}`)],
  );
}
