package registry

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Entry is one line of the audit log.
type Entry struct {
	ID      int64
	Time    time.Time // UTC, milliseconds
	Actor   string
	Role    string
	Address string
	Action  string // operation id of the route
	Object  string // path of the request below the API's prefix
	Result  string // "ok", or the code it was refused with
	Request string // id of the request, as in the log
	Process string // that answered the request
}

// AuditFilter says which entries are wanted; zero values mean any.
type AuditFilter struct {
	From, Until time.Time // half-open
	Actor       string
	Action      string
	Object      string // a part of it
	Result      string
	Refused     bool  // any result but ok
	Before      int64 // only entries with smaller ids
	Limit       int
}

// Record adds an entry; it is on disk when Record returns.
func (r *Registry) Record(ctx context.Context, e Entry) error {
	_, err := r.db.ExecContext(ctx, "INSERT INTO audit (time, actor, role, address, action, object, result, request, process) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
		e.Time.UnixMilli(), e.Actor, e.Role, e.Address, e.Action, e.Object, e.Result, e.Request, e.Process)
	if err != nil {
		return fmt.Errorf("record audit entry: %w", err)
	}
	return nil
}

// Audit lists entries, the newest first.
func (r *Registry) Audit(ctx context.Context, f AuditFilter) ([]Entry, error) {
	where, args := []string{"time >= ?", "time < ?"}, []any{f.From.UnixMilli(), f.Until.UnixMilli()}
	for column, value := range map[string]string{"actor": f.Actor, "action": f.Action, "result": f.Result} {
		if value != "" {
			where, args = append(where, column+" = ?"), append(args, value)
		}
	}
	if f.Object != "" {
		where, args = append(where, "replace(object, ?, '') <> object"), append(args, f.Object) // it is within: both engines know this word for it
	}
	if f.Refused {
		where = append(where, "result <> 'ok'")
	}
	if f.Before > 0 {
		where, args = append(where, "id < ?"), append(args, f.Before)
	}
	rows, err := r.db.QueryContext(ctx, "SELECT id, time, actor, role, address, action, object, result, request, process FROM audit WHERE "+
		strings.Join(where, " AND ")+" ORDER BY id DESC LIMIT ?", append(args, f.Limit)...)
	if err != nil {
		return nil, fmt.Errorf("read audit log: %w", err)
	}
	defer func() { _ = rows.Close() }()
	out := []Entry{}
	for rows.Next() {
		var e Entry
		var at int64
		if err := rows.Scan(&e.ID, &at, &e.Actor, &e.Role, &e.Address, &e.Action, &e.Object, &e.Result, &e.Request, &e.Process); err != nil {
			return nil, fmt.Errorf("read audit log: %w", err)
		}
		e.Time = time.UnixMilli(at).UTC()
		out = append(out, e)
	}
	return out, rows.Err()
}

// sweepAtOnce is how many entries one statement deletes: it has a deadline, and others wait for it.
const sweepAtOnce = 5000

// SweepAudit deletes the entries before an instant and says how many, also when it could not go on.
func (r *Registry) SweepAudit(ctx context.Context, before time.Time) (int64, error) {
	for gone := int64(0); ; {
		res, err := r.db.ExecContext(ctx, "DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE time < ? ORDER BY time LIMIT ?)", before.UnixMilli(), sweepAtOnce)
		if err != nil {
			return gone, fmt.Errorf("sweep audit log: %w", err)
		}
		n, err := res.RowsAffected()
		if gone += n; err != nil || n < sweepAtOnce {
			return gone, err
		}
	}
}
