package registry

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"time"
)

// Session is somebody who is signed in.
type Session struct {
	Name  string    // what he signed in with
	Proof []byte    // drawn from his password's hash at sign-in, by who began the session
	Ends  time.Time // UTC, whole seconds

	Subject string // of whom the identity provider proved; "" = he has a password
	IDToken string // what it proved him with, to name him when he signs out there
	There   string // its own session, as it names it; "" = it doesn't
}

// BeginSession starts a session and returns its token, which only the client keeps. Sessions that ended by now are swept on the way.
func (r *Registry) BeginSession(ctx context.Context, s Session, now time.Time) (string, error) {
	raw, err := draw(secretSize)
	if err != nil {
		return "", err
	}
	token := base64.RawURLEncoding.EncodeToString(raw)
	if _, err := r.db.ExecContext(ctx, "DELETE FROM sessions WHERE ends <= ?", now.Unix()); err != nil {
		return "", fmt.Errorf("sweep sessions: %w", err)
	}
	_, err = r.db.ExecContext(ctx, "INSERT INTO sessions (token, name, proof, began, ends, subject, id_token, provider_session) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		hashOf(token), s.Name, s.Proof, now.Unix(), s.Ends.Unix(), s.Subject, s.IDToken, s.There)
	if err != nil {
		return "", fmt.Errorf("begin session: %w", err)
	}
	return token, nil
}

// FindSession returns the session of a token; ErrNone when there is none or it ended.
func (r *Registry) FindSession(ctx context.Context, token string, now time.Time) (Session, error) {
	var out Session
	var ends int64
	err := r.db.QueryRowContext(ctx, "SELECT name, proof, ends, subject, id_token, provider_session FROM sessions WHERE token = ? AND ends > ?", hashOf(token), now.Unix()).
		Scan(&out.Name, &out.Proof, &ends, &out.Subject, &out.IDToken, &out.There)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return Session{}, ErrNone
	case err != nil:
		return Session{}, fmt.Errorf("find session: %w", err)
	}
	out.Ends = fromUnix(ends)
	return out, nil
}

// EndSession ends a session; one that doesn't exist is ended already.
func (r *Registry) EndSession(ctx context.Context, token string) error {
	if _, err := r.db.ExecContext(ctx, "DELETE FROM sessions WHERE token = ?", hashOf(token)); err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	return nil
}

// EndSessions ends all sessions of somebody.
func (r *Registry) EndSessions(ctx context.Context, name string) error {
	if _, err := r.db.ExecContext(ctx, "DELETE FROM sessions WHERE name = ?", name); err != nil {
		return fmt.Errorf("end sessions: %w", err)
	}
	return nil
}

// CountSessions is how many sessions have not ended.
func (r *Registry) CountSessions(ctx context.Context, now time.Time) (int, error) {
	var n int
	err := r.db.QueryRowContext(ctx, "SELECT count(*) FROM sessions WHERE ends > ?", now.Unix()).Scan(&n)
	return n, err
}
