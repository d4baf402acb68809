-- What supervisors switch on, and who heard of it.

ALTER TABLE ivr_steps {on_cluster}
    ADD COLUMN IF NOT EXISTS `incident` LowCardinality(String) AFTER `value`;

CREATE TABLE IF NOT EXISTS incidents_opened {on_cluster}
(
    `subject` LowCardinality(String) COMMENT 'incident/id',
    `incident` LowCardinality(String),
    `name` LowCardinality(String),
    `by` LowCardinality(String),
    `actor` LowCardinality(String),
    `sequence` UInt64 CODEC(T64, ZSTD(1)),
    `time` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `source` LowCardinality(String),
    `epoch` LowCardinality(String),
    `position` UInt64 CODEC(Delta, ZSTD(1)),
    `loaded_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1))
)
ENGINE = {engine}
PARTITION BY toYYYYMM(`time`)
ORDER BY (`incident`, `time`)
SETTINGS {settings};

CREATE TABLE IF NOT EXISTS incidents {on_cluster}
(
    `subject` LowCardinality(String) COMMENT 'incident/id',
    `incident` LowCardinality(String),
    `name` LowCardinality(String),
    `started_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `ended_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `duration_ms` Int64 CODEC(T64, ZSTD(1)),
    `by` LowCardinality(String),
    `actor` LowCardinality(String),
    `sequence` UInt64 CODEC(T64, ZSTD(1)),
    `time` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `source` LowCardinality(String),
    `epoch` LowCardinality(String),
    `position` UInt64 CODEC(Delta, ZSTD(1)),
    `loaded_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1))
)
ENGINE = {engine}
PARTITION BY toYYYYMM(`time`)
ORDER BY (`incident`, `started_at`)
SETTINGS {settings};
