package main

import (
	"strings"
	"testing"
)

const withProvider = `
queues: [{id: support, name: Support}]
entries: [{number: "*", flow: main}]
ivr: [{id: main, start: q, nodes: {q: {type: queue, queue: support}}}]
http:
  oidc:
    issuer: http://127.0.0.1:1/realms/staff
    name: Acme
    client_id: firstline
    client_secret_env: OIDC_SECRET
    groups:
      - {group: leads, role: supervisor, queues: [support]}
`

// TestIdentityProviderInTheFile: a mistake is named by file, line and mend; dump has the secret's name and not the secret; doctor asks.
func TestIdentityProviderInTheFile(t *testing.T) {
	env := map[string]string{"OIDC_SECRET": "hunter2hunter2"}
	path := file(t, withProvider)
	if code, out := tool(t, env, "check", "--config", path); code != exitOK {
		t.Error(out)
	}
	wrong := file(t, strings.Replace(withProvider, "queues: [support]}", "queues: [nowhere]}", 1))
	code, out := tool(t, env, "check", "--config", wrong)
	if code == exitOK || !strings.Contains(out, wrong+":12:") || !strings.Contains(out, `there is no "nowhere"`) || !strings.Contains(out, "name queues of the list queues") {
		t.Error(out)
	}
	code, out = tool(t, env, "dump", "--config", path)
	if code != exitOK || !strings.Contains(out, "client_secret_env: OIDC_SECRET") || strings.Contains(out, "hunter2") {
		t.Error(out)
	}
	_, out = tool(t, env, "doctor", "--config", path)
	if !strings.Contains(out, "WRONG identity provider") || !strings.Contains(out, "does not answer") || strings.Contains(out, "hunter2") {
		t.Error(out)
	}
	_, out = tool(t, nil, "doctor", "--config", path)
	if !strings.Contains(out, "http.oidc: the variable OIDC_SECRET is empty") {
		t.Error(out)
	}
}
