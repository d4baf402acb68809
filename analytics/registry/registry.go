// Package registry keeps the API's own small state: who is signed in, which users were made beside the configured ones, which API keys
// there are, who did what, which reports were saved and how their runs went, and how alerts stand. It lies in one SQLite file, or in a
// PostgreSQL database that several API processes share.
//
// analytics/api asks it and writes to it; cmd/firstline opens and closes it. It decides nothing: who may do what is the API's
// question. Secrets are never stored, only their hashes.
package registry

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// Registry is the state. It keeps nothing in memory: what one process changed is what the next question of any process finds. Its methods
// may be called from any goroutine, and from several processes on the same file or database.
type Registry struct {
	db   *sql.DB
	stop func() // ends what goes on beside it; nil = nothing does
}

// ErrNone says that there is no such thing, or that it is over.
var ErrNone = errors.New("registry: there is none")

// ErrTaken says that there is one of that name already.
var ErrTaken = errors.New("registry: the name is taken")

// fileName is that of the first version, which kept nothing but sessions: they live on.
const fileName = "api.db"

// options of the file. Each change is on disk when it is answered: a key that was revoked must stay so after a power cut.
const options = "?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate"

// Open opens or creates the file in the data folder. Close it when the API has stopped.
func Open(ctx context.Context, dataDir string) (*Registry, error) {
	if err := os.MkdirAll(dataDir, 0o750); err != nil {
		return nil, fmt.Errorf("open the api's state: %w", err)
	}
	path := filepath.Join(dataDir, fileName)
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+options)
	if err != nil {
		return nil, fmt.Errorf("open the api's state %s: %w", path, err)
	}
	r := &Registry{db: db}
	if err := r.migrate(ctx); err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("migrate the api's state %s: %w", path, err)
	}
	return r, nil
}

// Close closes the file, or the connections.
func (r *Registry) Close() error {
	if r.stop != nil {
		r.stop()
	}
	return r.db.Close()
}

// change runs one statement that must meet a row; ErrNone when it meets none.
func (r *Registry) change(ctx context.Context, what, statement string, args ...any) error {
	res, err := r.db.ExecContext(ctx, statement, args...)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if n, err := res.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return ErrNone
}

// secretSize is the size of what is drawn for a token or a key, in bytes.
const secretSize = 32

// draw draws n random bytes.
func draw(n int) ([]byte, error) {
	raw := make([]byte, n)
	if _, err := rand.Read(raw); err != nil {
		return nil, fmt.Errorf("draw a secret: %w", err)
	}
	return raw, nil
}

// hashOf is what is stored of a token or key. One round of SHA-256 is right for them, unlike for passwords: nobody guesses 256
// random bits, however fast he can try, and a slow hash would cost every request.
func hashOf(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// unix is how times are stored: seconds, 0 = never.
func unix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

func fromUnix(s int64) time.Time {
	if s == 0 {
		return time.Time{}
	}
	return time.Unix(s, 0).UTC()
}
