-- A job says what becomes of slots that nobody could run. A run may be asked for, be given again when it got lost, or stand for a slot that was skipped.
ALTER TABLE recurring_jobs ADD COLUMN catch_up VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'last' COMMENT 'of missed slots: last (one run for all), none, or all (within a day)' AFTER enabled;

ALTER TABLE job_runs
  MODIFY COLUMN slot DATETIME(6) NOT NULL COMMENT 'the scheduled time that this run stands for; with a fraction of a second it was asked for',
  MODIFY COLUMN process_id BIGINT UNSIGNED NULL COMMENT 'NULL while nobody has begun it',
  MODIFY COLUMN state VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'running' COMMENT 'asked, running, done, failed, lost or skipped',
  ADD COLUMN attempts SMALLINT UNSIGNED NOT NULL DEFAULT 1 COMMENT 'a lost run may be given again' AFTER state,
  ADD COLUMN asked_by VARCHAR(100) NULL COMMENT 'who asked for it; NULL where the schedule did' AFTER result,
  ADD COLUMN reason VARCHAR(500) NULL COMMENT 'why it was asked for' AFTER asked_by;

ALTER TABLE job_downtimes
  MODIFY COLUMN ends_at DATETIME(6) NULL COMMENT 'NULL: until somebody ends it',
  ADD COLUMN actor VARCHAR(100) NOT NULL DEFAULT '' AFTER reason,
  ADD COLUMN ended_by VARCHAR(100) NULL COMMENT 'who ended it before its time' AFTER actor;
