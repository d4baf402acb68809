package registry

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// User is somebody whom an admin made, or whom the identity provider sent. Lists are never nil once stored.
type User struct {
	Name     string // what he signs in with
	Role     string
	Hash     string // argon2id, of his password
	Queues   []string
	Teams    []string
	Masked   bool   // he sees no whole numbers of callers
	Phone    string // agent id whose phone he listens with; "" = none
	Made     time.Time
	MadeBy   string
	Disabled time.Time // zero = not

	Provided
}

const (
	userColumns = "name, role, hash, queues, teams, phone, made, made_by, disabled, masked, subject, label, member_of, agent"
	userValues  = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)

// MakeUser stores a new user; ErrTaken when there is one of that name.
func (r *Registry) MakeUser(ctx context.Context, u User) error {
	err := r.change(ctx, "make user", "INSERT INTO users ("+userColumns+") VALUES "+userValues+" ON CONFLICT DO NOTHING", u.row()...)
	if errors.Is(err, ErrNone) {
		return ErrTaken
	}
	return err
}

func (u User) row() []any {
	return []any{
		u.Name, u.Role, u.Hash, list(u.Queues), list(u.Teams), u.Phone, unix(u.Made), u.MadeBy, unix(u.Disabled), u.Masked,
		u.Subject, u.Label, list(u.Groups), u.Agent,
	}
}

// FindUser returns a user, also one who is disabled; ErrNone when there is none.
func (r *Registry) FindUser(ctx context.Context, name string) (User, error) {
	return findUser(ctx, r.db, name)
}

type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func findUser(ctx context.Context, db querier, name string) (User, error) {
	u, err := scanUser(db.QueryRowContext(ctx, "SELECT "+userColumns+" FROM users WHERE name = ?", name))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return User{}, ErrNone
	case err != nil:
		return User{}, fmt.Errorf("find user: %w", err)
	}
	return u, nil
}

// Users lists all users by name.
func (r *Registry) Users(ctx context.Context) ([]User, error) {
	rows, err := r.db.QueryContext(ctx, "SELECT "+userColumns+" FROM users ORDER BY name")
	if err != nil {
		return nil, fmt.Errorf("list users: %w", err)
	}
	defer func() { _ = rows.Close() }()
	out := []User{}
	for rows.Next() {
		u, err := scanUser(rows)
		if err != nil {
			return nil, fmt.Errorf("list users: %w", err)
		}
		out = append(out, u)
	}
	return out, rows.Err()
}

// ChangeUser changes a user, all but his name, as one step: nobody else's change gets lost in between. The error of change is
// returned as it is, and nothing is changed then. ErrNone when there is no such user.
func (r *Registry) ChangeUser(ctx context.Context, name string, change func(*User) error) (User, error) {
	tx, err := r.db.BeginTx(ctx, nil)
	if err != nil {
		return User{}, fmt.Errorf("change user: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // after Commit it does nothing
	u, err := findUser(ctx, tx, name)
	if err != nil {
		return User{}, err
	}
	if err := change(&u); err != nil {
		return User{}, err
	}
	u.Name = name
	if _, err := tx.ExecContext(ctx, "UPDATE users SET ("+userColumns+") = "+userValues+" WHERE name = ?", append(u.row(), name)...); err != nil {
		return User{}, fmt.Errorf("change user: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return User{}, fmt.Errorf("change user: %w", err)
	}
	return u, nil
}

func scanUser(row scanner) (User, error) {
	var u User
	var made, disabled int64
	err := row.Scan(&u.Name, &u.Role, &u.Hash, (*list)(&u.Queues), (*list)(&u.Teams), &u.Phone, &made, &u.MadeBy, &disabled, &u.Masked,
		&u.Subject, &u.Label, (*list)(&u.Groups), &u.Agent)
	u.Made, u.Disabled = fromUnix(made), fromUnix(disabled)
	return u, err
}
