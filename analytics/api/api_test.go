package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"firstline/analytics/live"
	"firstline/analytics/live/livetest"
	"firstline/analytics/metric"
	"firstline/analytics/notify"
	"firstline/analytics/query"
	"firstline/analytics/registry"
	"firstline/pipeline/fact"
	"firstline/pipeline/log"
	"firstline/pipeline/number"
	"firstline/pipeline/problem"
)

// Everybody's password in tests, and a hash of it that is cheap so that tests are quick.
const (
	password  = "4711"
	cheapHash = "$argon2id$v=19$m=64,t=1,p=1$c2FsdCBvZiB0aGUgdGVzdA$bxQMHconUgb/q4UEkFIebA5iBfBresgVjh6wm5bs0bM"
)

const webhookSecret = "a secret shared with the helpdesk"

// world is an API on real parts: sessions in a file, a log for tickets, the state of now from a double of the controller.
type world struct {
	t          testing.TB
	api        *API
	controller *livetest.Controller
	live       *live.Live
	reports    *reportsDouble
	tickets    *log.Log
	archive    *files
	cfg        Config
	site       Site
	someKey    string // id of a key that there is
	someReport string // of a shared report of sue's
	someRule   string // of an alert rule
	newUsers   atomic.Int64
}

// options change a world before it is built.
type options struct {
	config  func(*Config)
	site    func(*Site)
	env     map[string]string
	checks  []Check
	tickets bool // with a log for tickets; it takes a moment
	reports Reports
	notify  func(*notify.MailConfig, *notify.HookConfig)
	way     TicketWay
	log     *slog.Logger // nil = nowhere
	pages   fs.FS        // nil = files that stand for them

	noArchive bool // recordings lie elsewhere
	// snapshot changes what the controller begins with
	snapshot func(*fact.Snapshot)
}

