-- Supervisors listen to talks.

CREATE TABLE IF NOT EXISTS monitors_opened {on_cluster}
(
    `contact` String,
    `monitor` String,
    `call` String,
    `supervisor` LowCardinality(String) COMMENT 'the agent entry whose phone it is',
    `agent` LowCardinality(String) COMMENT 'to whose talk she listens',
    `queue` LowCardinality(String) COMMENT 'of that talk',
    `mode` LowCardinality(String),
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

CREATE TABLE IF NOT EXISTS monitors {on_cluster}
(
    `contact` String,
    `monitor` String,
    `call` String,
    `supervisor` LowCardinality(String) COMMENT 'the agent entry whose phone it is',
    `agent` LowCardinality(String) COMMENT 'to whose talk she listens',
    `queue` LowCardinality(String) COMMENT 'of that talk',
    `mode` LowCardinality(String),
    `result` LowCardinality(String),
    `started_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `ended_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `duration_ms` Int64 CODEC(T64, ZSTD(1)),
    `derived` Bool,
    `sequence` UInt64 CODEC(T64, ZSTD(1)),
    `time` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `source` LowCardinality(String),
    `epoch` LowCardinality(String),
    `position` UInt64 CODEC(Delta, ZSTD(1)),
    `loaded_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1))
)
ENGINE = {engine}
PARTITION BY toYYYYMM(`time`)
ORDER BY (`queue`, `started_at`)
SETTINGS {settings};
