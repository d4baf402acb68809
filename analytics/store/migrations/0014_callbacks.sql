-- Callers are called back.

CREATE TABLE IF NOT EXISTS callbacks_opened {on_cluster}
(
    `contact` String COMMENT 'of the callback, of kind callback',
    `origin` String COMMENT 'contact in which he asked for it',
    `queue` LowCardinality(String),
    `first` LowCardinality(String),
    `since` DateTime64(3, 'UTC') COMMENT 'his place: since when he has queued' CODEC(Delta, ZSTD(1)),
    `attempts` Int64 COMMENT 'most there will be' CODEC(T64, ZSTD(1)),
    `expires_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
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

CREATE TABLE IF NOT EXISTS callbacks_put_off {on_cluster}
(
    `contact` String,
    `queue` LowCardinality(String),
    `why` LowCardinality(String),
    `until` Nullable(DateTime64(3, 'UTC')) COMMENT 'null: until the incidents are over' CODEC(Delta, ZSTD(1)),
    `incidents` Array(LowCardinality(String)),
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

CREATE TABLE IF NOT EXISTS callback_attempts {on_cluster}
(
    `contact` String,
    `call` String,
    `queue` LowCardinality(String),
    `attempt` Int64 COMMENT 'from 1' CODEC(T64, ZSTD(1)),
    `agent` LowCardinality(String) COMMENT 'who waited on his phone',
    `channel` String,
    `result` LowCardinality(String),
    `started_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `ended_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `ring_ms` Int64 CODEC(T64, ZSTD(1)),
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
ORDER BY (`queue`, `time`)
SETTINGS {settings};

CREATE TABLE IF NOT EXISTS callbacks {on_cluster}
(
    `contact` String,
    `origin` String,
    `queue` LowCardinality(String),
    `outcome` LowCardinality(String),
    `promised_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `ended_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `duration_ms` Int64 CODEC(T64, ZSTD(1)),
    `attempts` Int64 COMMENT 'that count' CODEC(T64, ZSTD(1)),
    `agent` LowCardinality(String),
    `by` LowCardinality(String) COMMENT 'cancelled: by which way',
    `actor` LowCardinality(String),
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
ORDER BY (`queue`, `time`)
SETTINGS {settings};
