package query

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"firstline/analytics/metric"
	"firstline/pipeline/fact"
)

// ErrNotFound says that no loaded fact knows the contact.
var ErrNotFound = errors.New("contact not found")

// Timeline is one contact with everything that happened to it.
type Timeline struct {
	Contact
	Facts []TimelineFact `json:"facts" nullable:"false" doc:"Facts of the contact, of the tickets it is linked to, and marks of messages left in it, in the order they happened"`
}

// TimelineFact is one fact.
type TimelineFact struct {
	ID       string          `json:"id" doc:"CloudEvents id"`
	Type     fact.Type       `json:"type" doc:"What happened"`
	Time     time.Time       `json:"time" doc:"When it happened"`
	Sequence uint64          `json:"sequence" doc:"Number within the contact; of a mark of a message, among all marks; 0 for tickets"`
	Source   string          `json:"source" doc:"Whose log it was recorded in"`
	Position uint64          `json:"position" doc:"Its number in that log"`
	LoadedAt time.Time       `json:"loaded_at" doc:"When it was loaded"`
	Data     json.RawMessage `json:"data" doc:"The body of the fact, as in docs/events; personal fields are blank without the right to see them. Empty for a moment while the fact is being loaded"`
}

// Timeline answers one contact with all its facts in order. personal says that the asker may see the caller's number,
// name and digits. It fails with ErrNotFound.
func (r *Reader) Timeline(ctx context.Context, id string, personal bool) (Timeline, error) {
	out, err := r.oneContact(ctx, id, arrivedAbout(id), personal)
	if errors.Is(err, ErrNotFound) { // its id doesn't tell
		out, err = r.oneContact(ctx, id, anytime(), personal)
	}
	if err != nil {
		return Timeline{}, err
	}
	life := span{out.ArrivedAt.Add(-clocksDiffer), out.ArrivedAt.Add(metric.LookBack)}
	out.Facts, err = r.factsOf(ctx, id, life, personal)
	return out, err
}

// clocksDiffer is more than the clocks of two hosts do.
const clocksDiffer = 24 * time.Hour

// span is where something is looked for, so that not all years are.
type span struct{ from, until time.Time }

func anytime() span { return span{time.UnixMilli(0), time.Date(2250, 1, 1, 0, 0, 0, 0, time.UTC)} }

// arrivedAbout is when a contact arrived that has its id from Asterisk: NODE-SECONDS.NUMBER.
func arrivedAbout(id string) span {
	text, _, _ := strings.Cut(id[strings.LastIndexByte(id, '-')+1:], ".")
	seconds, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		return anytime()
	}
	at := time.Unix(int64(seconds), 0)
	return span{at.Add(-clocksDiffer), at.Add(clocksDiffer)}
}

func (s *statement) bindSpan(where span) {
	s.bindTime("from", where.from)
	s.bindTime("until", where.until)
}

func (r *Reader) oneContact(ctx context.Context, id string, where span, personal bool) (Timeline, error) {
	s := newStatement("arrival")
	s.bind("id", id)
	s.bindSpan(where)
	s.text = "SELECT contact, " + ms("time") + " FROM arrivals WHERE contact = {id:String} AND " + inSpan + " LIMIT 1"
	found, err := r.find(ctx, s)
	if err != nil {
		return Timeline{}, err
	}
	contacts, err := r.describe(ctx, found, personal)
	if err == nil && len(contacts) == 0 {
		err = fmt.Errorf("contact %q: %w", id, ErrNotFound)
	}
	if err != nil {
		return Timeline{}, err
	}
	return Timeline{Contact: contacts[0]}, nil
}

// factsOf reads the contact's own facts, the events of tickets that are linked to it, each event once, and the marks of its messages.
func (r *Reader) factsOf(ctx context.Context, id string, life span, personal bool) ([]TimelineFact, error) {
	var facts []fact.Fact
	var loaded []time.Time
	subjects := []string{id}
	err := r.run(ctx, timelineStatement(id, life), func(rows driver.Rows) error {
		var f fact.Fact
		var kind string
		var at, loadedAt int64
		if err := rows.Scan(&kind, &f.Subject, &f.Sequence, &at, &f.Source, &f.Epoch, &f.Position, &loadedAt); err != nil {
			return err
		}
		f.Type, f.Time = fact.Type(kind), time.UnixMilli(at).UTC()
		facts, loaded = append(facts, f), append(loaded, time.UnixMilli(loadedAt).UTC())
		if !slices.Contains(subjects, f.Subject) {
			subjects = append(subjects, f.Subject)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	said, err := r.said(ctx, facts, subjects...)
	if err != nil {
		return nil, err
	}
	out := make([]TimelineFact, len(facts))
	for i, f := range facts {
		f.Data = said[placeOf(f)]
		if !personal {
			f = fact.Blank(f)
		}
		if out[i], err = timelineFact(f, loaded[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func timelineStatement(id string, life span) statement {
	const columns = "type, subject, sequence, time, source, epoch, position, loaded_at"
	s := newStatement("timeline")
	s.bind("id", id)
	s.bindSpan(life)
	s.text = lines(
		"WITH linked AS (",
		"  SELECT concat(toString(system), ':', ticket) AS subject FROM tickets WHERE contact = {id:String} AND time >= "+instant("from"),
		"  UNION ALL SELECT concat(toString(ticket_system), ':', ticket_id) AS subject FROM contacts WHERE contact = {id:String} AND "+inSpan+" AND ticket_id != ''",
		")",
		"SELECT toString(type), subject, sequence, "+ms("time")+" AS at, toString(source), toString(epoch), position, "+ms("loaded_at")+" FROM (",
		"  SELECT "+columns+" FROM events WHERE subject = {id:String} AND time >= "+instant("from"), // what becomes of a recording is told weeks later
		"  UNION ALL SELECT "+columns+" FROM events WHERE subject IN (SELECT subject FROM linked) AND startsWith(type, 'ticket.')",
		"    AND (source, epoch, position) IN (SELECT source, epoch, position FROM "+ticketsOnce("(SELECT subject FROM linked)")+")",
		"  UNION ALL SELECT "+columns+" FROM events WHERE subject = '"+fact.VoicemailSubject+"'",
		"    AND (source, epoch, position) IN (SELECT source, epoch, position FROM voicemail_marks WHERE contact = {id:String})",
		")",
		"ORDER BY at, sequence, position",
	)
	return s
}

// timelineFact is a fact as it is shown. One whose row is being loaded has said nothing yet.
func timelineFact(f fact.Fact, loadedAt time.Time) (TimelineFact, error) {
	out := TimelineFact{
		ID: f.ID(), Type: f.Type, Time: f.Time, Sequence: f.Sequence, Source: f.Source, Position: f.Position, LoadedAt: loadedAt,
		Data: json.RawMessage("{}"),
	}
	if f.Data == nil {
		return out, nil
	}
	data, err := json.Marshal(f.Data)
	if err != nil {
		return out, fmt.Errorf("what fact %s said: %w", f.ID(), err)
	}
	out.Data = data
	return out, nil
}
