package query

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"firstline/pipeline/fact"
)

// RecordingState is what became of a recording.
type RecordingState string

const (
	RecordingGoesOn  RecordingState = "recording"
	RecordingEnded   RecordingState = "ended"   // its file is not kept yet
	RecordingKept    RecordingState = "kept"    // its file is
	RecordingLost    RecordingState = "lost"    // there is no file and will be none
	RecordingDeleted RecordingState = "deleted" // the day until which the file was kept is over
)

// Recording is one recording of a contact.
type Recording struct {
	ID         string                `json:"recording" doc:"Its id" example:"pbx1-1763838123.4/r1"`
	Number     string                `json:"number" doc:"The last part of its id: its name within the contact" example:"r1"`
	Queue      string                `json:"queue" doc:"Whose rule it is recorded by"`
	Agent      string                `json:"agent" doc:"Who talked when it began; empty for a message"`
	Cause      fact.RecordingCause   `json:"cause" enum:"all,share,demand,voicemail" doc:"Why: every talk of the queue is, it was drawn, somebody asked for it, or it is a message that the caller left"`
	State      RecordingState        `json:"state" enum:"recording,ended,kept,lost,deleted" doc:"It goes on; it ended and its file is not kept yet; the file is kept; there is none; it is deleted since the end of keep_until"`
	Result     *fact.RecordingResult `json:"result" enum:"complete,failed" doc:"null while it goes on; failed: what was recorded until then is kept"`
	StartedAt  time.Time             `json:"started_at"`
	EndedAt    *time.Time            `json:"ended_at" doc:"null while it goes on"`
	DurationMS *int64                `json:"duration_ms" doc:"null while it goes on"`
	PausedMS   int64                 `json:"paused_ms" doc:"Of that, silence; of a recording that goes on, its pauses that are over"`
	Bytes      *int64                `json:"bytes" doc:"Of the file; null without one"`
	SHA256     *string               `json:"sha256" doc:"Of the file, hexadecimal; null without one"`
	KeepUntil  *time.Time            `json:"keep_until" doc:"The file is kept to the end of this day, UTC; null without one"`
	Error      *string               `json:"error" doc:"Why there is no file; null unless lost"`
}

// Recordings lists what was recorded of a contact, in the order it began, from the contact's own facts. It fails with
// ErrNotFound.
func (r *Reader) Recordings(ctx context.Context, contact string) ([]Recording, error) {
	var facts []fact.Fact
	err := r.run(ctx, recordingsStatement(contact), func(rows driver.Rows) error {
		f := fact.Fact{Subject: contact}
		var kind string
		var at int64
		if err := rows.Scan(&kind, &at, &f.Source, &f.Epoch, &f.Position); err != nil {
			return err
		}
		f.Type, f.Time = fact.Type(kind), time.UnixMilli(at).UTC()
		facts = append(facts, f)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(facts) == 0 {
		return nil, fmt.Errorf("contact %q: %w", contact, ErrNotFound)
	}
	said, err := r.said(ctx, facts, contact)
	if err != nil {
		return nil, err
	}
	all := recordings{}
	for _, f := range facts {
		all.apply(f.Time, said[placeOf(f)])
	}
	return all.list(r.now()), nil
}

// recordingsStatement reads the facts that tell of recordings, each once, and the arrival, which every contact has.
func recordingsStatement(contact string) statement {
	s := newStatement("recordings")
	s.bind("id", contact)
	s.text = lines(
		"SELECT toString(type), "+ms("time")+" AS at, toString(source), toString(epoch), position FROM events",
		"WHERE subject = {id:String} AND (type = 'contact.arrived' OR startsWith(type, 'recording.'))",
		"ORDER BY sequence, at",
		"LIMIT 1 BY sequence",
	)
	return s
}

// recordings are folded from their facts.
type recordings []Recording

func (l *recordings) apply(at time.Time, data fact.Data) {
	switch d := data.(type) {
	case fact.RecordingStarted:
		*l = append(*l, Recording{
			ID: d.Recording, Number: recordingNumber(d.Recording), Queue: d.Queue, Agent: d.Agent, Cause: d.Cause,
			State: RecordingGoesOn, StartedAt: at,
		})
	case fact.RecordingResumed:
		l.change(d.Recording, func(r *Recording) { r.PausedMS += d.PausedMS })
	case fact.RecordingEnded:
		l.change(d.Recording, func(r *Recording) {
			r.State, r.Result, r.StartedAt, r.EndedAt, r.DurationMS, r.PausedMS = RecordingEnded, &d.Result, d.StartedAt, &d.EndedAt, &d.DurationMS, d.PausedMS
		})
	case fact.RecordingStored:
		l.change(d.Recording, func(r *Recording) {
			r.State, r.Bytes, r.SHA256, r.KeepUntil, r.Error = RecordingKept, &d.Bytes, &d.SHA256, &d.KeepUntil, nil
		})
	case fact.RecordingLost:
		l.change(d.Recording, func(r *Recording) { r.State, r.Error = RecordingLost, &d.Error })
	default: // the arrival; a pause that goes on; what is being loaded
	}
}

func (l *recordings) change(id string, f func(*Recording)) {
	if i := slices.IndexFunc(*l, func(r Recording) bool { return r.ID == id }); i >= 0 {
		f(&(*l)[i])
	}
}

// list is what they are now: a file is deleted when the day is over until which it was kept.
func (l *recordings) list(now time.Time) []Recording {
	out := append([]Recording{}, *l...)
	for i := range out {
		if r := &out[i]; r.State == RecordingKept && keptNoMore(*r.KeepUntil, now) {
			r.State = RecordingDeleted
		}
	}
	return out
}

// keptNoMore says that the day until which a file was kept is over.
func keptNoMore(until, now time.Time) bool { return dateOf(now).After(dateOf(until)) }

// recordingNumber is the last part of a recording's id.
func recordingNumber(id string) string { return id[strings.LastIndexByte(id, '/')+1:] }

func dateOf(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }
