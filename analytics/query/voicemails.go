package query

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"firstline/analytics/metric"
)

// VoicemailRequest asks for a page of the messages that callers left, newest first. It is for askers who may see callers' numbers.
type VoicemailRequest struct {
	From, Until time.Time // of the message's begin, half-open
	Queues      []string  // whose mailbox it is; nil means all
	Done        *bool     // only those that somebody has dealt with, or the others; nil means all
	Limit       int       // page size; 0 means DefaultPage
	Cursor      string    // Next of the page before
	Bare        bool      // without Freshness, as a later page of an export
}

// VoicemailPage is one page.
type VoicemailPage struct {
	Items []Voicemail
	Next  *string // nil on the last one
	metric.Freshness
}

// Voicemail is one message: a recording with the cause voicemail that has ended. While it is left it is not listed.
type Voicemail struct {
	Contact      string         `json:"contact" doc:"Contact id" example:"pbx1-1763838123.4"`
	Recording    string         `json:"recording" doc:"Id of its recording" example:"pbx1-1763838123.4/r1"`
	Number       string         `json:"number" doc:"The last part of that: its name within the contact" example:"r1"`
	Queue        string         `json:"queue" doc:"Whose mailbox it was left in"`
	CallerNumber string         `json:"caller_number" doc:"Personal; empty when withheld"`
	CallerName   string         `json:"caller_name" doc:"Personal; empty when the network gave none"`
	Customer     string         `json:"customer" doc:"Customer id; empty when unknown"`
	Language     string         `json:"language" doc:"Language of the contact"`
	StartedAt    time.Time      `json:"started_at" doc:"When its recording began"`
	DurationMS   int64          `json:"duration_ms"`
	State        RecordingState `json:"state" enum:"ended,kept,lost,deleted" doc:"Its file is not kept yet; it is kept; there is none; it is deleted since the end of keep_until"`
	KeepUntil    *time.Time     `json:"keep_until" doc:"The file is kept to the end of this day, UTC; null without one"`
	Error        *string        `json:"error" doc:"Why there is no file; null unless lost"`
	Done         bool           `json:"done" doc:"It is marked as dealt with"`
	DoneAt       *time.Time     `json:"done_at" doc:"When it was marked; null while it is not"`
	DoneBy       string         `json:"done_by" doc:"Who marked it; empty while it is not"`
	Note         string         `json:"note" doc:"What he wrote with the mark; empty while it is not"`
}

// Voicemails answers one page of messages. The error of a bad request is *Invalid.
func (r *Reader) Voicemails(ctx context.Context, req VoicemailRequest) (VoicemailPage, error) {
	s, size, err := voicemailStatement(req)
	if err != nil {
		return VoicemailPage{}, err
	}
	fresh, err := r.listFreshness(ctx, req.From, req.Until, contactFacts, req.Bare)
	if err != nil {
		return VoicemailPage{}, err
	}
	page := VoicemailPage{Freshness: fresh, Items: []Voicemail{}}
	err = r.run(ctx, s, func(rows driver.Rows) error {
		var v Voicemail
		var state, reason string
		var started, keep, marked int64
		if err := rows.Scan(&v.Contact, &v.Recording, &v.Queue, &started, &v.DurationMS, &v.CallerNumber, &v.CallerName, &v.Language, &v.Customer,
			&state, &keep, &reason, &v.Done, &marked, &v.DoneBy, &v.Note); err != nil {
			return err
		}
		v.DoneAt = someTime(marked)
		v.Number, v.StartedAt, v.KeepUntil = recordingNumber(v.Recording), time.UnixMilli(started).UTC(), someTime(keep)
		switch v.State = cmp.Or(RecordingState(state), RecordingEnded); {
		case v.State == RecordingLost:
			v.Error = &reason
		case v.State == RecordingKept && keptNoMore(*v.KeepUntil, r.now()):
			v.State = RecordingDeleted
		}
		page.Items = append(page.Items, v)
		return nil
	})
	if len(page.Items) > size {
		page.Items = page.Items[:size]
		last := page.Items[size-1]
		next := cursor{At: last.StartedAt.UnixMilli(), ID: last.Recording}.String()
		page.Next = &next
	}
	return page, err
}

