-- What a fact said stands in its row of its family's table, and no more as JSON in events too, which took more than half of the disk.
-- What was there is removed in the background. (docs/adr/0044-a-fact-is-stored-once.md)

ALTER TABLE events {on_cluster} DROP COLUMN IF EXISTS `body` SETTINGS alter_sync = 0;
