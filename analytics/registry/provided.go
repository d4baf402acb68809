package registry

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Provided is what the identity provider said of a user when he last signed in. Of a user with a password it is empty.
type Provided struct {
	Subject string // who he is there, for good; "" = he is not from there
	Label   string // how he is greeted
	Groups  []string
	Agent   string // id of the agent he is, or whose phone he has; "" = none
}

// Provide notes who signed in at the identity provider, and what it says of him now, his name included. It returns him, also when he
// is disabled; ErrTaken when somebody else has the name. A name whose provided user was released is free.
func (r *Registry) Provide(ctx context.Context, name string, p Provided, now time.Time) (User, error) {
	tx, err := r.db.BeginTx(ctx, nil)
	if err != nil {
		return User{}, fmt.Errorf("provide user: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // after Commit it does nothing
	known, err := findUser(ctx, tx, name)
	switch {
	case errors.Is(err, ErrNone):
	case err != nil:
		return User{}, err
	case known.Hash != "" || known.Subject != "" && known.Subject != p.Subject:
		return User{}, ErrTaken
	}
	u, err := findSubject(ctx, tx, p.Subject)
	switch {
	case errors.Is(err, ErrNone):
		u = User{Name: name, Made: now}
	case err != nil:
		return User{}, err
	}
	if _, err := tx.ExecContext(ctx, "DELETE FROM users WHERE name IN (?, ?)", u.Name, name); err != nil {
		return User{}, fmt.Errorf("provide user: %w", err)
	}
	u.Name, u.Provided = name, p
	if _, err := tx.ExecContext(ctx, "INSERT INTO users ("+userColumns+") VALUES "+userValues, u.row()...); err != nil {
		return User{}, fmt.Errorf("provide user: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return User{}, fmt.Errorf("provide user: %w", err)
	}
	return u, nil
}

// FindSubject returns the user whom the identity provider calls so, also one who is disabled; ErrNone when there is none.
func (r *Registry) FindSubject(ctx context.Context, subject string) (User, error) {
	return findSubject(ctx, r.db, subject)
}

func findSubject(ctx context.Context, db querier, subject string) (User, error) {
	u, err := scanUser(db.QueryRowContext(ctx, "SELECT "+userColumns+" FROM users WHERE subject = ? AND subject <> ''", subject))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return User{}, ErrNone
	case err != nil:
		return User{}, fmt.Errorf("find user: %w", err)
	}
	return u, nil
}

// EndProvided ends the sessions that belong to one at the identity provider, of this subject; without a name of that session all of the
// subject's, and without a subject all of that session. It returns how many.
func (r *Registry) EndProvided(ctx context.Context, subject, there string) (int64, error) {
	where, args := "subject = ? AND provider_session IN (?, '')", []any{subject, there}
	switch {
	case subject == "" && there == "":
		return 0, nil
	case there == "":
		where, args = "subject = ?", []any{subject}
	case subject == "":
		where, args = "provider_session = ?", []any{there}
	}
	res, err := r.db.ExecContext(ctx, "DELETE FROM sessions WHERE "+where, args...)
	if err != nil {
		return 0, fmt.Errorf("end sessions: %w", err)
	}
	return res.RowsAffected()
}
