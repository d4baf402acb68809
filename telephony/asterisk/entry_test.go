package asterisk

import (
	"testing"
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/asterisk/sipp"
)

const enters = `
queues: [{id: line, join_empty: true}]
agents: [{id: anna, endpoint: PJSIP/101, queues: [line]}]
entries: [{number: "*", flow: main}]
ivr:
  - id: main
    start: russian
    nodes:
      russian: {type: language, language: ru, next: number}
      number: {type: collect, prompt: [beep], min: 1, max: 20, inter_digit: 5s, overall: 2s, next: q, no_input: q, invalid: q}
      q: {type: queue, queue: line}
`

// A node sets the language, and who types on and on is cut off when his time for the whole number is over: what he entered counts.
func TestRealEntryInAll(t *testing.T) {
	c := newCentre(t, enters)
	var keys []sipp.Press
	for range 4 {
		keys = append(keys, sipp.Press{After: 900 * time.Millisecond, Digits: "4"})
	}
	c.call(sipp.Call{Name: "types", Number: "4930111", Dialed: "1", Presses: keys, Patience: 12 * time.Second})()
	contact := c.contact("4930111")
	if e := c.end("4930111"); e.Language != "ru" {
		t.Errorf("ended %+v", e)
	}
	wants(t, "the way", c.taleOf(contact, "ivr.", "queue.queued"), "ivr.entered russian", "ivr.entered number", "ivr.input number digits",
		"ivr.entered q", "ivr.left queued", "queue.queued line ru")
	input := c.until("what he entered", func(f fact.Fact) bool { return f.Subject == contact && f.Type == fact.TypeIVRInput })
	if d, ok := input.Data.(fact.IVRInput); !ok || d.Digits < 1 || d.Digits >= len(keys) {
		t.Errorf("of %d keys %+v counts", len(keys), input.Data)
	}
}
