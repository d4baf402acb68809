package api

import (
	"encoding/json"
	"net/http"
	"reflect"
	"testing"

	"firstline/analytics/live/livetest"
)

func TestWaitingCallerIsPrioritisedAndMoved(t *testing.T) {
	w := newWorld(t, options{})
	do := func(user, what, body, key string) answer {
		return w.do(call{method: http.MethodPost, path: Prefix + "/contacts/pbx1-1.1/" + what, body: json.RawMessage(body), proof: w.signIn(user),
			headers: map[string]string{"Idempotency-Key": key}})
	}
	for _, c := range []struct{ user, what, body, key string }{
		{"sue", "priority", `{"priority":7}`, "k1"},
		{"adam", "priority", `{"priority":-1000}`, "k2"},
		{"sue", "priority", `{"priority":0}`, "k3"},
		{"sue", "move", `{"to":{"kind":"queue","id":"sales"}}`, "k4"},
		{"adam", "move", `{"to":{"kind":"menu","id":"main/ask"}}`, "k5"},
	} {
		if a := do(c.user, c.what, c.body, c.key); a.status != http.StatusNoContent || len(a.body) != 0 {
			t.Errorf("%+v: %d %s", c, a.status, a.body)
		}
	}
	want := []livetest.Control{
		{Request: "sue/k1", Actor: "sue", By: "supervisor", Action: "priority", Contact: "pbx1-1.1", Priority: 7},
		{Request: "adam/k2", Actor: "adam", By: "supervisor", Action: "priority", Contact: "pbx1-1.1", Priority: -1000},
		{Request: "sue/k3", Actor: "sue", By: "supervisor", Action: "priority", Contact: "pbx1-1.1"},
		{Request: "sue/k4", Actor: "sue", By: "supervisor", Action: "move", Contact: "pbx1-1.1"},
		{Request: "adam/k5", Actor: "adam", By: "supervisor", Action: "move", Contact: "pbx1-1.1"},
	}
	want[3].To.To, want[3].To.ID = "queue", "sales"
	want[4].To.To, want[4].To.ID = "menu", "main/ask"
	if got := w.controller.Controls(); !reflect.DeepEqual(got, want) {
		t.Errorf("sent %+v", got)
	}
}

func TestWaitingCallerIsRefused(t *testing.T) {
	w := newWorld(t, options{})
	do := func(user, what, body string) answer {
		return w.do(call{method: http.MethodPost, path: Prefix + "/contacts/pbx1-1.1/" + what, body: json.RawMessage(body), proof: w.signIn(user)})
	}
	for _, body := range []string{`{}`, `{"priority":1001}`, `{"priority":-1001}`, `{"priority":1.5}`, `{"priority":"1"}`, `{"priority":1,"agent":"anna"}`} {
		do("sue", "priority", body).wantProblem(t, CodeInvalid)
	}
	for _, body := range []string{`{}`, `{"to":{}}`, `{"to":{"kind":"moon","id":"x"}}`, `{"to":{"kind":"queue","id":""}}`, `{"to":"queue"}`} {
		do("sue", "move", body).wantProblem(t, CodeInvalid)
	}
	do("anna", "priority", `{"priority":1}`).wantProblem(t, CodeForbidden)
	do("anna", "move", `{"to":{"kind":"queue","id":"sales"}}`).wantProblem(t, CodeForbidden)
	if got := w.controller.Controls(); len(got) != 0 {
		t.Errorf("sent %+v", got)
	}
	for refusal, code := range map[string]Code{
		"unknown_contact": CodeUnknownContact, "unknown_target": CodeUnknownTarget, "unavailable": CodeNobodyThere,
		"not_waiting": CodeNotWaiting, "not_now": CodeNotNow,
	} {
		w.controller.Answer(func(livetest.Control) (int, any) { return http.StatusConflict, map[string]string{"refused": refusal} })
		do("sue", "priority", `{"priority":1}`).wantProblem(t, code)
		do("sue", "move", `{"to":{"kind":"agent","id":"boris"}}`).wantProblem(t, code)
	}
}
