-- Agents are muted in a talk.

CREATE TABLE IF NOT EXISTS mutes_opened {on_cluster}
(
    `contact` String,
    `call` String,
    `agent` LowCardinality(String),
    `queue` LowCardinality(String) COMMENT 'of his talk',
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
ORDER BY (`agent`, `time`)
SETTINGS {settings};

CREATE TABLE IF NOT EXISTS mutes {on_cluster}
(
    `contact` String,
    `call` String,
    `agent` LowCardinality(String),
    `queue` LowCardinality(String),
    `by` LowCardinality(String) COMMENT 'system: he has left the talk',
    `actor` LowCardinality(String),
    `started_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `ended_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `duration_ms` Int64 COMMENT 'of his talk and hold' CODEC(T64, ZSTD(1)),
    `sequence` UInt64 CODEC(T64, ZSTD(1)),
    `time` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `source` LowCardinality(String),
    `epoch` LowCardinality(String),
    `position` UInt64 CODEC(Delta, ZSTD(1)),
    `loaded_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1))
)
ENGINE = {engine}
PARTITION BY toYYYYMM(`time`)
ORDER BY (`agent`, `started_at`)
SETTINGS {settings};
