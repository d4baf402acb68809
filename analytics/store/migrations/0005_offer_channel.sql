-- The agent's leg of an offer, by the name that Asterisk's own records have for it.

ALTER TABLE offers {on_cluster}
    ADD COLUMN IF NOT EXISTS `channel` String COMMENT 'of the agent''s leg' CODEC(ZSTD(1)) AFTER `ring_ms`;
