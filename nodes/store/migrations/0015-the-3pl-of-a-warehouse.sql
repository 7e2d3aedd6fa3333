-- Which 3PL fulfils for a warehouse.
ALTER TABLE warehouses ADD COLUMN provider VARCHAR(28) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'cirro' COMMENT 'the 3PL that fulfils for it, as its connection and its reports name it' AFTER cirro_region;
