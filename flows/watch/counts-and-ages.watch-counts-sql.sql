SELECT /*+ MAX_EXECUTION_TIME(10000) */ s.status, COUNT(*) AS orders, TIMESTAMPDIFF(SECOND, MIN(s.entered_at), UTC_TIMESTAMP(6)) AS oldest_seconds
  FROM order_status s
 GROUP BY s.status
 ORDER BY s.status
