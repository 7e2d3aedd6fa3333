-- What callers identify themselves with: several at once while one takes over from the other. Of a token there is its hash alone.
CREATE TABLE caller_tokens (
  id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
  caller VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  token_hash BINARY(32) NOT NULL COMMENT 'SHA-256; the tokens are random, so nothing is to be guessed from it',
  label VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  variable BOOLEAN NOT NULL DEFAULT FALSE COMMENT 'came from the environment of a process',
  created_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  valid_from DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  expires_at DATETIME(6) NULL,
  revoked_at DATETIME(6) NULL,
  last_used_at DATETIME(6) NULL COMMENT 'to the minute',
  UNIQUE KEY token_hash (token_hash),
  KEY caller (caller)
) DEFAULT CHARACTER SET utf8mb4;
