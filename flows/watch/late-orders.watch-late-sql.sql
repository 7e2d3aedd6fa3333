SELECT /*+ MAX_EXECUTION_TIME(10000) */ o.name, s.status, TIMESTAMPDIFF(SECOND, s.entered_at, UTC_TIMESTAMP(6)) AS seconds, t.runbook
  FROM order_status s
  JOIN statuses t ON t.name = s.status
  JOIN orders o ON o.id = s.order_id
 WHERE t.kind <> 'final' AND t.stuck_after IS NOT NULL
   AND s.entered_at < UTC_TIMESTAMP(6) - INTERVAL t.stuck_after SECOND
   AND NOT (t.kind = 'working|final' AND s.due_at IS NULL AND s.claimed_by IS NULL AND s.holds = 0)
 ORDER BY s.entered_at
 LIMIT 50
