package registry

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// Report is a saved report. What it says is its keeper's.
type Report struct {
	ID        string
	Owner     string
	Body      string    // JSON
	Next      time.Time // its next slot; zero = none
	Made      time.Time
	Changed   time.Time
	ChangedBy string
}

// Run is one execution of a saved report: of a slot of its schedule, or because somebody asked for it.
type Run struct {
	ID      string
	Report  string
	Slot    time.Time
	Ended   bool
	Attempt int       // how often it was taken up
	Due     time.Time // when it may be taken up next
	Lease   time.Time // until when who took it up is at it
	Body    string    // JSON
}

// NewID draws the id of something that is made.
func NewID() (string, error) {
	raw, err := draw(keyIDSize + keyIDSize)
	return hex.EncodeToString(raw), err
}

const reportColumns = "id, owner, body, next, made, changed, changed_by"

// MakeReport stores a new report.
func (r *Registry) MakeReport(ctx context.Context, v Report) error {
	return r.change(ctx, "make report", "INSERT INTO reports ("+reportColumns+") VALUES (?, ?, ?, ?, ?, ?, ?)",
		v.ID, v.Owner, v.Body, unix(v.Next), unix(v.Made), unix(v.Changed), v.ChangedBy)
}

// ChangeReport stores a report in place of the one of its id; owner and making stay. ErrNone when there is none.
func (r *Registry) ChangeReport(ctx context.Context, v Report) error {
	return r.change(ctx, "change report", "UPDATE reports SET body = ?, next = ?, changed = ?, changed_by = ? WHERE id = ?",
		v.Body, unix(v.Next), unix(v.Changed), v.ChangedBy, v.ID)
}

// DeleteReport deletes a report and its runs. ErrNone when there is none.
func (r *Registry) DeleteReport(ctx context.Context, id string) error {
	return r.atomically(ctx, "delete report", func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM report_runs WHERE report = ?", id); err != nil {
			return err
		}
		return met(tx.ExecContext(ctx, "DELETE FROM reports WHERE id = ?", id))
	})
}

// FindReport returns a report; ErrNone when there is none.
func (r *Registry) FindReport(ctx context.Context, id string) (Report, error) {
	list, err := r.reports(ctx, "WHERE id = ?", id)
	if err == nil && len(list) == 0 {
		err = ErrNone
	}
	if err != nil {
		return Report{}, err
	}
	return list[0], nil
}

// Reports lists all reports, the oldest first.
func (r *Registry) Reports(ctx context.Context) ([]Report, error) {
	return r.reports(ctx, "ORDER BY made, id")
}

// DueReports lists the reports with a slot that has come.
func (r *Registry) DueReports(ctx context.Context, now time.Time) ([]Report, error) {
	return r.reports(ctx, "WHERE next > 0 AND next <= ? ORDER BY next, id", now.Unix())
}

func (r *Registry) reports(ctx context.Context, where string, args ...any) ([]Report, error) {
	return rowsOf(ctx, r.db, "read reports", "SELECT "+reportColumns+" FROM reports "+where, args, func(row scanner) (v Report, err error) {
		var next, made, changed int64
		err = row.Scan(&v.ID, &v.Owner, &v.Body, &next, &made, &changed, &v.ChangedBy)
		v.Next, v.Made, v.Changed = fromUnix(next), fromUnix(made), fromUnix(changed)
		return v, err
	})
}

