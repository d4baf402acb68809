package forget_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"firstline/analytics/chdb/chdbtest"
	"firstline/analytics/forget"
	"firstline/analytics/metric"
	"firstline/analytics/metric/facttest"
	"firstline/analytics/query"
	"firstline/analytics/store"
	"firstline/pipeline/archive"
	"firstline/pipeline/fact"
	"firstline/pipeline/load"
	"firstline/pipeline/number"
)

// The day of the tests: callers of sixty numbers, half of them customers, with messages that are kept.
var ( //nolint:gochecknoglobals // never changed
	from  = time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC)
	until = from.AddDate(0, 0, 1)
	now   = until.Add(time.Hour)
)

const (
	theNumber   = "+4930000007"
	theCustomer = "C7"
)

// site is a database with a day in it, and the recordings of its callers.
type site struct {
	t       *testing.T
	store   *store.Store
	url     string
	dir     string
	facts   []fact.Fact
	now     time.Time
	plans   uint64
	metrics *prometheus.Registry
}

func newSite(t *testing.T, contacts int) *site {
	t.Helper()
	engine, database := chdbtest.Database(t)
	return siteAt(t, engine, database, contacts)
}

func siteAt(t *testing.T, engine, database string, contacts int) *site {
	t.Helper()
	s := &site{t: t, store: openStore(t, engine, database), url: engine + "/?database=" + database, dir: t.TempDir(), now: now, metrics: prometheus.NewRegistry()}
	if err := s.store.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.facts = facttest.Make(facttest.Day{Seed: 5, From: from, Until: until, Contacts: contacts, Waits: []int64{0, 5_000, 30_000}, Queues: []string{"support", "sales"}, Agents: []string{"anna", "boris"}})
	position := uint64(len(s.facts) + 1)
	for _, f := range slices.Clone(s.facts) {
		if f.Type != fact.TypeArrived {
			continue
		}
		id := f.Subject + "/r1"
		s.record(id)
		s.facts = append(s.facts, fact.Fact{Type: fact.TypeRecordingStored, Subject: f.Subject, Sequence: 900, Time: f.Time.Add(time.Second), Source: "controller", Epoch: "more", Position: position,
			Data: fact.RecordingStored{Recording: id, Queue: "support", KeepUntil: until.AddDate(0, 0, 30)}},
			fact.Fact{Type: fact.TypeDisposition, Subject: f.Subject, Sequence: 901, Time: f.Time.Add(2 * time.Second), Source: "controller", Epoch: "more", Position: position + 1,
				Data: fact.Disposition{Agent: "anna", Code: "solved", Note: "called from " + f.Data.(fact.Arrived).CallerNumber}})
		position += 2
	}
	s.load(s.facts...)
	return s
}

