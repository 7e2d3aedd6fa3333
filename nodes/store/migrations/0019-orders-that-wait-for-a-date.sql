-- A pre-order, or one that is delayed, waits until then; its job makes it due.
ALTER TABLE orders ADD COLUMN resume_at DATETIME(3) NULL COMMENT 'in PRE_ORDER and DELAYED: not to be worked on before' AFTER placed_at;
