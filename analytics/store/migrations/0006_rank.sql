-- What orders the callers of a queue.

ALTER TABLE entries_opened {on_cluster}
    ADD COLUMN IF NOT EXISTS `urgency` Int64 CODEC(T64, ZSTD(1)) AFTER `prefer`,
    ADD COLUMN IF NOT EXISTS `ranked_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)) AFTER `urgency`;
