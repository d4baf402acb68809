-- Callers are erased. The ids of their contacts are remembered for ever, so that what comes late, or again, brings nothing back.

CREATE TABLE IF NOT EXISTS erasures {on_cluster}
(
    `erasure` String,
    `requested_at` DateTime64(3, 'UTC') COMMENT 'what happened before it is erased',
    `by` String COMMENT 'who asked for it',
    `reason` String,
    `customer` String COMMENT 'whose contacts; empty: those of a number',
    `ends` String COMMENT 'last digits of the number',
    `salt` String COMMENT 'emptied when nothing more can come late, as sums are',
    `sums` Array(String) COMMENT 'SHA-256 of salt and number, in each form that a network may have given it',
    `until` DateTime64(3, 'UTC') COMMENT 'log and Kafka have forgotten by then'
)
ENGINE = {engine}
ORDER BY (`requested_at`, `erasure`)
SETTINGS {settings};

CREATE TABLE IF NOT EXISTS erased_contacts {on_cluster}
(
    `contact` String,
    `erasure` String,
    `at` DateTime64(3, 'UTC')
)
ENGINE = {engine}
ORDER BY (`contact`, `erasure`)
SETTINGS {settings};

CREATE TABLE IF NOT EXISTS erasure_results {on_cluster}
(
    `erasure` String,
    `what` LowCardinality(String) COMMENT 'a table, recordings; pass: all was gone through once; over: nothing more can come; trouble: why a pass failed',
    `erased` Int64 COMMENT 'rows, files',
    `error` String COMMENT 'of trouble; empty: there is none any more',
    `at` DateTime64(3, 'UTC')
)
ENGINE = {engine}
ORDER BY (`erasure`, `at`)
SETTINGS {settings};

-- What was blanked or dropped because its time was over (section retention).
CREATE TABLE IF NOT EXISTS retained {on_cluster}
(
    `kind` LowCardinality(String) COMMENT 'personal: emptied; contacts: dropped',
    `table` LowCardinality(String),
    `until` DateTime64(3, 'UTC') COMMENT 'what is older is gone',
    `rows` Int64,
    `at` DateTime64(3, 'UTC')
)
ENGINE = {engine}
ORDER BY (`kind`, `until`, `table`)
SETTINGS {settings};
