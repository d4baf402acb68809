-- Messages are marked as dealt with.

CREATE TABLE IF NOT EXISTS voicemail_marks {on_cluster}
(
    `subject` LowCardinality(String),
    `contact` String,
    `recording` String COMMENT 'the message',
    `done` Bool COMMENT 'false: the mark is taken back',
    `note` String,
    `by` LowCardinality(String),
    `actor` LowCardinality(String) COMMENT 'who marked it',
    `sequence` UInt64 CODEC(T64, ZSTD(1)),
    `time` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `source` LowCardinality(String),
    `epoch` LowCardinality(String),
    `position` UInt64 CODEC(Delta, ZSTD(1)),
    `loaded_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1))
)
ENGINE = {engine}
PARTITION BY toYYYYMM(`time`)
ORDER BY (`contact`, `time`)
SETTINGS {settings};
