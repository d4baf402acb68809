package asterisk

import (
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"firstline/telephony/asterisk/sipp"
	"firstline/telephony/callcenter"
)

// twoMenus has a new menu for half of the callers, one that is over, and the usual one.
const twoMenus = `
queues: [{id: line}]
agents: [{id: anna, endpoint: PJSIP/101, queues: [line]}]
entries:
  - {number: "1000", until: 2026-01-01T00:00:00Z, flow: over}
  - {number: "1000", share: 50, flow: new}
  - {number: "1000", flow: main}
ivr:
  - {id: over, start: bye, nodes: {bye: {type: hangup, media: [vm-goodbye]}}}
  - {id: new, start: bye, nodes: {bye: {type: hangup, media: [vm-goodbye]}}}
  - {id: main, start: bye, nodes: {bye: {type: hangup, media: [vm-goodbye]}}}
`

// Callers come to the version that their number draws, each time.
func TestRealVersions(t *testing.T) {
	var config callcenter.Config
	if err := yaml.Unmarshal([]byte(twoMenus), &config); err != nil {
		t.Fatal(err)
	}
	plan := callcenter.Plan{}
	for _, e := range config.Entries[1:] { // the first is over
		plan.Entries = append(plan.Entries, callcenter.Entry{Number: e.Number, Flow: e.Flow, Share: e.Share})
	}
	c := newCentre(t, twoMenus)
	seen := map[string]int{}
	for _, number := range []string{"4930111", "4930112", "4930113", "4930114"} {
		entry, _ := plan.EntryFor(callcenter.Arrival{Dialed: "1000", Number: number, At: time.Now()})
		want := plan.Entries[entry].Flow
		c.call(sipp.Call{Name: number, Number: number, Dialed: "1000", Patience: time.Minute})()
		if got := c.end(number).Flow; got != want {
			t.Errorf("%s came to %s, want %s", number, got, want)
		}
		seen[want]++
	}
	if len(seen) != 2 || seen["over"] > 0 {
		t.Errorf("callers came to %v: both versions should have some", seen)
	}
}
