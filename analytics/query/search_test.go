package query

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"firstline/analytics/metric"
	"firstline/pipeline/fact"
)

// lists is a day of facts in the engine, and what is asked of it.
type lists struct {
	facts       []fact.Fact
	r           *Reader
	from, until time.Time
}

func TestLists(t *testing.T) {
	from := time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC)
	until := from.Add(24 * time.Hour)
	facts := makeFacts(t, 7, from, until)
	w := lists{facts, New(loadFacts(t, facts), DefaultConfig(), func() time.Time { return from.Add(15*time.Hour + 7*time.Minute) }), from, until}
	t.Run("search filters", w.searchFilters)
	t.Run("pages have neither gap nor repeat", w.pages)
	t.Run("personal data needs the right", w.personal)
	t.Run("timeline is whole and in order", w.timeline)
	t.Run("facts come back as they were", w.replayed)
	t.Run("abandoned", w.abandoned)
	t.Run("today equals the report", w.today)
	t.Run("each list says how far it reaches", w.reach)
}

// A list says of its own facts what a report says of the same window; one without a begin speaks of the last week.
func (w lists) reach(t *testing.T) {
	ctx := context.Background()
	contacts, errC := w.r.Contacts(ctx, ContactRequest{WindowRequest: WindowRequest{From: w.from, Until: w.until, Zone: "UTC"}})
	tickets, errT := w.r.Backlog(ctx, BacklogRequest{WindowRequest: WindowRequest{From: w.from, Until: w.until, Zone: "UTC"}})
	if errC != nil || errT != nil || contacts.Watermark == nil || contacts.TicketWatermark == nil || contacts.Late == 0 || tickets.Late == 0 || contacts.Late == tickets.Late {
		t.Fatalf("%v %v %+v %+v", errC, errT, contacts.Freshness, tickets.Freshness)
	}
	newest := slices.MaxFunc(slices.DeleteFunc(slices.Clone(w.facts), func(f fact.Fact) bool { return f.Topic() != fact.TopicTickets }), func(a, b fact.Fact) int { return a.Time.Compare(b.Time) })
	if !contacts.TicketWatermark.Equal(newest.Time) {
		t.Errorf("the newest ticket event is of %v, not %v", newest.Time, contacts.TicketWatermark)
	}
	for name, list := range map[string]struct {
		want metric.Freshness
		ask  func(bare bool) (metric.Freshness, error)
	}{
		"contacts": {contacts.Freshness, func(bare bool) (metric.Freshness, error) {
			p, err := w.r.Search(ctx, SearchRequest{From: w.from, Until: w.until, Bare: bare})
			return p.Freshness, err
		}},
		"abandoned": {contacts.Freshness, func(bare bool) (metric.Freshness, error) {
			p, err := w.r.Abandoned(ctx, AbandonedRequest{From: w.from, Until: w.until, Bare: bare})
			return p.Freshness, err
		}},
		"callbacks": {contacts.Freshness, func(bare bool) (metric.Freshness, error) {
			p, err := w.r.Callbacks(ctx, CallbackRequest{From: w.from, Until: w.until, Bare: bare})
			return p.Freshness, err
		}},
		"voicemails": {contacts.Freshness, func(bare bool) (metric.Freshness, error) {
			p, err := w.r.Voicemails(ctx, VoicemailRequest{From: w.from, Until: w.until, Bare: bare})
			return p.Freshness, err
		}},
		"tickets": {tickets.Freshness, func(bare bool) (metric.Freshness, error) {
			p, err := w.r.TicketList(ctx, TicketListRequest{From: w.from, Until: w.until, Bare: bare})
			return p.Freshness, err
		}},
		"tickets of all times": {before(w, tickets.Freshness), func(bare bool) (metric.Freshness, error) {
			p, err := w.r.TicketList(ctx, TicketListRequest{Bare: bare})
			return p.Freshness, err
		}},
	} {
		if got, err := list.ask(false); err != nil || !reflect.DeepEqual(got, list.want) {
			t.Errorf("%s: %+v, not %+v (%v)", name, got, list.want, err)
		}
		if got, err := list.ask(true); err != nil || got != (metric.Freshness{}) {
			t.Errorf("%s, bare: %+v (%v)", name, got, err)
		}
	}
}

