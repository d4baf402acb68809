package api

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"firstline/analytics/live/livetest"
	"firstline/pipeline/fact"
)

func TestControlPassesEverythingOn(t *testing.T) {
	w := newWorld(t, options{})
	w.controller.Answer(func(livetest.Control) (int, any) { return http.StatusOK, map[string]string{"state": "paused"} })
	body := map[string]string{"action": "pause", "reason": "lunch", "expect": "ready"}
	a := w.do(call{method: http.MethodPost, path: Prefix + "/agents/anna/state", body: body, proof: w.signIn("anna"), headers: map[string]string{"Idempotency-Key": "k1"}})
	if a.status != http.StatusOK || string(a.body) != `{"state":"paused"}`+"\n" {
		t.Errorf("%d %s", a.status, a.body)
	}
	body = map[string]string{"action": "disposition", "code": "solved", "note": "ok", "contact": "pbx1-1.1"}
	w.do(call{method: http.MethodPost, path: Prefix + "/agents/anna/state", body: body, proof: w.signIn("sue"), headers: map[string]string{"Idempotency-Key": "k1"}})
	w.do(call{method: http.MethodPost, path: Prefix + "/agents/boris/state", body: map[string]string{"action": "login"}, proof: w.signIn("adam")})
	got := w.controller.Controls()
	if len(got) != 3 || !strings.HasPrefix(got[2].Request, "api/") {
		t.Fatalf("sent %+v", got)
	}
	got[2].Request = ""
	want := []livetest.Control{
		{Request: "anna/k1", Actor: "anna", By: "desk", Agent: "anna", Action: "pause", Reason: "lunch", Expect: "ready"},
		{Request: "sue/k1", Actor: "sue", By: "supervisor", Agent: "anna", Action: "disposition", Code: "solved", Note: "ok", Contact: "pbx1-1.1"},
		{Actor: "adam", By: "supervisor", Agent: "boris", Action: "login"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("sent %+v", got)
	}
}

// An agent without a phone of his own says where he sits; who sits where is listed.
func TestSeats(t *testing.T) {
	w := newWorld(t, options{
		site: func(s *Site) {
			s.Seats = []SeatConfig{{ID: "201", Name: "Window", Endpoint: "PJSIP/201"}, {ID: "202", Endpoint: "PJSIP/202"}}
		},
		snapshot: func(s *fact.Snapshot) { s.Agents[0].Endpoint, s.Agents[0].Seat = "PJSIP/201", "201" },
	})
	var list struct{ Seats []Seat }
	w.get(Prefix+"/seats", w.signIn("boris")).into(t, &list)
	want := []Seat{{ID: "201", Name: "Window", Endpoint: "PJSIP/201", Agent: "anna", Label: "Anna Becker"}, {ID: "202", Name: "202", Endpoint: "PJSIP/202"}}
	if !reflect.DeepEqual(list.Seats, want) {
		t.Errorf("got %+v", list.Seats)
	}
	login := func() answer {
		return w.do(call{method: http.MethodPost, path: Prefix + "/agents/anna/state", body: map[string]string{"action": "login", "seat": "202"}, proof: w.signIn("anna")})
	}
	if a := login(); a.status != http.StatusOK {
		t.Errorf("%d %s", a.status, a.body)
	}
	if got := w.controller.Controls(); len(got) != 1 || got[0].Seat != "202" || got[0].Action != "login" {
		t.Errorf("sent %+v", got)
	}
	for refusal, code := range map[string]Code{"no_seat": CodeNoSeat, "unknown_seat": CodeUnknownSeat, "seat_taken": CodeSeatTaken, "fixed_phone": CodeFixedPhone} {
		w.controller.Answer(func(livetest.Control) (int, any) { return http.StatusConflict, map[string]string{"refused": refusal} })
		login().wantProblem(t, code)
	}
}

func TestIncidentIsSwitched(t *testing.T) {
	w := newWorld(t, options{})
	put := func(id, body string) answer {
		return w.do(call{method: http.MethodPut, path: Prefix + "/incidents/" + id, body: json.RawMessage(body), proof: w.signIn("sue")})
	}
	if a := put("north-outage", `{"on":true}`); a.status != http.StatusNoContent {
		t.Errorf("%d %s", a.status, a.body)
	}
	w.controller.Answer(func(livetest.Control) (int, any) {
		return http.StatusNotFound, map[string]string{"refused": "unknown_incident"}
	})
	put("outage", `{"on":false}`).wantProblem(t, CodeUnknownIncident)
	put("outage", `{}`).wantProblem(t, CodeInvalid)
	got := w.controller.Controls()
	for i := range got {
		got[i].Request = ""
	}
	if want := []livetest.Control{
		{Actor: "sue", By: "supervisor", Incident: "north-outage", Action: "incident_on"},
		{Actor: "sue", By: "supervisor", Incident: "outage", Action: "incident_off"},
	}; !reflect.DeepEqual(got, want) {
		t.Errorf("sent %+v", got)
	}
}

func TestCallerIsHandedOn(t *testing.T) {
	w := newWorld(t, options{})
	act := func(agent, body string) answer {
		return w.do(call{method: http.MethodPost, path: Prefix + "/agents/" + agent + "/call", body: json.RawMessage(body), proof: w.signIn("anna")})
	}
	if a := act("anna", `{"action":"consult","to":{"kind":"queue","id":"sales"},"contact":"pbx1-1.1"}`); a.status != http.StatusOK {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := act("anna", `{"action":"complete"}`); a.status != http.StatusOK {
		t.Errorf("%d %s", a.status, a.body)
	}
	act("boris", `{"action":"complete"}`).wantProblem(t, CodeForbidden)
	act("anna", `{"action":"transfer"}`).wantProblem(t, CodeInvalid)
	act("anna", `{"action":"transfer","to":{"kind":"moon","id":"x"}}`).wantProblem(t, CodeInvalid)
	for refusal, code := range map[string]Code{"unknown_target": CodeUnknownTarget, "unavailable": CodeNobodyThere, "not_now": CodeNotNow} {
		w.controller.Answer(func(livetest.Control) (int, any) { return http.StatusConflict, map[string]string{"refused": refusal} })
		act("anna", `{"action":"transfer","to":{"kind":"agent","id":"boris"}}`).wantProblem(t, code)
	}
	got := w.controller.Controls()[:2]
	for i := range got {
		got[i].Request = ""
	}
	want := []livetest.Control{{Actor: "anna", By: "desk", Agent: "anna", Action: "consult", Contact: "pbx1-1.1"}, {Actor: "anna", By: "desk", Agent: "anna", Action: "complete"}}
	want[0].To.To, want[0].To.ID = "queue", "sales"
	if !reflect.DeepEqual(got, want) {
		t.Errorf("sent %+v", got)
	}
}

func TestSupervisorListens(t *testing.T) {
	w := newWorld(t, options{})
	act := func(user, body string) answer {
		return w.do(call{method: http.MethodPost, path: Prefix + "/contacts/pbx1-1.1/monitor", body: json.RawMessage(body), proof: w.signIn(user)})
	}
	if a := act("sue", `{"action":"monitor","mode":"whisper","agent":"anna"}`); a.status != http.StatusOK {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := act("adam", `{"action":"take_over","phone":"anna"}`); a.status != http.StatusOK {
		t.Errorf("%d %s", a.status, a.body)
	}
	act("adam", `{"action":"unmonitor"}`).wantProblem(t, CodeInvalid) // he has no phone
	act("sue", `{"action":"monitor"}`).wantProblem(t, CodeInvalid)
	act("sue", `{"action":"monitor","mode":"shout"}`).wantProblem(t, CodeInvalid)
	act("anna", `{"action":"monitor","mode":"listen"}`).wantProblem(t, CodeForbidden)
	for refusal, code := range map[string]Code{"unknown_contact": CodeUnknownContact, "unknown_target": CodeUnknownTarget, "not_now": CodeNotNow} {
		w.controller.Answer(func(livetest.Control) (int, any) { return http.StatusConflict, map[string]string{"refused": refusal} })
		act("sue", `{"action":"unmonitor"}`).wantProblem(t, code)
	}
	got := w.controller.Controls()[:2]
	for i := range got {
		got[i].Request = ""
	}
	want := []livetest.Control{
		{Actor: "sue", By: "supervisor", Agent: "boris", Action: "monitor", Contact: "pbx1-1.1", Mode: "whisper", Of: "anna"},
		{Actor: "adam", By: "supervisor", Agent: "anna", Action: "take_over", Contact: "pbx1-1.1"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("sent %+v", got)
	}
	var me Identity
	w.get(Prefix+"/session", w.signIn("sue")).into(t, &me)
	if me.Phone != "boris" {
		t.Errorf("signed in %+v", me)
	}
}

func TestTargets(t *testing.T) {
	w := newWorld(t, options{})
	var got struct {
		Queues []TargetQueue
		Agents []TargetAgent
		Menus  []string
	}
	w.get(Prefix+"/agents/anna/targets", w.signIn("anna")).into(t, &got)
	if len(got.Queues) != 2 || got.Queues[1] != (TargetQueue{ID: "sales", Name: "Sales", Ready: 1}) {
		t.Errorf("queues %+v", got.Queues)
	}
	if len(got.Agents) != 1 || got.Agents[0] != (TargetAgent{ID: "boris", Name: "Boris Orlov", State: "paused"}) {
		t.Errorf("agents %+v", got.Agents)
	}
	w.get(Prefix+"/agents/boris/targets", w.signIn("anna")).wantProblem(t, CodeForbidden)
}

func TestControlRefusedBeforeTheController(t *testing.T) {
	w := newWorld(t, options{})
	anna := w.signIn("anna")
	w.do(call{method: http.MethodPost, path: Prefix + "/agents/boris/state", body: map[string]string{"action": "logout"}, proof: anna}).wantProblem(t, CodeForbidden)
	for _, body := range []map[string]string{
		{}, {"action": "dance"}, {"action": "pause"}, {"action": "disposition", "code": "x"}, {"action": "ready", "expect": "asleep"},
		{"action": "ready", "reason": strings.Repeat("x", 201)},
	} {
		w.do(call{method: http.MethodPost, path: Prefix + "/agents/anna/state", body: body, proof: anna}).wantProblem(t, CodeInvalid)
	}
	if got := w.controller.Controls(); len(got) != 0 {
		t.Errorf("sent %+v", got)
	}
}

func TestPopsSeen(t *testing.T) {
	w := newWorld(t, options{})
	anna := w.signIn("anna")
	for _, event := range []string{"shown", "opened"} {
		a := w.do(call{method: http.MethodPost, path: Prefix + "/agents/anna/pops", body: map[string]string{"pop": "pbx1-1.1/p1", "event": event}, proof: anna})
		if a.status != http.StatusNoContent {
			t.Errorf("%d %s", a.status, a.body)
		}
	}
	if got := w.controller.Seen(); !reflect.DeepEqual(got, []livetest.Seen{{Pop: "pbx1-1.1/p1"}, {Pop: "pbx1-1.1/p1", Opened: true}}) {
		t.Errorf("seen %+v", got)
	}
	w.do(call{method: http.MethodPost, path: Prefix + "/agents/boris/pops", body: map[string]string{"pop": "p", "event": "shown"}, proof: anna}).wantProblem(t, CodeForbidden)
}

func TestControllerDown(t *testing.T) {
	w := newWorld(t, options{})
	w.controller.Down(true)
	w.do(call{method: http.MethodPost, path: Prefix + "/agents/anna/state", body: map[string]string{"action": "ready"}, proof: w.signIn("anna")}).
		wantProblem(t, CodeUnavailable)
}

func TestListsAreNarrowedForAgents(t *testing.T) {
	w := newWorld(t, options{})
	var queues struct{ Queues []Queue }
	var agents struct{ Agents []Agent }
	w.get(Prefix+"/queues", w.signIn("boris")).into(t, &queues)
	w.get(Prefix+"/agents", w.signIn("boris")).into(t, &agents)
	if len(queues.Queues) != 1 || queues.Queues[0] != (Queue{ID: "support", Name: "Support", ServiceLevelMS: 30_000, ShortAbandonMS: 5_000}) {
		t.Errorf("%+v", queues)
	}
	if len(agents.Agents) != 1 || agents.Agents[0].ID != "boris" || agents.Agents[0].Teams == nil {
		t.Errorf("%+v", agents)
	}
	w.get(Prefix+"/queues", w.signIn("sue")).into(t, &queues)
	w.get(Prefix+"/agents", w.signIn("ina")).into(t, &agents)
	if len(queues.Queues) != 2 || len(agents.Agents) != 2 {
		t.Errorf("%+v, %+v", queues, agents)
	}
	var s Settings
	w.get(Prefix+"/settings", w.signIn("anna")).into(t, &s)
	if !reflect.DeepEqual(s, Settings{PauseReasons: []string{"break", "lunch"}, Dispositions: []string{"solved"}, OnDemand: []string{"sales"}, Languages: []string{"en", "ru"}, TicketSystem: "helpdesk", Version: "test"}) {
		t.Errorf("%+v", s)
	}
}
