-- The tab Watch refreshes itself in every process and has no runs: none of its slots is ever missed.
UPDATE recurring_jobs SET catch_up = 'none' WHERE class = 'oms.watch';
