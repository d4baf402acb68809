-- Why an agent was rung, and who may be rung for a waiting caller.

ALTER TABLE offers_opened {on_cluster}
    ADD COLUMN IF NOT EXISTS `decision_rule` LowCardinality(String) AFTER `wait_ms`,
    ADD COLUMN IF NOT EXISTS `decision_eligible` Array(LowCardinality(String)) COMMENT 'the chosen agent first, at most 8' AFTER `decision_rule`,
    ADD COLUMN IF NOT EXISTS `decision_eligible_count` Int64 CODEC(T64, ZSTD(1)) AFTER `decision_eligible`,
    ADD COLUMN IF NOT EXISTS `decision_others` Array(LowCardinality(String)) COMMENT 'reason:agents' AFTER `decision_eligible_count`;

ALTER TABLE entries_opened {on_cluster}
    ADD COLUMN IF NOT EXISTS `requires` Array(LowCardinality(String)) AFTER `carried_wait_ms`,
    ADD COLUMN IF NOT EXISTS `max_tier` Int64 CODEC(T64, ZSTD(1)) AFTER `requires`,
    ADD COLUMN IF NOT EXISTS `prefer` LowCardinality(String) AFTER `max_tier`;

ALTER TABLE identified {on_cluster}
    ADD COLUMN IF NOT EXISTS `owner` LowCardinality(String) COMMENT 'agent to whom the ticket belongs' AFTER `latency_ms`;

CREATE TABLE IF NOT EXISTS relaxations {on_cluster}
(
    `contact` String CODEC(ZSTD(1)),
    `entry` String CODEC(ZSTD(1)),
    `queue` LowCardinality(String),
    `reason` LowCardinality(String),
    `step` Int64 CODEC(T64, ZSTD(1)),
    `skills` Array(LowCardinality(String)),
    `requires` Array(LowCardinality(String)),
    `max_tier` Int64 CODEC(T64, ZSTD(1)),
    `prefer` LowCardinality(String),
    `sequence` UInt64 CODEC(T64, ZSTD(1)),
    `time` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `source` LowCardinality(String),
    `epoch` LowCardinality(String),
    `position` UInt64 CODEC(Delta, ZSTD(1)),
    `loaded_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1))
)
ENGINE = {engine}
PARTITION BY toYYYYMM(`time`)
ORDER BY (`queue`, `time`)
SETTINGS {settings};
