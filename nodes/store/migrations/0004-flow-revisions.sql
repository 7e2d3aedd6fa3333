-- Every configuration of flows that became the current one, so that each process on this database runs the same. The newest row is the current one.
CREATE TABLE flow_revisions (
  id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
  revision CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'SHA-256 of the configuration, as Node-RED names it',
  follows BIGINT UNSIGNED NOT NULL COMMENT 'the row that it replaced, 0 for the first: of two that replace the same only one can be written',
  flows MEDIUMBLOB NOT NULL COMMENT 'JSON, compressed with gzip; no credentials',
  origin VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'deploy, or files: what a start or a reload found in them',
  author VARCHAR(100) NOT NULL,
  created_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  UNIQUE KEY one_follows (follows)
) DEFAULT CHARACTER SET utf8mb4;
