-- What is asked of years of calls and was read from every row: facts that came late, the calls of a number, the events of a ticket.
-- Rows that are there already get their indexes in the background: it takes minutes where there are years of them. (docs/performance.md)

ALTER TABLE events {on_cluster}
    ADD INDEX IF NOT EXISTS behind toUnixTimestamp64Milli(`loaded_at`) - toUnixTimestamp64Milli(`time`) TYPE minmax GRANULARITY 1;

ALTER TABLE events {on_cluster} MATERIALIZE INDEX behind SETTINGS mutations_sync = 0;

ALTER TABLE arrivals {on_cluster}
    ADD INDEX IF NOT EXISTS by_number right(replaceRegexpAll(`caller_number`, '[^0-9]', ''), 7) TYPE bloom_filter GRANULARITY 1;

ALTER TABLE arrivals {on_cluster} MATERIALIZE INDEX by_number SETTINGS mutations_sync = 0;

ALTER TABLE tickets {on_cluster}
    ADD INDEX IF NOT EXISTS by_subject `subject` TYPE bloom_filter GRANULARITY 4;

ALTER TABLE tickets {on_cluster} MATERIALIZE INDEX by_subject SETTINGS mutations_sync = 0;
