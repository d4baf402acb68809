package api

import (
	"encoding/json"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"firstline/analytics/live"
	"firstline/analytics/live/livetest"
	"firstline/analytics/metric"
	"firstline/analytics/metric/facttest"
	"firstline/analytics/query"
	"firstline/pipeline/fact"
)

// Contacts of the day that the limited look at: of his queue, of the other one, and one that was in both.
const (
	ours, theirs, both = "pbx1-10.1", "pbx1-20.1", "pbx1-30.1"
	ourCallback        = "pbx1-10.1-cb1"
	theirCallback      = "pbx1-20.1-cb1"
)

// course writes facts by hand, a second apart.
type course struct {
	at    time.Time
	facts []fact.Fact
	seq   map[string]uint64
}

func (c *course) add(subject string, t fact.Type, d fact.Data) {
	c.at = c.at.Add(time.Second)
	c.seq[subject]++
	c.facts = append(c.facts, fact.Fact{Type: t, Subject: subject, Sequence: c.seq[subject], Time: c.at, Source: "controller", Epoch: "33333333", Position: uint64(len(c.facts) + 1), Data: d})
}

// visit is a caller's stay in a queue: he is recorded while he talks, and leaves a message.
func (c *course) visit(contact, queue, agent string, n string) {
	began := c.at
	entry := fact.EntryEnded{Entry: contact + "/e" + n, Call: contact + "/c1", Kind: fact.KindInbound, Queue: queue, Outcome: fact.EntryAbandoned, QueuedAt: began, Arrived: began, Language: "en"}
	c.add(contact, fact.TypeQueued, fact.Queued{Entry: entry.Entry, Call: entry.Call, Kind: fact.KindInbound, Queue: queue, Language: "en", Position: 1, RankedAt: began})
	c.add(contact, fact.TypeSegmentStarted, fact.SegmentStarted{Segment: contact + "/s" + n, Call: entry.Call, Kind: fact.SegmentTalk, Agent: agent, Queue: queue})
	for i, cause := range []fact.RecordingCause{fact.RecordAll, fact.RecordVoicemail} {
		id, who := contact+"/r"+n+string(rune('1'+i)), agent
		if cause == fact.RecordVoicemail {
			who = ""
		}
		c.add(contact, fact.TypeRecordingStarted, fact.RecordingStarted{Recording: id, Call: entry.Call, Queue: queue, Agent: who, Cause: cause})
		c.add(contact, fact.TypeRecordingEnded, fact.RecordingEnded{Recording: id, Call: entry.Call, Queue: queue, Agent: who, Cause: cause, Result: fact.RecordingComplete, StartedAt: c.at, EndedAt: c.at})
		c.add(contact, fact.TypeRecordingStored, fact.RecordingStored{Recording: id, Queue: queue, Bytes: 4, SHA256: "5f2b", KeepUntil: time.Now().AddDate(0, 0, 9).UTC()})
		c.add(fact.VoicemailSubject, fact.TypeVoicemailMarked, fact.VoicemailMarked{Contact: contact, Recording: id, Done: true, Note: "about " + queue, By: fact.BySupervisor, Actor: "sue"})
	}
	entry.EndedAt = c.at
	c.add(contact, fact.TypeEntryEnded, entry)
}

// Tickets of the day: of his queue, where it came from the other one; of the other queue; of no queue, but of a team.
const ourTicket, theirTicket, teamTicket = "A1", "B1", "C1"

// tickets tells of those three.
func (c *course) tickets() {
	for i, e := range []fact.TicketEvent{
		{Type: fact.TypeTicketOpened, Ticket: ourTicket, Contact: theirs, Queue: "sales", Agent: "dora"},
		{Type: fact.TypeTicketLinked, Ticket: ourTicket, Contact: ours},
		{Type: fact.TypeTicketReassigned, Ticket: ourTicket, Queue: "support", Agent: "boris"},
		{Type: fact.TypeTicketOpened, Ticket: theirTicket, Contact: theirs, Queue: "sales", Agent: "dora", Team: "third"},
		{Type: fact.TypeTicketOpened, Ticket: teamTicket, Team: "second"},
	} {
		e.System, e.EventID = "helpdesk", "rights-"+string(rune('a'+i))
		c.add("helpdesk:"+e.Ticket, e.Type, e)
	}
}

