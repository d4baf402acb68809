-- The facts as append-only tables: one table a family, one row a fact, columns named like the JSON fields.
--
-- Every table ends with the same envelope: sequence (within the subject), time (when it happened), source, epoch and
-- position (which log, and its number there), loaded_at (when the loader read it). The subject is the column contact,
-- agent or subject. Durations are milliseconds. Words from closed lists are LowCardinality(String), never Enum: a word
-- that a newer controller adds must not break an insert.
--
-- Partitions follow the fact's own time, never loaded_at: a repeated insert has to hit the same partitions, because the
-- token is remembered for each of them (docs/adr/0011-deterministic-inserts.md).
-- {engine}, {on_cluster} and {settings} are filled in by analytics/store. Statements end with a semicolon at a line's
-- end; each can be run again, because DDL has no transaction.

CREATE TABLE IF NOT EXISTS events {on_cluster}
(
    `type` LowCardinality(String),
    `subject` String CODEC(ZSTD(1)),
    `body` String COMMENT 'the data of the fact as JSON, personal fields blanked' CODEC(ZSTD(3)),
    `sequence` UInt64 CODEC(T64, ZSTD(1)),
    `time` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `source` LowCardinality(String),
    `epoch` LowCardinality(String),
    `position` UInt64 CODEC(Delta, ZSTD(1)),
    `loaded_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    INDEX by_time `time` TYPE minmax GRANULARITY 1
)
ENGINE = {engine}
PARTITION BY toYYYYMM(`time`)
ORDER BY (`subject`, `sequence`, `time`)
SETTINGS {settings};

CREATE TABLE IF NOT EXISTS arrivals {on_cluster}
(
    `contact` String CODEC(ZSTD(1)),
    `call` String CODEC(ZSTD(1)),
    `kind` LowCardinality(String),
    `node` LowCardinality(String),
    `channel` String CODEC(ZSTD(1)),
    `caller_number` String COMMENT 'personal' CODEC(ZSTD(1)),
    `caller_name` String COMMENT 'personal' CODEC(ZSTD(1)),
    `dialed` LowCardinality(String),
    `language` LowCardinality(String),
    `plan` LowCardinality(String),
    `fallback` Bool,
    `derived` Bool,
    `sip_call_id` String CODEC(ZSTD(1)),
    `sequence` UInt64 CODEC(T64, ZSTD(1)),
    `time` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `source` LowCardinality(String),
    `epoch` LowCardinality(String),
    `position` UInt64 CODEC(Delta, ZSTD(1)),
    `loaded_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    INDEX by_contact `contact` TYPE bloom_filter GRANULARITY 4
)
ENGINE = {engine}
PARTITION BY toYYYYMM(`time`)
ORDER BY (`time`, `contact`)
SETTINGS {settings};

