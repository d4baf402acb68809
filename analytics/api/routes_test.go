package api

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
)

// use is who may use which route: the whole table, checked against the one in routes.go by the OpenAPI document.
type use struct {
	method, path string
	body         any
	roles        []Role  // who gets through; nil = anyone
	scopes       []Scope // of which a key needs one; nil = no key gets through
	but          Code    // the answer to who gets through; "" = it is done
}

// done says whether somebody got through.
func (u use) done(a answer) bool {
	if u.but == "" {
		return a.status < 300
	}
	return a.status == kindOf(u.but).status && strings.Contains(string(a.body), `"`+string(u.but)+`"`)
}

func (w *world) accesses() []use {
	every := []Role{RoleAgent, RoleSupervisor, RoleAdmin, RoleIntegrator}
	all := []Role{RoleSupervisor, RoleAdmin, RoleIntegrator}
	metrics, contacts, recordings, calls, agents := []Scope{ScopeMetrics}, []Scope{ScopeContacts}, []Scope{ScopeRecordings}, []Scope{ScopeCalls}, []Scope{ScopeAgents}
	reports, readers := []Scope{ScopeReports}, []Scope{ScopeMetrics, ScopeReports}
	return []use{
		{http.MethodPost, "/session", map[string]string{"name": "sue", "secret": password}, nil, nil, ""},
		{http.MethodGet, "/session", nil, every, allScopes(), ""},
		{http.MethodDelete, "/session", nil, every, nil, ""},
		{http.MethodGet, "/sign-in", nil, nil, nil, ""},
		{http.MethodDelete, "/sessions", nil, every, nil, ""},
		{http.MethodPut, "/session/password", map[string]string{"old": password, "new": "a long password"}, every, nil, CodeConfigured},
		{http.MethodGet, "/queues", nil, every, allScopes(), ""},
		{http.MethodGet, "/agents", nil, every, allScopes(), ""},
		{http.MethodGet, "/seats", nil, every, allScopes(), ""},
		{http.MethodGet, "/settings", nil, every, allScopes(), ""},
		{http.MethodPost, "/agents/anna/state", map[string]string{"action": "ready"}, []Role{RoleAgent, RoleSupervisor, RoleAdmin}, agents, ""},
		{http.MethodPost, "/agents/anna/call", map[string]string{"action": "return"}, []Role{RoleAgent, RoleSupervisor, RoleAdmin}, agents, ""},
		{http.MethodGet, "/agents/anna/targets", nil, []Role{RoleAgent, RoleSupervisor, RoleAdmin}, agents, ""},
		{http.MethodPost, "/agents/anna/pops", map[string]string{"pop": "p", "event": "shown"}, []Role{RoleAgent}, nil, ""},
		{http.MethodGet, "/incidents", nil, all, []Scope{ScopeMetrics, ScopeCalls}, ""},
		{http.MethodPut, "/incidents/outage", map[string]bool{"on": true}, []Role{RoleSupervisor, RoleAdmin}, calls, ""},
		{http.MethodGet, "/wallboard", nil, all, metrics, ""},
		{http.MethodGet, "/metrics/queues" + window, nil, all, metrics, ""},
		{http.MethodGet, "/metrics/agents" + window, nil, every, metrics, ""},
		{http.MethodGet, "/metrics/contacts" + window, nil, all, metrics, ""},
		{http.MethodGet, "/metrics/tickets" + window, nil, all, metrics, ""},
		{http.MethodGet, "/metrics/ivr" + window, nil, all, metrics, ""},
		{http.MethodGet, "/metrics/staffing" + window + "&service_level_ms=20000", nil, all, metrics, ""},
		{http.MethodGet, "/metrics/backlog" + window, nil, all, metrics, ""},
		{http.MethodGet, "/metrics/queues/explain" + window + "&number=offered", nil, all, contacts, ""},
		{http.MethodGet, "/metrics/agents/explain" + window + "&number=answered", nil, every, contacts, ""},
		{http.MethodGet, "/metrics/contacts/explain" + window + "&number=contacts", nil, all, contacts, ""},
		{http.MethodGet, "/metrics/tickets/explain" + window + "&number=linked", nil, all, contacts, ""},
		{http.MethodGet, "/metrics/ivr/explain" + window + "&number=visits", nil, all, contacts, ""},
		{http.MethodGet, "/metrics/backlog/explain" + window + "&number=opened", nil, all, contacts, ""},
		{http.MethodGet, "/data-quality" + window, nil, []Role{RoleSupervisor, RoleAdmin}, metrics, ""},
		{http.MethodGet, "/exports/contacts" + window, nil, every, contacts, ""},
		{http.MethodGet, "/exports/abandoned" + window, nil, all, contacts, ""},
		{http.MethodGet, "/exports/voicemails" + window, nil, []Role{RoleSupervisor, RoleAdmin}, recordings, ""},
		{http.MethodGet, "/exports/callbacks" + window, nil, []Role{RoleSupervisor, RoleAdmin}, contacts, ""},
		{http.MethodGet, "/exports/tickets", nil, every, contacts, ""},
		{http.MethodGet, "/tickets", nil, every, contacts, ""},
		{http.MethodGet, "/tickets/helpdesk/4711", nil, every, contacts, ""},
		{http.MethodGet, "/contacts" + window, nil, every, contacts, ""},
		{http.MethodGet, "/contacts/pbx1-1.1", nil, every, contacts, ""},
		{http.MethodPost, "/contacts/pbx1-1.1/monitor", map[string]string{"action": "unmonitor", "phone": "anna"}, []Role{RoleSupervisor, RoleAdmin}, calls, ""},
		{http.MethodPost, "/contacts/pbx1-1.1/priority", map[string]int{"priority": 1}, []Role{RoleSupervisor, RoleAdmin}, calls, ""},
		{http.MethodPost, "/contacts/pbx1-1.1/move", map[string]any{"to": map[string]string{"kind": "queue", "id": "sales"}}, []Role{RoleSupervisor, RoleAdmin}, calls, ""},
		{http.MethodGet, "/contacts/pbx1-1.1/recordings", nil, []Role{RoleSupervisor, RoleAdmin}, recordings, ""},
		{http.MethodGet, "/contacts/pbx1-1.1/recordings/r1/audio", nil, []Role{RoleSupervisor, RoleAdmin}, recordings, ""},
		{http.MethodGet, "/abandoned" + window, nil, all, contacts, ""},
		{http.MethodGet, "/voicemails" + window, nil, []Role{RoleSupervisor, RoleAdmin}, recordings, ""},
		{http.MethodPut, "/voicemails/pbx1-1.1/r6/done", nil, []Role{RoleSupervisor, RoleAdmin}, calls, ""},
		{http.MethodDelete, "/voicemails/pbx1-1.1/r6/done", nil, []Role{RoleSupervisor, RoleAdmin}, calls, ""},
		{http.MethodGet, "/callbacks" + window, nil, []Role{RoleSupervisor, RoleAdmin}, contacts, ""},
		{http.MethodDelete, "/callbacks/pbx1-1.1", nil, []Role{RoleSupervisor, RoleAdmin}, calls, ""},
		{http.MethodGet, "/reports", nil, all, readers, ""},
		{http.MethodPost, "/reports", reportBody(nil), []Role{RoleSupervisor, RoleAdmin}, nil, ""},
		{http.MethodGet, "/reports/" + w.someReport, nil, all, readers, ""},
		{http.MethodPut, "/reports/" + w.someReport, reportBody(nil), []Role{RoleSupervisor, RoleAdmin}, nil, ""},
		{http.MethodPost, "/reports/none/run", nil, []Role{RoleSupervisor, RoleAdmin}, reports, CodeNotFound},
		{http.MethodDelete, "/reports/none", nil, []Role{RoleSupervisor, RoleAdmin}, reports, CodeNotFound},
		{http.MethodGet, "/alerts", nil, all, readers, ""},
		{http.MethodGet, "/alerts/rules", nil, all, readers, ""},
		{http.MethodPost, "/alerts/rules", ruleBody(nil), []Role{RoleSupervisor, RoleAdmin}, reports, ""},
		{http.MethodPut, "/alerts/rules/" + w.someRule, ruleBody(nil), []Role{RoleSupervisor, RoleAdmin}, reports, ""},
		{http.MethodDelete, "/alerts/rules/none", nil, []Role{RoleSupervisor, RoleAdmin}, reports, CodeNotFound},
		{http.MethodGet, "/alerts/silences", nil, all, readers, ""},
		{http.MethodPost, "/alerts/silences", silenceBody(w, w.someRule, ""), []Role{RoleSupervisor, RoleAdmin}, reports, ""},
		{http.MethodDelete, "/alerts/silences/none", nil, []Role{RoleSupervisor, RoleAdmin}, reports, CodeNotFound},
		{http.MethodGet, "/audit" + window, nil, []Role{RoleAdmin}, []Scope{ScopeAdmin}, ""},
		{http.MethodGet, "/exports/audit" + window, nil, []Role{RoleAdmin}, []Scope{ScopeAdmin}, ""},
		{http.MethodGet, "/users", nil, []Role{RoleAdmin}, []Scope{ScopeAdmin}, ""},
		{http.MethodPost, "/users", map[string]any{"name": fmt.Sprintf("new%d", w.newUsers.Add(1)), "password": "a long password", "role": "supervisor"}, []Role{RoleAdmin}, nil, ""},
		{http.MethodPut, "/users/some", map[string]any{"role": "supervisor"}, []Role{RoleAdmin}, nil, ""},
		{http.MethodPut, "/users/some/password", map[string]string{"password": "a long password"}, []Role{RoleAdmin}, nil, ""},
		{http.MethodPost, "/erasures", map[string]string{"number": "+4930123456", "reason": "by letter"}, []Role{RoleAdmin}, []Scope{ScopeErase}, ""},
		{http.MethodGet, "/erasures/" + someErasure, nil, []Role{RoleAdmin}, []Scope{ScopeErase}, ""},
		{http.MethodDelete, "/users/some/provider", nil, []Role{RoleAdmin}, nil, CodeNotFound},
		{http.MethodGet, "/keys", nil, []Role{RoleAdmin}, []Scope{ScopeAdmin}, ""},
		{http.MethodPost, "/keys", map[string]any{"name": "k", "scopes": []Scope{ScopeAdmin}}, []Role{RoleAdmin}, []Scope{ScopeAdmin}, ""},
		{http.MethodDelete, "/keys/" + w.someKey, nil, []Role{RoleAdmin}, []Scope{ScopeAdmin}, ""},
	}
}

