-- Variables that flows set, and conditions that could not be worked out.

ALTER TABLE ivr_steps {on_cluster}
    ADD COLUMN IF NOT EXISTS `case` Int64 COMMENT 'unfit: number of the case of a branch' CODEC(T64, ZSTD(1)) AFTER `derived`,
    ADD COLUMN IF NOT EXISTS `error` String COMMENT 'unfit: why' CODEC(ZSTD(1)) AFTER `case`,
    ADD COLUMN IF NOT EXISTS `variable` LowCardinality(String) AFTER `error`,
    ADD COLUMN IF NOT EXISTS `value` String CODEC(ZSTD(1)) AFTER `variable`;