// before is the freshness of the tickets until now: what the simulated day still brings is late, too, when its window ends later.
func before(w lists, f metric.Freshness) metric.Freshness {
	f.Late = 0
	for _, x := range w.facts {
		if x.Topic() == fact.TopicTickets && x.Time.Before(w.r.now()) {
			f.Late++
		}
	}
	return f
}

// known is what the facts say of each contact, gathered plainly.
type known struct {
	arrival fact.Arrived
	at      time.Time
	end     *fact.ContactEnded
	queues  []string
	agents  []string
	who     string
}

func gather(facts []fact.Fact) map[string]*known {
	out := map[string]*known{}
	for _, f := range facts {
		if f.Topic() != fact.TopicContacts {
			continue
		}
		k := out[f.Subject]
		if k == nil {
			k = &known{}
			out[f.Subject] = k
		}
		switch d := f.Data.(type) {
		case fact.Arrived:
			k.arrival, k.at = d, f.Time
		case fact.Identified:
			k.who = d.Customer
		case fact.Queued:
			k.queues = append(k.queues, d.Queue)
		case fact.SegmentStarted:
			k.agents = append(k.agents, d.Agent)
		case fact.ContactEnded:
			k.end = &d
		}
	}
	return out
}

func (w lists) searchFilters(t *testing.T) {
	facts, r, from, until := w.facts, w.r, w.from, w.until
	contacts := gather(facts)
	base := SearchRequest{From: from, Until: until, Personal: true, Limit: MaxPage}
	for name, c := range map[string]struct {
		edit func(*SearchRequest)
		want func(id string, k *known) bool
	}{
		"all":   {func(*SearchRequest) {}, func(string, *known) bool { return true }},
		"queue": {func(r *SearchRequest) { r.Queues = []string{"sales"} }, func(_ string, k *known) bool { return slices.Contains(k.queues, "sales") }},
		"kind": {func(r *SearchRequest) { r.Kinds = []string{"callback", "feature"} }, func(_ string, k *known) bool {
			return k.arrival.Kind == fact.KindCallback || k.arrival.Kind == fact.KindFeature
		}},
		"agent":    {func(r *SearchRequest) { r.Agent = "anna" }, func(_ string, k *known) bool { return slices.Contains(k.agents, "anna") }},
		"outcome":  {func(r *SearchRequest) { r.Outcome = "abandoned" }, func(_ string, k *known) bool { return k.end != nil && k.end.Termination.Result == "abandoned" }},
		"open":     {func(r *SearchRequest) { r.Outcome = OutcomeOpen }, func(_ string, k *known) bool { return k.end == nil }},
		"customer": {func(r *SearchRequest) { r.Customer = "C5" }, func(_ string, k *known) bool { return k.who == "C5" }},
		"number": {func(r *SearchRequest) { r.Number = "0 42" }, func(_ string, k *known) bool {
			return strings.HasSuffix(k.arrival.CallerNumber, "042")
		}},
		"number, or as the network has it": {func(r *SearchRequest) { r.Number, r.NumberToo = "0 42", "+43" }, func(_ string, k *known) bool {
			return strings.HasSuffix(k.arrival.CallerNumber, "042") || strings.HasSuffix(k.arrival.CallerNumber, "43")
		}},
		"ticket": {func(r *SearchRequest) { r.Ticket = "T3" }, func(_ string, k *known) bool { return k.end != nil && k.end.Ticket != nil && k.end.Ticket.ID == "T3" }},
		"half":   {func(r *SearchRequest) { r.From = from.Add(12 * time.Hour) }, func(_ string, k *known) bool { return !k.at.Before(from.Add(12 * time.Hour)) }},
	} {
		req := base
		c.edit(&req)
		var want []string
		for id, k := range contacts {
			if !k.at.Before(from) && k.at.Before(until) && c.want(id, k) {
				want = append(want, id)
			}
		}
		got := searchAll(t, r, req)
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) || len(want) == 0 && name != "open" {
			t.Errorf("%s: %d found, %d wanted", name, len(got), len(want))
		}
	}
}

// searchAll reads every page and checks that they are in order.
func searchAll(t *testing.T, r *Reader, req SearchRequest) (ids []string) {
	t.Helper()
	last := time.Time{}
	for {
		page, err := r.Search(context.Background(), req)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range page.Items {
			if !last.IsZero() && c.ArrivedAt.After(last) {
				t.Fatalf("%s arrived after the one before it", c.ID)
			}
			last = c.ArrivedAt
			ids = append(ids, c.ID)
		}
		if page.Next == nil {
			return ids
		}
		req.Cursor = *page.Next
	}
}

