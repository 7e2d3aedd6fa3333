-- Which node of the deployed flows did it, so that a step of an order's timeline leads to its place on the canvas. NULL: none did.
ALTER TABLE order_audits ADD COLUMN node VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL AFTER actor;

ALTER TABLE effect_attempts ADD COLUMN node VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL AFTER process_id;

ALTER TABLE inbox ADD COLUMN node VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL AFTER order_id;

ALTER TABLE holds ADD COLUMN node VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL AFTER actor;
