-- Agents hand callers on.

ALTER TABLE contacts {on_cluster}
    ADD COLUMN IF NOT EXISTS `transfers` Int64 CODEC(T64, ZSTD(1)) AFTER `termination_reason`;

CREATE TABLE IF NOT EXISTS transfers_opened {on_cluster}
(
    `contact` String,
    `transfer` String,
    `call` String,
    `agent` LowCardinality(String) COMMENT 'who hands the caller on',
    `queue` LowCardinality(String) COMMENT 'of his talk',
    `mode` LowCardinality(String),
    `by` LowCardinality(String),
    `to` LowCardinality(String),
    `target` LowCardinality(String),
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

CREATE TABLE IF NOT EXISTS transfers {on_cluster}
(
    `contact` String,
    `transfer` String,
    `call` String,
    `agent` LowCardinality(String) COMMENT 'who hands the caller on',
    `queue` LowCardinality(String) COMMENT 'of his talk',
    `mode` LowCardinality(String),
    `by` LowCardinality(String),
    `to` LowCardinality(String),
    `target` LowCardinality(String),
    `result` LowCardinality(String),
    `with` LowCardinality(String) COMMENT 'the agent who was asked',
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
