package main

import (
	"net/http"
	"testing"
	"time"

	"firstline/pipeline/parts"
)

// people are a supervisor, whose phone is Sue's, and two queues and a team to limit others to.
const people = `
queues: [{id: support, name: Support}, {id: experts, name: Experts}]
agents:
  - {id: anna, name: Anna, endpoint: PJSIP/301, pin_hash_env: PIN, queues: [support], teams: [first]}
  - {id: sue, name: Sue, endpoint: PJSIP/303}
entries: [{number: "*", flow: main}]
ivr: [{id: main, start: line, nodes: {line: {type: queue, queue: support}}}]
`

// TestPeople lets an admin make, change and end users and API keys and read the audit log in a browser, and them use what he gave:
// dashboards/web/e2e/people.mjs. The API runs alone: of these pages none needs more.
func TestPeople(t *testing.T) {
	chromium := parts.Need(t, func() (string, error) { return parts.Program("chromium") })
	node := parts.Need(t, func() (string, error) { return parts.Program("node") })
	parts.Need(t, playwright)
	p := newProduct(t, "people", people, "")
	p.run("api")
	p.client = &http.Client{Timeout: 5 * time.Second}
	p.waitFor("the API to answer", time.Minute, func() error { return p.call(http.MethodGet, "/openapi.json", nil, nil) })
	p.browse(node, chromium, nil, "people")
}
