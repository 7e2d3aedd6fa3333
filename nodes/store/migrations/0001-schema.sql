-- The data of the OMS (docs/decisions/0002). Times are UTC; money is integer minor units plus an ISO 4217 currency.
-- Names and keys compare byte by byte (ascii_bin, utf8mb4_bin). Written for MySQL 8.4 and MariaDB >= 10.6 alike.

CREATE TABLE tenants (
  id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
  name VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL UNIQUE,
  created_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  updated_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)
) DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE warehouses (
  id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
  `key` VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL UNIQUE,
  nav_key VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'which NAV endpoint; also the lane of its orders',
  cirro_region VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  created_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  updated_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)
) DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE stores (
  id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
  tenant_id INT UNSIGNED NOT NULL,
  url VARCHAR(191) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL UNIQUE COMMENT 'the join key of everything that belongs to the store',
  platform VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  site VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'the platform''s own name of the store, e.g. the SFCC site id',
  prefix VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL UNIQUE COMMENT 'begins the name of each of its orders',
  warehouse_id INT UNSIGNED NOT NULL,
  export_to_nav BOOLEAN NOT NULL DEFAULT TRUE,
  cirro BOOLEAN NOT NULL DEFAULT TRUE,
  enabled BOOLEAN NOT NULL DEFAULT TRUE,
  created_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  updated_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id),
  FOREIGN KEY (warehouse_id) REFERENCES warehouses (id)
) DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE platform_orders (
  id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
  store_id INT UNSIGNED NOT NULL,
  platform_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  raw MEDIUMTEXT NOT NULL COMMENT 'as received, JSON',
  raw_hash BINARY(32) NOT NULL,
  modified_at DATETIME(3) NULL COMMENT 'last modification by the storefront''s clock',
  export_status VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'pending' COMMENT 'pending until the storefront knows that we took it, then exported',
  received_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  updated_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
  UNIQUE KEY platform_order (store_id, platform_id),
  FOREIGN KEY (store_id) REFERENCES stores (id)
) DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE orders (
  id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
  store_id INT UNSIGNED NOT NULL,
  platform_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  part SMALLINT UNSIGNED NOT NULL DEFAULT 0 COMMENT '0 = the storefront''s order, 1…n = a child of a split',
  name VARCHAR(96) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL UNIQUE COMMENT 'the one identity that partners see',
  parent_order_id BIGINT UNSIGNED NULL,
  path VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NULL,
  order_business_type TINYINT UNSIGNED NULL,
  warehouse_id INT UNSIGNED NOT NULL,
  revision INT UNSIGNED NOT NULL DEFAULT 1 COMMENT 'grows with every edit of lines, address or amounts',
  export_sequence INT UNSIGNED NOT NULL DEFAULT 1 COMMENT 'of the fulfilment request; an answer to an older one is an exception',
  nav_order_no VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  nav_buffer_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  nav_customer_no VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  batch_reference VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  currency CHAR(3) CHARACTER SET ascii COLLATE ascii_bin NULL,
  total BIGINT NULL,
  customer_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  customer_email VARCHAR(254) COLLATE utf8mb4_unicode_ci NULL,
  customer_name VARCHAR(191) NULL,
  placed_at DATETIME(3) NULL,
  content MEDIUMTEXT NULL COMMENT 'addresses, totals, discounts, shipping and properties of the canonical order, JSON; NULL until it could be generalised',
  decisions TEXT NULL COMMENT 'forks taken (flags pinned when the order passed them), JSON',
  created_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  updated_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
  UNIQUE KEY platform_order_part (store_id, platform_id, part),
  KEY customer_email (customer_email),
  KEY platform_id (platform_id),
  FOREIGN KEY (store_id) REFERENCES stores (id),
  FOREIGN KEY (warehouse_id) REFERENCES warehouses (id),
  FOREIGN KEY (parent_order_id) REFERENCES orders (id)
) DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE line_items (
  id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
  order_id BIGINT UNSIGNED NOT NULL,
  line_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'the storefront''s identity of the line',
  position SMALLINT UNSIGNED NOT NULL,
  sku VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  name VARCHAR(500) NOT NULL,
  quantity INT UNSIGNED NOT NULL,
  quantity_cancelled INT UNSIGNED NOT NULL DEFAULT 0,
  quantity_shipped INT UNSIGNED NOT NULL DEFAULT 0,
  quantity_refunded INT UNSIGNED NOT NULL DEFAULT 0,
  unit_price BIGINT NOT NULL,
  discount BIGINT NOT NULL,
  tax BIGINT NOT NULL,
  total BIGINT NOT NULL,
  gift BOOLEAN NOT NULL DEFAULT FALSE,
  gift_message TEXT NULL,
  path VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NULL,
  properties TEXT NOT NULL COMMENT 'JSON object',
  created_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  updated_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
  UNIQUE KEY order_line (order_id, line_id),
  FOREIGN KEY (order_id) REFERENCES orders (id)
) DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE line_item_assets (
  id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
  line_item_id BIGINT UNSIGNED NOT NULL,
  kind VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  url VARCHAR(1000) NOT NULL,
  created_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  updated_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
  KEY line_item (line_item_id),
  FOREIGN KEY (line_item_id) REFERENCES line_items (id)
) DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE statuses (
  name VARCHAR(48) CHARACTER SET ascii COLLATE ascii_bin PRIMARY KEY,
  phase VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'working|final: works for some orders and ends others',
  owner VARCHAR(32) NOT NULL,
  cancel VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  initial BOOLEAN NOT NULL,
  stuck_after INT UNSIGNED NULL COMMENT 'seconds',
  runbook VARCHAR(500) NULL,
  retired_at DATETIME(6) NULL,
  created_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  updated_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)
) DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE status_transitions (
  from_status VARCHAR(48) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  to_status VARCHAR(48) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  rule VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  import_only BOOLEAN NOT NULL DEFAULT FALSE,
  retired_at DATETIME(6) NULL,
  created_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  updated_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
  PRIMARY KEY (from_status, to_status),
  FOREIGN KEY (from_status) REFERENCES statuses (name),
  FOREIGN KEY (to_status) REFERENCES statuses (name)
) DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE processes (
  id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
  instance VARCHAR(191) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'the same over restarts: an earlier run of it is certainly gone',
  role VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  pid INT UNSIGNED NOT NULL,
  flow_revision VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
  started_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  beat_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  ended_at DATETIME(6) NULL,
  KEY alive (ended_at, beat_at)
) DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE order_status (
  order_id BIGINT UNSIGNED PRIMARY KEY,
  store_id INT UNSIGNED NOT NULL,
  status VARCHAR(48) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  version INT UNSIGNED NOT NULL,
  entered_at DATETIME(6) NOT NULL,
  lane VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  due_at DATETIME(6) NULL COMMENT 'NULL whenever nothing is to be done by us: waiting, claimed, held, paused, final',
  claimed_by BIGINT UNSIGNED NULL,
  claim_token CHAR(22) CHARACTER SET ascii COLLATE ascii_bin NULL,
  claimed_at DATETIME(6) NULL,
  attempts SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  crashes SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  holds SMALLINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'open holds of the order',
  pending SMALLINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'kept facts and waiting cancellations, looked at by the next transition',
  reason VARCHAR(500) NULL COMMENT 'why it waits: the last failure or the wait''s own reason',
  KEY due (status, lane, due_at),
  KEY entered (status, entered_at),
  KEY claimed (claimed_by),
  FOREIGN KEY (order_id) REFERENCES orders (id),
  FOREIGN KEY (status) REFERENCES statuses (name)
) DEFAULT CHARACTER SET utf8mb4;