// limitedDay is a day with contacts of every kind in two queues, and the three above.
func limitedDay() []fact.Fact {
	from, until := day()
	c := &course{at: from.Add(12 * time.Hour), seq: map[string]uint64{}}
	for _, contact := range []string{ours, theirs, both} {
		c.add(contact, fact.TypeArrived, fact.Arrived{Call: contact + "/c1", Kind: fact.KindInbound, Node: "pbx1", Channel: contact, CallerNumber: "+4930123456", Dialed: "1000", Language: "en", Plan: "p1"})
	}
	c.visit(ours, "support", "boris", "1")
	c.visit(theirs, "sales", "dora", "1")
	c.visit(both, "support", "boris", "1")
	c.add(both, fact.TypeTransferStarted, fact.TransferStarted{Transfer: both + "/t1", Call: both + "/c1", Agent: "boris", Queue: "support", To: fact.TransferToQueue, Target: "sales"})
	c.visit(both, "sales", "dora", "2")
	c.tickets()
	c.add(both, fact.TypeContactEnded, fact.ContactEnded{Kind: fact.KindInbound, Node: "pbx1", FirstQueue: "support", LastQueue: "sales", Calls: 1})
	for contact, queue := range map[string]string{ourCallback: "support", theirCallback: "sales"} {
		c.add(contact, fact.TypeCallbackPromised, fact.CallbackPromised{Origin: ours, Queue: queue, First: fact.FirstAgent, Since: c.at, Attempts: 3, ExpiresAt: until.AddDate(0, 0, 1)})
	}
	return append(facttest.Make(facttest.Day{
		Seed: 2, From: from, Until: until, Contacts: 60, Waits: []int64{0, 5_000, 30_000}, Queues: []string{"support", "sales"}, Agents: []string{"anna", "boris", "dora"},
	}), c.facts...)
}

// limitedNow is the state of now with callers, talks and callbacks in both queues.
func limitedNow(s *fact.Snapshot) {
	at := livetest.Began()
	s.Agents[0].State, s.Agents[0].Contact, s.Agents[0].Queue = fact.AgentTalking, "pbx1-41.1", "sales"
	s.Agents[1].State, s.Agents[1].Contact, s.Agents[1].Queue, s.Agents[1].Reason = fact.AgentTalking, "pbx1-42.1", "support", ""
	s.Agents = append(s.Agents, fact.SnapshotAgent{ID: "dora", Name: "Dora Weiss", Seat: "window", Queues: []string{"sales"}, State: fact.AgentReady, Since: at})
	talk := func(id, queue, agent string) fact.SnapshotContact {
		return fact.SnapshotContact{ID: id, Kind: fact.KindInbound, Arrived: at, Stage: fact.StageTalking, Agent: agent,
			Segments: []fact.SnapshotSegment{{Segment: id + "/s1", Kind: fact.SegmentTalk, Agent: agent, Queue: queue, Since: at}}}
	}
	waits := func(id, queue string) fact.SnapshotContact {
		return fact.SnapshotContact{ID: id, Kind: fact.KindInbound, Arrived: at, Stage: fact.StageWaiting, Entry: &fact.SnapshotEntry{Entry: id + "/e1", Queue: queue, QueuedAt: at, RankedAt: at}}
	}
	putOff := func(id, queue string) fact.SnapshotContact {
		return fact.SnapshotContact{ID: id, Kind: fact.KindCallback, Arrived: at, Stage: fact.StagePutOff, Callback: &fact.SnapshotCallback{Origin: ours, Queue: queue, PromisedAt: at, ExpiresAt: at}}
	}
	s.Contacts = []fact.SnapshotContact{
		waits(ours, "support"), waits(theirs, "sales"), waits("pbx1-40.1", live.OwnLine("anna")), talk("pbx1-41.1", "sales", "anna"), talk("pbx1-42.1", "support", "boris"),
		putOff(ourCallback, "support"), putOff(theirCallback, "sales"), {ID: "pbx1-50.1", Kind: fact.KindInbound, Arrived: at, Stage: fact.StageIVR},
	}
}

