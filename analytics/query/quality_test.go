package query

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/prometheus/client_golang/prometheus"

	"firstline/analytics/chdb/chdbtest"
	"firstline/analytics/metric"
	"firstline/analytics/metric/facttest"
	"firstline/analytics/store"
	"firstline/pipeline/fact"
	"firstline/pipeline/load"
)

// damage makes facts wrong in every way: some are lost, doubled, at another time, end before they begin, were worked out, come from
// a clock of another century; events of tickets are sent late or by a clock that is ahead. Positions stay unique, as the loader takes care of that.
func damage(facts []fact.Fact, seed uint64) []fact.Fact {
	rng := rand.New(rand.NewPCG(seed, 0xbad))
	var out []fact.Fact
	for _, f := range facts {
		dice := rng.IntN(100)
		switch {
		case f.Topic() == fact.TopicTickets && dice < 10: // the sender was late, or his clock is
			f.Time = f.Time.Add(-time.Duration(rng.IntN(180_000)) * time.Millisecond)
		case f.Topic() == fact.TopicTickets && dice < 20:
			f.Time = f.Time.Add(time.Duration(rng.IntN(10_000)) * time.Millisecond)
		case f.Topic() == fact.TopicTickets && dice < 21:
			f.Time = f.Time.AddDate(0, 0, rng.IntN(9)-4)
		case f.Topic() == fact.TopicTickets:
		case dice < 4:
			continue
		case dice < 6:
			out = append(out, f)
		case dice < 9:
			f.Time = f.Time.Add(-time.Duration(rng.IntN(900_000)) * time.Millisecond)
		case dice < 10 && strings.HasSuffix(string(f.Type), "ended"): // a begin in another century would be open there
			f.Time = f.Time.AddDate(100, 0, 0)
		case dice < 14:
			f.Data = worsened(f.Data)
		}
		out = append(out, f)
	}
	for i, f := range facts {
		if f.Type == fact.TypeArrived && i%5 == 0 {
			out = append(out, ticketAround(f, rng)...)
		}
	}
	at := facts[len(facts)/2].Time
	for i, dropped := range []int64{0, 7} {
		out = append(out, fact.Fact{
			Type: fact.TypeLogGap, Subject: "log/11111111", Sequence: uint64(i + 1), Time: at.Add(time.Duration(i) * time.Hour), Source: "controller", Epoch: "11111111",
			Data: fact.LogGap{From: at, Until: at, Kept: 3, Dropped: dropped},
		})
	}
	positions := map[string]uint64{}
	for i := range out {
		positions[out[i].Source]++
		out[i].Position = positions[out[i].Source]
	}
	return out
}

// ticketAround is a ticket of its own of which everything happened in some order within minutes of a call. Some of it was sent again, with
// another time and then with the call or without; some by a clock that is days ahead.
func ticketAround(call fact.Fact, rng *rand.Rand) (out []fact.Fact) {
	types := []fact.Type{fact.TypeTicketOpened, fact.TypeTicketLinked, fact.TypeTicketFirstReply, fact.TypeTicketResolved}
	near := func() time.Time { return call.Time.Add(time.Duration(rng.IntN(600_000)-300_000) * time.Millisecond) }
	for i := range 4 {
		e := fact.TicketEvent{Type: types[rng.IntN(len(types))], System: "helpdesk", EventID: fmt.Sprint(i), Ticket: "of-" + call.Subject}
		at := near()
		e.ReceivedMS = at.UnixMilli() + 500
		if rng.IntN(4) == 0 {
			e.ReceivedMS -= rng.Int64N((48 * time.Hour).Milliseconds())
		}
		for range 1 + rng.IntN(2) {
			e.Contact = []string{"", call.Subject}[rng.IntN(2)]
			out = append(out, fact.Fact{Type: e.Type, Subject: "helpdesk:" + e.Ticket, Time: at, Source: "api/a", Epoch: "22222222", Data: e})
			at, e.ReceivedMS = near(), e.ReceivedMS+1000
		}
	}
	return out
}

// worsened is a closing that ended before it began, or was worked out afterwards.
func worsened(d fact.Data) fact.Data {
	switch d := d.(type) {
	case fact.EntryEnded:
		d.WaitMS, d.Derived = -d.WaitMS, d.WaitMS%2 == 0
		return d
	case fact.OfferEnded:
		d.OfferedAt, d.EndedAt, d.Derived = d.EndedAt, d.OfferedAt, true
		return d
	case fact.SegmentEnded:
		d.StartedAt, d.EndedAt = d.EndedAt, d.StartedAt
		return d
	case fact.CallEnded:
		d.DurationMS, d.Derived = -1, true
		return d
	case fact.ContactEnded:
		d.DurationMS = -d.DurationMS
		return d
	case fact.AgentStateEnded:
		d.DurationMS = -d.DurationMS
		return d
	}
	return d
}

// loaded reads when each fact was loaded.
func loaded(t *testing.T, conn clickhouse.Conn, facts []fact.Fact) []metric.Loaded {
	t.Helper()
	type key struct {
		source, epoch string
		position      uint64
	}
	rows, err := conn.Query(context.Background(), "SELECT toString(source), toString(epoch), position, toUnixTimestamp64Milli(loaded_at) FROM events")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	at := map[key]int64{}
	for rows.Next() {
		var k key
		var ms int64
		if err := rows.Scan(&k.source, &k.epoch, &k.position, &ms); err != nil {
			t.Fatal(err)
		}
		at[k] = ms
	}
	if err := rows.Err(); err != nil || len(at) != len(facts) {
		t.Fatalf("%d of %d facts are loaded (%v)", len(at), len(facts), err)
	}
	out := make([]metric.Loaded, len(facts))
	for i, f := range facts {
		out[i] = metric.Loaded{Fact: f, At: time.UnixMilli(at[key{f.Source, f.Epoch, f.Position}])}
	}
	return out
}

