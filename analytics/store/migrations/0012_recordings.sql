-- Talks are recorded.

CREATE TABLE IF NOT EXISTS recordings_opened {on_cluster}
(
    `contact` String,
    `recording` String,
    `call` String,
    `queue` LowCardinality(String) COMMENT 'whose rule it is',
    `agent` LowCardinality(String) COMMENT 'who talked then',
    `cause` LowCardinality(String),
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

CREATE TABLE IF NOT EXISTS recording_pauses_opened {on_cluster}
(
    `contact` String,
    `recording` String,
    `queue` LowCardinality(String),
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
ORDER BY (`queue`, `time`)
SETTINGS {settings};

CREATE TABLE IF NOT EXISTS recording_pauses {on_cluster}
(
    `contact` String,
    `recording` String,
    `queue` LowCardinality(String),
    `by` LowCardinality(String),
    `actor` LowCardinality(String),
    `paused_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `paused_ms` Int64 CODEC(T64, ZSTD(1)),
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

CREATE TABLE IF NOT EXISTS recordings {on_cluster}
(
    `contact` String,
    `recording` String,
    `call` String,
    `queue` LowCardinality(String),
    `agent` LowCardinality(String),
    `cause` LowCardinality(String),
    `result` LowCardinality(String),
    `started_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `ended_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `duration_ms` Int64 CODEC(T64, ZSTD(1)),
    `paused_ms` Int64 COMMENT 'of duration_ms' CODEC(T64, ZSTD(1)),
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

CREATE TABLE IF NOT EXISTS recordings_stored {on_cluster}
(
    `contact` String,
    `recording` String,
    `queue` LowCardinality(String),
    `duration_ms` Int64 COMMENT 'of the file' CODEC(T64, ZSTD(1)),
    `bytes` Int64 CODEC(T64, ZSTD(1)),
    `sha256` String,
    `offset_ms` Int64 COMMENT 'how much later the right side began, made up for in the file' CODEC(T64, ZSTD(1)),
    `keep_until` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
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

CREATE TABLE IF NOT EXISTS recordings_lost {on_cluster}
(
    `contact` String,
    `recording` String,
    `queue` LowCardinality(String),
    `error` String,
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