// limitedOptions have an agent and a team of the other queue, and a supervisor for each limit.
func limitedOptions() options {
	return options{
		snapshot: limitedNow,
		site: func(s *Site) {
			s.Agents[1].Teams = []string{"second"}
			s.Agents = append(s.Agents, AgentConfig{ID: "dora", Name: "Dora Weiss", Queues: []string{"sales"}, Teams: []string{"third"}})
			s.Seats = []SeatConfig{{ID: "window", Endpoint: "PJSIP/201"}}
		},
		config: func(c *Config) {
			quickBeat(c)
			c.Users = append(c.Users,
				User{Name: "sam", Role: RoleSupervisor, PasswordHashEnv: "HASH", Queues: []string{"support"}},
				User{Name: "tim", Role: RoleSupervisor, PasswordHashEnv: "HASH", Teams: []string{"second"}},
			)
		},
	}
}

// probe is a request of somebody who is limited to the queue support, and what becomes of it.
type probe struct {
	method, path string
	body         any
	want         Code // "" = it is answered
}

// probes have one of each route at least, with what is his and with what is not.
func probes() []probe {
	from, until := day()
	window := "?from=" + from.Format(time.RFC3339) + "&until=" + until.Format(time.RFC3339)
	to := func(kind, id string) map[string]any {
		return map[string]any{"to": map[string]string{"kind": kind, "id": id}}
	}
	act := func(action, kind, id string) map[string]any {
		body := to(kind, id)
		body["action"] = action
		return body
	}
	monitor := func(phone, of string) map[string]string {
		return map[string]string{"action": "monitor", "mode": "listen", "phone": phone, "agent": of}
	}
	var out []probe
	get := func(want Code, paths ...string) {
		for _, path := range paths {
			out = append(out, probe{http.MethodGet, path, nil, want})
		}
	}
	get("", "/session", "/sign-in", "/queues", "/agents", "/seats", "/settings", "/incidents", "/wallboard", "/agents/boris/targets")
	for _, more := range []string{"", "&queue=sales"} {
		get("", "/metrics/queues"+window+"&group_by=queue"+more, "/metrics/contacts"+window+"&group_by=agent,queue"+more, "/metrics/tickets"+window+"&group_by=agent,queue"+more)
		get("", "/contacts"+window+"&limit=500"+more, "/abandoned"+window+"&limit=500"+more, "/voicemails"+window+more, "/callbacks"+window+more)
	}
	get("", "/metrics/agents"+window, "/metrics/agents"+window+"&group_by=queue,team", "/metrics/agents"+window+"&agent=dora,anna", "/contacts"+window+"&agent=dora", "/wallboard?queue=sales")
	get("", "/contacts/"+ours, "/contacts/"+both, "/contacts/"+ours+"/recordings", "/contacts/"+both+"/recordings")
	get(CodeNotFound, "/contacts/"+theirs, "/contacts/"+theirs+"/recordings", "/contacts/"+theirs+"/recordings/r11/audio", "/contacts/"+both+"/recordings/r21/audio")
	get(CodeUnknownAgent, "/agents/dora/targets")
	get("", "/metrics/staffing"+window+"&service_level_ms=20000", "/metrics/backlog"+window+"&group_by=agent,queue,team",
		"/metrics/queues"+window+"&group_by=agent,team,skill", "/metrics/queues"+window+"&compare=1d&group_by=queue")
	get("", "/tickets?limit=500", "/tickets?limit=500&queue=sales", "/tickets?limit=500&agent=dora", "/tickets?limit=500&unassigned=true", "/tickets/helpdesk/"+ourTicket, "/exports/tickets?format=jsonl")
	get("", "/metrics/tickets"+window+"&group_by=team,priority")
	get(CodeNotFound, "/tickets/helpdesk/"+theirTicket, "/tickets/helpdesk/"+teamTicket)
	why := func(report, number string) string {
		return "/metrics/" + report + "/explain" + window + "&limit=500&number=" + number
	}
	get("", why("queues", "offered"), why("queues", "offers.made")+"&queue=sales", why("agents", "answered"), why("contacts", "contacts"), why("tickets", "linked"), why("backlog", "opened"))
	get("", why("ivr", "visits"), why("ivr", "contacts")+"&queue=sales", "/metrics/ivr"+window, "/metrics/ivr"+window+"&queue=sales&group_by=flow")
	get(CodeNotFound, why("queues", "answered")+"&group_by=agent&row="+query.RowName(from, metric.Key{Agent: "dora"}, []metric.Dimension{metric.ByAgent}))
	get("", "/exports/contacts"+window, "/exports/abandoned"+window, "/exports/voicemails"+window, "/exports/callbacks"+window)
	get("", "/reports", "/alerts", "/alerts/rules", "/alerts/silences")
	get(CodeNotFound, "/reports/00000000000000a1")
	get(CodeForbidden, "/data-quality"+window)
	get(CodeForbidden, "/audit"+window, "/exports/audit"+window, "/users", "/keys", "/live/agent", "/erasures/"+someErasure)
	return append(out,
		probe{http.MethodPost, "/agents/boris/state", map[string]string{"action": "ready"}, ""},
		probe{http.MethodPost, "/agents/dora/state", map[string]string{"action": "ready"}, CodeUnknownAgent},
		probe{http.MethodPost, "/agents/boris/state", map[string]string{"action": "disposition", "code": "solved", "contact": both}, ""},
		probe{http.MethodPost, "/agents/boris/state", map[string]string{"action": "disposition", "code": "solved", "contact": theirs}, CodeUnknownContact},
		probe{http.MethodPost, "/agents/boris/call", map[string]string{"action": "hold"}, ""},
		probe{http.MethodPost, "/agents/anna/call", map[string]string{"action": "hold"}, CodeNotNow},
		probe{http.MethodPost, "/agents/dora/call", map[string]string{"action": "hold"}, CodeUnknownAgent},
		probe{http.MethodPost, "/agents/boris/call", act("transfer", "queue", "sales"), CodeUnknownTarget},
		probe{http.MethodPost, "/agents/boris/call", act("consult", "agent", "dora"), CodeUnknownTarget},
		probe{http.MethodPost, "/agents/boris/call", act("consult", "agent", "anna"), ""},
		probe{http.MethodPost, "/agents/anna/pops", map[string]string{"pop": "p", "event": "shown"}, CodeForbidden},
		probe{http.MethodPut, "/incidents/outage", map[string]bool{"on": true}, CodeForbidden},
		probe{http.MethodPost, "/contacts/pbx1-42.1/monitor", monitor("anna", ""), ""},
		probe{http.MethodPost, "/contacts/pbx1-42.1/monitor", monitor("dora", ""), CodeUnknownAgent},
		probe{http.MethodPost, "/contacts/pbx1-42.1/monitor", monitor("anna", "dora"), CodeUnknownAgent},
		probe{http.MethodPost, "/contacts/pbx1-41.1/monitor", monitor("anna", ""), CodeUnknownContact},
		probe{http.MethodPost, "/contacts/" + ours + "/priority", map[string]int{"priority": 1}, ""},
		probe{http.MethodPost, "/contacts/" + theirs + "/priority", map[string]int{"priority": 1}, CodeUnknownContact},
		probe{http.MethodPost, "/contacts/pbx1-40.1/priority", map[string]int{"priority": 1}, CodeUnknownContact},
		probe{http.MethodPost, "/contacts/none/priority", map[string]int{"priority": 1}, CodeUnknownContact},
		probe{http.MethodPost, "/contacts/" + ours + "/move", to("agent", "boris"), ""},
		probe{http.MethodPost, "/contacts/" + ours + "/move", to("queue", "sales"), CodeUnknownTarget},
		probe{http.MethodPost, "/contacts/" + theirs + "/move", to("queue", "support"), CodeUnknownContact},
		probe{http.MethodPut, "/voicemails/" + ours + "/r12/done", map[string]string{}, ""},
		probe{http.MethodPut, "/voicemails/" + theirs + "/r12/done", map[string]string{}, CodeNotFound},
		probe{http.MethodPut, "/voicemails/" + both + "/r22/done", map[string]string{}, CodeNotFound},
		probe{http.MethodDelete, "/voicemails/" + ours + "/r12/done", nil, ""},
		probe{http.MethodDelete, "/voicemails/" + theirs + "/r12/done", nil, CodeNotFound},
		probe{http.MethodDelete, "/callbacks/" + ourCallback, nil, ""},
		probe{http.MethodDelete, "/callbacks/" + theirCallback, nil, CodeUnknownContact},
		probe{http.MethodPost, "/reports", reportBody(nil), ""},
		probe{http.MethodPost, "/reports", reportBody(map[string]any{"report": "ivr", "parameters": nil}), ""},
		probe{http.MethodPut, "/reports/00000000000000a1", reportBody(nil), CodeNotFound},
		probe{http.MethodPost, "/reports/00000000000000a1/run", nil, CodeNotFound},
		probe{http.MethodDelete, "/reports/00000000000000a1", nil, CodeNotFound},
		probe{http.MethodPost, "/alerts/rules", ruleBody(nil), ""},
		probe{http.MethodPost, "/alerts/rules", ruleBody(map[string]any{"queues": []string{"support", "sales"}}), CodeInvalid},
		probe{http.MethodPost, "/alerts/rules", ruleBody(map[string]any{"queues": nil}), CodeInvalid},
		probe{http.MethodPut, "/alerts/rules/00000000000000b1", ruleBody(nil), ""},
		probe{http.MethodPut, "/alerts/rules/00000000000000b1", ruleBody(map[string]any{"queues": []string{"sales"}}), CodeInvalid},
		probe{http.MethodPut, "/alerts/rules/00000000000000b2", ruleBody(nil), CodeNotFound},
		probe{http.MethodDelete, "/alerts/rules/00000000000000b2", nil, CodeNotFound},
		probe{http.MethodPost, "/alerts/silences", map[string]any{"rule": "00000000000000b2", "queue": "sales", "until": "2026-03-02T10:00:00Z", "reason": "works"}, CodeInvalid},
		probe{http.MethodPost, "/alerts/silences", map[string]any{"rule": "00000000000000b2", "until": "2026-03-02T10:00:00Z", "reason": "works"}, CodeInvalid},
		probe{http.MethodDelete, "/alerts/silences/00000000000000c2", nil, CodeNotFound},
		probe{http.MethodPost, "/users", map[string]any{"name": "new", "password": "a long password", "role": "supervisor"}, CodeForbidden},
		probe{http.MethodPut, "/users/some", map[string]any{"role": "supervisor"}, CodeForbidden},
		probe{http.MethodPut, "/users/some/password", map[string]string{"password": "a long password"}, CodeForbidden},
		probe{http.MethodPost, "/erasures", map[string]string{"customer": "c-7", "reason": "by letter"}, CodeForbidden},
		probe{http.MethodDelete, "/users/some/provider", nil, CodeForbidden},
		probe{http.MethodPost, "/keys", map[string]any{"name": "k", "scopes": []Scope{ScopeAdmin}}, CodeForbidden},
		probe{http.MethodDelete, "/keys/00000000", nil, CodeForbidden},
	)
}

