-- Supervisors whose phones did not answer when they asked to listen.

CREATE TABLE IF NOT EXISTS monitors_missed {on_cluster}
(
    `contact` String,
    `monitor` String,
    `call` String,
    `supervisor` LowCardinality(String) COMMENT 'the agent entry whose phone it is',
    `agent` LowCardinality(String) COMMENT 'to whose talk she asked to listen',
    `queue` LowCardinality(String) COMMENT 'of that talk',
    `mode` LowCardinality(String),
    `result` LowCardinality(String),
    `rang_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `ended_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `ring_ms` Int64 CODEC(T64, ZSTD(1)),
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
ORDER BY (`queue`, `rang_at`)
SETTINGS {settings};