func TestEveryRouteByEveryRole(t *testing.T) {
	w := newWorld(t, options{})
	users := map[Role]string{RoleAgent: "anna", RoleSupervisor: "sue", RoleAdmin: "adam", RoleIntegrator: "ina"}
	for _, a := range w.accesses() {
		t.Run(a.method+" "+a.path, func(t *testing.T) {
			got := w.do(call{method: a.method, path: Prefix + a.path, body: a.body})
			if a.roles == nil {
				if got.status >= 300 {
					t.Errorf("nobody signed in: %d %s", got.status, got.body)
				}
				return
			}
			got.wantProblem(t, CodeUnauthenticated)
			for role, name := range users {
				got := w.do(call{method: a.method, path: Prefix + a.path, body: a.body, proof: w.signIn(name)})
				if slices.Contains(a.roles, role) {
					if !a.done(got) {
						t.Errorf("%s: %d %s", role, got.status, got.body)
					}
					continue
				}
				got.wantProblem(t, CodeForbidden)
			}
		})
	}
}

func TestEveryRouteByEveryScope(t *testing.T) {
	w := newWorld(t, options{})
	keys := map[Scope]string{}
	for _, s := range allScopes() {
		keys[s] = w.key(s)
	}
	for _, a := range w.accesses() {
		if a.roles == nil {
			continue
		}
		t.Run(a.method+" "+a.path, func(t *testing.T) {
			for _, s := range allScopes() {
				got := w.do(call{method: a.method, path: Prefix + a.path, body: a.body, proof: keys[s], headers: map[string]string{"Origin": "https://elsewhere.example"}})
				if slices.Contains(a.scopes, s) {
					if !a.done(got) {
						t.Errorf("%s: %d %s", s, got.status, got.body)
					}
					continue
				}
				got.wantProblem(t, CodeForbidden)
			}
		})
	}
}