// hiddenWords are what no answer to him may hold: the other queue, and who serves it alone.
func hiddenWords() []string {
	return []string{"sales", "dora", "third", theirs + `"`, theirs + "/", "pbx1-40.1", "pbx1-41.1"}
}

// TestLimitedNeverSeesAnotherQueue asks every route as a supervisor, and what asks no database as a key too, limited to one queue. That
// there is something to hide shows the answer to who is not limited.
func TestLimitedNeverSeesAnotherQueue(t *testing.T) {
	_, until := day()
	o := limitedOptions()
	o.reports = realReportsAt(t, limitedDay(), until.Add(-time.Second))
	w := newWorld(t, o)
	key := w.makeKey(t, w.signIn("adam"), map[string]any{
		"name": "k", "queues": []string{"support"}, "scopes": slices.DeleteFunc(allScopes(), func(s Scope) bool { return s == ScopeAdmin }),
	})
	w.makeTheirs()
	sam, sue, hidden := w.signIn("sam"), w.signIn("sue"), 0
	for _, p := range probes() {
		some := w.wantProbed(t, p, sam)
		stored := strings.Contains(p.path, "?") || strings.HasPrefix(p.path, "/contacts/")
		if p.method != http.MethodGet || !stored {
			w.wantProbed(t, p, "Bearer "+key.Key)
		}
		if p.method == http.MethodGet && p.want == "" && !strings.Contains(p.path, "queue=") && string(w.get(Prefix+p.path, sue).body) != some {
			hidden++
		}
	}
	if hidden < 18 {
		t.Errorf("only %d answers are others to who is not limited", hidden)
	}
}

