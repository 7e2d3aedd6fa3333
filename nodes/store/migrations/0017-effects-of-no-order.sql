-- A product that NAV is told of is about no order, and keeps its place in the ledger all the same.
ALTER TABLE effects MODIFY order_id BIGINT UNSIGNED NULL COMMENT 'NULL where the call is about no order';
