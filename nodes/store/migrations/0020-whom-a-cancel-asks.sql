-- Who was asked to stop an order: an answer of somebody else decides nothing.
ALTER TABLE cancellations
  ADD COLUMN asked_of VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'print-station, provider (the 3PL of its warehouse) or warehouse (an own one, or a vendor)' AFTER ask;
UPDATE cancellations SET asked_of = 'print-station' WHERE ask IS NOT NULL;
