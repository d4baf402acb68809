-- Variables that flows set, and conditions that could not be worked out.

ALTER TABLE ivr_steps {on_cluster}
    ADD COLUMN IF NOT EXISTS `case` Int64 COMMENT 'unfit: number of the case of a branch' CODEC(T64, ZSTD(1)) AFTER `derived`,
    ADD COLUMN IF NOT EXISTS `condition` LowCardinality(String) COMMENT 'unfit: what could not be worked out' AFTER `case`,
    ADD COLUMN IF NOT EXISTS `variable` LowCardinality(String) AFTER `condition`,
    ADD COLUMN IF NOT EXISTS `value` String CODEC(ZSTD(1)) AFTER `variable`;