// The table above forgets no route of the document, live streams, the webhook and the way to the identity provider excepted: they have tests
// of their own.
func TestEveryRouteIsInTheTable(t *testing.T) {
	w := newWorld(t, options{})
	var doc struct {
		Paths map[string]map[string]struct{ OperationID string }
	}
	w.get(Prefix+"/openapi.json", "").into(t, &doc)
	var known []string
	for _, a := range w.accesses() {
		known = append(known, strings.ToLower(a.method)+" "+w.template(a.path))
	}
	known = append(known, "get /api/v1/live/wallboard", "get /api/v1/live/agent", "post /api/v1/tickets/events", "get /api/v1/session/provider", "get /api/v1/session/provider/callback", "post /api/v1/session/provider/signed-out")
	for path, methods := range doc.Paths {
		for method := range methods {
			if !slices.Contains(known, method+" "+path) {
				t.Errorf("%s %s is not in the table", method, path)
			}
		}
	}
}

// template is the path of the document that one of the table belongs to.
func (w *world) template(path string) string {
	path, _, _ = strings.Cut(path, "?")
	return Prefix + strings.NewReplacer("helpdesk/4711", "{system}/{id}", "anna", "{id}", "outage", "{id}", "pbx1-1.1", "{id}", "/r1/", "/{n}/", "/r6/", "/{n}/", w.someKey, "{id}",
		someErasure, "{id}", w.someReport, "{id}", w.someRule, "{id}", "/none", "/{id}", "/some", "/{name}").Replace(path)
}