// voicemailStatement returns one message more than the page holds, so that the last page is known. Each fact counts once, and of
// a file that was lost and came all the same the later fact.
func voicemailStatement(req VoicemailRequest) (statement, int, error) {
	var m mistakes
	s := newStatement("voicemails")
	checkSpan(&m, req.From, req.Until)
	size := pageSize(&m, req.Limit)
	s.bindTime("from", req.From)
	s.bindTime("until", req.Until)
	s.bindTime("since", req.From.Add(-metric.LookBack))
	s.bind("rows", int64(size+1))
	where := []string{"cause = 'voicemail'", "time >= " + instant("from"), "started_at >= " + instant("from"), "started_at < " + instant("until")}
	if req.Queues != nil {
		s.bind("queues", append([]string{}, req.Queues...))
		where = append(where, "queue IN {queues:Array(String)}")
	}
	if req.Done != nil {
		marked := "(SELECT recording FROM voicemail_marks WHERE time >= " + instant("from") + " GROUP BY recording HAVING " + lastMark("done") + ")"
		where = append(where, "recording "+when(!*req.Done, "NOT ")+"IN "+marked)
	}
	if c := parseCursor(&m, req.Cursor); c != nil {
		s.bind("cursor_at", c.At)
		s.bind("cursor_id", c.ID)
		where = append(where, "(started_at, recording) < ("+instant("cursor_at")+", {cursor_id:String})")
	}
	of := func(since string) string {
		return "contact IN (SELECT contact FROM page) AND time >= " + instant(since)
	}
	s.text = lines(
		"WITH page AS (",
		"  SELECT contact, recording, queue, started_at, duration_ms FROM recordings",
		"  WHERE "+strings.Join(where, " AND "),
		"  ORDER BY started_at DESC, recording DESC LIMIT 1 BY recording LIMIT {rows:UInt64}",
		")",
		"SELECT p.contact, p.recording, toString(p.queue), "+ms("p.started_at")+", p.duration_ms, a.caller_number, a.caller_name,",
		"  toString(if(c.contact != '', c.language, a.language)), if(c.contact != '', c.customer, i.customer), f.state, "+ms("f.keep_until")+", f.error,",
		"  d.done, if(d.done, "+ms("d.at")+", 0), if(d.done, toString(d.actor), ''), if(d.done, d.note, '')",
		"FROM page AS p",
		"LEFT JOIN (SELECT contact, caller_number, caller_name, language FROM arrivals WHERE "+of("since")+" LIMIT 1 BY contact) AS a ON a.contact = p.contact",
		"LEFT JOIN (SELECT contact, customer, language FROM contacts WHERE "+of("from")+" LIMIT 1 BY contact) AS c ON c.contact = p.contact",
		"LEFT JOIN (SELECT contact, argMax(customer, sequence) AS customer FROM identified WHERE "+of("since")+" AND result = 'found' GROUP BY contact) AS i ON i.contact = p.contact",
		"LEFT JOIN (",
		"  SELECT recording, argMax(what, sequence) AS state, argMax(until, sequence) AS keep_until, argMax(reason, sequence) AS error FROM (",
		"    SELECT recording, 'kept' AS what, keep_until AS until, '' AS reason, sequence FROM recordings_stored WHERE "+of("from"),
		"    UNION ALL SELECT recording, 'lost' AS what, fromUnixTimestamp64Milli(toInt64(0), 'UTC') AS until, error AS reason, sequence FROM recordings_lost WHERE "+of("from"),
		"  ) GROUP BY recording",
		") AS f ON f.recording = p.recording",
		"LEFT JOIN (",
		"  SELECT recording, "+lastMark("done")+" AS done, "+lastMark("actor")+" AS actor, "+lastMark("note")+" AS note, max(time) AS at",
		"  FROM voicemail_marks WHERE "+of("from")+" GROUP BY recording",
		") AS d ON d.recording = p.recording",
		"ORDER BY p.started_at DESC, p.recording DESC",
	)
	return s, size, m.err()
}

// lastMark is a column of the last mark of a message: the one that counts. Numbers tell those of one instant apart.
func lastMark(column string) string { return "argMax(" + column + ", (time, sequence))" }