func openStore(t *testing.T, engine, database string) *store.Store {
	t.Helper()
	cfg := store.DefaultConfig()
	cfg.URL, cfg.Database = engine, database
	s, err := store.Open(cfg, os.Getenv, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// load brings facts in, as the loader does.
func (s *site) load(facts ...fact.Fact) {
	s.t.Helper()
	for _, topic := range []string{fact.TopicContacts, fact.TopicAgents, fact.TopicTickets} {
		l := load.Load{Plan: load.Plan{Cluster: "test", Topic: topic, Number: s.plans + 1}, Watermark: until}
		s.plans++
		mine := slices.DeleteFunc(slices.Clone(facts), func(f fact.Fact) bool { return f.Topic() != topic })
		if err := s.store.Insert(s.t.Context(), l, mine); err != nil {
			s.t.Fatal(err)
		}
	}
}

// record puts a recording into the archive.
func (s *site) record(id string) {
	s.t.Helper()
	part, err := archive.Dir(s.dir).Part()
	if err == nil {
		_, err = part.WriteString("audio of " + id)
	}
	if err == nil {
		err = part.Keep(id, until.AddDate(0, 0, 30))
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) deps(over forget.Store) forget.Deps {
	return forget.Deps{Log: slog.New(slog.NewTextHandler(s.t.Output(), nil)), Registry: prometheus.NewRegistry(), Store: over, Archive: archive.Dir(s.dir),
		Numbers: func() number.Form { return number.Config{Region: "DE"}.Form() }, Lasts: 7 * 24 * time.Hour, Now: s.clock}
}

// clock goes on by a millisecond each time that it is looked at.
func (s *site) clock() time.Time {
	s.now = s.now.Add(time.Millisecond)
	return s.now
}

func (s *site) worker() *forget.Worker { return forget.New(forget.Config{}, s.deps(s.store)) }

// contactsOf are the contacts of a number, and of a customer, by the facts.
func (s *site) contactsOf(is func(fact.Fact) bool) []string {
	var out []string
	for _, f := range s.facts {
		if is(f) && !slices.Contains(out, f.Subject) {
			out = append(out, f.Subject)
		}
	}
	for n := 0; n != len(out); { // and the callbacks that were promised in them, and those in which theirs were
		n = len(out)
		for _, f := range s.facts {
			if d, ok := f.Data.(fact.CallbackPromised); ok && slices.Contains(out, f.Subject) != slices.Contains(out, d.Origin) {
				out = append(out, f.Subject, d.Origin)
				slices.Sort(out)
				out = slices.Compact(out)
			}
		}
	}
	slices.Sort(out)
	return out
}

func ofNumber(n string) func(fact.Fact) bool {
	return func(f fact.Fact) bool { d, ok := f.Data.(fact.Arrived); return ok && d.CallerNumber == n }
}

func ofCustomer(id string) func(fact.Fact) bool {
	return func(f fact.Fact) bool {
		switch d := f.Data.(type) {
		case fact.Identified:
			return d.Customer == id
		case fact.ContactEnded:
			return d.Customer == id
		case fact.EntryEnded:
			return d.Customer == id
		}
		return false
	}
}

// everywhere is the content of every column of every table, and of every file of the archive, by where it is.
func (s *site) everywhere() map[string]string {
	s.t.Helper()
	out := map[string]string{}
	for _, table := range strings.Fields(chdbtest.Query(s.t, s.url, "SELECT name FROM system.tables WHERE database = currentDatabase() AND total_rows > 0")) {
		out[table] = chdbtest.Query(s.t, s.url, "SELECT * FROM "+table+" ORDER BY ALL FORMAT JSONEachRow")
	}
	err := filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			var text []byte
			text, err = os.ReadFile(path)
			out["archive/"+d.Name()] = string(text)
		}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

// byNumber are the figures that recognise a caller by his number where no customer is known: what nobody may know any more.
func byNumber() *regexp.Regexp {
	return regexp.MustCompile(`,"(?:recalled|recalled_answered|repeat_calls)":\{[^}]*\}`)
}

// reports are all figures of the day but those byNumber, as JSON.
func (s *site) reports() map[string]string {
	s.t.Helper()
	r, ctx := query.New(s.store.Conn(), query.DefaultConfig(), func() time.Time { return now }), s.t.Context()
	window := func(by ...string) query.WindowRequest {
		return query.WindowRequest{From: from, Until: until, Interval: "1d", Zone: "Europe/Berlin", GroupBy: by}
	}
	out := map[string]string{}
	add := func(name string, report any, err error) {
		text, coded := json.Marshal(report)
		if err = errors.Join(err, coded); err != nil {
			s.t.Fatalf("%s: %v", name, err)
		}
		out[name] = byNumber().ReplaceAllString(string(text), "")
	}
	queues, err := r.Queues(ctx, query.QueueRequest{WindowRequest: window("queue", "agent", "language")})
	add("queues", queues, err)
	agents, err := r.Agents(ctx, query.AgentRequest{WindowRequest: window("agent", "queue")})
	add("agents", agents, err)
	contacts, err := r.Contacts(ctx, query.ContactRequest{WindowRequest: window("queue", "customer", "disposition")})
	add("contacts", contacts, err)
	ivr, err := r.IVR(ctx, query.IVRRequest{WindowRequest: window("flow", "node")})
	add("menus", ivr, err)
	tickets, err := r.Tickets(ctx, query.TicketRequest{WindowRequest: window("queue")})
	add("tickets", tickets, err)
	quality, err := r.Quality(ctx, query.QualityRequest{WindowRequest: window()})
	add("data quality", quality, err)
	return out
}

func wantSame(t *testing.T, before, after map[string]string) {
	t.Helper()
	for name := range before {
		if before[name] != after[name] {
			t.Errorf("%s changed:\n%.2000s\n%.2000s", name, before[name], after[name])
		}
	}
}

// wantErased asserts that nothing is left of contacts anywhere, and that of all others everything is.
func (s *site) wantErased(before map[string]string, contacts []string) {
	s.t.Helper()
	personal := regexp.MustCompile(`\+4930\d{6}|Name of C\d+|@sip`)
	ids := make([]string, len(contacts))
	for i, id := range contacts {
		ids[i] = regexp.QuoteMeta(id)
	}
	of := regexp.MustCompile("(" + strings.Join(ids, "|") + `)([^\d]|$)`)
	mine := of.MatchString
	after := s.everywhere()
	for place, text := range after {
		for line := range strings.Lines(text) {
			if found := personal.FindString(line); found != "" && mine(line) {
				s.t.Errorf("%s still has %q: %s", place, found, line)
			}
		}
	}
	for place, text := range before {
		if strings.HasPrefix(place, "archive/") {
			_, there := after[place]
			if is := mine(strings.TrimPrefix(strings.ReplaceAll(place, "_", "/"), "archive/")); is == there {
				s.t.Errorf("%s: of the erased %t, still there %t", place, is, there)
			}
			continue
		}
		still := map[string]bool{}
		for line := range strings.Lines(after[place]) {
			still[strings.TrimSuffix(line, "\n")] = true
		}
		for line := range strings.Lines(text) {
			if line = strings.TrimSuffix(line, "\n"); !mine(line) && !still[line] {
				s.t.Errorf("%s lost, or changed: %s", place, line)
			}
		}
		if n, was := strings.Count(after[place], "\n"), strings.Count(text, "\n"); n != was && !strings.HasPrefix(place, "eras") {
			s.t.Errorf("%s had %d rows, has %d", place, was+1, n+1)
		}
	}
}

// TestErase: a caller asks to be forgotten. Nothing of him is anywhere, nobody else's is touched, and no figure is another.
func TestErase(t *testing.T) {
	s := newSite(t, 150)
	w := s.worker()
	for name, c := range map[string]struct {
		request forget.Request
		is      func(fact.Fact) bool
	}{
		"number":   {forget.Request{Number: "030 000007", Reason: "by letter", By: "adam"}, ofNumber(theNumber)},
		"customer": {forget.Request{Customer: theCustomer, Reason: "by letter", By: "adam"}, ofCustomer(theCustomer)},
	} {
		want := s.contactsOf(c.is)
		if len(want) < 2 {
			t.Fatalf("%s: the day has %d contacts only", name, len(want))
		}
		before, figures := s.everywhere(), s.reports()
		seen, err := w.Preview(t.Context(), c.request)
		if err != nil || seen.State != forget.StatePreview || seen.Contacts != int64(len(want)) || seen.ID != "" {
			t.Fatalf("%s: preview %+v, %v", name, seen, err)
		}
		if name == "number" {
			wantSame(t, before, s.everywhere())
		}
		asked, err := w.Ask(t.Context(), c.request)
		if err != nil || asked.State != forget.StateErasing || asked.ErasedAt != nil {
			t.Fatalf("%s: asked %+v, %v", name, asked, err)
		}
		if again, err := w.Ask(t.Context(), c.request); err != nil || again.ID != asked.ID {
			t.Errorf("%s: asked again it is %+v, %v", name, again, err)
		}
		if err := w.Pass(t.Context()); err != nil {
			t.Fatal(err)
		}
		got, err := w.Status(t.Context(), asked.ID)
		if err != nil || got.State != forget.StateErased || got.Contacts != int64(len(want)) || got.Error != "" || got.ErasedAt == nil {
			t.Fatalf("%s: %+v, %v", name, got, err)
		}
		if fmt.Sprint(got.Erased) == "" || len(got.Erased) != len(seen.Erased) {
			t.Errorf("%s: erased %v, looked for %v", name, got.Erased, seen.Erased)
		}
		for _, p := range seen.Erased {
			if !slices.Contains(got.Erased, p) {
				t.Errorf("%s: %v was seen, erased is %v", name, p, got.Erased)
			}
		}
		if i := slices.IndexFunc(got.Remains, func(r forget.Remainder) bool { return r.What == "log_and_kafka" }); i < 0 || !got.Remains[i].Until.Truncate(time.Minute).Equal(now.AddDate(0, 0, 9)) {
			t.Errorf("%s: remains %+v", name, got.Remains)
		}
		s.wantErased(before, want)
		wantSame(t, figures, s.reports())
	}
	for _, place := range s.everywhere() {
		if strings.Contains(place, "000007") {
			t.Errorf("the number is still in %.300s", place[max(0, strings.Index(place, "000007")-200):])
		}
	}
}

// TestLateFactsStayErased: what is in Kafka still, what is read from it again, what an insert under way brought in beside the erasure, and a
// recording that is stored only now.
func TestLateFactsStayErased(t *testing.T) {
	s := newSite(t, 60)
	w := s.worker()
	asked, err := w.Ask(t.Context(), forget.Request{Number: theNumber, Reason: "by letter", By: "adam"})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Pass(t.Context()); err != nil {
		t.Fatal(err)
	}
	late := func(contact string, at time.Time) []fact.Fact {
		return []fact.Fact{
			{Type: fact.TypeArrived, Subject: contact, Sequence: 1, Time: at, Source: "controller", Epoch: contact, Position: 1, Data: fact.Arrived{Kind: fact.KindInbound, CallerNumber: theNumber, CallerName: "Caller " + theNumber}},
			{Type: fact.TypeDisposition, Subject: contact, Sequence: 2, Time: at, Source: "controller", Epoch: contact, Position: 2, Data: fact.Disposition{Note: "it was " + theNumber}},
			{Type: fact.TypeRecordingStored, Subject: contact, Sequence: 3, Time: at, Source: "controller", Epoch: contact, Position: 3, Data: fact.RecordingStored{Recording: contact + "/r1", KeepUntil: until.AddDate(0, 0, 30)}},
		}
	}
	s.load(late("late-1.1", until.Add(-time.Minute))...)
	s.record("late-1.1/r1")
	mine := s.contactsOf(ofNumber(theNumber))
	var again []fact.Fact // Kafka is read from its beginning, by a loader with an empty book
	for i, f := range s.facts {
		if slices.Contains(mine, f.Subject) {
			f.Epoch, f.Position = "again", uint64(i+1)
			again = append(again, f)
		}
	}
	s.load(again...)
	// An insert that began before the erasure was stored ends after it was carried out.
	chdbtest.Query(t, s.url, "INSERT INTO arrivals (contact, kind, caller_number, time, loaded_at) VALUES ('late-2.1', 'inbound', '"+theNumber+"', '2026-03-03 12:00:00', '2026-03-04 01:00:00')")
	s.now = now.Add(time.Minute)
	if err := w.Pass(t.Context()); err != nil {
		t.Fatal(err)
	}
	for place, text := range s.everywhere() {
		if strings.Contains(text, "000007") || strings.HasPrefix(place, "archive/late-1.1") {
			t.Errorf("%s: %.300s", place, text)
		}
	}
	got, err := w.Status(t.Context(), asked.ID)
	if err != nil || got.Contacts != int64(len(mine)+2) {
		t.Errorf("%+v, %v, want %d contacts and two late ones", got, err, len(mine))
	}

	// When log and Kafka have forgotten, so has the erasure what recognised him; its contacts it knows for ever.
	s.now = got.Remains[0].Until.Add(time.Minute)
	if err := w.Pass(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, err = w.Status(t.Context(), asked.ID); err != nil || got.State != forget.StateOver || len(got.Remains) > 0 || got.Number != "•••007" {
		t.Errorf("when it is over: %+v, %v", got, err)
	}
	for i := range again {
		again[i].Epoch = "once more"
	}
	s.load(again...)
	for place, text := range s.everywhere() {
		if strings.Contains(text, "000007") {
			t.Errorf("after it is over %s: %.300s", place, text)
		}
	}
}

// broken is a store whose process is killed at some step: from then on nothing works.
type broken struct {
	forget.Store
	left int
}

var errKilled = errors.New("killed")

func (b *broken) step() error {
	if b.left--; b.left < 0 {
		return errKilled
	}
	return nil
}

func (b *broken) Remember(ctx context.Context, id string, contacts []string, at time.Time) error {
	if err := b.step(); err != nil {
		return err
	}
	return errors.Join(b.Store.Remember(ctx, id, contacts, at), b.step())
}

func (b *broken) Empty(ctx context.Context, which store.Rows) ([]store.Emptied, error) {
	if err := b.step(); err != nil {
		return nil, err
	}
	out, err := b.Store.Empty(ctx, which)
	if err == nil {
		err = b.step()
	}
	if err != nil {
		return nil, err // what was done is told by nobody
	}
	return out, nil
}

// TestKilledErasureGoesOn: killed before or after it remembered contacts or emptied tables, the next process finishes it.
func TestKilledErasureGoesOn(t *testing.T) {
	s := newSite(t, 80)
	all := s.everywhere()
	var contacts []string
	for step := 0; ; step++ {
		caller := fmt.Sprintf("+4930%06d", step)
		dying := &broken{Store: s.store, left: step}
		first := forget.New(forget.Config{}, s.deps(dying))
		asked, err := first.Ask(t.Context(), forget.Request{Number: caller, Reason: "by letter", By: "adam"})
		if err != nil {
			t.Fatal(err)
		}
		killed := first.Pass(t.Context())
		if err := s.worker().Pass(t.Context()); err != nil {
			t.Fatalf("step %d: %v", step, err)
		}
		contacts = append(contacts, s.contactsOf(ofNumber(caller))...)
		got, err := s.worker().Status(t.Context(), asked.ID)
		if err != nil || got.State != forget.StateErased || got.Contacts != int64(len(s.contactsOf(ofNumber(caller)))) || got.Error != "" {
			t.Fatalf("step %d: %+v, %v", step, got, err)
		}
		if killed == nil {
			break // it came to its end before the step
		}
		if step == 59 {
			t.Fatal("it has more steps than there are callers")
		}
		list, err := s.store.Erasures(t.Context(), asked.ID) // over, so that later passes go through one only
		if err == nil {
			err = s.store.EndErasure(t.Context(), list[0], now)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	s.wantErased(all, contacts)
}

// TestErasureOutlivesTheEngine: ClickHouse is killed while it rewrites a column.
func TestErasureOutlivesTheEngine(t *testing.T) {
	p := chdbtest.Launch(t)
	s := siteAt(t, p.URL, "firstline", 60)
	before := s.everywhere()
	killing := &killer{Store: s.store, process: p}
	w := forget.New(forget.Config{}, s.deps(killing))
	asked, err := w.Ask(t.Context(), forget.Request{Number: theNumber, Reason: "by letter", By: "adam"})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Pass(t.Context()); err == nil {
		t.Fatal("the engine was killed, and nothing failed")
	}
	p.Restart(t)
	after := *s
	after.store, after.url = openStore(t, p.URL, "firstline"), p.URL+"/?database=firstline"
	if err := after.worker().Pass(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, err := after.worker().Status(t.Context(), asked.ID); err != nil || got.State != forget.StateErased || got.Error != "" {
		t.Errorf("%+v, %v", got, err)
	}
	after.wantErased(before, s.contactsOf(ofNumber(theNumber)))
}

// killer kills the engine while it empties.
type killer struct {
	forget.Store
	process *chdbtest.Process
}

func (k *killer) Empty(ctx context.Context, which store.Rows) ([]store.Emptied, error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		k.process.Kill()
	}()
	out, err := k.Store.Empty(ctx, which)
	<-done
	if err == nil { // it was quicker
		err = errKilled
	}
	return out, err
}

// TestRecordingsAreLeftWhereTheyCannotBeDeleted: what is left is told, and tried again.
func TestRecordingsAreLeftWhereTheyCannotBeDeleted(t *testing.T) {
	s := newSite(t, 60)
	deps := s.deps(s.store)
	deps.Archive = nil
	elsewhere := forget.New(forget.Config{}, deps)
	asked, err := elsewhere.Ask(t.Context(), forget.Request{Number: theNumber, Reason: "by letter", By: "adam"})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := elsewhere.Pass(t.Context()); err == nil {
			t.Fatal("recordings are left, and nothing is said")
		}
	}
	if got, err := elsewhere.Status(t.Context(), asked.ID); err != nil || got.State != forget.StateErasing || !strings.Contains(got.Error, "recordings.dir") {
		t.Errorf("%+v, %v", got, err)
	}
	if n := chdbtest.Query(t, s.url, "SELECT count() FROM erasure_results WHERE what = 'trouble'"); n != "1" {
		t.Errorf("the same trouble is noted %s times", n)
	}
	if err := s.worker().Pass(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, err := elsewhere.Status(t.Context(), asked.ID); err != nil || got.State != forget.StateErased || got.Error != "" {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestRequests: who can't be erased.
func TestRequests(t *testing.T) {
	s := newSite(t, 1)
	w := s.worker()
	for _, r := range []forget.Request{{}, {Number: "1"}, {Number: theNumber, Customer: theCustomer}, {Number: "**"}} {
		if _, err := w.Ask(t.Context(), r); !errors.Is(err, forget.ErrRequest) {
			t.Errorf("%+v: %v", r, err)
		}
	}
	for _, id := range []string{"", "none"} {
		if _, err := w.Status(t.Context(), id); !errors.Is(err, forget.ErrNone) {
			t.Errorf("%q: %v", id, err)
		}
	}
}

// TestRetention: what is older than its time is emptied, then dropped; reports say so, and figures of what is kept are the same.
func TestRetention(t *testing.T) {
	s := newSite(t, 120)
	next := s.factsLater(from.AddDate(0, 1, 10))
	s.load(next...)
	figures := s.reports()
	w := forget.New(forget.Config{Personal: "30d", Contacts: "60d"}, s.deps(s.store))
	retain := func(at time.Time) {
		t.Helper()
		s.now = at
		if err := w.Retain(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	count := func(where string) string {
		return chdbtest.Query(t, s.url, "SELECT count() FROM arrivals WHERE "+where)
	}
	all := count("1")
	retain(from.AddDate(0, 0, 29))
	if got := count("caller_number != ''"); got != all {
		t.Errorf("%s of %s have a number before their time is over", got, all)
	}
	retain(until.AddDate(0, 0, 31))
	if got := count("caller_number != ''"); got != "1" {
		t.Errorf("%s have a number, want the one of next month", got)
	}
	wantSame(t, figures, s.reports())
	personal := regexp.MustCompile(`\+4930\d{6}|@sip|Name of C`)
	for place, text := range s.everywhere() {
		for line := range strings.Lines(text) {
			if personal.MatchString(line) && !strings.Contains(line, "next-1.1") && !strings.HasPrefix(place, "archive") {
				t.Fatalf("%s: %s", place, line)
			}
		}
	}
	if got := count("1"); got != all {
		t.Errorf("%s arrivals of %s", got, all)
	}

	r := query.New(s.store.Conn(), query.DefaultConfig(), func() time.Time { return s.now })
	report := func(begin time.Time) *time.Time {
		t.Helper()
		q, err := r.Queues(t.Context(), query.QueueRequest{WindowRequest: query.WindowRequest{From: begin, Until: begin.AddDate(0, 2, 0)}})
		if err != nil {
			t.Fatal(err)
		}
		return q.KeptFrom
	}
	if kept := report(from); kept != nil {
		t.Errorf("before anything was dropped it is kept from %s", kept)
	}
	retain(time.Date(2026, 6, 5, 0, 0, 0, 0, time.UTC)) // 60 days after the 1st of April
	if got := count("1"); got != "1" {
		t.Errorf("%s arrivals, want the one of next month", got)
	}
	april := time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	if kept := report(from); kept == nil || !kept.Equal(april) {
		t.Errorf("kept from %v", kept)
	}
	if kept := report(april); kept != nil {
		t.Errorf("of a window that is whole: kept from %s", kept)
	}
	if got := chdbtest.Query(t, s.url, "SELECT kind, uniqExact(table) > 2, sum(rows) > 120 FROM retained GROUP BY kind ORDER BY kind"); got != "contacts\t1\t1\npersonal\t1\t1" {
		t.Errorf("noted: %s", got)
	}
}

// ticketsNow are the tickets as the API tells them at a time, by their names: those that are over, and those that are not.
func ticketsNow(t *testing.T, r *query.Reader) (over, going map[string]string) {
	t.Helper()
	over, going = map[string]string{}, map[string]string{}
	for cursor := ""; ; {
		page, err := r.TicketList(t.Context(), query.TicketListRequest{Limit: 100, Cursor: cursor})
		if err != nil {
			t.Fatal(err)
		}
		for _, ticket := range page.Items {
			into := going
			if ticket.State == metric.TicketResolved || ticket.State == metric.TicketClosed {
				into = over
			}
			life, err := r.Ticket(t.Context(), ticket.System, ticket.ID, query.TicketView{})
			text, coded := json.Marshal(life)
			if err := errors.Join(err, coded); err != nil {
				t.Fatal(err)
			}
			into[ticket.ID] = string(text)
		}
		if page.Next == nil {
			return over, going
		}
		cursor = *page.Next
	}
}

// backlogOf is the backlog of a window, its explanation, and from when on it is whole.
func backlogOf(t *testing.T, r *query.Reader, begin, end time.Time) (report, why string, kept *time.Time) {
	t.Helper()
	req := query.BacklogRequest{WindowRequest: query.WindowRequest{From: begin, Until: end, GroupBy: []string{"queue", "priority"}}}
	b, err := r.Backlog(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	e, err := r.ExplainBacklog(t.Context(), req, query.ExplainRequest{Number: "backlog.open", Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	kept, b.KeptFrom, e.KeptFrom = b.KeptFrom, nil, nil
	numbers, err := json.Marshal(b)
	listed, coded := json.Marshal(e)
	if err := errors.Join(err, coded); err != nil {
		t.Fatal(err)
	}
	return string(numbers), string(listed), kept
}

// TestRetentionOfTickets: what is over by the reports' own word is gone once its time is, as a whole; what is open stays as it was, with the
// figures of now.
func TestRetentionOfTickets(t *testing.T) {
	s := newSite(t, 60)
	later := until.AddDate(0, 0, 40)
	r := query.New(s.store.Conn(), query.DefaultConfig(), func() time.Time { return later })
	over, going := ticketsNow(t, r)
	if len(over) < 5 || len(going) < 5 {
		t.Fatalf("the day has %d tickets that are over and %d that are not", len(over), len(going))
	}
	contacts, tickets := s.everywhere()["contacts"], s.everywhere()["tickets"]
	report, why, kept := backlogOf(t, r, later.AddDate(0, 0, -1), later)
	if kept != nil {
		t.Errorf("before anything was dropped it is kept from %s", kept)
	}
	w := forget.New(forget.Config{Tickets: "31d"}, s.deps(s.store))
	retain := func(at time.Time) {
		t.Helper()
		s.now = at
		if err := w.Retain(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	retain(until.AddDate(0, 0, 29))
	if got := s.everywhere()["tickets"]; got != tickets {
		t.Error("tickets are dropped before their time is over")
	}
	retain(later)
	left, stay := ticketsNow(t, r)
	if len(left) > 0 {
		t.Errorf("still there: %v", left)
	}
	wantSame(t, going, stay)
	if len(stay) != len(going) {
		t.Errorf("%d of %d open tickets are left", len(stay), len(going))
	}
	for place, text := range s.everywhere() {
		for id := range over {
			if place != "contacts" && place != "identified" && strings.Contains(text, `"helpdesk:`+id+`"`) {
				t.Errorf("%s has ticket %s", place, id)
			}
		}
	}
	if got := s.everywhere()["contacts"]; got != contacts {
		t.Error("contacts changed")
	}
	before := later.AddDate(0, 0, -31).Truncate(24 * time.Hour)
	report2, why2, kept := backlogOf(t, r, later.AddDate(0, 0, -1), later)
	if report2 != report || why2 != why || kept != nil {
		t.Errorf("the backlog of now changed, kept from %v:\n%s\n%s\n%s\n%s", kept, report, report2, why, why2)
	}
	if _, _, kept := backlogOf(t, r, from, later); kept == nil || !kept.Equal(before) {
		t.Errorf("of a window that begins before: kept from %v, want %s", kept, before)
	}
	if q, err := r.Queues(t.Context(), query.QueueRequest{WindowRequest: query.WindowRequest{From: from, Until: until}}); err != nil || q.KeptFrom != nil {
		t.Errorf("a report about calls is kept from %v, %v", q.KeptFrom, err)
	}
	s.reports() // none fails
	linked := chdbtest.Query(t, s.url, "SELECT contact FROM contacts WHERE ticket_id IN ('"+strings.Join(slices.Collect(maps.Keys(over)), "', '")+"') LIMIT 1")
	if _, err := r.Timeline(t.Context(), linked, true); err != nil {
		t.Errorf("the contact %q of a ticket that is gone: %v", linked, err)
	}
	if got := chdbtest.Query(t, s.url, "SELECT kind, table, rows > 10, until FROM retained ORDER BY table"); got != "tickets\tevents\t1\t2026-03-13 00:00:00.000\ntickets\ttickets\t1\t2026-03-13 00:00:00.000" {
		t.Errorf("noted: %s", got)
	}
}

// counted is a store that counts how often tickets are looked for, and fails at first.
type counted struct {
	forget.Store
	asked []time.Time
}

func (c *counted) DropTickets(_ context.Context, before time.Time) ([]store.Emptied, error) {
	c.asked = append(c.asked, before)
	if len(c.asked) == 1 {
		return nil, errKilled
	}
	return nil, nil
}

// TestTicketsAreDroppedOnceADay: and again when it failed; never without a time.
func TestTicketsAreDroppedOnceADay(t *testing.T) {
	s := newSite(t, 1)
	look := &counted{Store: s.store}
	deps := s.deps(look)
	w := forget.New(forget.Config{Tickets: "90d"}, deps)
	if err := w.Retain(t.Context()); !errors.Is(err, errKilled) || !strings.Contains(err.Error(), "retention.tickets") {
		t.Errorf("it failed, and is told as %v", err)
	}
	for _, at := range []time.Time{now.Add(time.Hour), now.Add(2 * time.Hour), now.AddDate(0, 0, 1)} {
		s.now = at
		if err := w.Retain(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	first := until.AddDate(0, 0, -90)
	if want := []time.Time{first, first, first.AddDate(0, 0, 1)}; !slices.EqualFunc(look.asked, want, time.Time.Equal) {
		t.Errorf("dropped before %v, want %v", look.asked, want)
	}
	if err := s.worker().Retain(t.Context()); err != nil || len(look.asked) != 3 {
		t.Errorf("without a time: %v, %v", look.asked, err)
	}
}

// factsLater is one contact of another month.
func (s *site) factsLater(at time.Time) []fact.Fact {
	return []fact.Fact{{Type: fact.TypeArrived, Subject: "next-1.1", Sequence: 1, Time: at, Source: "controller", Epoch: "next", Position: 1,
		Data: fact.Arrived{Kind: fact.KindInbound, CallerNumber: theNumber, CallerName: "Caller " + theNumber}}}
}