// wantProbed sends a probe and returns what is answered.
func (w *world) wantProbed(t *testing.T, p probe, proof string) string {
	t.Helper()
	before := len(w.controller.Controls())
	got := w.do(call{method: p.method, path: Prefix + p.path, body: p.body, proof: proof})
	if p.want != "" {
		got.wantProblem(t, p.want)
		if n := len(w.controller.Controls()) - before; n > 0 {
			t.Errorf("%s %s: %d requests went to the controller", p.method, p.path, n)
		}
	} else if got.status >= 300 {
		t.Errorf("%s %s: %d %s", p.method, p.path, got.status, got.body)
	}
	wantHidden(t, p.method+" "+p.path, p.unasked(string(got.body)))
	return string(got.body)
}

// unasked is an answer without what it repeats of the request: links of rows hold the parameters as they came.
func (p probe) unasked(text string) string {
	_, query, _ := strings.Cut(p.path, "?")
	asked, _ := url.ParseQuery(query)
	for name, values := range asked {
		text = strings.ReplaceAll(text, url.Values{name: values}.Encode(), "")
	}
	return text
}

func wantHidden(t *testing.T, what, text string) {
	t.Helper()
	for _, word := range hiddenWords() {
		if i := strings.Index(strings.ToLower(text), word); i >= 0 {
			t.Errorf("%s shows %s: …%s…", what, word, text[max(0, i-200):min(len(text), i+100)])
		}
	}
}

