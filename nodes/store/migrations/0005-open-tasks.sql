-- The board counts the open tasks every two seconds; without this it reads every task that was ever done.
CREATE INDEX open_tasks ON tasks (kind, done_at, created_at);
