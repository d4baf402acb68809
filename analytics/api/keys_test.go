package api

import (
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"firstline/analytics/live"
	"firstline/analytics/live/livetest"
	"firstline/analytics/metric"
	"firstline/analytics/query"
)

func (w *world) makeKey(t *testing.T, proof string, body map[string]any) NewAPIKey {
	t.Helper()
	a := w.do(call{method: http.MethodPost, path: Prefix + "/keys", body: body, proof: proof})
	if a.status != http.StatusCreated {
		t.Fatalf("%d %s", a.status, a.body)
	}
	var k NewAPIKey
	a.into(t, &k)
	return k
}

func TestKeyFromMakingToRevoking(t *testing.T) {
	w := newWorld(t, options{})
	adam := w.signIn("adam")
	made := w.makeKey(t, adam, map[string]any{"name": " crm ", "scopes": []Scope{ScopeMetrics, ScopeMetrics}})
	if made.Name != "crm" || !reflect.DeepEqual(made.Scopes, []Scope{ScopeMetrics}) || made.MadeBy != "adam" || !strings.HasPrefix(made.Key, "fl_"+made.ID+"_") ||
		made.EndsAt.Sub(made.MadeAt) != keyLife || made.UsedAt != nil || made.RevokedAt != nil {
		t.Errorf("%+v", made)
	}
	var who Identity
	w.get(Prefix+"/session", "Bearer "+made.Key).into(t, &who)
	if want := (Identity{Name: "key/" + made.ID, Label: "crm", Role: roleKey, Scopes: []Scope{ScopeMetrics}, Ends: made.EndsAt}); !reflect.DeepEqual(who, want) {
		t.Errorf("got  %+v\nwant %+v", who, want)
	}
	list := w.get(Prefix+"/keys", adam)
	var keys struct{ Keys []APIKey }
	list.into(t, &keys)
	if strings.Contains(string(list.body), made.Key) {
		t.Error("the key is listed with its secret")
	}
	i := slices.IndexFunc(keys.Keys, func(k APIKey) bool { return k.ID == made.ID })
	if i < 0 || keys.Keys[i].UsedAt == nil {
		t.Fatalf("%s", list.body)
	}
	for range 2 { // the second time changes nothing
		if a := w.do(call{method: http.MethodDelete, path: Prefix + "/keys/" + made.ID, proof: adam}); a.status != http.StatusNoContent {
			t.Fatalf("%d %s", a.status, a.body)
		}
	}
	a := w.get(Prefix+"/metrics/queues"+window, "Bearer "+made.Key)
	if p := a.wantProblem(t, CodeUnauthenticated); !strings.Contains(p.Detail, "revoked") || a.header.Get("WWW-Authenticate") != "Bearer" {
		t.Errorf("%+v %v", p, a.header)
	}
	w.do(call{method: http.MethodDelete, path: Prefix + "/keys/none", proof: adam}).wantProblem(t, CodeNotFound)
	for result, want := range map[string]float64{"ok": 1, "revoked": 1, "unrecorded": 0} {
		if n := testutil.ToFloat64(w.api.m.keyUses.WithLabelValues(result)); n != want {
			t.Errorf("%s: %v", result, n)
		}
	}
}

func TestKeyThatIsNone(t *testing.T) {
	w := newWorld(t, options{})
	key := w.key(ScopeMetrics)
	w.get(Prefix+"/queues", "Bearer fl_00000001_00").wantProblem(t, CodeUnauthenticated)
	// A key that is none is not helped by a proof: what is sent as a program is answered as to one.
	a := w.do(call{method: http.MethodGet, path: Prefix + "/queues", proof: w.signIn("sue"), headers: map[string]string{"Authorization": "Bearer wrong"}})
	a.wantProblem(t, CodeUnauthenticated)
	// Another scheme is a proxy's.
	a = w.do(call{method: http.MethodGet, path: Prefix + "/queues", proof: w.signIn("sue"), headers: map[string]string{"Authorization": "Basic c3VlOng="}})
	if a.status != http.StatusOK {
		t.Errorf("%d %s", a.status, a.body)
	}
	later := time.Now().Add(time.Hour)
	w.api.clock = func() time.Time { return later }
	if p := w.get(Prefix+"/queues", key).wantProblem(t, CodeUnauthenticated); !strings.Contains(p.Detail, "ended at") {
		t.Errorf("%+v", p)
	}
}

