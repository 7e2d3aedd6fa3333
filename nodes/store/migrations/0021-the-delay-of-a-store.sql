-- How long the customers of a store may change or cancel an order before anything begins.
ALTER TABLE stores ADD COLUMN delay_minutes SMALLINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'from when it was placed; 0 = it begins at once' AFTER export_to_nav;