// BeginRun stores a run and moves its report's next slot, as one: of several processes that see the same slot come, one does it, and
// a slot that was begun is never begun again. false = another one did it. With a zero from nothing is moved.
func (r *Registry) BeginRun(ctx context.Context, run Run, from, next time.Time) (bool, error) {
	err := r.atomically(ctx, "begin run of a report", func(tx *sql.Tx) error {
		if !from.IsZero() {
			if err := met(tx.ExecContext(ctx, "UPDATE reports SET next = ? WHERE id = ? AND next = ?", unix(next), run.Report, unix(from))); err != nil {
				return err
			}
		}
		return met(tx.ExecContext(ctx, "INSERT INTO report_runs (id, report, slot, ended, attempt, due, lease, body) VALUES (?, ?, ?, 0, 0, ?, 0, ?) ON CONFLICT DO NOTHING",
			run.ID, run.Report, unix(run.Slot), unix(run.Due), run.Body))
	})
	if errors.Is(err, ErrNone) {
		return false, nil
	}
	return err == nil, err
}

const runColumns = "id, report, slot, ended, attempt, due, lease, body"

// DueRuns lists the runs that are to be taken up: not ended, due, and nobody is at them.
func (r *Registry) DueRuns(ctx context.Context, now time.Time) ([]Run, error) {
	return r.runs(ctx, "WHERE ended = 0 AND due <= ? AND lease <= ? ORDER BY due, id", now.Unix(), now.Unix())
}

// Runs lists a report's runs, the newest first.
func (r *Registry) Runs(ctx context.Context, report string, limit int) ([]Run, error) {
	return r.runs(ctx, "WHERE report = ? ORDER BY slot DESC, id DESC LIMIT ?", report, limit)
}

func (r *Registry) runs(ctx context.Context, where string, args ...any) ([]Run, error) {
	return rowsOf(ctx, r.db, "read runs of reports", "SELECT "+runColumns+" FROM report_runs "+where, args, func(row scanner) (v Run, err error) {
		var slot, due, lease int64
		var ended int
		err = row.Scan(&v.ID, &v.Report, &slot, &ended, &v.Attempt, &due, &lease, &v.Body)
		v.Slot, v.Due, v.Lease, v.Ended = fromUnix(slot), fromUnix(due), fromUnix(lease), ended != 0
		return v, err
	})
}

// TakeRun takes a run up until a time, as attempt one more than it had; ErrNone when another process did.
func (r *Registry) TakeRun(ctx context.Context, run Run, now, until time.Time) error {
	return r.change(ctx, "take up a run of a report", "UPDATE report_runs SET lease = ?, attempt = attempt + 1 WHERE id = ? AND attempt = ? AND ended = 0 AND lease <= ?",
		unix(until), run.ID, run.Attempt, now.Unix())
}

// NoteRun stores how far a run has come; ErrNone when another process has taken it up since, whose word counts then.
func (r *Registry) NoteRun(ctx context.Context, run Run) error {
	ended := 0
	if run.Ended {
		ended = 1
	}
	return r.change(ctx, "note a run of a report", "UPDATE report_runs SET ended = ?, due = ?, lease = ?, body = ? WHERE id = ? AND attempt = ?",
		ended, unix(run.Due), unix(run.Lease), run.Body, run.ID, run.Attempt)
}

// SweepRuns deletes runs that ended, of slots before an instant.
func (r *Registry) SweepRuns(ctx context.Context, before time.Time) error {
	if _, err := r.db.ExecContext(ctx, "DELETE FROM report_runs WHERE ended = 1 AND slot < ?", before.Unix()); err != nil {
		return fmt.Errorf("sweep runs of reports: %w", err)
	}
	return nil
}

// atomically runs statements as one.
func (r *Registry) atomically(ctx context.Context, what string, do func(tx *sql.Tx) error) error {
	tx, err := r.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	defer func() { _ = tx.Rollback() }() // after Commit it does nothing
	if err := do(tx); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// met is ErrNone of a statement that met no row.
func met(res sql.Result, err error) error {
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return ErrNone
}

// rowsOf reads all rows of a query; never nil.
func rowsOf[T any](ctx context.Context, db *sql.DB, what, query string, args []any, scan func(scanner) (T, error)) ([]T, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	defer func() { _ = rows.Close() }()
	out := []T{}
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", what, err)
		}
		out = append(out, v)
	}
	return out, rows.Err()
}