// TestProbesForgetNoRoute: a route without a probe above is one whose decision nobody checks.
func TestProbesForgetNoRoute(t *testing.T) {
	w := newWorld(t, options{})
	var doc struct{ Paths map[string]map[string]any }
	w.get(Prefix+"/openapi.json", "").into(t, &doc)
	apart := []string{"POST /session", "DELETE /session", "DELETE /sessions", "PUT /session/password", "POST /tickets/events", "GET /live/wallboard", "GET /session/provider", "GET /session/provider/callback", "POST /session/provider/signed-out"} // tests of their own
	for path, methods := range doc.Paths {
		for method := range methods {
			pattern := strings.Split(strings.TrimPrefix(path, Prefix), "/")
			found := slices.ContainsFunc(probes(), func(p probe) bool {
				plain, _, _ := strings.Cut(p.path, "?")
				parts := strings.Split(plain, "/")
				return strings.EqualFold(p.method, method) && len(parts) == len(pattern) && !slices.ContainsFunc(indexes(parts), func(i int) bool {
					return pattern[i] != parts[i] && !strings.HasPrefix(pattern[i], "{")
				})
			})
			if !found && !slices.Contains(apart, strings.ToUpper(method)+" "+strings.TrimPrefix(path, Prefix)) {
				t.Errorf("%s %s has no probe", method, path)
			}
		}
	}
}

func indexes(list []string) (out []int) {
	for i := range list {
		out = append(out, i)
	}
	return out
}