func TestQualityEqualsItsDefinition(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	from, until := time.Date(2026, 3, 20, 0, 0, 0, 0, zone), time.Date(2026, 3, 31, 0, 0, 0, 0, zone)
	facts := damage(facttest.Make(facttest.Day{Seed: 77, From: from, Until: until, Contacts: 900, Queues: []string{"support", "sales"}, Agents: []string{"anna", "boris"}}), 1)
	conn := loadFacts(t, facts)
	c := comparison{t: t, facts: facts, reader: New(conn, DefaultConfig(), func() time.Time { return until })}
	known := loaded(t, conn, facts)
	seen, seenOfTickets := map[metric.DefectKind]bool{}, map[metric.TicketDefectKind]bool{}
	for _, w := range []WindowRequest{
		{From: from, Until: until, Interval: "1d"},
		{From: from.AddDate(0, 0, 8), Until: from.AddDate(0, 0, 10).Add(90 * time.Minute), Interval: "1h"},
		{From: from.AddDate(0, 0, 3), Until: from.AddDate(0, 0, 4)},
		{From: from.AddDate(100, 0, 0), Until: from.AddDate(100, 0, 30), Interval: "1w"},
		{From: time.Now().Add(-time.Hour).Truncate(time.Hour), Until: time.Now().Add(2 * time.Hour).Truncate(time.Hour), Interval: "15m"}, // in which they were loaded
		{From: from.AddDate(0, 0, -90), Until: from.AddDate(0, 0, -60)},
	} {
		w.Zone = zone.String()
		req := QualityRequest{w}
		p, err := req.Params()
		if err != nil {
			t.Fatal(err)
		}
		want, err := metric.Quality(known, nil, p)
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.reader.Quality(context.Background(), req)
		got.Loads = want.Loads // not of the facts; the next test is about them
		c.same(req, want, got, err)
		for _, total := range got.Totals {
			seen[total.Kind] = seen[total.Kind] || total.Count > 0
		}
		for _, total := range got.Tickets.Totals {
			seenOfTickets[total.Kind] = seenOfTickets[total.Kind] || total.Count > 0
		}
	}
	for _, kind := range metric.DefectKinds() {
		if !seen[kind] {
			t.Errorf("no fact is %s, so that nothing was compared", kind)
		}
	}
	for _, kind := range metric.TicketDefectKinds() {
		if !seenOfTickets[kind] {
			t.Errorf("no event of a ticket is %s, so that nothing was compared", kind)
		}
	}
}

// What the loader notes of itself is answered by topic and interval of loading.
func TestQualityTellsWhatTheLoaderMet(t *testing.T) {
	cfg := store.DefaultConfig()
	cfg.URL, cfg.Database = chdbtest.Database(t)
	s, err := store.Open(cfg, os.Getenv, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	begin := time.Now().Add(-time.Minute)
	far := fact.Fact{
		Type: fact.TypeAgentStateEnded, Subject: "anna", Sequence: 1, Time: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), Source: "controller", Epoch: "e", Position: 1,
		Data: fact.AgentStateEnded{State: fact.AgentReady, StartedAt: begin, EndedAt: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)},
	}
	for i, l := range []load.Load{
		{Plan: load.Plan{Topic: fact.TopicContacts, Number: 1, Last: 9}, Repeats: 3, Missing: 2, DeadLetters: 1},
		{Plan: load.Plan{Topic: fact.TopicContacts, Number: 2, Last: 9}, Repeats: 4},
		{Plan: load.Plan{Topic: fact.TopicAgents, Number: 1, Last: 0}, Facts: 1},
		{Plan: load.Plan{Topic: fact.TopicAgents, Number: 2, Last: 0}, Repeats: 100, Accepted: true},
	} {
		var facts []fact.Fact
		if i == 2 {
			facts = []fact.Fact{far}
		}
		l.Cluster = "test"
		if err := s.Insert(t.Context(), l, facts); err != nil {
			t.Fatal(err)
		}
	}
	r, err := New(s.Conn(), DefaultConfig(), time.Now).Quality(t.Context(), QualityRequest{WindowRequest{From: begin, Until: begin.Add(time.Hour)}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range r.Loads {
		got = append(got, fmt.Sprint(l.Topic, l.Facts, l.Repeats, l.Missing, l.DeadLetters, l.Late, l.Moved))
	}
	want := []string{fmt.Sprint(fact.TopicAgents, 1, 0, 0, 0, 0, 2), fmt.Sprint(fact.TopicContacts, 0, 7, 2, 1, 0, 0)}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("loads %v, want %v", got, want)
	}
	if !slices.ContainsFunc(r.Totals, func(d metric.DefectTotal) bool { return d.Kind == metric.DefectLost }) || r.Watermark != nil {
		t.Errorf("%+v", r)
	}
}

func TestQualityMistakes(t *testing.T) {
	if _, err := (QualityRequest{WindowRequest{From: day.From, Until: day.From.AddDate(0, 0, 93)}}).Params(); err == nil {
		t.Error("93 days are answered")
	}
	if _, err := (QualityRequest{WindowRequest{From: day.From, Until: day.From.AddDate(0, 0, 92), Interval: "15m"}}).Params(); err == nil {
		t.Error("92 days of quarters are answered")
	}
}
