-- Callers are told that they are recorded.

CREATE TABLE IF NOT EXISTS recording_announcements {on_cluster}
(
    `contact` String,
    `call` String,
    `queue` LowCardinality(String) COMMENT 'whose words they are',
    `result` LowCardinality(String) COMMENT 'heard to the end, or failed',
    `started_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `ended_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `duration_ms` Int64 CODEC(T64, ZSTD(1)),
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
