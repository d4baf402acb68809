-- The priority of a waiting caller changes.

CREATE TABLE IF NOT EXISTS priorities {on_cluster}
(
    `contact` String,
    `entry` String,
    `call` String,
    `queue` LowCardinality(String),
    `from_priority` Int64 CODEC(T64, ZSTD(1)),
    `priority` Int64 CODEC(T64, ZSTD(1)),
    `by` LowCardinality(String) COMMENT 'system: by what the ticket system answered',
    `actor` LowCardinality(String),
    `position_in_queue` Int64 COMMENT 'data.position; 1 = next' CODEC(T64, ZSTD(1)),
    `urgency` Int64 CODEC(T64, ZSTD(1)),
    `ranked_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
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
