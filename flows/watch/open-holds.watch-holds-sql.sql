SELECT /*+ MAX_EXECUTION_TIME(10000) */ h.id, o.name, h.kind, e.`key` AS effect, h.reason, TIMESTAMPDIFF(SECOND, h.opened_at, UTC_TIMESTAMP(6)) AS seconds
  FROM holds h
  JOIN orders o ON o.id = h.order_id
  LEFT JOIN effects e ON e.id = h.effect_id
 WHERE h.resolved_at IS NULL
 ORDER BY h.id
 LIMIT 50
