-- Pauses that are paid work.

ALTER TABLE agent_states_opened {on_cluster}
    ADD COLUMN IF NOT EXISTS `billable` Bool COMMENT 'a pause that was paid work when it began' AFTER `reason`;

ALTER TABLE agent_states {on_cluster}
    ADD COLUMN IF NOT EXISTS `billable` Bool COMMENT 'a pause that was paid work when it began' AFTER `reason`;
