package api

import (
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
)

// access is who may use which route: the whole table, checked against the one in routes.go by the OpenAPI document.
type access struct {
	method, path string
	body         any
	roles        []Role // who gets through; nil = anyone
}

func accesses() []access {
	every := []Role{RoleAgent, RoleSupervisor, RoleAdmin, RoleIntegrator}
	all := []Role{RoleSupervisor, RoleAdmin, RoleIntegrator}
	return []access{
		{http.MethodPost, "/session", map[string]string{"name": "sue", "secret": password}, nil},
		{http.MethodGet, "/session", nil, every},
		{http.MethodDelete, "/session", nil, every},
		{http.MethodGet, "/queues", nil, every},
		{http.MethodGet, "/agents", nil, every},
		{http.MethodGet, "/seats", nil, every},
		{http.MethodGet, "/settings", nil, every},
		{http.MethodPost, "/agents/anna/state", map[string]string{"action": "ready"}, []Role{RoleAgent, RoleSupervisor, RoleAdmin}},
		{http.MethodPost, "/agents/anna/call", map[string]string{"action": "return"}, []Role{RoleAgent, RoleSupervisor, RoleAdmin}},
		{http.MethodGet, "/agents/anna/targets", nil, []Role{RoleAgent, RoleSupervisor, RoleAdmin}},
		{http.MethodPost, "/agents/anna/pops", map[string]string{"pop": "p", "event": "shown"}, []Role{RoleAgent}},
		{http.MethodGet, "/incidents", nil, all},
		{http.MethodPut, "/incidents/outage", map[string]bool{"on": true}, []Role{RoleSupervisor, RoleAdmin}},
		{http.MethodGet, "/wallboard", nil, all},
		{http.MethodGet, "/metrics/queues" + window, nil, all},
		{http.MethodGet, "/metrics/agents" + window, nil, every},
		{http.MethodGet, "/metrics/contacts" + window, nil, all},
		{http.MethodGet, "/metrics/ivr" + window, nil, all},
		{http.MethodGet, "/metrics/tickets" + window, nil, all},
		{http.MethodGet, "/metrics/staffing" + window + "&service_level_ms=20000", nil, all},
		{http.MethodGet, "/data-quality" + window, nil, []Role{RoleSupervisor, RoleAdmin}},
		{http.MethodGet, "/metrics/backlog" + window, nil, all},
		{http.MethodGet, "/contacts" + window, nil, every},
		{http.MethodGet, "/contacts/pbx1-1.1", nil, every},
		{http.MethodPost, "/contacts/pbx1-1.1/monitor", map[string]string{"action": "unmonitor", "phone": "anna"}, []Role{RoleSupervisor, RoleAdmin}},
		{http.MethodPost, "/contacts/pbx1-1.1/priority", map[string]int{"priority": 1}, []Role{RoleSupervisor, RoleAdmin}},
		{http.MethodPost, "/contacts/pbx1-1.1/move", map[string]any{"to": map[string]string{"kind": "queue", "id": "sales"}}, []Role{RoleSupervisor, RoleAdmin}},
		{http.MethodGet, "/contacts/pbx1-1.1/recordings", nil, []Role{RoleSupervisor, RoleAdmin}},
		{http.MethodGet, "/contacts/pbx1-1.1/recordings/r1/audio", nil, []Role{RoleSupervisor, RoleAdmin}},
		{http.MethodGet, "/abandoned" + window, nil, all},
		{http.MethodGet, "/exports/contacts" + window, nil, every},
		{http.MethodGet, "/exports/abandoned" + window, nil, all},
		{http.MethodGet, "/exports/voicemails" + window, nil, []Role{RoleSupervisor, RoleAdmin}},
		{http.MethodGet, "/exports/callbacks" + window, nil, []Role{RoleSupervisor, RoleAdmin}},
		{http.MethodGet, "/voicemails" + window, nil, []Role{RoleSupervisor, RoleAdmin}},
		{http.MethodPut, "/voicemails/pbx1-1.1/r6/done", nil, []Role{RoleSupervisor, RoleAdmin}},
		{http.MethodDelete, "/voicemails/pbx1-1.1/r6/done", nil, []Role{RoleSupervisor, RoleAdmin}},
		{http.MethodGet, "/callbacks" + window, nil, []Role{RoleSupervisor, RoleAdmin}},
		{http.MethodDelete, "/callbacks/pbx1-1.1", nil, []Role{RoleSupervisor, RoleAdmin}},
		{http.MethodGet, "/tickets", nil, every},
		{http.MethodGet, "/tickets/helpdesk/4711", nil, every},
	}
}

func TestEveryRouteByEveryRole(t *testing.T) {
	w := newWorld(t, options{})
	users := map[Role]string{RoleAgent: "anna", RoleSupervisor: "sue", RoleAdmin: "adam", RoleIntegrator: "ina"}
	for _, a := range accesses() {
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
				got := w.do(call{method: a.method, path: Prefix + a.path, body: a.body, cookie: w.signIn(name)})
				if slices.Contains(a.roles, role) {
					if got.status >= 300 {
						t.Errorf("%s: %d %s", role, got.status, got.body)
					}
					continue
				}
				got.wantProblem(t, CodeForbidden)
			}
		})
	}
}

// The table above forgets no route of the document, live streams and the webhook excepted: they have tests of their own.
func TestEveryRouteIsInTheTable(t *testing.T) {
	w := newWorld(t, options{})
	var doc struct {
		Paths map[string]map[string]struct{ OperationID string }
	}
	w.get(Prefix+"/openapi.json", "").into(t, &doc)
	var known []string
	for _, a := range accesses() {
		path, _, _ := strings.Cut(a.path, "?")
		known = append(known, strings.ToLower(a.method)+" "+Prefix+strings.NewReplacer("helpdesk/4711", "{system}/{id}", "anna", "{id}", "outage", "{id}", "pbx1-1.1", "{id}", "/r1/", "/{n}/", "/r6/", "/{n}/").Replace(path))
	}
	known = append(known, "get /api/v1/live/wallboard", "get /api/v1/live/agent", "post /api/v1/tickets/events")
	for path, methods := range doc.Paths {
		for method := range methods {
			if !slices.Contains(known, method+" "+path) {
				t.Errorf("%s %s is not in the table", method, path)
			}
		}
	}
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
