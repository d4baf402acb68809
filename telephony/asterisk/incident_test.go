package asterisk

import (
	"path/filepath"
	"testing"
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/asterisk/sipp"
	"firstline/telephony/callcenter"
)

// newsFirst is a line that tells callers from one district of its outage.
const newsFirst = `
queues: [{id: line, join_empty: true}]
agents: [{id: anna, endpoint: PJSIP/101, queues: [line]}]
entries: [{number: "*", flow: main}]
incidents:
  - {id: outage, name: Outage in the north, when: 'number startsWith "4940"', media: ["prompt:outage"]}
ivr:
  - id: main
    start: hello
    nodes:
      hello: {type: play, media: [silence/2], next: news}
      news: {type: incident, told: else, next: topic}
      else: {type: menu, prompt: ["prompt:else"], timeout: 20s, options: {"1": {next: q}}}
      topic: {type: menu, prompt: ["prompt:topic"], timeout: 20s, options: {"1": {next: q}}}
      q: {type: queue, queue: line}
prompts:
  list:
    - {id: outage, text: {en: "There is no electricity in the north until noon today."}}
    - {id: else, text: {en: "If this does not help you, press one."}}
    - {id: topic, text: {en: "Welcome. What can we do for you?"}}
`

// While an outage is switched on the callers whom it concerns hear it: who then hangs up is contained, who wants more goes on.
// All others, and all callers when it is over, hear the menu.
func TestRealIncident(t *testing.T) {
	c, made := newSpeakingCentre(t, newsFirst)
	c.switchIncident("outage", callcenter.ActionIncidentOn)
	for _, caller := range []struct {
		number, heard, not string
		leaves             fact.Termination
		tale               []string
	}{
		{"4940111", "outage", "topic", fact.Termination{Result: fact.ResultContained, Reason: fact.ReasonFlowEnded},
			[]string{"ivr.entered hello", "ivr.entered news", "ivr.incident news outage", "ivr.entered else", "ivr.left contained"}},
		{"4989111", "topic", "outage", fact.Termination{Result: fact.ResultAbandoned, Reason: fact.ReasonCallerHungUp},
			[]string{"ivr.entered hello", "ivr.entered news", "ivr.entered topic", "ivr.left hung_up"}},
	} {
		call := c.call(sipp.Call{Name: caller.number, Number: caller.number, Dialed: "1000", Patience: 11 * time.Second})
		contact := c.contact(caller.number)
		heard := c.listen(contact)
		if e := c.end(caller.number); e.Termination != caller.leaves {
			t.Errorf("%s ended %+v", caller.number, e.Termination)
		}
		call()
		wants(t, caller.number, c.taleOf(contact, "ivr."), caller.tale...)
		sound := samples(t, heard())
		if got := likeness(sound, samples(t, filepath.Join(made, "en", caller.heard+".wav"))); got < 0.9 {
			t.Errorf("%s did not hear %s: likeness %.2f", caller.number, caller.heard, got)
		}
		if got := likeness(sound, samples(t, filepath.Join(made, "en", caller.not+".wav"))); got > 0.7 {
			t.Errorf("%s heard %s: likeness %.2f", caller.number, caller.not, got)
		}
	}
	through := c.call(sipp.Call{Name: "through", Number: "4940222", Dialed: "1000", Patience: 6 * time.Second,
		Presses: []sipp.Press{{After: 3 * time.Second, Digits: "1"}}})
	second := c.contact("4940222")
	c.until("he waits", func(f fact.Fact) bool { return f.Subject == second && f.Type == fact.TypeQueued })
	c.switchIncident("outage", callcenter.ActionIncidentOff)
	c.call(sipp.Call{Name: "after", Number: "4940333", Dialed: "1000", Patience: 7 * time.Second})()
	c.end("4940333")
	wants(t, "after it", c.taleOf(c.contact("4940333"), "ivr."), "ivr.entered hello", "ivr.entered news", "ivr.entered topic", "ivr.left hung_up")
	wants(t, "the switch", c.taleOf(fact.IncidentSubject("outage"), "incident."), "incident.began", "incident.ended")
	through()
}

func (c *centre) switchIncident(id string, action callcenter.Action) {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	out := c.step(time.Time{}, callcenter.Control{Incident: id, Action: action, By: fact.BySupervisor, Actor: "sue"})
	if out.Reply == nil || out.Reply.Refused != "" {
		c.t.Fatalf("%s %s: %+v", action, id, out.Reply)
	}
}
