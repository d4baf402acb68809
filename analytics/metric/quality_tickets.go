package metric

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"firstline/pipeline/fact"
)

// TicketDefectKind is one way in which the events of tickets can be wrong. Their time is the ticket system's clock, and Firstline knows
// when it received them, so they have kinds of their own. As with calls, nothing is mended or left out because of one.
type TicketDefectKind string

const (
	TicketLate        TicketDefectKind = "late"         // received long after it happened
	TicketAhead       TicketDefectKind = "ahead"        // happened after it was received: the sender's clock is wrong; counted when it was received
	TicketBeforeStart TicketDefectKind = "before_start" // happened before its ticket was opened or its call arrived, so that it ends no duration
	TicketRepeated    TicketDefectKind = "repeated"     // another delivery of an event that was received before
)

// TicketDefectKinds is the closed list.
func TicketDefectKinds() []TicketDefectKind {
	return []TicketDefectKind{TicketLate, TicketAhead, TicketBeforeStart, TicketRepeated}
}

// TicketQuality is what is wrong with the events of tickets.
type TicketQuality struct {
	Totals   []TicketDefectTotal `json:"totals" nullable:"false" doc:"One row for each kind of defect, zeros included"`
	Rows     []TicketDefectRow   `json:"rows" nullable:"false" doc:"Counts by interval, kind and ticket system, without zeros; by the event's own time, of ahead by when it was received"`
	Examples []TicketDefect      `json:"examples" nullable:"false" doc:"The newest 10 of each kind, newest first"`
}

// TicketDefectTotal counts one kind over the window.
type TicketDefectTotal struct {
	Kind  TicketDefectKind `json:"kind" enum:"late,ahead,before_start,repeated" doc:"The kind of defect"`
	Count int64            `json:"count" doc:"How many events have it; of repeated how many deliveries beside the first"`
}

// TicketDefectRow counts one kind in one interval from one ticket system.
type TicketDefectRow struct {
	Span   Span             `json:"interval" doc:"The span of time of this row, half-open"`
	Kind   TicketDefectKind `json:"kind" doc:"The kind of defect"`
	System string           `json:"system" doc:"The ticket system"`
	Count  int64            `json:"count" doc:"As in totals"`
}

// TicketDefect is one example.
type TicketDefect struct {
	Kind       TicketDefectKind `json:"kind" doc:"The kind of defect"`
	System     string           `json:"system" doc:"The ticket system"`
	Ticket     string           `json:"ticket" doc:"The ticket's id there, for GET /api/v1/tickets/{system}/{id}"`
	EventID    string           `json:"event_id" doc:"The sender's id of the event"`
	Type       string           `json:"type" enum:"linked,opened,first_reply,pending,resumed,reassigned,priority_changed,resolved,reopened,closed" doc:"What happened"`
	Time       time.Time        `json:"time" doc:"When it happened by the ticket system's clock"`
	ReceivedAt time.Time        `json:"received_at" doc:"When this delivery was accepted"`
	ByMS       int64            `json:"by_ms" doc:"By how many milliseconds; of repeated, how long after the first delivery"`
}

// NewTicketDefect is an example as it was found.
func NewTicketDefect(kind TicketDefectKind, e fact.TicketEvent, at time.Time, by int64) TicketDefect {
	return TicketDefect{
		Kind: kind, System: e.System, Ticket: e.Ticket, EventID: e.EventID, Type: strings.TrimPrefix(string(e.Type), "ticket."),
		Time: at.UTC(), ReceivedAt: time.UnixMilli(e.ReceivedMS).UTC(), ByMS: by,
	}
}

// placed is the instant that decides in which interval a defect counts, as of those of calls.
func (d TicketDefect) placed() time.Time {
	if d.Kind == TicketAhead {
		return d.ReceivedAt
	}
	return d.Time
}

// Newer orders examples: newest first, then by all that tells them apart.
func (d TicketDefect) Newer(o TicketDefect) int {
	return cmp.Or(o.placed().Compare(d.placed()), cmp.Compare(d.System, o.System), cmp.Compare(d.Ticket, o.Ticket), cmp.Compare(d.EventID, o.EventID),
		d.ReceivedAt.Compare(o.ReceivedAt), cmp.Compare(d.Type, o.Type), cmp.Compare(d.ByMS, o.ByMS))
}

// TicketQualityKey names one row.
type TicketQualityKey struct {
	Bucket int
	Kind   TicketDefectKind
	System string
}

func (k TicketQualityKey) compare(o TicketQualityKey) int {
	return cmp.Or(cmp.Compare(k.Bucket, o.Bucket), cmp.Compare(k.Kind, o.Kind), cmp.Compare(k.System, o.System))
}

// TicketDefects are what was found: counts, whose buckets are of the window, and more examples than are shown.
type TicketDefects struct {
	Counts   map[TicketQualityKey]int64
	Examples []TicketDefect
}

// quality puts the part of a report about tickets together.
func (f TicketDefects) quality(buckets []Bucket) (TicketQuality, error) {
	q := TicketQuality{Totals: []TicketDefectTotal{}, Rows: []TicketDefectRow{}, Examples: []TicketDefect{}}
	keys := make([]TicketQualityKey, 0, len(f.Counts))
	totals := map[TicketDefectKind]int64{}
	for k, n := range f.Counts {
		keys = append(keys, k)
		totals[k.Kind] += n
	}
	if len(keys) > MaxRows {
		return q, &RowsError{len(keys)}
	}
	slices.SortFunc(keys, TicketQualityKey.compare)
	for _, k := range keys {
		q.Rows = append(q.Rows, TicketDefectRow{Span: buckets[k.Bucket].Span(), Kind: k.Kind, System: k.System, Count: f.Counts[k]})
	}
	examples := slices.SortedFunc(slices.Values(f.Examples), TicketDefect.Newer)
	for _, kind := range TicketDefectKinds() {
		q.Totals = append(q.Totals, TicketDefectTotal{Kind: kind, Count: totals[kind]})
		n := 0
		for _, d := range examples {
			if d.Kind == kind && n < QualityExamples {
				q.Examples = append(q.Examples, d)
				n++
			}
		}
	}
	return q, nil
}

// TicketQualityDefinitions says what each kind of defect is. The field is the kind, in the part of the answer about tickets.
func TicketQualityDefinitions() []Definition {
	const once = "events of tickets, of each the delivery that was received first"
	of := func(kind TicketDefectKind, title, formula, counts string) Definition {
		boundary := "the event's own time lies in [from, until)"
		if kind == TicketAhead {
			boundary = "the instant of receiving lies in [from, until): the event's own can't be trusted"
		}
		return Definition{reportQuality, "tickets." + string(kind), title, unitCount, formula, counts, boundary, "ticket.*"}
	}
	return []Definition{
		of(TicketLate, "Tickets: late", "received more than a minute after it happened", once),
		of(TicketAhead, "Tickets: ahead of the clock", "received more than a second before it happened: the ticket system's clock is wrong", once),
		of(TicketBeforeStart, "Tickets: before the start",
			"happened before the arrival of the contact that it names, or before its ticket began: when the first opened happened or, if that is later, the contact that it names arrived; "+
				"of a ticket whose opening was never told, when the contact arrived that its first event to name one names. A reply or resolution so early ends no duration that begins there", once),
		of(TicketRepeated, "Tickets: repeated", "has the event id of one of the same ticket that was received before, and counts in no other number", "deliveries of events of tickets beside the first"),
	}
}
