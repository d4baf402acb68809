-- Whose place a waiting caller has.

ALTER TABLE entries_opened {on_cluster}
    ADD COLUMN IF NOT EXISTS `resumes` String COMMENT 'contact whose place it has' CODEC(ZSTD(1)) AFTER `ranked_at`;
