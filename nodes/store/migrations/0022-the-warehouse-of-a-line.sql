-- Where a line leaves from, where the storefront names another warehouse than its order's.
ALTER TABLE line_items
  ADD COLUMN warehouse_id INT UNSIGNED NULL COMMENT 'that the storefront names for it; NULL: the one of its order' AFTER path,
  ADD FOREIGN KEY (warehouse_id) REFERENCES warehouses (id);
