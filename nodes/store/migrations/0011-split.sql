-- A split order: its parts are orders of their own that name their parent; the parent counts them, follows them and is never due.
ALTER TABLE order_status
  ADD COLUMN parent_order_id BIGINT UNSIGNED NULL COMMENT 'of a part of a split order' AFTER order_id,
  ADD COLUMN children SMALLINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'parts of a split order; an order with parts is never due' AFTER pending,
  ADD KEY parent (parent_order_id);

ALTER TABLE payments MODIFY COLUMN state VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'authorized'
  COMMENT 'authorized, captured or voided; share: what of the parent''s payment stands for a part, for NAV alone';

-- Under a lock, so that no other process finds the table without its trigger.
LOCK TABLES order_audits WRITE;

DROP TRIGGER audit_is_transition;

CREATE TRIGGER audit_is_transition BEFORE INSERT ON order_audits FOR EACH ROW
BEGIN
  -- The account that connected; a definer's rights do not change it and no column can claim it.
  DECLARE importing BOOLEAN DEFAULT SUBSTRING_INDEX(USER(), '@', 1) = 'oms_import';
  DECLARE previous BINARY(32) DEFAULT NULL;
  DECLARE parent BIGINT UNSIGNED DEFAULT NULL;
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
    INSERT INTO order_status (order_id, parent_order_id, store_id, status, version, entered_at, lane)
      SELECT o.id, o.parent_order_id, o.store_id, NEW.to_status, 1, NEW.at, w.nav_key FROM orders o JOIN warehouses w ON w.id = o.warehouse_id WHERE o.id = NEW.order_id;
    IF ROW_COUNT() <> 1 THEN
      SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'transition refused: unknown order';
    END IF;
    SET parent = (SELECT o.parent_order_id FROM orders o WHERE o.id = NEW.order_id);
    IF parent IS NOT NULL THEN
      UPDATE order_status SET children = children + 1 WHERE order_id = parent;
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