const goldenDocument = "testdata/openapi.json"

var rewrite = flag.Bool("rewrite", false, "write "+goldenDocument+" anew")

// The document is a public contract: a change of it is read before it is committed. -rewrite writes it anew.
func TestOpenAPIDocument(t *testing.T) {
	w := newWorld(t, options{})
	got, err := w.api.Document()
	if err != nil {
		t.Fatal(err)
	}
	if *rewrite {
		if err := os.WriteFile(goldenDocument, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(goldenDocument)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("the OpenAPI document differs from %s; run deploy/scripts/generate and read the difference", goldenDocument)
	}
	checkDocument(t, got)
}

// checkDocument checks what makes an OpenAPI 3.1 document valid beyond being JSON: version, unique operation ids, every
// $ref resolvable, a response for each operation, every path parameter declared.
func checkDocument(t *testing.T, raw []byte) {
	t.Helper()
	var doc struct {
		OpenAPI    string
		Info       struct{ Title, Version string }
		Paths      map[string]map[string]json.RawMessage
		Components struct{ Schemas map[string]json.RawMessage }
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(doc.OpenAPI, "3.1.") || doc.Info.Title == "" || doc.Info.Version == "" {
		t.Errorf("openapi %q, info %+v", doc.OpenAPI, doc.Info)
	}
	for _, ref := range refs(t, raw) {
		name, ok := strings.CutPrefix(ref, "#/components/schemas/")
		if _, found := doc.Components.Schemas[name]; !ok || !found {
			t.Errorf("$ref %q leads nowhere", ref)
		}
	}
	ids := map[string]bool{}
	for path, methods := range doc.Paths {
		for method, rawOp := range methods {
			var op struct {
				OperationID string
				Responses   map[string]json.RawMessage
				Parameters  []struct{ Name, In string }
				Tags        []string
			}
			if err := json.Unmarshal(rawOp, &op); err != nil {
				t.Fatal(err)
			}
			if op.OperationID == "" || ids[op.OperationID] || len(op.Tags) != 1 {
				t.Errorf("%s %s: operation id %q, tags %v", method, path, op.OperationID, op.Tags)
			}
			ids[op.OperationID] = true
			if _, ok := op.Responses["default"]; !ok || len(op.Responses) < 2 {
				t.Errorf("%s %s: responses %v", method, path, op.Responses)
			}
			if strings.Contains(path, "{id}") && !slices.ContainsFunc(op.Parameters, func(p struct{ Name, In string }) bool { return p.Name == "id" && p.In == "path" }) {
				t.Errorf("%s %s: {id} is not declared", method, path)
			}
		}
	}
}

func refs(t *testing.T, raw []byte) []string {
	t.Helper()
	var out []string
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if ref, ok := v["$ref"].(string); ok {
				out = append(out, ref)
			}
			for _, inner := range v {
				walk(inner)
			}
		case []any:
			for _, inner := range v {
				walk(inner)
			}
		}
	}
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	walk(v)
	return out
}
