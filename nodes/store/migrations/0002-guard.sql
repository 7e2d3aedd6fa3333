-- The audit row *is* the transition. The application account may insert audits and nothing else that moves an order; these triggers
-- run as their definer (oms_owner), check the edge and move the row. Every message is a contract: nodes/lifecycle reads its prefix.

CREATE TRIGGER audit_is_transition BEFORE INSERT ON order_audits FOR EACH ROW
BEGIN
  -- The account that connected; a definer's rights do not change it and no column can claim it.
  DECLARE importing BOOLEAN DEFAULT SUBSTRING_INDEX(USER(), '@', 1) = 'oms_import';
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
  END IF;
END;

CREATE TRIGGER audits_are_never_changed BEFORE UPDATE ON order_audits FOR EACH ROW
  SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'order_audits is append-only';

CREATE TRIGGER audits_are_never_deleted BEFORE DELETE ON order_audits FOR EACH ROW
  SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'order_audits is append-only';

-- Orders in flight come from the system that is replaced, in any status; only oms_import may call this.
CREATE PROCEDURE import_order_status(IN p_order_id BIGINT UNSIGNED, IN p_status VARCHAR(48) CHARACTER SET ascii, IN p_reason VARCHAR(500))
SQL SECURITY DEFINER
MODIFIES SQL DATA
BEGIN
  DECLARE current_status VARCHAR(48) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL;
  DECLARE current_version INT UNSIGNED DEFAULT 0;
  IF SUBSTRING_INDEX(USER(), '@', 1) <> 'oms_import' THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'transition refused: only oms_import imports';
  END IF;
  SELECT s.status, s.version INTO current_status, current_version FROM order_status s WHERE s.order_id = p_order_id FOR UPDATE;
  INSERT INTO order_audits (order_id, version, from_status, to_status, actor, reason)
    VALUES (p_order_id, COALESCE(current_version, 0) + 1, COALESCE(current_status, ''), p_status, 'import', p_reason);
END;
