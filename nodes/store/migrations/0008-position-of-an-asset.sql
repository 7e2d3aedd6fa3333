-- A line is printed from its files in the storefront's order.
ALTER TABLE line_item_assets ADD COLUMN position SMALLINT UNSIGNED NOT NULL DEFAULT 1 COMMENT '1, 2, 3 … in the storefront''s order' AFTER url;