CREATE TABLE IF NOT EXISTS identified {on_cluster}
(
    `contact` String CODEC(ZSTD(1)),
    `lookup` String CODEC(ZSTD(1)),
    `method` LowCardinality(String),
    `result` LowCardinality(String),
    `digits` String COMMENT 'personal' CODEC(ZSTD(1)),
    `customer` String CODEC(ZSTD(1)),
    `customer_name` String COMMENT 'personal' CODEC(ZSTD(1)),
    `ticket_system` LowCardinality(String),
    `ticket_id` String CODEC(ZSTD(1)),
    `ticket_title` String CODEC(ZSTD(1)),
    `ticket_url` String CODEC(ZSTD(1)),
    `ticket_status` LowCardinality(String),
    `latency_ms` Int64 CODEC(T64, ZSTD(1)),
    `sequence` UInt64 CODEC(T64, ZSTD(1)),
    `time` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `source` LowCardinality(String),
    `epoch` LowCardinality(String),
    `position` UInt64 CODEC(Delta, ZSTD(1)),
    `loaded_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    INDEX by_contact `contact` TYPE bloom_filter GRANULARITY 4,
    INDEX by_customer `customer` TYPE bloom_filter GRANULARITY 4
)
ENGINE = {engine}
PARTITION BY toYYYYMM(`time`)
ORDER BY (`time`, `contact`)
SETTINGS {settings};

CREATE TABLE IF NOT EXISTS ivr_steps {on_cluster}
(
    `type` LowCardinality(String) COMMENT 'ivr.entered, ivr.choice or ivr.input',
    `contact` String CODEC(ZSTD(1)),
    `flow` LowCardinality(String),
    `node` LowCardinality(String),
    `key` LowCardinality(String),
    `target` LowCardinality(String),
    `kind` LowCardinality(String),
    `digits` Int64 COMMENT 'how many' CODEC(T64, ZSTD(1)),
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
ORDER BY (`flow`, `node`, `type`, `time`)
SETTINGS {settings};

CREATE TABLE IF NOT EXISTS ivr_visits {on_cluster}
(
    `contact` String CODEC(ZSTD(1)),
    `flow` LowCardinality(String),
    `last_node` LowCardinality(String),
    `entered_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `left_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `duration_ms` Int64 CODEC(T64, ZSTD(1)),
    `outcome` LowCardinality(String),
    `path` Array(LowCardinality(String)),
    `choices` Array(LowCardinality(String)),
    `sequence` UInt64 CODEC(T64, ZSTD(1)),
    `time` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `source` LowCardinality(String),
    `epoch` LowCardinality(String),
    `position` UInt64 CODEC(Delta, ZSTD(1)),
    `loaded_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    INDEX by_contact `contact` TYPE bloom_filter GRANULARITY 4
)
ENGINE = {engine}
PARTITION BY toYYYYMM(`time`)
ORDER BY (`flow`, `entered_at`, `contact`)
SETTINGS {settings};

CREATE TABLE IF NOT EXISTS entries_opened {on_cluster}
(
    `contact` String CODEC(ZSTD(1)),
    `entry` String CODEC(ZSTD(1)),
    `call` String CODEC(ZSTD(1)),
    `kind` LowCardinality(String),
    `queue` LowCardinality(String),
    `language` LowCardinality(String),
    `priority` Int64 CODEC(T64, ZSTD(1)),
    `skills` Array(LowCardinality(String)),
    `position_in_queue` Int64 COMMENT 'data.position; 1 = next' CODEC(T64, ZSTD(1)),
    `from` LowCardinality(String),
    `derived` Bool,
    `carried_wait_ms` Int64 CODEC(T64, ZSTD(1)),
    `sequence` UInt64 CODEC(T64, ZSTD(1)),
    `time` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `source` LowCardinality(String),
    `epoch` LowCardinality(String),
    `position` UInt64 CODEC(Delta, ZSTD(1)),
    `loaded_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    INDEX by_contact `contact` TYPE bloom_filter GRANULARITY 4
)
ENGINE = {engine}
PARTITION BY toYYYYMM(`time`)
ORDER BY (`queue`, `time`, `entry`)
SETTINGS {settings};

CREATE TABLE IF NOT EXISTS refusals {on_cluster}
(
    `contact` String CODEC(ZSTD(1)),
    `kind` LowCardinality(String),
    `queue` LowCardinality(String),
    `language` LowCardinality(String),
    `reason` LowCardinality(String),
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

CREATE TABLE IF NOT EXISTS positions_told {on_cluster}
(
    `contact` String CODEC(ZSTD(1)),
    `entry` String CODEC(ZSTD(1)),
    `queue` LowCardinality(String),
    `position_in_queue` Int64 COMMENT 'data.position; 1 = next' CODEC(T64, ZSTD(1)),
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

CREATE TABLE IF NOT EXISTS entries {on_cluster}
(
    `contact` String CODEC(ZSTD(1)),
    `entry` String CODEC(ZSTD(1)),
    `call` String CODEC(ZSTD(1)),
    `kind` LowCardinality(String),
    `queue` LowCardinality(String),
    `outcome` LowCardinality(String),
    `queued_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `ended_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `wait_ms` Int64 CODEC(T64, ZSTD(1)),
    `arrived_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `agent` LowCardinality(String),
    `offer` String CODEC(ZSTD(1)),
    `offers` Int64 CODEC(T64, ZSTD(1)),
    `priority` Int64 CODEC(T64, ZSTD(1)),
    `skills` Array(LowCardinality(String)),
    `language` LowCardinality(String),
    `customer` String CODEC(ZSTD(1)),
    `first_position` Int64 CODEC(T64, ZSTD(1)),
    `last_position` Int64 CODEC(T64, ZSTD(1)),
    `to` LowCardinality(String),
    `derived` Bool,
    `carried_wait_ms` Int64 CODEC(T64, ZSTD(1)),
    `sequence` UInt64 CODEC(T64, ZSTD(1)),
    `time` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `source` LowCardinality(String),
    `epoch` LowCardinality(String),
    `position` UInt64 CODEC(Delta, ZSTD(1)),
    `loaded_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    INDEX by_ended_at `ended_at` TYPE minmax GRANULARITY 1,
    INDEX by_contact `contact` TYPE bloom_filter GRANULARITY 4
)
ENGINE = {engine}
PARTITION BY toYYYYMM(`time`)
ORDER BY (`queue`, `queued_at`, `entry`)
SETTINGS {settings};

CREATE TABLE IF NOT EXISTS offers_opened {on_cluster}
(
    `contact` String CODEC(ZSTD(1)),
    `offer` String CODEC(ZSTD(1)),
    `entry` String CODEC(ZSTD(1)),
    `call` String CODEC(ZSTD(1)),
    `queue` LowCardinality(String),
    `agent` LowCardinality(String),
    `attempt` Int64 CODEC(T64, ZSTD(1)),
    `wait_ms` Int64 CODEC(T64, ZSTD(1)),
    `sequence` UInt64 CODEC(T64, ZSTD(1)),
    `time` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `source` LowCardinality(String),
    `epoch` LowCardinality(String),
    `position` UInt64 CODEC(Delta, ZSTD(1)),
    `loaded_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1))
)
ENGINE = {engine}
PARTITION BY toYYYYMM(`time`)
ORDER BY (`queue`, `time`, `offer`)
SETTINGS {settings};