func TestKeyThatIsNotMade(t *testing.T) {
	w := newWorld(t, options{})
	adam := w.signIn("adam")
	for field, body := range map[string]map[string]any{
		"body.name":      {"name": " ", "scopes": []Scope{ScopeMetrics}},
		"body.scopes":    {"name": "k", "scopes": []Scope{}},
		"body.scopes[0]": {"name": "k", "scopes": []string{"everything"}},
		"body.ends_at":   {"name": "k", "scopes": []Scope{ScopeMetrics}, "ends_at": time.Now().Add(-time.Hour)},
	} {
		p := w.do(call{method: http.MethodPost, path: Prefix + "/keys", body: body, proof: adam}).wantProblem(t, CodeInvalid)
		if len(p.Errors) != 1 || p.Errors[0].Location != field {
			t.Errorf("%v: %+v", body, p)
		}
	}
	far := map[string]any{"name": "k", "scopes": []Scope{ScopeMetrics}, "ends_at": time.Now().Add(keyLongest + time.Hour)}
	w.do(call{method: http.MethodPost, path: Prefix + "/keys", body: far, proof: adam}).wantProblem(t, CodeInvalid)
	more := map[string]any{"name": "k", "scopes": []Scope{ScopeAdmin, ScopeContacts}}
	w.do(call{method: http.MethodPost, path: Prefix + "/keys", body: more, proof: w.key(ScopeAdmin)}).wantProblem(t, CodeForbidden)
}

// TestKeyWithoutPersonal: without the scope for it no number, name or digit of a caller is in any answer, and with it they are.
func TestKeyWithoutPersonal(t *testing.T) {
	w := newWorld(t, options{})
	for _, path := range []string{"/contacts" + window, "/contacts/pbx1-1.1", "/abandoned" + window, "/callbacks" + window, "/voicemails" + window} {
		masked, whole := w.get(Prefix+path, w.key(ScopeContacts, ScopeRecordings)), w.get(Prefix+path, w.key(ScopeContacts, ScopeRecordings, ScopePersonal))
		if text := string(masked.body); masked.status != http.StatusOK || strings.Contains(text, "30123456") || strings.Contains(text, "Carla") || strings.Contains(text, "471100") {
			t.Errorf("%s: %d %s", path, masked.status, text)
		}
		if whole.status != http.StatusOK || !strings.Contains(string(whole.body), "+4930123456") {
			t.Errorf("%s: %d %s", path, whole.status, whole.body)
		}
	}
	w.get(Prefix+"/contacts"+window+"&number=456", w.key(ScopeContacts)).wantProblem(t, CodeForbidden)
	if a := w.get(Prefix+"/contacts"+window+"&number=456", w.key(ScopeContacts, ScopePersonal)); a.status != http.StatusOK {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// What is done with a key is told as the key's.
func TestKeyActs(t *testing.T) {
	w := newWorld(t, options{})
	key := w.key(ScopeAgents)
	if a := w.do(call{method: http.MethodPost, path: Prefix + "/agents/boris/state", body: map[string]string{"action": "ready"}, proof: key}); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	sent := w.controller.Controls()
	last := sent[len(sent)-1]
	if last.Agent != "boris" || last.By != "api" || !strings.HasPrefix(key, "Bearer fl_"+strings.TrimPrefix(last.Actor, "key/")+"_") {
		t.Errorf("%+v", last)
	}
}

func TestRevokedKeyEndsItsStreams(t *testing.T) {
	w := newWorld(t, options{config: quickBeat})
	adam := w.signIn("adam")
	made := w.makeKey(t, adam, map[string]any{"name": "wall", "scopes": []Scope{ScopeMetrics}})
	l := w.hear(w.listen(), "/live/wallboard", "Bearer "+made.Key)
	var b live.Wallboard
	l.next("state", &b)
	w.do(call{method: http.MethodDelete, path: Prefix + "/keys/" + made.ID, proof: adam})
	l.next("signed_out", &struct{}{})
	<-l.closed
	w.waitForEnd("wallboard", "signed_out")
}

func TestTicketEventWithAKey(t *testing.T) {
	w := newWorld(t, options{tickets: true, site: func(s *Site) { s.Integrations.Tickets.WebhookSecretEnv = "" }})
	send := func(proof string) answer {
		return w.do(call{method: http.MethodPost, path: Prefix + "/tickets/events", body: plainEvent, proof: proof})
	}
	if a := send(w.key(ScopeTickets)); a.status != http.StatusAccepted {
		t.Errorf("%d %s", a.status, a.body)
	}
	send(w.key(ScopeAdmin)).wantProblem(t, CodeForbidden)
	send("Bearer fl_none").wantProblem(t, CodeUnauthenticated)
	send("").wantProblem(t, CodeNotConfigured)
}

func (r *reportsDouble) abandonedOne() query.Abandoned {
	number := "+4930123456"
	return query.Abandoned{Entry: "pbx1-1.1/e1", Contact: "pbx1-1.1", Queue: "support", Language: "en", QueuedAt: livetest.Began(), AbandonedAt: livetest.Began().Add(42 * time.Second), WaitMS: 42_000, Position: 1,
		CallerNumber: &number, Recall: metric.Recall{State: metric.RecallOpen}}
}
