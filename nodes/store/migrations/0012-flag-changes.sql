-- Who changed a flag, when and why. Written by triggers, so that a change by hand is in it, too: then the actor is the account.
CREATE TABLE feature_flag_changes (
  id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
  name VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  store_url VARCHAR(191) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'empty = every store',
  was_enabled BOOLEAN NULL COMMENT 'NULL = there was no row: the default, or what held for every store',
  now_enabled BOOLEAN NULL COMMENT 'NULL = there is no row any more',
  actor VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'whoever the API was told of; by hand the account',
  reason VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  account VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'that the change came in by',
  at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  KEY flag (name, id)
) DEFAULT CHARACTER SET utf8mb4;

CREATE TRIGGER flag_set AFTER INSERT ON feature_flags FOR EACH ROW
  INSERT INTO feature_flag_changes (name, store_url, was_enabled, now_enabled, actor, reason, account)
    VALUES (NEW.name, NEW.store_url, NULL, NEW.enabled, COALESCE(LEFT(@flag_actor, 100), CONCAT('account:', SUBSTRING_INDEX(USER(), '@', 1))), COALESCE(LEFT(@flag_reason, 500), 'by hand'), SUBSTRING_INDEX(USER(), '@', 1));

CREATE TRIGGER flag_changed AFTER UPDATE ON feature_flags FOR EACH ROW
BEGIN
  DECLARE v_account VARCHAR(128) CHARACTER SET utf8mb4 DEFAULT SUBSTRING_INDEX(USER(), '@', 1);
  DECLARE v_actor VARCHAR(100) CHARACTER SET utf8mb4 DEFAULT COALESCE(LEFT(@flag_actor, 100), CONCAT('account:', SUBSTRING_INDEX(USER(), '@', 1)));
  DECLARE v_reason VARCHAR(500) CHARACTER SET utf8mb4 DEFAULT COALESCE(LEFT(@flag_reason, 500), 'by hand');
  IF NEW.name <> OLD.name OR NEW.store_url <> OLD.store_url THEN
    INSERT INTO feature_flag_changes (name, store_url, was_enabled, now_enabled, actor, reason, account)
      VALUES (OLD.name, OLD.store_url, OLD.enabled, NULL, v_actor, v_reason, v_account), (NEW.name, NEW.store_url, NULL, NEW.enabled, v_actor, v_reason, v_account);
  ELSEIF NEW.enabled <> OLD.enabled THEN
    INSERT INTO feature_flag_changes (name, store_url, was_enabled, now_enabled, actor, reason, account)
      VALUES (NEW.name, NEW.store_url, OLD.enabled, NEW.enabled, v_actor, v_reason, v_account);
  END IF;
END;

CREATE TRIGGER flag_reset AFTER DELETE ON feature_flags FOR EACH ROW
  INSERT INTO feature_flag_changes (name, store_url, was_enabled, now_enabled, actor, reason, account)
    VALUES (OLD.name, OLD.store_url, OLD.enabled, NULL, COALESCE(LEFT(@flag_actor, 100), CONCAT('account:', SUBSTRING_INDEX(USER(), '@', 1))), COALESCE(LEFT(@flag_reason, 500), 'by hand'), SUBSTRING_INDEX(USER(), '@', 1));
