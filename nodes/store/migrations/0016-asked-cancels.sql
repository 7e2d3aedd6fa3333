-- A cancel that somebody else decides, who has the order in hand.
ALTER TABLE cancellations
  ADD COLUMN ask VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'NULL while nobody had to be asked; asked, granted or refused' AFTER decision_reason,
  ADD COLUMN asked_at DATETIME(6) NULL AFTER ask;
