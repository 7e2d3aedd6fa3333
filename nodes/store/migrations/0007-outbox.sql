-- A row of the outbox is a domain event (docs/contracts/order-event.schema.json). What was written before becomes the event it stood for.
ALTER TABLE outbox
  ADD COLUMN version INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'of the order, when it happened; with order and type it is the identity of the event' AFTER order_id,
  CHANGE COLUMN topic type VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  CHANGE COLUMN payload data TEXT NOT NULL COMMENT 'JSON; no personal data';

UPDATE outbox SET
  version = JSON_EXTRACT(data, '$.version'),
  type = IF(JSON_UNQUOTE(JSON_EXTRACT(data, '$.from')) = '', 'OrderCreated', 'StatusChanged'),
  data = IF(type = 'OrderCreated',
    JSON_OBJECT('version', version, 'status', JSON_UNQUOTE(JSON_EXTRACT(data, '$.to'))),
    JSON_OBJECT('version', version, 'from', JSON_UNQUOTE(JSON_EXTRACT(data, '$.from')), 'to', JSON_UNQUOTE(JSON_EXTRACT(data, '$.to'))));

-- Who publishes. One batch is in work at a time, whatever the number of processes: so events of one order never overtake each other.
CREATE TABLE outbox_claims (
  topic VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin PRIMARY KEY,
  claimed_by BIGINT UNSIGNED NULL COMMENT 'a claim of a process that has ended counts for nothing',
  claim_token CHAR(22) CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'of the batch; without it nobody marks it as published',
  claimed_at DATETIME(6) NULL
) DEFAULT CHARACTER SET utf8mb4;

INSERT INTO outbox_claims (topic) VALUES ('order-events');
