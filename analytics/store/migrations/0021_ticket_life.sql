-- The whole life of a ticket: it waits for the customer, is handed on, changes its priority, is closed.

ALTER TABLE tickets {on_cluster}
    MODIFY COLUMN `type` LowCardinality(String) COMMENT 'ticket.linked, opened, first_reply, pending, resumed, reassigned, priority_changed, resolved, reopened or closed',
    ADD COLUMN IF NOT EXISTS `team` LowCardinality(String) AFTER `queue`,
    ADD COLUMN IF NOT EXISTS `reason` LowCardinality(String) COMMENT 'what it is about: the ticket system''s category' AFTER `priority`,
    ADD COLUMN IF NOT EXISTS `schedule` LowCardinality(String) COMMENT 'by which it had its business hours then, as JSON' AFTER `reason`;

-- A view keeps the columns that its table had when it was made.
CREATE OR REPLACE VIEW tickets_once {on_cluster} AS
SELECT * FROM tickets
ORDER BY `system`, `event_id`, `received_ms`, `source`, `epoch`, `position`
LIMIT 1 BY `system`, `event_id`;