CREATE TABLE IF NOT EXISTS offers {on_cluster}
(
    `contact` String CODEC(ZSTD(1)),
    `offer` String CODEC(ZSTD(1)),
    `entry` String CODEC(ZSTD(1)),
    `call` String CODEC(ZSTD(1)),
    `queue` LowCardinality(String),
    `agent` LowCardinality(String),
    `attempt` Int64 CODEC(T64, ZSTD(1)),
    `result` LowCardinality(String),
    `offered_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `ended_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `ring_ms` Int64 CODEC(T64, ZSTD(1)),
    `cause` Int64 COMMENT 'Q.850, 0 when none' CODEC(T64, ZSTD(1)),
    `derived` Bool,
    `sequence` UInt64 CODEC(T64, ZSTD(1)),
    `time` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `source` LowCardinality(String),
    `epoch` LowCardinality(String),
    `position` UInt64 CODEC(Delta, ZSTD(1)),
    `loaded_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    INDEX by_ended_at `ended_at` TYPE minmax GRANULARITY 1,
    INDEX by_contact `contact` TYPE bloom_filter GRANULARITY 4
)
ENGINE = {engine}
PARTITION BY toYYYYMM(`time`)
ORDER BY (`queue`, `agent`, `offered_at`, `offer`)
SETTINGS {settings};

CREATE TABLE IF NOT EXISTS pops {on_cluster}
(
    `type` LowCardinality(String) COMMENT 'pop.sent, pop.shown or pop.opened',
    `contact` String CODEC(ZSTD(1)),
    `pop` String CODEC(ZSTD(1)),
    `offer` String CODEC(ZSTD(1)),
    `queue` LowCardinality(String),
    `agent` LowCardinality(String),
    `channel` LowCardinality(String),
    `result` LowCardinality(String),
    `attempt` Int64 CODEC(T64, ZSTD(1)),
    `latency_ms` Int64 CODEC(T64, ZSTD(1)),
    `error` String CODEC(ZSTD(1)),
    `sequence` UInt64 CODEC(T64, ZSTD(1)),
    `time` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `source` LowCardinality(String),
    `epoch` LowCardinality(String),
    `position` UInt64 CODEC(Delta, ZSTD(1)),
    `loaded_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1))
)
ENGINE = {engine}
PARTITION BY toYYYYMM(`time`)
ORDER BY (`type`, `channel`, `time`, `pop`)
SETTINGS {settings};

