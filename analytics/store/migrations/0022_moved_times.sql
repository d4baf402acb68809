-- A time beyond what ClickHouse holds is moved to the nearest that it does; data quality tells how many were.

ALTER TABLE loads {on_cluster}
    ADD COLUMN IF NOT EXISTS `moved` Int64 COMMENT 'times before 1900 or after 2261, moved to the nearest that can be held';