func TestLimitedWallboard(t *testing.T) {
	w := newWorld(t, limitedOptions())
	l := w.hear(w.listen(), "/live/wallboard", w.signIn("sam"))
	var b live.Wallboard
	l.next("state", &b)
	if got := (live.StageCount{Waiting: 1, Talking: 1, PutOff: 1}); b.Contacts != got {
		t.Errorf("contacts %+v", b.Contacts)
	}
	if len(b.Queues) != 1 || b.Queues[0].ID != "support" || len(b.Queues[0].Callers) != 1 || b.Queues[0].Callers[0].Contact != ours {
		t.Errorf("queues %+v", b.Queues)
	}
	if len(b.Agents) != 2 || b.Agents[0].ID != "anna" || b.Agents[0].State != fact.AgentTalking || b.Agents[0].Contact+b.Agents[0].Queue != "" || b.Agents[1].Contact != "pbx1-42.1" {
		t.Errorf("agents %+v", b.Agents)
	}
	wantHidden(t, "the wallboard", jsonOf(t, b))

	// His limits change: the stream ends without a word, and the next one has the new ones.
	users := slices.Clone(w.cfg.Users)
	users[slices.IndexFunc(users, func(u User) bool { return u.Name == "sam" })].Queues = []string{"sales"}
	if err := w.api.Reload(Config{Users: users}, w.site, w.api.numbers()); err != nil {
		t.Fatal(err)
	}
	<-l.closed
	w.waitForEnd("wallboard", "rights")
}

// TestRightsOfLimits: what follows from limits, and what from none.
func TestRightsOfLimits(t *testing.T) {
	w := newWorld(t, limitedOptions())
	for _, c := range []struct {
		limits         Limits
		queues, agents []string
	}{
		{Limits{Queues: []string{"support"}}, []string{"support", "agent:boris"}, []string{"anna", "boris"}},
		{Limits{Queues: []string{"sales"}}, []string{"sales", "agent:dora"}, []string{"anna", "dora"}},
		{Limits{Queues: []string{"sales", "support"}}, []string{"sales", "support", "agent:anna", "agent:boris", "agent:dora"}, []string{"anna", "boris", "dora"}},
		{Limits{Teams: []string{"second"}}, []string{"support", "agent:boris"}, []string{"boris"}},
		{Limits{Teams: []string{"first"}}, []string{"support", "sales", "agent:anna"}, []string{"anna"}},
		{Limits{Queues: []string{"sales"}, Teams: []string{"first"}}, []string{"sales"}, []string{"anna"}},
		{Limits{Queues: []string{"gone"}}, []string{"gone"}, []string{}},
		{Limits{Teams: []string{"gone"}}, nil, []string{}},
	} {
		r := w.api.rightsOf(c.limits)
		if !r.limited || !slices.Equal(r.queues, c.queues) || !slices.Equal(r.agents, c.agents) {
			t.Errorf("%+v: queues %v, agents %v", c.limits, r.queues, r.agents)
		}
		if got := r.narrowQueues(nil); got == nil || r.queue("") || r.agent("") {
			t.Errorf("%+v: all is %v", c.limits, got)
		}
	}
	if r := w.api.rightsOf(Limits{}); r.limited || !r.queue("any") || !r.agent("any") || r.narrowQueues(nil) != nil {
		t.Errorf("no limits give %+v", r)
	}
}