CREATE TABLE IF NOT EXISTS segments_opened {on_cluster}
(
    `contact` String CODEC(ZSTD(1)),
    `segment` String CODEC(ZSTD(1)),
    `kind` LowCardinality(String),
    `agent` LowCardinality(String),
    `call` String CODEC(ZSTD(1)),
    `entry` String CODEC(ZSTD(1)),
    `queue` LowCardinality(String),
    `sequence` UInt64 CODEC(T64, ZSTD(1)),
    `time` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `source` LowCardinality(String),
    `epoch` LowCardinality(String),
    `position` UInt64 CODEC(Delta, ZSTD(1)),
    `loaded_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1))
)
ENGINE = {engine}
PARTITION BY toYYYYMM(`time`)
ORDER BY (`agent`, `time`, `segment`)
SETTINGS {settings};

CREATE TABLE IF NOT EXISTS segments {on_cluster}
(
    `contact` String CODEC(ZSTD(1)),
    `segment` String CODEC(ZSTD(1)),
    `kind` LowCardinality(String),
    `agent` LowCardinality(String),
    `call` String CODEC(ZSTD(1)),
    `entry` String CODEC(ZSTD(1)),
    `queue` LowCardinality(String),
    `started_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `ended_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `duration_ms` Int64 CODEC(T64, ZSTD(1)),
    `derived` Bool,
    `sequence` UInt64 CODEC(T64, ZSTD(1)),
    `time` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `source` LowCardinality(String),
    `epoch` LowCardinality(String),
    `position` UInt64 CODEC(Delta, ZSTD(1)),
    `loaded_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    INDEX by_ended_at `ended_at` TYPE minmax GRANULARITY 1,
    INDEX by_contact `contact` TYPE bloom_filter GRANULARITY 4
)
ENGINE = {engine}
PARTITION BY toYYYYMM(`time`)
ORDER BY (`agent`, `started_at`, `segment`)
SETTINGS {settings};

CREATE TABLE IF NOT EXISTS dispositions {on_cluster}
(
    `contact` String CODEC(ZSTD(1)),
    `agent` LowCardinality(String),
    `queue` LowCardinality(String),
    `code` LowCardinality(String),
    `note` String CODEC(ZSTD(1)),
    `sequence` UInt64 CODEC(T64, ZSTD(1)),
    `time` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `source` LowCardinality(String),
    `epoch` LowCardinality(String),
    `position` UInt64 CODEC(Delta, ZSTD(1)),
    `loaded_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    INDEX by_contact `contact` TYPE bloom_filter GRANULARITY 4
)
ENGINE = {engine}
PARTITION BY toYYYYMM(`time`)
ORDER BY (`time`, `contact`)
SETTINGS {settings};

CREATE TABLE IF NOT EXISTS calls {on_cluster}
(
    `contact` String CODEC(ZSTD(1)),
    `call` String CODEC(ZSTD(1)),
    `kind` LowCardinality(String),
    `node` LowCardinality(String),
    `started_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `answered_at` Nullable(DateTime64(3, 'UTC')) CODEC(Delta, ZSTD(1)),
    `ended_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `duration_ms` Int64 CODEC(T64, ZSTD(1)),
    `termination_result` LowCardinality(String),
    `termination_reason` LowCardinality(String),
    `cause` Int64 COMMENT 'Q.850, 0 when none' CODEC(T64, ZSTD(1)),
    `derived` Bool,
    `sequence` UInt64 CODEC(T64, ZSTD(1)),
    `time` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `source` LowCardinality(String),
    `epoch` LowCardinality(String),
    `position` UInt64 CODEC(Delta, ZSTD(1)),
    `loaded_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    INDEX by_contact `contact` TYPE bloom_filter GRANULARITY 4
)
ENGINE = {engine}
PARTITION BY toYYYYMM(`time`)
ORDER BY (`started_at`, `call`)
SETTINGS {settings};

