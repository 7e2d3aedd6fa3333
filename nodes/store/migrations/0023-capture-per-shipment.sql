-- A store may have each parcel capture what left in it, where others capture once, when all of an order has left.
ALTER TABLE stores ADD COLUMN capture_per ENUM('order', 'shipment') CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'order' COMMENT 'order: once, when all of it has left; shipment: with each parcel what left in it' AFTER cirro;
