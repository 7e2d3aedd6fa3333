-- Printable orders: their requests to be printed, and how many a warehouse's BatchStation takes at once.

ALTER TABLE orders ADD COLUMN batch_sequence INT UNSIGNED NOT NULL DEFAULT 1 COMMENT 'of the request to print; an answer to an older one is an exception' AFTER batch_reference;

-- A warehouse without a row takes any number. The row is the lock under which a place is given away.
CREATE TABLE batching_capacities (
  warehouse_id INT UNSIGNED PRIMARY KEY,
  capacity INT UNSIGNED NOT NULL COMMENT 'orders at BatchStation that are not batched yet, at most',
  created_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  updated_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
  FOREIGN KEY (warehouse_id) REFERENCES warehouses (id)
) DEFAULT CHARACTER SET utf8mb4;

-- A place counts while its order stands before its batch; whoever takes one throws those of the others away.
CREATE TABLE batching_places (
  order_id BIGINT UNSIGNED PRIMARY KEY,
  warehouse_id INT UNSIGNED NOT NULL,
  created_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  updated_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
  KEY places_of_warehouse (warehouse_id),
  FOREIGN KEY (order_id) REFERENCES orders (id),
  FOREIGN KEY (warehouse_id) REFERENCES warehouses (id)
) DEFAULT CHARACTER SET utf8mb4;