CREATE TABLE IF NOT EXISTS contacts {on_cluster}
(
    `contact` String CODEC(ZSTD(1)),
    `kind` LowCardinality(String),
    `node` LowCardinality(String),
    `started_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `ended_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `duration_ms` Int64 CODEC(T64, ZSTD(1)),
    `ivr_ms` Int64 CODEC(T64, ZSTD(1)),
    `wait_ms` Int64 CODEC(T64, ZSTD(1)),
    `ring_ms` Int64 CODEC(T64, ZSTD(1)),
    `talk_ms` Int64 CODEC(T64, ZSTD(1)),
    `hold_ms` Int64 CODEC(T64, ZSTD(1)),
    `wrap_up_ms` Int64 CODEC(T64, ZSTD(1)),
    `to_agent_ms` Nullable(Int64) CODEC(T64, ZSTD(1)),
    `calls` Int64 CODEC(T64, ZSTD(1)),
    `entries` Int64 CODEC(T64, ZSTD(1)),
    `offers` Int64 CODEC(T64, ZSTD(1)),
    `first_queue` LowCardinality(String),
    `last_queue` LowCardinality(String),
    `last_agent` LowCardinality(String),
    `customer` String CODEC(ZSTD(1)),
    `ticket_system` LowCardinality(String),
    `ticket_id` String CODEC(ZSTD(1)),
    `ticket_title` String CODEC(ZSTD(1)),
    `ticket_url` String CODEC(ZSTD(1)),
    `ticket_status` LowCardinality(String),
    `language` LowCardinality(String),
    `flow` LowCardinality(String),
    `fallback` Bool,
    `termination_result` LowCardinality(String),
    `termination_reason` LowCardinality(String),
    `sequence` UInt64 CODEC(T64, ZSTD(1)),
    `time` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `source` LowCardinality(String),
    `epoch` LowCardinality(String),
    `position` UInt64 CODEC(Delta, ZSTD(1)),
    `loaded_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    INDEX by_contact `contact` TYPE bloom_filter GRANULARITY 4,
    INDEX by_customer `customer` TYPE bloom_filter GRANULARITY 4,
    INDEX by_ticket `ticket_id` TYPE bloom_filter GRANULARITY 4
)
ENGINE = {engine}
PARTITION BY toYYYYMM(`time`)
ORDER BY (`started_at`, `contact`)
SETTINGS {settings};

CREATE TABLE IF NOT EXISTS agent_logins {on_cluster}
(
    `type` LowCardinality(String) COMMENT 'agent.logged_in or agent.logged_out',
    `agent` LowCardinality(String),
    `endpoint` LowCardinality(String),
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

CREATE TABLE IF NOT EXISTS agent_states_opened {on_cluster}
(
    `agent` LowCardinality(String),
    `state` LowCardinality(String),
    `reason` LowCardinality(String),
    `contact` String CODEC(ZSTD(1)),
    `queue` LowCardinality(String),
    `by` LowCardinality(String),
    `sequence` UInt64 CODEC(T64, ZSTD(1)),
    `time` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `source` LowCardinality(String),
    `epoch` LowCardinality(String),
    `position` UInt64 CODEC(Delta, ZSTD(1)),
    `loaded_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1))
)
ENGINE = {engine}
PARTITION BY toYYYYMM(`time`)
ORDER BY (`agent`, `time`, `sequence`)
SETTINGS {settings};

