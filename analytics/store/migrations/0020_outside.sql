-- Agents ask at numbers outside before they hand a caller on.

CREATE TABLE IF NOT EXISTS outside_answers {on_cluster}
(
    `contact` String,
    `transfer` String COMMENT 'by which he was asked',
    `call` String,
    `agent` LowCardinality(String) COMMENT 'who asks',
    `queue` LowCardinality(String) COMMENT 'of his talk',
    `target` LowCardinality(String) COMMENT 'last digits of the number',
    `ring_ms` Int64 CODEC(T64, ZSTD(1)),
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

CREATE TABLE IF NOT EXISTS outside_calls {on_cluster}
(
    `contact` String,
    `transfer` String,
    `call` String,
    `agent` LowCardinality(String) COMMENT 'who asked',
    `queue` LowCardinality(String),
    `target` LowCardinality(String),
    `result` LowCardinality(String),
    `started_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `answered_at` Nullable(DateTime64(3, 'UTC')) COMMENT 'null: nobody took it' CODEC(Delta, ZSTD(1)),
    `ended_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `ring_ms` Int64 CODEC(T64, ZSTD(1)),
    `talk_ms` Int64 COMMENT 'with agents, the caller, or both' CODEC(T64, ZSTD(1)),
    `cause` Int64 CODEC(T64, ZSTD(1)),
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