func (w lists) pages(t *testing.T) {
	facts, r, from, until := w.facts, w.r, w.from, w.until
	ids := searchAll(t, r, SearchRequest{From: from, Until: until, Limit: 37})
	want := 0
	for _, k := range gather(facts) {
		if !k.at.Before(from) && k.at.Before(until) {
			want++
		}
	}
	slices.Sort(ids)
	if distinct := slices.Compact(ids); len(distinct) != want || len(ids) != want {
		t.Errorf("%d on the pages, %d distinct, %d wanted", len(ids), len(distinct), want)
	}
}

func (w lists) personal(t *testing.T) {
	r, from, until := w.r, w.from, w.until
	page, err := r.Search(context.Background(), SearchRequest{From: from, Until: until, Limit: 5})
	if err != nil || page.Items[0].CallerNumber != nil || page.Items[0].CallerName != nil {
		t.Fatalf("without the right: %+v, %v", page.Items, err)
	}
	var invalid *Invalid
	if _, err := r.Search(context.Background(), SearchRequest{From: from, Until: until, Number: "042"}); !errors.As(err, &invalid) || invalid.Problems[0].Path != "number" {
		t.Errorf("search by number without the right: %v", err)
	}
	for _, personal := range []bool{false, true} {
		line, err := r.Timeline(context.Background(), page.Items[0].ID, personal)
		if err != nil {
			t.Fatal(err)
		}
		arrived := slices.IndexFunc(line.Facts, func(f TimelineFact) bool { return f.Type == fact.TypeArrived })
		if shown := strings.Contains(string(line.Facts[arrived].Data), "+4930"); shown != personal {
			t.Errorf("right %v, number shown %v: %s", personal, shown, line.Facts[arrived].Data)
		}
	}
}

func (w lists) timeline(t *testing.T) {
	calls := gather(w.facts)
	tried := 0
	for _, id := range slices.Sorted(maps.Keys(calls)) {
		if k := calls[id]; k.end != nil && k.end.Ticket != nil && len(k.queues) > 1 {
			w.timelineOf(t, id, k)
			if tried++; tried == 40 {
				break
			}
		}
	}
	if tried == 0 {
		t.Error("no contact with a ticket passed two queues")
	}
	if _, err := w.r.Timeline(context.Background(), "nobody", false); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown contact: %v", err)
	}
}

func (w lists) timelineOf(t *testing.T, id string, k *known) {
	linked := map[string]bool{k.end.Ticket.ID: true}
	var want []string
	said := map[string]string{}
	for _, f := range w.facts {
		if d, ok := f.Data.(fact.TicketEvent); ok && d.Contact == id {
			linked[d.Ticket] = true
		}
		if f.Subject == id {
			want = append(want, f.ID())
			said[f.ID()] = saidBy(t, fact.Blank(f))
		}
	}
	tickets := map[string]bool{}
	for _, f := range w.facts {
		if d, ok := f.Data.(fact.TicketEvent); ok && linked[d.Ticket] {
			tickets[f.ID()] = true
		}
	}
	got, err := w.r.Timeline(context.Background(), id, false)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	seen := map[string]bool{}
	last := time.Time{}
	for _, f := range got.Facts {
		if f.Time.Before(last) {
			t.Errorf("%s lies before the one before it", f.ID)
		}
		last = f.Time
		if f.Type.Topic() == fact.TopicTickets {
			seen[f.ID] = true
			continue
		}
		ids = append(ids, f.ID)
		if string(f.Data) != said[f.ID] {
			t.Errorf("%s says %s, want %s", f.ID, f.Data, said[f.ID])
		}
	}
	if !slices.Equal(ids, want) || !reflect.DeepEqual(seen, tickets) {
		t.Errorf("%s: facts %v, want %v; tickets %v, want %v", id, ids, want, seen, tickets)
	}
	if !slices.Equal(got.Queues, slices.Compact(k.queues)) || *got.Result != k.end.Termination.Result {
		t.Errorf("%s: %+v", id, got.Contact)
	}
}

