package registry

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// AlertRule is an alert rule that was made. What it says is its keeper's.
type AlertRule struct {
	ID        string
	Body      string // JSON
	Made      time.Time
	MadeBy    string
	Changed   time.Time
	ChangedBy string
}

// AlertState is a rule's state in one queue.
type AlertState struct{ Rule, Queue, Body string }

// Silence keeps a rule from being told of until a time.
type Silence struct {
	ID     string
	Rule   string
	Queue  string // "" = all of the rule's
	Ends   time.Time
	Reason string
	Made   time.Time
	MadeBy string
}

// MakeAlertRule stores a new rule.
func (r *Registry) MakeAlertRule(ctx context.Context, v AlertRule) error {
	return r.change(ctx, "make alert rule", "INSERT INTO alert_rules (id, body, made, made_by, changed, changed_by) VALUES (?, ?, ?, ?, ?, ?)",
		v.ID, v.Body, unix(v.Made), v.MadeBy, unix(v.Changed), v.ChangedBy)
}

// ChangeAlertRule stores a rule in place of the one of its id; ErrNone when there is none.
func (r *Registry) ChangeAlertRule(ctx context.Context, v AlertRule) error {
	return r.change(ctx, "change alert rule", "UPDATE alert_rules SET body = ?, changed = ?, changed_by = ? WHERE id = ?", v.Body, unix(v.Changed), v.ChangedBy, v.ID)
}

// DeleteAlertRule deletes a rule with its silences; its states go when the rules are looked at next. ErrNone when there is none.
func (r *Registry) DeleteAlertRule(ctx context.Context, id string) error {
	return r.atomically(ctx, "delete alert rule", func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM alert_silences WHERE rule_id = ?", id); err != nil {
			return err
		}
		return met(tx.ExecContext(ctx, "DELETE FROM alert_rules WHERE id = ?", id))
	})
}

// AlertRules lists all rules, the oldest first.
func (r *Registry) AlertRules(ctx context.Context) ([]AlertRule, error) {
	return rowsOf(ctx, r.db, "read alert rules", "SELECT id, body, made, made_by, changed, changed_by FROM alert_rules ORDER BY made, id", nil,
		func(row scanner) (v AlertRule, err error) {
			var made, changed int64
			err = row.Scan(&v.ID, &v.Body, &made, &v.MadeBy, &changed, &v.ChangedBy)
			v.Made, v.Changed = fromUnix(made), fromUnix(changed)
			return v, err
		})
}

// AlertStates lists the states of all rules and queues.
func (r *Registry) AlertStates(ctx context.Context) ([]AlertState, error) {
	return rowsOf(ctx, r.db, "read alert states", "SELECT rule_id, queue_id, body FROM alert_states ORDER BY rule_id, queue_id", nil,
		func(row scanner) (v AlertState, err error) {
			return v, row.Scan(&v.Rule, &v.Queue, &v.Body)
		})
}

// NoteAlertStates stores states and deletes others as one, if the lease is still this holder's; ErrNone when it is not.
func (r *Registry) NoteAlertStates(ctx context.Context, lease, holder string, now time.Time, states, gone []AlertState) error {
	return r.atomically(ctx, "note alert states", func(tx *sql.Tx) error {
		if err := met(tx.ExecContext(ctx, "UPDATE leases SET ends = ends WHERE name = ? AND holder = ? AND ends > ?", lease, holder, now.UnixMilli())); err != nil {
			return err
		}
		for _, s := range states {
			if _, err := tx.ExecContext(ctx, "INSERT INTO alert_states (rule_id, queue_id, body) VALUES (?, ?, ?) ON CONFLICT (rule_id, queue_id) DO UPDATE SET body = excluded.body",
				s.Rule, s.Queue, s.Body); err != nil {
				return err
			}
		}
		for _, s := range gone {
			if _, err := tx.ExecContext(ctx, "DELETE FROM alert_states WHERE rule_id = ? AND queue_id = ?", s.Rule, s.Queue); err != nil {
				return err
			}
		}
		return nil
	})
}

// MakeSilence stores a silence; those that ended long ago are swept on the way.
func (r *Registry) MakeSilence(ctx context.Context, s Silence) error {
	if _, err := r.db.ExecContext(ctx, "DELETE FROM alert_silences WHERE ends < ?", s.Made.AddDate(0, -1, 0).Unix()); err != nil {
		return fmt.Errorf("sweep silences: %w", err)
	}
	return r.change(ctx, "make silence", "INSERT INTO alert_silences (id, rule_id, queue_id, ends, reason, made, made_by) VALUES (?, ?, ?, ?, ?, ?, ?)",
		s.ID, s.Rule, s.Queue, unix(s.Ends), s.Reason, unix(s.Made), s.MadeBy)
}

// EndSilence deletes a silence; ErrNone when there is none.
func (r *Registry) EndSilence(ctx context.Context, id string) error {
	return r.change(ctx, "end silence", "DELETE FROM alert_silences WHERE id = ?", id)
}

// Silences lists the silences that have not ended, the newest first.
func (r *Registry) Silences(ctx context.Context, now time.Time) ([]Silence, error) {
	return rowsOf(ctx, r.db, "read silences", "SELECT id, rule_id, queue_id, ends, reason, made, made_by FROM alert_silences WHERE ends > ? ORDER BY made DESC, id", []any{now.Unix()},
		func(row scanner) (v Silence, err error) {
			var ends, made int64
			err = row.Scan(&v.ID, &v.Rule, &v.Queue, &ends, &v.Reason, &made, &v.MadeBy)
			v.Ends, v.Made = fromUnix(ends), fromUnix(made)
			return v, err
		})
}

// Lease gives a lease to a holder until a time, or prolongs his; false while it is another's.
func (r *Registry) Lease(ctx context.Context, name, holder string, now, until time.Time) (bool, error) {
	if _, err := r.db.ExecContext(ctx, "INSERT INTO leases (name, holder, ends) VALUES (?, ?, 0) ON CONFLICT DO NOTHING", name, holder); err != nil {
		return false, fmt.Errorf("take lease: %w", err)
	}
	err := r.change(ctx, "take lease", "UPDATE leases SET holder = ?, ends = ? WHERE name = ? AND (holder = ? OR ends <= ?)", holder, until.UnixMilli(), name, holder, now.UnixMilli())
	if errors.Is(err, ErrNone) {
		return false, nil
	}
	return err == nil, err
}
