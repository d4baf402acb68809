package api

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// Sessions keeps who is signed in, in an SQLite file. Tokens are never stored, only their hashes. Its methods may be
// called from any goroutine and from several processes on the same file.
type Sessions struct {
	db *sql.DB
}

// errNoSession: the token belongs to no session, or to one that ended.
var errNoSession = errors.New("api: no such session")

// sessionMigrations are applied in order, once each; user_version counts them.
func sessionMigrations() []string {
	return []string{
		`CREATE TABLE sessions (
			token   BLOB PRIMARY KEY,     -- SHA-256 of the cookie's value
			name    TEXT NOT NULL,
			proof   BLOB NOT NULL,        -- of the password hash at sign-in: a new password ends the session
			began   INTEGER NOT NULL,     -- Unix seconds
			ends    INTEGER NOT NULL
		) WITHOUT ROWID`,
		`CREATE INDEX sessions_ends ON sessions (ends)`,
	}
}

// OpenSessions opens or creates api.db in the data folder. Close it when the API has stopped.
func OpenSessions(ctx context.Context, dataDir string) (*Sessions, error) {
	if err := os.MkdirAll(dataDir, 0o750); err != nil {
		return nil, fmt.Errorf("open sessions: %w", err)
	}
	path := filepath.Join(dataDir, "api.db")
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_txlock=immediate")
	if err != nil {
		return nil, fmt.Errorf("open sessions %s: %w", path, err)
	}
	s := &Sessions{db: db}
	if err := s.migrate(ctx); err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("migrate sessions %s: %w", path, err)
	}
	return s, nil
}

func (s *Sessions) migrate(ctx context.Context) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after Commit it does nothing
	var done int
	if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&done); err != nil {
		return err
	}
	all := sessionMigrations()
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

// Close closes the file.
func (s *Sessions) Close() error { return s.db.Close() }

// begin starts a session and returns its token, which only the client keeps. Sessions that ended are swept on the way.
func (s *Sessions) begin(ctx context.Context, name, hash string, now time.Time, life time.Duration) (string, error) {
	raw := make([]byte, 32)
	if _, err := rand.Read(raw); err != nil {
		return "", fmt.Errorf("draw session token: %w", err)
	}
	token := base64.RawURLEncoding.EncodeToString(raw)
	if _, err := s.db.ExecContext(ctx, "DELETE FROM sessions WHERE ends <= ?", now.Unix()); err != nil {
		return "", fmt.Errorf("sweep sessions: %w", err)
	}
	_, err := s.db.ExecContext(ctx, "INSERT INTO sessions (token, name, proof, began, ends) VALUES (?, ?, ?, ?, ?)",
		tokenKey(token), name, proof(hash), now.Unix(), now.Add(life).Unix())
	if err != nil {
		return "", fmt.Errorf("begin session: %w", err)
	}
	return token, nil
}

// session is what is stored about one.
type session struct {
	name  string
	proof []byte
	ends  time.Time
}

// find returns the session of a token; errNoSession when there is none or it ended.
func (s *Sessions) find(ctx context.Context, token string, now time.Time) (session, error) {
	var out session
	var ends int64
	err := s.db.QueryRowContext(ctx, "SELECT name, proof, ends FROM sessions WHERE token = ? AND ends > ?", tokenKey(token), now.Unix()).
		Scan(&out.name, &out.proof, &ends)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return session{}, errNoSession
	case err != nil:
		return session{}, fmt.Errorf("find session: %w", err)
	}
	out.ends = time.Unix(ends, 0).UTC()
	return out, nil
}

// end ends a session; one that doesn't exist is ended already.
func (s *Sessions) end(ctx context.Context, token string) error {
	if _, err := s.db.ExecContext(ctx, "DELETE FROM sessions WHERE token = ?", tokenKey(token)); err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	return nil
}

// count is how many sessions have not ended.
func (s *Sessions) count(ctx context.Context, now time.Time) (int, error) {
	var n int
	err := s.db.QueryRowContext(ctx, "SELECT count(*) FROM sessions WHERE ends > ?", now.Unix()).Scan(&n)
	return n, err
}

func tokenKey(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// proof changes when the password does, without telling anything about it.
func proof(hash string) []byte {
	sum := sha256.Sum256([]byte("session proof\x00" + hash))
	return sum[:16]
}
