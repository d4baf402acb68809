-- What is asked of years of calls and was read from every row: facts that came late, the calls of a number, the events of a ticket.
-- (cmd/bench/history measures both, docs/performance.md.)

ALTER TABLE events {on_cluster}
    ADD INDEX IF NOT EXISTS behind toUnixTimestamp64Milli(`loaded_at`) - toUnixTimestamp64Milli(`time`) TYPE minmax GRANULARITY 1;

ALTER TABLE events {on_cluster} MATERIALIZE INDEX behind;

ALTER TABLE arrivals {on_cluster}
    ADD INDEX IF NOT EXISTS by_number right(replaceRegexpAll(`caller_number`, '[^0-9]', ''), 7) TYPE bloom_filter GRANULARITY 4;

ALTER TABLE arrivals {on_cluster} MATERIALIZE INDEX by_number;

ALTER TABLE tickets {on_cluster}
    ADD INDEX IF NOT EXISTS by_subject `subject` TYPE bloom_filter GRANULARITY 4;

ALTER TABLE tickets {on_cluster} MATERIALIZE INDEX by_subject;
