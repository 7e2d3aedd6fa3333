-- Each audit row carries a keyed hash (HMAC-SHA256) over itself and over the row before it, so that whoever changes, adds or takes away
-- a row behind the triggers' back is found: `npm run audit:verify`. The key is read by this account alone; the migration hands it in.
CREATE TABLE audit_keys (
  id TINYINT UNSIGNED PRIMARY KEY,
  inner_pad BINARY(64) NOT NULL COMMENT 'the key, XOR 0x36 (RFC 2104)',
  outer_pad BINARY(64) NOT NULL COMMENT 'the key, XOR 0x5c',
  created_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6)
) DEFAULT CHARACTER SET utf8mb4;

INSERT INTO audit_keys (id, inner_pad, outer_pad) VALUES (1, @audit_inner_pad, @audit_outer_pad);

ALTER TABLE order_audits ADD COLUMN chain BINARY(32) NULL COMMENT 'HMAC-SHA256 over the row before it and this one';

-- What a scrub of personal data changes is not in it. The same sum is made in nodes/lifecycle/audit-chain.ts. NULL where the row before has none yet.
CREATE FUNCTION audit_chain(p_previous BINARY(32), p_order BIGINT UNSIGNED, p_version INT UNSIGNED, p_from VARCHAR(48) CHARACTER SET ascii, p_to VARCHAR(48) CHARACTER SET ascii,
    p_actor VARCHAR(100) CHARACTER SET utf8mb4, p_node VARCHAR(64) CHARACTER SET ascii, p_reason VARCHAR(500) CHARACTER SET utf8mb4, p_at DATETIME(6))
RETURNS BINARY(32)
DETERMINISTIC READS SQL DATA SQL SECURITY DEFINER
BEGIN
  DECLARE v_inner BINARY(64);
  DECLARE v_outer BINARY(64);
  IF p_previous IS NULL THEN
    RETURN NULL;
  END IF;
  SELECT inner_pad, outer_pad INTO v_inner, v_outer FROM audit_keys WHERE id = 1;
  RETURN UNHEX(SHA2(CONCAT(v_outer, UNHEX(SHA2(CONCAT(v_inner, CONCAT_WS('|', HEX(p_previous), p_order, p_version, p_from, p_to,
    HEX(p_actor), IFNULL(HEX(p_node), '-'), HEX(p_reason), DATE_FORMAT(p_at, '%Y-%m-%d %H:%i:%s.%f'))), 256))), 256));
END;

-- Under a lock, so that no other process finds the table without its trigger.
LOCK TABLES order_audits WRITE;

DROP TRIGGER audit_is_transition;

CREATE TRIGGER audit_is_transition BEFORE INSERT ON order_audits FOR EACH ROW
BEGIN
  -- The account that connected; a definer's rights do not change it and no column can claim it.
  DECLARE importing BOOLEAN DEFAULT SUBSTRING_INDEX(USER(), '@', 1) = 'oms_import';
  DECLARE previous BINARY(32) DEFAULT NULL;
  SET NEW.at = NOW(6);
  IF NEW.actor IS NULL OR NEW.actor = '' THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'transition refused: no actor';
  END IF;
  IF NEW.from_status = '' THEN
    IF NEW.version <> 1 THEN
      SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'transition refused: the first row of an order has version 1';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM statuses s WHERE s.name = NEW.to_status AND s.retired_at IS NULL AND (s.initial OR importing)) THEN
      SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'transition refused: no order may start in this status';
    END IF;
    INSERT INTO order_status (order_id, store_id, status, version, entered_at, lane)
      SELECT o.id, o.store_id, NEW.to_status, 1, NEW.at, w.nav_key FROM orders o JOIN warehouses w ON w.id = o.warehouse_id WHERE o.id = NEW.order_id;
    IF ROW_COUNT() <> 1 THEN
      SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'transition refused: unknown order';
    END IF;
    SET previous = UNHEX(REPEAT('00', 32));
  ELSE
    IF NOT EXISTS (SELECT 1 FROM status_transitions t WHERE t.from_status = NEW.from_status AND t.to_status = NEW.to_status
                   AND t.retired_at IS NULL AND (NOT t.import_only OR importing)) THEN
      SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'transition refused: illegal edge';
    END IF;
    -- A transition always ends the claim and the wait of the status it leaves.
    UPDATE order_status SET status = NEW.to_status, version = NEW.version, entered_at = NEW.at,
        due_at = NULL, claimed_by = NULL, claim_token = NULL, claimed_at = NULL, attempts = 0, crashes = 0, reason = NULL
      WHERE order_id = NEW.order_id AND status = NEW.from_status AND version = NEW.version - 1;
    IF ROW_COUNT() <> 1 THEN
      SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'transition refused: stale';
    END IF;
    SET previous = (SELECT a.chain FROM order_audits a WHERE a.order_id = NEW.order_id AND a.version = NEW.version - 1);
  END IF;
  SET NEW.chain = audit_chain(previous, NEW.order_id, NEW.version, NEW.from_status, NEW.to_status, NEW.actor, NEW.node, NEW.reason, NEW.at);
END;

UNLOCK TABLES;

-- The rows of before, version by version, until no other process has added one behind them. Nobody but the owner has the right to UPDATE meanwhile.
DROP TRIGGER audits_are_never_changed;

CREATE PROCEDURE chain_older_audits()
BEGIN
  DECLARE v_version INT UNSIGNED;
  DECLARE v_last INT UNSIGNED;
  WHILE EXISTS (SELECT 1 FROM order_audits WHERE chain IS NULL) DO
    SELECT MIN(version), MAX(version) INTO v_version, v_last FROM order_audits WHERE chain IS NULL;
    WHILE v_version <= v_last DO
      UPDATE order_audits a LEFT JOIN order_audits p ON p.order_id = a.order_id AND p.version = a.version - 1
        SET a.chain = audit_chain(IF(a.version = 1, UNHEX(REPEAT('00', 32)), p.chain), a.order_id, a.version, a.from_status, a.to_status, a.actor, a.node, a.reason, a.at)
        WHERE a.version = v_version AND a.chain IS NULL;
      SET v_version = v_version + 1;
    END WHILE;
  END WHILE;
END;

CALL chain_older_audits();

DROP PROCEDURE chain_older_audits;

CREATE TRIGGER audits_are_never_changed BEFORE UPDATE ON order_audits FOR EACH ROW
  SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'order_audits is append-only';
