package registry

import (
	"context"
	"crypto/subtle"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
)

// KeyPrefix begins every key, so that who finds one, or a scanner for secrets, knows where it comes from. A key is the prefix, its
// id (8 digits), an underscore and 64 digits, all hexadecimal.
const KeyPrefix = "fl_"

const keyIDSize = 4 // bytes

// Key is an API key without its secret. Lists are never nil.
type Key struct {
	ID        string
	Name      string
	Scopes    []string
	Queues    []string // it is limited to; empty = all
	Teams     []string // it is limited to; empty = all
	Made      time.Time
	MadeBy    string
	Ends      time.Time
	Used      time.Time // about; zero = never
	Revoked   time.Time // zero = not
	RevokedBy string
}

// MakeKey stores a new key and returns it with its id, and the key itself, which is kept nowhere.
func (r *Registry) MakeKey(ctx context.Context, k Key) (made Key, secret string, err error) {
	raw, err := draw(keyIDSize + secretSize)
	if err != nil {
		return Key{}, "", err
	}
	k.ID = hex.EncodeToString(raw[:keyIDSize])
	secret = KeyPrefix + k.ID + "_" + hex.EncodeToString(raw[keyIDSize:])
	_, err = r.db.ExecContext(ctx, `INSERT INTO keys (id, hash, name, scopes, queues, teams, made, made_by, ends, used, revoked, revoked_by)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, '')`,
		k.ID, hashOf(secret), k.Name, list(k.Scopes), list(k.Queues), list(k.Teams), unix(k.Made), k.MadeBy, unix(k.Ends))
	if err != nil { // also, once in many million keys, when the id is taken: trying again helps
		return Key{}, "", fmt.Errorf("make key: %w", err)
	}
	return k, secret, nil
}

const keyColumns = "id, name, scopes, queues, teams, made, made_by, ends, used, revoked, revoked_by"

// FindKey returns the key of a secret, also one that ended or was revoked; ErrNone when there is none.
func (r *Registry) FindKey(ctx context.Context, secret string) (Key, error) {
	id, ok := keyID(secret)
	if !ok {
		return Key{}, ErrNone
	}
	var hash []byte
	k, err := scanKey(r.db.QueryRowContext(ctx, "SELECT "+keyColumns+", hash FROM keys WHERE id = ?", id), &hash)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return Key{}, ErrNone
	case err != nil:
		return Key{}, fmt.Errorf("find key: %w", err)
	case subtle.ConstantTimeCompare(hash, hashOf(secret)) != 1:
		return Key{}, ErrNone
	}
	return k, nil
}

// keyID is the id within a key; false when the text has not the form of one.
func keyID(secret string) (string, bool) {
	rest, ok := strings.CutPrefix(secret, KeyPrefix)
	if !ok {
		return "", false
	}
	id, _, ok := strings.Cut(rest, "_")
	return id, ok
}

// Keys lists all keys, the newest first.
func (r *Registry) Keys(ctx context.Context) ([]Key, error) {
	rows, err := r.db.QueryContext(ctx, "SELECT "+keyColumns+" FROM keys ORDER BY made DESC, id")
	if err != nil {
		return nil, fmt.Errorf("list keys: %w", err)
	}
	defer func() { _ = rows.Close() }()
	out := []Key{}
	for rows.Next() {
		k, err := scanKey(rows)
		if err != nil {
			return nil, fmt.Errorf("list keys: %w", err)
		}
		out = append(out, k)
	}
	return out, rows.Err()
}

// RevokeKey ends a key; one that is revoked already stays as it is. ErrNone when there is none.
func (r *Registry) RevokeKey(ctx context.Context, id, by string, now time.Time) error {
	return r.change(ctx, "revoke key", `UPDATE keys SET revoked_by = CASE WHEN revoked = 0 THEN ? ELSE revoked_by END,
		revoked = CASE WHEN revoked = 0 THEN ? ELSE revoked END WHERE id = ?`, by, unix(now), id)
}

// UseKey notes that a key was used.
func (r *Registry) UseKey(ctx context.Context, id string, now time.Time) error {
	return r.change(ctx, "note the use of a key", "UPDATE keys SET used = CASE WHEN used < ? THEN ? ELSE used END WHERE id = ?", unix(now), unix(now), id)
}

type scanner interface{ Scan(into ...any) error }

func scanKey(row scanner, more ...any) (Key, error) {
	var k Key
	var made, ends, used, revoked int64
	into := []any{&k.ID, &k.Name, (*list)(&k.Scopes), (*list)(&k.Queues), (*list)(&k.Teams), &made, &k.MadeBy, &ends, &used, &revoked, &k.RevokedBy}
	if err := row.Scan(append(into, more...)...); err != nil {
		return Key{}, err
	}
	k.Made, k.Ends, k.Used, k.Revoked = fromUnix(made), fromUnix(ends), fromUnix(used), fromUnix(revoked)
	return k, nil
}
