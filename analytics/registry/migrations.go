package registry

import (
	"context"
	"fmt"
)

// migrations are applied in order, once each; user_version, in PostgreSQL the table registry_version, counts them. They are never changed
// once released: a new one is added at the end, in SQLite's words and in what PostgreSQL understands too (dialect.go).
func migrations() []string {
	return []string{
		`CREATE TABLE sessions (
			token   BLOB PRIMARY KEY,     -- SHA-256 of the cookie's value
			name    TEXT NOT NULL,
			proof   BLOB NOT NULL,        -- of the password hash at sign-in: a new password ends the session
			began   INTEGER NOT NULL,     -- Unix seconds
			ends    INTEGER NOT NULL
		) WITHOUT ROWID`,
		`CREATE INDEX sessions_ends ON sessions (ends)`,
		`CREATE TABLE keys (
			id         TEXT PRIMARY KEY,  -- shown, also within the key
			hash       BLOB NOT NULL,     -- SHA-256 of the whole key
			name       TEXT NOT NULL,
			scopes     TEXT NOT NULL,     -- JSON lists
			queues     TEXT NOT NULL,
			teams      TEXT NOT NULL,
			made       INTEGER NOT NULL,  -- Unix seconds
			made_by    TEXT NOT NULL,
			ends       INTEGER NOT NULL,
			used       INTEGER NOT NULL,  -- 0 = never
			revoked    INTEGER NOT NULL,  -- 0 = not
			revoked_by TEXT NOT NULL
		) WITHOUT ROWID`,
		`CREATE TABLE users (
			name     TEXT PRIMARY KEY,
			role     TEXT NOT NULL,
			hash     TEXT NOT NULL,       -- argon2id, of the password
			queues   TEXT NOT NULL,       -- JSON lists
			teams    TEXT NOT NULL,
			phone    TEXT NOT NULL,
			made     INTEGER NOT NULL,    -- Unix seconds
			made_by  TEXT NOT NULL,
			disabled INTEGER NOT NULL     -- 0 = not
		) WITHOUT ROWID`,
		`CREATE TABLE audit (
			id      INTEGER PRIMARY KEY AUTOINCREMENT, -- rises, never used twice
			time    INTEGER NOT NULL,     -- Unix milliseconds
			actor   TEXT NOT NULL,
			role    TEXT NOT NULL,
			address TEXT NOT NULL,
			action  TEXT NOT NULL,
			object  TEXT NOT NULL,
			result  TEXT NOT NULL,
			request TEXT NOT NULL
		)`,
		`CREATE INDEX audit_time ON audit (time)`,
		`ALTER TABLE users ADD COLUMN masked INTEGER NOT NULL DEFAULT 0`, // 1 = sees no whole numbers of callers
		`ALTER TABLE users ADD COLUMN subject TEXT NOT NULL DEFAULT ''`,  // who he is at the identity provider; '' = not from there
		`ALTER TABLE users ADD COLUMN label TEXT NOT NULL DEFAULT ''`,    // this and the next two as the provider said when he last signed in
		`ALTER TABLE users ADD COLUMN member_of TEXT NOT NULL DEFAULT '[]'`,
		`ALTER TABLE users ADD COLUMN agent TEXT NOT NULL DEFAULT ''`,
		`CREATE UNIQUE INDEX users_subject ON users (subject) WHERE subject <> ''`,
		`ALTER TABLE sessions ADD COLUMN subject TEXT NOT NULL DEFAULT ''`, // of the user, when the provider proved him
		`ALTER TABLE sessions ADD COLUMN id_token TEXT NOT NULL DEFAULT ''`,
		`ALTER TABLE sessions ADD COLUMN provider_session TEXT NOT NULL DEFAULT ''`, // '' = the provider doesn't name its sessions
		`ALTER TABLE audit ADD COLUMN process TEXT NOT NULL DEFAULT ''`,             // which API process wrote the entry
		`CREATE TABLE reports (
			id         TEXT PRIMARY KEY,
			owner      TEXT NOT NULL,
			body       TEXT NOT NULL,     -- JSON, of analytics/api
			next       BIGINT NOT NULL,   -- Unix seconds of the next slot; 0 = none
			made       BIGINT NOT NULL,
			changed    BIGINT NOT NULL,
			changed_by TEXT NOT NULL
		)`,
		`CREATE TABLE report_runs (
			id      TEXT PRIMARY KEY,     -- of the report and the slot
			report  TEXT NOT NULL,
			slot    BIGINT NOT NULL,      -- Unix seconds
			ended   INTEGER NOT NULL,     -- 1 = it is over
			attempt INTEGER NOT NULL,
			due     BIGINT NOT NULL,      -- when to try next
			lease   BIGINT NOT NULL,      -- until when somebody is at it
			body    TEXT NOT NULL         -- JSON, of analytics/api
		)`,
		`CREATE INDEX report_runs_slot ON report_runs (report, slot)`,
		`CREATE INDEX report_runs_due ON report_runs (ended, due)`,
		`CREATE TABLE alert_rules (
			id         TEXT PRIMARY KEY,
			body       TEXT NOT NULL,     -- JSON, of analytics/api
			made       BIGINT NOT NULL,
			made_by    TEXT NOT NULL,
			changed    BIGINT NOT NULL,
			changed_by TEXT NOT NULL
		)`,
		`CREATE TABLE alert_states (
			rule_id  TEXT NOT NULL,
			queue_id TEXT NOT NULL,
			body     TEXT NOT NULL,       -- JSON, of analytics/api
			PRIMARY KEY (rule_id, queue_id)
		)`,
		`CREATE TABLE alert_silences (
			id       TEXT PRIMARY KEY,
			rule_id  TEXT NOT NULL,
			queue_id TEXT NOT NULL,       -- '' = all of the rule's
			ends     BIGINT NOT NULL,
			reason   TEXT NOT NULL,
			made     BIGINT NOT NULL,
			made_by  TEXT NOT NULL
		)`,
		`CREATE TABLE leases (
			name   TEXT PRIMARY KEY,
			holder TEXT NOT NULL,
			ends   BIGINT NOT NULL        -- Unix milliseconds
		)`,
	}
}

// migrate brings the file to this program's version; a newer one is refused.
func (r *Registry) migrate(ctx context.Context) error {
	tx, err := r.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after Commit it does nothing
	var done int
	if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&done); err != nil {
		return err
	}
	all := migrations()
	if done > len(all) {
		return fmt.Errorf("the file is of a newer version (%d, this program knows %d)", done, len(all))
	}
	for _, stmt := range all[done:] {
		if _, err := tx.ExecContext(ctx, stmt); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", len(all))); err != nil {
		return err
	}
	return tx.Commit()
}