CREATE TABLE IF NOT EXISTS agent_states {on_cluster}
(
    `agent` LowCardinality(String),
    `state` LowCardinality(String),
    `reason` LowCardinality(String),
    `contact` String CODEC(ZSTD(1)),
    `queue` LowCardinality(String),
    `started_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `ended_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `duration_ms` Int64 CODEC(T64, ZSTD(1)),
    `sequence` UInt64 CODEC(T64, ZSTD(1)),
    `time` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `source` LowCardinality(String),
    `epoch` LowCardinality(String),
    `position` UInt64 CODEC(Delta, ZSTD(1)),
    `loaded_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    INDEX by_ended_at `ended_at` TYPE minmax GRANULARITY 1
)
ENGINE = {engine}
PARTITION BY toYYYYMM(`time`)
ORDER BY (`agent`, `started_at`, `sequence`)
SETTINGS {settings};

CREATE TABLE IF NOT EXISTS tickets {on_cluster}
(
    `type` LowCardinality(String) COMMENT 'ticket.linked, opened, first_reply, resolved or reopened',
    `subject` String COMMENT 'system:ticket' CODEC(ZSTD(1)),
    `system` LowCardinality(String),
    `event_id` String CODEC(ZSTD(1)),
    `ticket` String CODEC(ZSTD(1)),
    `contact` String CODEC(ZSTD(1)),
    `customer` String CODEC(ZSTD(1)),
    `agent` LowCardinality(String),
    `queue` LowCardinality(String),
    `priority` LowCardinality(String),
    `received_ms` Int64 COMMENT 'Unix milliseconds' CODEC(T64, ZSTD(1)),
    `sequence` UInt64 CODEC(T64, ZSTD(1)),
    `time` DateTime64(3, 'UTC') COMMENT 'the time the sender gave' CODEC(Delta, ZSTD(1)),
    `source` LowCardinality(String),
    `epoch` LowCardinality(String),
    `position` UInt64 CODEC(Delta, ZSTD(1)),
    `loaded_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    INDEX by_time `time` TYPE minmax GRANULARITY 1,
    INDEX by_contact `contact` TYPE bloom_filter GRANULARITY 4
)
ENGINE = {engine}
PARTITION BY toYYYYMM(`time`)
ORDER BY (`system`, `event_id`, `received_ms`)
SETTINGS {settings};

-- Senders repeat deliveries: every query about tickets reads this view, which takes each event once, the first received.
CREATE VIEW IF NOT EXISTS tickets_once {on_cluster} AS
SELECT * FROM tickets
ORDER BY `system`, `event_id`, `received_ms`, `source`, `epoch`, `position`
LIMIT 1 BY `system`, `event_id`;

CREATE TABLE IF NOT EXISTS gaps {on_cluster}
(
    `subject` String COMMENT 'log/epoch' CODEC(ZSTD(1)),
    `from` DateTime64(3, 'UTC'),
    `until` DateTime64(3, 'UTC'),
    `kept` Int64,
    `dropped` Int64,
    `sequence` UInt64,
    `time` DateTime64(3, 'UTC'),
    `source` LowCardinality(String),
    `epoch` LowCardinality(String),
    `position` UInt64,
    `loaded_at` DateTime64(3, 'UTC')
)
ENGINE = {engine}
PARTITION BY toYYYYMM(`time`)
ORDER BY (`time`)
SETTINGS {settings};

-- One row a plan of pipeline/load, inserted last: a plan is loaded when its row is here.
CREATE TABLE IF NOT EXISTS loads {on_cluster}
(
    `cluster` LowCardinality(String) COMMENT 'Kafka cluster id',
    `topic` LowCardinality(String),
    `partition` Int64,
    `number` UInt64 COMMENT 'counts the plans of a partition from 1',
    `first` Int64 COMMENT 'offset of the first message, inclusive',
    `last` Int64 COMMENT 'offset of the last message, inclusive',
    `before` String COMMENT 'repeat numbers before, JSON' CODEC(ZSTD(1)),
    `after` String COMMENT 'repeat numbers after, JSON' CODEC(ZSTD(1)),
    `accepted` Bool COMMENT 'an operator accepted another log; nothing was inserted',
    `facts` Int64 COMMENT 'messages inserted as facts',
    `repeats` Int64 COMMENT 'messages seen before',
    `missing` Int64 COMMENT 'positions that never came, at most',
    `dead_letters` Int64 COMMENT 'messages that could not be decoded',
    `late` Int64 COMMENT 'of the facts, those loaded more than a minute after they happened',
    `watermark` DateTime64(3, 'UTC') COMMENT 'latest time among the facts; 1970 when there are none',
    `loaded_at` DateTime64(3, 'UTC')
)
ENGINE = {engine}
ORDER BY (`topic`, `partition`, `number`)
SETTINGS {settings};
