-- Expected waits that callers were told, and how they turned out.

ALTER TABLE positions_told {on_cluster}
    ADD COLUMN IF NOT EXISTS `from_ms` Int64 CODEC(T64, ZSTD(1)) AFTER `position_in_queue`,
    ADD COLUMN IF NOT EXISTS `until_ms` Int64 CODEC(T64, ZSTD(1)) AFTER `from_ms`,
    ADD COLUMN IF NOT EXISTS `agents` Int64 CODEC(T64, ZSTD(1)) AFTER `until_ms`,
    ADD COLUMN IF NOT EXISTS `handle_ms` Int64 CODEC(T64, ZSTD(1)) AFTER `agents`;

ALTER TABLE entries {on_cluster}
    ADD COLUMN IF NOT EXISTS `estimate_from_ms` Int64 COMMENT 'from queued_at' CODEC(T64, ZSTD(1)) AFTER `carried_wait_ms`,
    ADD COLUMN IF NOT EXISTS `estimate_until_ms` Int64 COMMENT 'from queued_at; 0 = none told' CODEC(T64, ZSTD(1)) AFTER `estimate_from_ms`;
