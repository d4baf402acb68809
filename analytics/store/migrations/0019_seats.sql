-- Agents without a phone of their own sit at seats.

ALTER TABLE agent_logins {on_cluster}
    ADD COLUMN IF NOT EXISTS `seat` LowCardinality(String) COMMENT 'id of the seat, of an agent who sits freely',
    ADD COLUMN IF NOT EXISTS `reason` LowCardinality(String) COMMENT 'of a log-out that nobody asked for: seat_taken, moved, seat_gone';
