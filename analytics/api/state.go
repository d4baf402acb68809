package api

import (
	"context"
	"crypto/sha256"
	"time"

	"firstline/analytics/registry"
)

// State is the API's own small state: *registry.Registry, in a file or for several API processes in PostgreSQL. What there is not, or no
// more, is registry.ErrNone. Nothing of it is remembered here: each request asks anew, live streams every few seconds.
type State interface {
	BeginSession(ctx context.Context, s registry.Session, now time.Time) (token string, err error)
	FindSession(ctx context.Context, token string, now time.Time) (registry.Session, error)
	EndSession(ctx context.Context, token string) error
	EndSessions(ctx context.Context, name string) error // all of this name
	CountSessions(ctx context.Context, now time.Time) (int, error)

	MakeKey(ctx context.Context, k registry.Key) (made registry.Key, secret string, err error)
	FindKey(ctx context.Context, secret string) (registry.Key, error) // also one that ended or was revoked
	Keys(ctx context.Context) ([]registry.Key, error)
	RevokeKey(ctx context.Context, id, by string, now time.Time) error
	UseKey(ctx context.Context, id string, now time.Time) error

	MakeUser(ctx context.Context, u registry.User) error // registry.ErrTaken when there is one of that name
	FindUser(ctx context.Context, name string) (registry.User, error)
	Users(ctx context.Context) ([]registry.User, error)
	Record(ctx context.Context, e registry.Entry) error
	Audit(ctx context.Context, f registry.AuditFilter) ([]registry.Entry, error)
	SweepAudit(ctx context.Context, before time.Time) (int64, error)

	ChangeUser(ctx context.Context, name string, change func(*registry.User) error) (registry.User, error)

	Provide(ctx context.Context, name string, p registry.Provided, now time.Time) (registry.User, error) // registry.ErrTaken when somebody else has the name
	FindSubject(ctx context.Context, subject string) (registry.User, error)
	EndProvided(ctx context.Context, subject, there string) (int64, error)
	SavedReports
	Alerts
}

var _ State = (*registry.Registry)(nil)

// proof changes when the password does, without telling anything about it.
func proof(hash string) []byte {
	sum := sha256.Sum256([]byte("session proof\x00" + hash))
	return sum[:16]
}
