package main

import (
	"strings"
	"testing"
)

// TestWrongTargets: each mistake in the targets of tickets is told with line and mend; dump prints what is in force.
func TestWrongTargets(t *testing.T) {
	const head = `node: pbx1
queues: [{id: support}]
integrations:
  tickets:
    targets:
`
	path := file(t, head+`      high: {first_reply: 1h, warn: half}
      low: {}
      default:
        resolution: 9000h
`)
	code, out := tool(t, nil, "check", "--config", path)
	for _, want := range []string{
		path + ":6: integrations.tickets.targets.high.warn: is no share from 1% to 100%; write 75%",
		path + ":7: integrations.tickets.targets.low: promises nothing; write first_reply: 1h or resolution: 8h, or leave it out",
		path + ":9: integrations.tickets.targets.default.resolution: is 9000h0m0s, not between 1s and 8760h, which are 365 days; write 8h",
	} {
		if code != exitFault || !strings.Contains(out, want) {
			t.Errorf("missing %q in:\n%s", want, out)
		}
	}
	code, out = tool(t, nil, "dump", "--config", file(t, head+`      high: {first_reply: 1h}
entries: [{number: "*", flow: main}]
ivr: [{id: main, start: line, nodes: {line: {type: queue, queue: support}}}]
`))
	if code != exitOK || !strings.Contains(out, "first_reply: 1h0m0s") || !strings.Contains(out, "warn: 75%") {
		t.Errorf("%d: %s", code, out)
	}
}