-- No other unique key and no CHECK here: a row that INSERT IGNORE skips after the trigger ran would be a move without its audit.
CREATE TABLE order_audits (
  order_id BIGINT UNSIGNED NOT NULL,
  version INT UNSIGNED NOT NULL,
  from_status VARCHAR(48) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'empty in the first row of an order',
  to_status VARCHAR(48) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  actor VARCHAR(100) NOT NULL,
  reason VARCHAR(500) NOT NULL DEFAULT '',
  at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  PRIMARY KEY (order_id, version)
) DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE order_events (
  id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
  order_id BIGINT UNSIGNED NOT NULL,
  kind VARCHAR(48) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  actor VARCHAR(100) NOT NULL,
  text VARCHAR(500) NOT NULL,
  at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  KEY order_events_order (order_id, id),
  FOREIGN KEY (order_id) REFERENCES orders (id)
) DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE tasks (
  id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
  kind VARCHAR(48) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  order_id BIGINT UNSIGNED NOT NULL,
  store_id INT UNSIGNED NOT NULL,
  subject VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'what it is about; one task of a kind for each',
  lane VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  due_at DATETIME(6) NULL DEFAULT CURRENT_TIMESTAMP(6),
  claimed_by BIGINT UNSIGNED NULL,
  claim_token CHAR(22) CHARACTER SET ascii COLLATE ascii_bin NULL,
  claimed_at DATETIME(6) NULL,
  attempts SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  crashes SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  holds SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  done_at DATETIME(6) NULL,
  result VARCHAR(500) NULL,
  reason VARCHAR(500) NULL,
  created_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  updated_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
  UNIQUE KEY task_subject (kind, subject),
  KEY due (kind, lane, due_at),
  KEY claimed (claimed_by),
  KEY task_order (order_id),
  FOREIGN KEY (order_id) REFERENCES orders (id)
) DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE effects (
  id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
  kind VARCHAR(48) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `key` VARCHAR(191) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL UNIQUE COMMENT 'the business meaning, never a job id',
  order_id BIGINT UNSIGNED NOT NULL,
  amount BIGINT NULL,
  currency CHAR(3) CHARACTER SET ascii COLLATE ascii_bin NULL,
  request_hash BINARY(32) NOT NULL,
  state VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'intent, sent, done, rejected, unknown, parked, not_done',
  attempt SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  inquiries SMALLINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'looks at the remote since the outcome became unknown',
  reference VARCHAR(191) NULL COMMENT 'the remote''s own number',
  reason VARCHAR(500) NULL,
  sent_at DATETIME(6) NULL,
  settled_at DATETIME(6) NULL,
  created_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  updated_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
  KEY effect_order (order_id),
  FOREIGN KEY (order_id) REFERENCES orders (id)
) DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE effect_attempts (
  effect_id BIGINT UNSIGNED NOT NULL,
  attempt SMALLINT UNSIGNED NOT NULL,
  process_id BIGINT UNSIGNED NULL,
  sent_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  ended_at DATETIME(6) NULL,
  outcome VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NULL,
  detail VARCHAR(500) NULL,
  PRIMARY KEY (effect_id, attempt),
  KEY attempt_process (process_id, ended_at),
  FOREIGN KEY (effect_id) REFERENCES effects (id)
) DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE holds (
  id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
  order_id BIGINT UNSIGNED NOT NULL,
  task_id BIGINT UNSIGNED NULL,
  effect_id BIGINT UNSIGNED NULL COMMENT 'the call in doubt',
  kind VARCHAR(48) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  reason VARCHAR(500) NOT NULL,
  actor VARCHAR(100) NOT NULL,
  opened_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  resolved_at DATETIME(6) NULL,
  resolved_by VARCHAR(100) NULL,
  decision VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NULL,
  decision_reason VARCHAR(500) NULL,
  KEY hold_order (order_id, resolved_at),
  KEY open_holds (resolved_at, id),
  FOREIGN KEY (order_id) REFERENCES orders (id),
  FOREIGN KEY (task_id) REFERENCES tasks (id),
  FOREIGN KEY (effect_id) REFERENCES effects (id)
) DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE pauses (
  id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
  kind VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'stage, partner or store',
  name VARCHAR(191) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  reason VARCHAR(500) NOT NULL,
  actor VARCHAR(100) NOT NULL,
  until DATETIME(6) NULL,
  opened_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  released_at DATETIME(6) NULL,
  released_by VARCHAR(100) NULL,
  KEY open_pauses (released_at)
) DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE payments (
  id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
  order_id BIGINT UNSIGNED NOT NULL,
  instrument_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  method VARCHAR(64) NOT NULL,
  card_type VARCHAR(32) NULL,
  masked_number VARCHAR(32) NULL,
  currency CHAR(3) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  amount BIGINT NOT NULL,
  state VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'authorized' COMMENT 'authorized, captured or voided',
  reference VARCHAR(191) NULL,
  settled_at DATETIME(6) NULL,
  created_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  updated_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
  UNIQUE KEY order_instrument (order_id, instrument_id),
  FOREIGN KEY (order_id) REFERENCES orders (id)
) DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE refunds (
  id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
  order_id BIGINT UNSIGNED NOT NULL,
  state VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  currency CHAR(3) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  amount BIGINT NOT NULL,
  reason VARCHAR(500) NOT NULL,
  actor VARCHAR(100) NOT NULL,
  created_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  updated_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
  KEY refund_order (order_id),
  FOREIGN KEY (order_id) REFERENCES orders (id)
) DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE refund_items (
  refund_id BIGINT UNSIGNED NOT NULL,
  line_item_id BIGINT UNSIGNED NOT NULL,
  quantity INT UNSIGNED NOT NULL,
  amount BIGINT NOT NULL,
  PRIMARY KEY (refund_id, line_item_id),
  FOREIGN KEY (refund_id) REFERENCES refunds (id),
  FOREIGN KEY (line_item_id) REFERENCES line_items (id)
) DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE cancellations (
  id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
  order_id BIGINT UNSIGNED NOT NULL,
  state VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'waiting, granted or declined',
  to_status VARCHAR(48) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  reason VARCHAR(500) NOT NULL,
  actor VARCHAR(100) NOT NULL,
  decision_reason VARCHAR(500) NULL,
  decided_at DATETIME(6) NULL,
  created_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  updated_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
  KEY cancellation_order (order_id, state),
  FOREIGN KEY (order_id) REFERENCES orders (id)
) DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE cancellation_items (
  cancellation_id BIGINT UNSIGNED NOT NULL,
  line_item_id BIGINT UNSIGNED NOT NULL,
  quantity INT UNSIGNED NOT NULL,
  PRIMARY KEY (cancellation_id, line_item_id),
  FOREIGN KEY (cancellation_id) REFERENCES cancellations (id),
  FOREIGN KEY (line_item_id) REFERENCES line_items (id)
) DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE fulfillments (
  order_id BIGINT UNSIGNED NOT NULL,
  shipment_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  carrier VARCHAR(64) NOT NULL,
  tracking VARCHAR(128) NOT NULL,
  shipped_at DATETIME(3) NOT NULL,
  address TEXT NULL COMMENT 'the address used, JSON',
  state VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'shipped' COMMENT 'shipped, told (the storefront knows)',
  created_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  updated_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
  PRIMARY KEY (order_id, shipment_id),
  KEY tracking (tracking),
  FOREIGN KEY (order_id) REFERENCES orders (id)
) DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE fulfillment_items (
  order_id BIGINT UNSIGNED NOT NULL,
  shipment_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  line_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  quantity INT UNSIGNED NOT NULL,
  PRIMARY KEY (order_id, shipment_id, line_id),
  FOREIGN KEY (order_id, shipment_id) REFERENCES fulfillments (order_id, shipment_id),
  FOREIGN KEY (order_id, line_id) REFERENCES line_items (order_id, line_id)
) DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE inbox (
  id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
  source VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'the partner; REST and bus share it',
  event_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  type VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  order_id BIGINT UNSIGNED NOT NULL,
  body MEDIUMTEXT NOT NULL,
  state VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'applied, already, kept or exception',
  reason VARCHAR(500) NULL,
  status VARCHAR(48) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'of the order when it was answered or applied',
  received_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  applied_at DATETIME(6) NULL,
  UNIQUE KEY event (source, event_id, order_id),
  KEY inbox_order (order_id, state),
  FOREIGN KEY (order_id) REFERENCES orders (id)
) DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE outbox (
  id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
  order_id BIGINT UNSIGNED NOT NULL,
  topic VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  payload TEXT NOT NULL,
  at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  published_at DATETIME(6) NULL,
  KEY unpublished (published_at, id)
) DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE idempotency_keys (
  caller VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `key` VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  request_hash BINARY(32) NOT NULL,
  lease_until DATETIME(6) NOT NULL,
  status SMALLINT UNSIGNED NULL COMMENT 'of the stored answer; NULL while the first call still runs',
  body MEDIUMTEXT NULL,
  created_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  PRIMARY KEY (caller, `key`),
  KEY created (created_at)
) DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE customer_cards (
  source VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin PRIMARY KEY,
  nav_customer_no VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  created_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  updated_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)
) DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE recurring_jobs (
  id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
  class VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  store_url VARCHAR(191) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT '' COMMENT 'empty where the job is nobody''s in particular',
  cron VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'five, six (seconds first) or seven fields, UTC',
  enabled BOOLEAN NOT NULL DEFAULT TRUE,
  watermark DATETIME(3) NULL COMMENT 'up to where the remote was read, by the remote''s clock',
  created_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  updated_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
  UNIQUE KEY job (class, store_url)
) DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE job_runs (
  id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
  job_id INT UNSIGNED NOT NULL,
  slot DATETIME NOT NULL COMMENT 'the scheduled time that this run stands for',
  process_id BIGINT UNSIGNED NOT NULL,
  state VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'running' COMMENT 'running, done, failed or lost',
  result VARCHAR(500) NULL,
  started_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  finished_at DATETIME(6) NULL,
  UNIQUE KEY job_slot (job_id, slot),
  KEY job_state (job_id, state),
  FOREIGN KEY (job_id) REFERENCES recurring_jobs (id)
) DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE job_downtimes (
  id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
  job_id INT UNSIGNED NOT NULL,
  starts_at DATETIME(6) NOT NULL,
  ends_at DATETIME(6) NOT NULL,
  reason VARCHAR(500) NOT NULL,
  created_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  updated_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
  KEY downtime (job_id, ends_at),
  FOREIGN KEY (job_id) REFERENCES recurring_jobs (id)
) DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE feature_flags (
  name VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  store_url VARCHAR(191) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT '' COMMENT 'empty = every store; a store''s own row wins',
  enabled BOOLEAN NOT NULL,
  created_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  updated_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
  PRIMARY KEY (name, store_url)
) DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE users (
  id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
  name VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL UNIQUE,
  role VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  password_hash VARCHAR(191) NULL,
  enabled BOOLEAN NOT NULL DEFAULT TRUE,
  created_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  updated_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)
) DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE alerts (
  id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
  kind VARCHAR(48) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  subject VARCHAR(191) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  text VARCHAR(1000) NOT NULL,
  raised_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  cleared_at DATETIME(6) NULL,
  KEY open_alerts (cleared_at, kind)
) DEFAULT CHARACTER SET utf8mb4;
