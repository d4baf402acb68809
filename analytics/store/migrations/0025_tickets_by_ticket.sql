-- A sender's event id counts once in a ticket. The events of some tickets are found where they stand beside each other.
-- Rows that are there already are sorted in the background: it takes minutes where there are years of them. (docs/performance.md)

CREATE OR REPLACE VIEW tickets_once {on_cluster} AS
SELECT * FROM tickets
ORDER BY `subject`, `event_id`, `received_ms`, `source`, `epoch`, `position`
LIMIT 1 BY `subject`, `event_id`;

ALTER TABLE tickets {on_cluster} DROP INDEX IF EXISTS by_subject SETTINGS mutations_sync = 0;

ALTER TABLE tickets {on_cluster} ADD PROJECTION IF NOT EXISTS by_ticket (SELECT * ORDER BY `subject`, `event_id`, `received_ms`);

ALTER TABLE tickets {on_cluster} MATERIALIZE PROJECTION by_ticket SETTINGS mutations_sync = 0;