// TestLimitedByTeam sees his team's agents, and no other agent's recordings.
func TestLimitedByTeam(t *testing.T) {
	w := newWorld(t, limitedOptions())
	tim := w.signIn("tim")
	var who Identity
	w.get(Prefix+"/session", tim).into(t, &who)
	if !reflect.DeepEqual(who.Teams, []string{"second"}) || who.Queues != nil {
		t.Errorf("%+v", who)
	}
	for _, path := range []string{"/agents", "/wallboard", "/seats"} {
		a := w.get(Prefix+path, tim)
		if text := strings.ToLower(string(a.body)); a.status != http.StatusOK || strings.Contains(text, "anna") || strings.Contains(text, "dora") {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
	r := w.api.rightsOf(Limits{Queues: []string{"support", "sales"}, Teams: []string{"third"}})
	b := r.wallboard(w.live.Wallboard())
	if len(b.Agents) != 1 || b.Agents[0].ID != "dora" || len(b.Queues) != 2 {
		t.Errorf("%+v", b)
	}
	if r.recording(query.Recording{Queue: "support", Agent: "boris"}) || !r.recording(query.Recording{Queue: "support"}) || !r.recording(query.Recording{Queue: "sales", Agent: "dora"}) {
		t.Error("recordings are not his team's and messages")
	}
}

// A ticket is its queue's, and its team's when it is in no queue.
func TestLimitedTickets(t *testing.T) {
	w := newWorld(t, limitedOptions())
	queue, team := w.api.rightsOf(Limits{Queues: []string{"support"}}), w.api.rightsOf(Limits{Teams: []string{"second"}})
	for _, c := range []struct {
		ticket      metric.Ticket
		queue, team bool
	}{
		{metric.Ticket{Queue: "support", Agent: "dora", Team: "third"}, true, true},
		{metric.Ticket{Queue: "sales", Agent: "boris", Team: "second"}, false, false},
		{metric.Ticket{Team: "second"}, false, true},
		{metric.Ticket{Team: "third"}, false, false},
		{metric.Ticket{}, false, false},
	} {
		byTeam, byQueue := c.ticket, c.ticket
		if queue.ticket(&byQueue) != c.queue || team.ticket(&byTeam) != c.team || byQueue.Agent == "dora" || byTeam.Team == "third" {
			t.Errorf("%+v: %v %+v, %v %+v", c.ticket, c.queue, byQueue, c.team, byTeam)
		}
	}
	tim := w.signIn("tim")
	w.get(Prefix+"/tickets", tim)
	w.get(Prefix+"/metrics/backlog"+window, tim)
	w.get(Prefix+"/tickets?queue=sales,support&agent=anna&unassigned=true", tim)
	all, left, asked := w.reports.ticketLists[0], w.reports.backlogs[0], w.reports.ticketLists[1]
	if !slices.Equal(all.Queues, []string{"support", "agent:boris"}) || !slices.Equal(all.Teams, []string{"second"}) || !slices.Equal(all.Seen, all.Queues) || all.Agents != nil {
		t.Errorf("asked %+v", all)
	}
	if !slices.Equal(left.Queues, all.Queues) || !slices.Equal(left.Teams, all.Teams) {
		t.Errorf("asked %+v", left)
	}
	if !slices.Equal(asked.Queues, []string{"support"}) || asked.Teams != nil || !slices.Equal(asked.Agents, []string{""}) {
		t.Errorf("asked %+v", asked)
	}
}

func TestLimitsThatAreRefused(t *testing.T) {
	w := newWorld(t, options{})
	adam := w.signIn("adam")
	for field, body := range map[string]map[string]any{
		"body.queues": {"name": "k", "scopes": []Scope{ScopeMetrics}, "queues": []string{"nowhere"}},
		"body.teams":  {"name": "k", "scopes": []Scope{ScopeMetrics}, "teams": []string{"nobody"}},
		"body.scopes": {"name": "k", "scopes": []Scope{ScopeAdmin}, "queues": []string{"support"}},
	} {
		p := w.do(call{method: http.MethodPost, path: Prefix + "/keys", body: body, proof: adam}).wantProblem(t, CodeInvalid)
		if len(p.Errors) != 1 || p.Errors[0].Location != field {
			t.Errorf("%v: %+v", body, p)
		}
	}
	cfg := DefaultConfig()
	cfg.Users = []User{
		{Name: "a", Role: RoleAdmin, PasswordHashEnv: "H", Queues: []string{"support"}}, {Name: "s", Role: RoleSupervisor, PasswordHashEnv: "H", Queues: []string{"nowhere"}},
		{Name: "t", Role: RoleSupervisor, PasswordHashEnv: "H", Teams: []string{"nobody"}},
	}
	if got := paths(cfg.Validate()); got != "users.0" {
		t.Error(got)
	}
	if got := paths(CheckSecrets(cfg, testSite(), func(string) string { return cheapHash })); got != "http.users.1.queues http.users.2.teams" {
		t.Error(got)
	}
}

func jsonOf(t *testing.T, v any) string {
	t.Helper()
	var b strings.Builder
	if err := json.NewEncoder(&b).Encode(v); err != nil {
		t.Fatal(err)
	}
	return strings.ToLower(b.String())
}