func newWorld(t testing.TB, o options) *world {
	t.Helper()
	start := livetest.World()
	if o.snapshot != nil {
		o.snapshot(&start)
	}
	w := &world{t: t, controller: livetest.Start(t, start), reports: &reportsDouble{}}
	w.cfg, w.site = DefaultConfig(), testSite()
	w.cfg.Listen = "127.0.0.1:0"
	w.cfg.Users = []User{
		{Name: "sue", Role: RoleSupervisor, PasswordHashEnv: "HASH", Phone: "boris"}, {Name: "adam", Role: RoleAdmin, PasswordHashEnv: "HASH"},
		{Name: "ina", Role: RoleIntegrator, PasswordHashEnv: "HASH"},
	}
	if o.config != nil {
		o.config(&w.cfg)
	}
	if o.site != nil {
		o.site(&w.site)
	}
	env := map[string]string{"HASH": cheapHash, "SECRET": webhookSecret}
	for k, v := range o.env {
		env[k] = v
	}
	reg := prometheus.NewRegistry()
	w.live = startLive(t, w.controller)
	state, err := registry.Open(context.Background(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	deps := Deps{
		Log: slog.New(slog.DiscardHandler), Getenv: func(k string) string { return env[k] }, Registry: reg, State: state,
		Now: w.live, Reports: w.reports, Pages: testPages(), Checks: o.checks, Version: "test",
		Numbers: number.Config{Region: "DE"}.Form(), Forget: &forgetDouble{}, TicketWay: o.way,
	}
	mail, hooks := notify.DefaultMail(), notify.DefaultHooks()
	if o.notify != nil {
		o.notify(&mail, &hooks)
	}
	if deps.Notify, err = notify.New(mail, hooks, deps.Getenv, func() time.Time { return w.api.clock() }, deps.Log, reg); err != nil {
		t.Fatal(err)
	}
	if o.log != nil {
		deps.Log = o.log
	}
	if o.pages != nil {
		deps.Pages = o.pages
	}
	if o.reports != nil {
		deps.Reports = o.reports
	}
	if !o.noArchive {
		w.archive = newFiles(t)
		deps.Archive = w.archive
	}
	if o.tickets {
		w.tickets = startLog(t)
		deps.Tickets = w.tickets
	}
	if w.api, err = New(w.cfg, w.site, deps); err != nil {
		t.Fatal(err)
	}
	some, _, err := state.MakeKey(context.Background(), registry.Key{Name: "some"})
	if err != nil {
		t.Fatal(err)
	}
	w.someKey = some.ID
	if err := state.MakeUser(context.Background(), registry.User{Name: "some", Role: string(RoleIntegrator), Hash: cheapHash}); err != nil {
		t.Fatal(err)
	}
	w.makeSome(state)
	t.Cleanup(func() {
		w.api.halt()
		w.api.streams.wait()
		w.api.exports.wait()
		if err := state.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func testSite() Site {
	site := DefaultSite()
	site.Agents = []AgentConfig{
		{ID: "anna", Name: "Anna Becker", Endpoint: "PJSIP/101", Queues: []string{"support", "sales"}, Teams: []string{"first"}, PinHashEnv: "HASH"},
		{ID: "boris", Name: "Boris Orlov", Endpoint: "PJSIP/102", Queues: []string{"support"}, PinHashEnv: "HASH"},
	}
	t := 30 * time.Second
	site.Queues = []QueueConfig{{ID: "support", Name: "Support", ServiceLevel: &t}, {ID: "sales", Name: "Sales", Recording: RecordingConfig{Mode: "demand"}}}
	site.PauseReasons = []PauseReason{{"break"}, {"lunch"}}
	site.Dispositions = []string{"solved"}
	site.IVR = []Flow{{ID: "main", Nodes: map[string]FlowNode{"language": {Options: map[string]FlowOption{"1": {Language: "en"}, "2": {Language: "ru"}, "3": {}}}}}}
	site.Integrations.Tickets.WebhookSecretEnv = "SECRET"
	return site
}

func testPages() fstest.MapFS {
	return fstest.MapFS{
		"index.html":            {Data: []byte("<!doctype html><title>Firstline</title>")},
		"assets/index-abc12.js": {Data: []byte("export {}")},
		"favicon.svg":           {Data: []byte("<svg/>")},
	}
}

func startLive(t testing.TB, c *livetest.Controller) *live.Live {
	t.Helper()
	cfg := live.DefaultConfig()
	cfg.URL, cfg.Retry, cfg.Refresh = c.URL, time.Millisecond, time.Hour
	l, err := live.New(cfg, func(string) string { return "" }, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	run(t, l.Run)
	w := l.Watch()
	defer w.Close()
	for l.Freshness().Stale {
		<-w.Changed()
	}
	return l
}

func startLog(t testing.TB) *log.Log {
	t.Helper()
	cfg := log.DefaultConfig()
	cfg.Dir, cfg.Source, cfg.Stateless = t.TempDir(), "api/test", true
	l, err := log.Open(cfg, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	run(t, l.Run)
	return l
}

// run runs something until the test ends and waits for it.
func run(t testing.TB, f func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("it ended with %v", err)
		}
	})
}

// reportsDouble answers reports with what the test put in and notes what was asked.
type reportsDouble struct {
	mu       sync.Mutex
	queues   []query.QueueRequest
	agents   []query.AgentRequest
	contacts []query.ContactRequest
	menus    []query.IVRRequest
	searches []query.SearchRequest
	staffing []query.StaffingRequest
	quality  []query.QualityRequest
	err      error
	panics   bool

	voicemails  []query.VoicemailRequest
	callbacks   []query.CallbackRequest
	tickets     []query.TicketRequest
	ticketLists []query.TicketListRequest
	backlogs    []query.BacklogRequest
	explained   []why
	dues        []query.DueRequest
}

func (r *reportsDouble) fails(err error) { r.mu.Lock(); defer r.mu.Unlock(); r.err = err }

func (r *reportsDouble) Queues(_ context.Context, req query.QueueRequest) (metric.QueueReport, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.queues = append(r.queues, req)
	if r.panics {
		panic("a bug")
	}
	p, err := req.Params()
	if err != nil {
		return metric.QueueReport{}, err
	}
	if r.err != nil {
		return metric.QueueReport{}, r.err
	}
	tallies := map[metric.Key]metric.QueueTally{{Queue: "support"}: {Offered: 3, Attributed: 3, Answered: 2, Abandoned: 1}}
	if len(p.GroupBy) == 0 {
		tallies = map[metric.Key]metric.QueueTally{{}: {Offered: 3, Attributed: 3, Answered: 2, Abandoned: 1}}
	}
	return metric.NewQueueReport(p, tallies, metric.QueueTally{Offered: 3, Attributed: 3, Answered: 2, Abandoned: 1}, metric.Freshness{AsOf: livetest.Began()})
}

func (r *reportsDouble) Agents(_ context.Context, req query.AgentRequest) (metric.AgentReport, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.agents = append(r.agents, req)
	p, err := req.Params()
	if err != nil {
		return metric.AgentReport{}, err
	}
	return metric.NewAgentReport(p, nil, metric.Freshness{AsOf: livetest.Began()})
}

func (r *reportsDouble) Contacts(_ context.Context, req query.ContactRequest) (metric.ContactReport, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.contacts = append(r.contacts, req)
	p, err := req.Params()
	if err != nil {
		return metric.ContactReport{}, err
	}
	return metric.NewContactReport(p, nil, metric.ContactTally{}, metric.Freshness{AsOf: livetest.Began()})
}

func (r *reportsDouble) IVR(_ context.Context, req query.IVRRequest) (metric.IVRReport, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.menus = append(r.menus, req)
	p, err := req.Params()
	if err != nil {
		return metric.IVRReport{}, err
	}
	tally := metric.IVRTally{Visits: 3, Choices: map[metric.Choice]int64{{Key: "1", Target: "sales"}: 2, {Key: "2", Target: "bye"}: 1}, Ends: map[string]int64{metric.VisitWentOn: 3}}
	return metric.NewIVRReport(p, map[metric.Key]metric.IVRTally{{Flow: "main", Node: "topic"}: tally}, tally, metric.Freshness{AsOf: livetest.Began()})
}

func (r *reportsDouble) Tickets(_ context.Context, req query.TicketRequest) (metric.TicketReport, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tickets = append(r.tickets, req)
	p, err := req.TicketParams(livetest.Began())
	if err != nil {
		return metric.TicketReport{}, err
	}
	return metric.NewTicketReport(p, nil, metric.TicketTally{}, metric.Freshness{AsOf: livetest.Began()})
}

func (r *reportsDouble) Staffing(_ context.Context, req query.StaffingRequest) (metric.StaffingReport, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.staffing = append(r.staffing, req)
	p, err := req.Params()
	if err != nil {
		return metric.StaffingReport{}, err
	}
	return metric.NewStaffingReport(p, nil, metric.Freshness{AsOf: livetest.Began()})
}

func (r *reportsDouble) Quality(_ context.Context, req query.QualityRequest) (metric.QualityReport, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.quality = append(r.quality, req)
	p, err := req.Params()
	if err != nil {
		return metric.QualityReport{}, err
	}
	key := metric.QualityKey{Kind: metric.DefectLate, Source: "controller", Node: "pbx1"}
	tickets := metric.TicketDefects{
		Counts: map[metric.TicketQualityKey]int64{{Kind: metric.TicketBeforeStart, System: "helpdesk"}: 2},
		Examples: []metric.TicketDefect{
			metric.NewTicketDefect(metric.TicketBeforeStart, fact.TicketEvent{Type: fact.TypeTicketFirstReply, System: "helpdesk", Ticket: "4711", EventID: "e1"}, livetest.Began(), 60_000),
		},
	}
	return metric.NewQualityReport(p, map[metric.QualityKey]int64{key: 3}, nil, tickets, nil, metric.Freshness{AsOf: livetest.Began()})
}

func (r *reportsDouble) Today(_ context.Context, req query.TodayRequest) (metric.Today, error) {
	if _, err := time.LoadLocation(req.Zone); err != nil || req.Zone == "Local" {
		return metric.Today{}, &query.Invalid{Problems: []problem.Problem{{Path: "tz", Message: "unknown"}}}
	}
	from, queue := livetest.Began(), "support"
	day := metric.Group{Span: metric.Bucket{From: from, Until: from.Add(24 * time.Hour)}.Span(), Queue: &queue}
	return metric.Today{AsOf: from, From: day.Span.From, Until: day.Span.Until, Zone: req.Zone, Queues: []metric.TodayRow{{Group: day}}, Series: []metric.TodayRow{}, ByQueue: []metric.TodayRow{}}, nil
}

func (r *reportsDouble) Search(_ context.Context, req query.SearchRequest) (query.ContactPage, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.searches = append(r.searches, req)
	items := []query.Contact{testContact("pbx1-1.1", "=Carla", "anna", "boris")}
	return query.ContactPage{Items: items, Next: after(req.Cursor), Freshness: testFreshness()}, nil
}

// after is the cursor of the next page: every list of the double has two.
func after(cursor string) *string {
	next := "abc"
	if cursor == next {
		return nil
	}
	return &next
}

func (r *reportsDouble) Timeline(_ context.Context, id string, _ bool) (query.Timeline, error) {
	if id != "pbx1-1.1" {
		return query.Timeline{}, query.ErrNotFound
	}
	return query.Timeline{
		Contact: testContact(id, "Carla", "anna"),
		Facts: []query.TimelineFact{
			{Type: fact.TypeArrived, Data: json.RawMessage(`{"caller_number":"+4930123456","caller_name":"Carla","dialed":"1000"}`)},
			{Type: fact.TypeIdentified, Data: json.RawMessage(`{"digits":"471100","customer_name":"Carla","customer":"c-7"}`)},
			{Type: fact.TypeQueued, Data: json.RawMessage(`{"entry":"pbx1-1.1/e1"}`)},
		},
	}, nil
}

func (r *reportsDouble) Abandoned(_ context.Context, _ query.AbandonedRequest) (query.AbandonedPage, error) {
	return query.AbandonedPage{Items: []query.Abandoned{r.abandonedOne()}, Freshness: testFreshness()}, nil
}

// testContact is an answered call of two minutes.
func testContact(id, name string, agents ...string) query.Contact {
	began := livetest.Began()
	number, ended, result, reason := "+4930123456", began.Add(2*time.Minute), fact.ResultAnswered, fact.ReasonCallerHungUp
	whole, menu, wait, toAgent, talk, none := int64(120_000), int64(9_000), int64(21_000), int64(30_000), int64(80_000), int64(0)
	wrapUp := whole - toAgent - talk
	return query.Contact{
		ID: id, Kind: fact.KindInbound, ArrivedAt: began, EndedAt: &ended, DurationMS: &whole, Language: "en", Dialed: "1000", CallerNumber: &number, CallerName: &name,
		Customer: "C-7", Queues: []string{"support"}, Agents: agents, Result: &result, Reason: &reason,
		IVRMS: &menu, WaitMS: &wait, ToAgentMS: &toAgent, TalkMS: &talk, HoldMS: &none, WrapUpMS: &wrapUp,
	}
}

func testFreshness() metric.Freshness {
	known := livetest.Began().Add(-2 * time.Second)
	return metric.Freshness{AsOf: livetest.Began(), Watermark: &known, Open: metric.Open{Contacts: 14, Entries: 3, Offers: 2, Segments: 9}}
}

// call is one request to the API.
type call struct {
	method, path string
	body         any    // marshalled unless it is a string
	proof        string // of who sends it: a cookie, or Bearer and a key
	headers      map[string]string
	host         string
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (w *world) do(c call) answer {
	w.t.Helper()
	var body io.Reader
	switch b := c.body.(type) {
	case nil:
	case string:
		body = strings.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			w.t.Fatal(err)
		}
		body = bytes.NewReader(raw)
	}
	req := httptest.NewRequest(c.method, c.path, body)
	req.Host = "127.0.0.1:8080"
	if c.host != "" {
		req.Host = c.host
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	prove(req, c.proof)
	for k, v := range c.headers {
		req.Header.Set(k, v)
	}
	res, err := w.api.Test(req)
	if err != nil {
		w.t.Fatalf("%s %s: %v", c.method, c.path, err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, raw}
}

// prove sets a cookie, or Bearer and a key.
func prove(req *http.Request, proof string) {
	switch {
	case strings.HasPrefix(proof, "Bearer "):
		req.Header.Set("Authorization", proof)
	case proof != "":
		req.Header.Set("Cookie", proof)
	}
}

// key makes an API key with these scopes, which ends in an hour.
func (w *world) key(list ...Scope) string {
	w.t.Helper()
	k := registry.Key{Name: "crm", Ends: w.api.clock().Add(time.Hour)}
	for _, s := range list {
		k.Scopes = append(k.Scopes, string(s))
	}
	_, secret, err := w.api.state.MakeKey(context.Background(), k)
	if err != nil {
		w.t.Fatal(err)
	}
	return "Bearer " + secret
}

// get is do for a GET.
func (w *world) get(path, proof string) answer {
	w.t.Helper()
	return w.do(call{method: http.MethodGet, path: path, proof: proof})
}

// signIn returns the cookie of a new session.
func (w *world) signIn(name string) string {
	w.t.Helper()
	a := w.do(call{method: http.MethodPost, path: Prefix + "/session", body: map[string]string{"name": name, "secret": password}})
	if a.status != http.StatusOK {
		w.t.Fatalf("sign in as %s: %d %s", name, a.status, a.body)
	}
	cookie, _, _ := strings.Cut(a.header.Get("Set-Cookie"), ";")
	return cookie
}

// into decodes the body.
func (a answer) into(t testing.TB, v any) {
	t.Helper()
	if err := json.Unmarshal(a.body, v); err != nil {
		t.Fatalf("%s: %v", a.body, err)
	}
}

// wantProblem checks that the answer is a problem of the code, complete in every member.
func (a answer) wantProblem(t testing.TB, code Code) Problem {
	t.Helper()
	var p Problem
	a.into(t, &p)
	want := kindOf(code)
	switch {
	case a.header.Get("Content-Type") != problemType:
		t.Errorf("content type %q", a.header.Get("Content-Type"))
	case p.Code != code || p.Status != want.status || a.status != want.status || p.Title != want.title:
		t.Errorf("want %s, got %d %s", code, a.status, a.body)
	case p.Type != "urn:firstline:problem:"+string(code) || p.Instance != "urn:firstline:request:"+a.header.Get("X-Request-Id"):
		t.Errorf("type %q, instance %q, request %q", p.Type, p.Instance, a.header.Get("X-Request-Id"))
	}
	return p
}

const window = "?from=2026-03-02T00:00:00Z&until=2026-03-03T00:00:00Z"