// replayed reads some hours' facts as `firstline route replay` does.
func (w lists) replayed(t *testing.T) {
	from := w.from.Add(9 * time.Hour)
	until := from.Add(150 * time.Minute)
	want := map[place]string{}
	for _, f := range w.facts {
		if !f.Time.Before(from) && f.Time.Before(until) && f.Topic() != fact.TopicTickets {
			want[placeOf(f)] = f.ID() + saidBy(t, fact.Blank(f))
		}
	}
	facts, err := w.r.Facts(context.Background(), from, until)
	if err != nil {
		t.Fatal(err)
	}
	got := map[place]string{}
	for _, f := range facts {
		got[placeOf(f)] = f.ID() + saidBy(t, f)
	}
	if len(want) < 500 || !maps.Equal(got, want) {
		t.Errorf("%d facts came back, want %d, or others", len(got), len(want))
	}
}

func saidBy(t *testing.T, f fact.Fact) string {
	t.Helper()
	data, err := json.Marshal(f.Data)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(data), ":[]", ":null") // a list without words is none
}

func (w lists) abandoned(t *testing.T) {
	facts, r, from, until := w.facts, w.r, w.from, w.until
	calls, defined := gather(facts), metric.Read(facts)
	want, states := map[string]metric.Recall{}, map[metric.RecallState]int{}
	subject, waited := map[string]string{}, map[string]int64{}
	const hours = 30
	for _, f := range facts {
		d, ok := f.Data.(fact.EntryEnded)
		if ok && d.Outcome == fact.EntryAbandoned && (d.Kind == fact.KindInbound || d.Kind == fact.KindCallback) && !d.EndedAt.Before(from) && d.EndedAt.Before(until) {
			want[d.Entry], subject[d.Entry], waited[d.Entry] = defined.Recall(d.Entry, hours*time.Hour), f.Subject, d.WaitMS
			states[want[d.Entry].State]++
		}
	}
	list := func(req AbandonedRequest) map[string]Abandoned {
		got := map[string]Abandoned{}
		for req.From, req.Until, req.Personal, req.Limit, req.WithinHours = from, until, true, 20, hours; ; {
			page, err := r.Abandoned(context.Background(), req)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range page.Items {
				got[a.Entry] = a
			}
			if page.Next == nil {
				return got
			}
			req.Cursor = *page.Next
		}
	}
	got := list(AbandonedRequest{})
	if len(got) != len(want) {
		t.Errorf("%d listed, want %d", len(got), len(want))
	}
	for id, recall := range want {
		a, number := got[id], calls[subject[id]].arrival.CallerNumber
		if a.WaitMS != waited[id] || *a.CallerNumber != number || !reflect.DeepEqual(a.Recall, recall) {
			t.Fatalf("%s: %+v, want %+v", id, a, recall)
		}
	}
	for _, state := range metric.RecallStates() {
		if n := len(list(AbandonedRequest{Recall: []string{string(state)}})); n != states[state] {
			t.Errorf("%d are %s, want %d", n, state, states[state])
		}
	}
	if n := len(list(AbandonedRequest{OnlyLost: true})); n != len(want)-states[metric.RecallAnswered]-states[metric.RecallReached] {
		t.Errorf("%d are lost of %v", n, states)
	}
}

func (w lists) today(t *testing.T) {
	r, from, until := w.r, w.from, w.until
	today, err := r.Today(context.Background(), TodayRequest{Step: "15m"})
	if err != nil {
		t.Fatal(err)
	}
	report, err := r.Queues(context.Background(), QueueRequest{WindowRequest: WindowRequest{From: from, Until: until, GroupBy: []string{"queue"}}})
	if err != nil {
		t.Fatal(err)
	}
	series, err := r.Queues(context.Background(), QueueRequest{WindowRequest: WindowRequest{From: from, Until: until, Interval: "15m"}})
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(today.Total, report.Total.Today()) || len(today.Queues) != 3 || !reflect.DeepEqual(today.Queues[1], report.Rows[1].Today()) {
		t.Errorf("today %+v\nreport %+v", today.Total, report.Total.Today())
	}
	// 15:07: sixty quarters are over and one has begun.
	if len(today.Series) != 61 || len(today.ByQueue) != 183 || !reflect.DeepEqual(today.Series[40], series.Rows[40].Today()) {
		t.Errorf("%d and %d rows in the series", len(today.Series), len(today.ByQueue))
	}
}
