package asterisk

import (
	"strings"
	"testing"
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/asterisk/sipp"
	"firstline/telephony/callcenter"
)

const everybody = `
queues:
  - {id: all, strategy: ring_all, join_empty: true, wrap_up: 0s}
  - {id: told, strategy: ring_all, whisper_media: [queue-thankyou], join_empty: true, wrap_up: 0s, retry_delay: 30s}
agents:
  - {id: anna, endpoint: PJSIP/101, queues: [all, told]}
  - {id: boris, endpoint: PJSIP/102, queues: [all, told]}
`

// Both phones ring; who is first has the call, and the other phone is told that it was answered elsewhere. Who takes his
// phone and hangs up before he has the caller leaves him to the other, who rings again at once. Two callers at a time have a phone each.
func TestRealRingAll(t *testing.T) {
	c := newCentre(t, everyQueue(everybody, "all", "told"))
	slow, quick := sipp.Act{Do: sipp.DoRing}, sipp.Act{Do: sipp.DoAnswer, After: time.Second, Talk: time.Second}
	anna := c.anna(slow, slow, sipp.Act{Do: sipp.DoAnswer, Talk: 8 * time.Second}, quick, quick, quick, quick)
	boris := c.boris(quick, sipp.Act{Do: sipp.DoAnswer, After: time.Second, Talk: 200 * time.Millisecond}, quick, quick, quick, quick)
	for _, phone := range []string{"PJSIP/101", "PJSIP/102"} {
		c.sink.await(t, 0, "the phone "+phone, is(callcenter.EndpointState{Endpoint: phone, Registered: true, Channels: []string{}}))
	}
	c.ask("anna", callcenter.ActionLogin, "")
	c.ask("boris", callcenter.ActionLogin, "")

	over := func(number string) { // a sound that breaks off is no mistake here: its agent hung up
		contact := c.contact(number)
		c.until("the end of "+number, func(f fact.Fact) bool { return f.Subject == contact && f.Type == fact.TypeContactEnded })
	}

	c.call(sipp.Call{Name: "one", Number: "4930001", Dialed: "all", Patience: time.Minute})()
	over("4930001")
	wants(t, "one caller", c.offersOf("4930001"), "anna lost_race", "boris answered")

	c.call(sipp.Call{Name: "told", Number: "4930004", Dialed: "told", Patience: time.Minute})()
	over("4930004")
	wants(t, "who hangs up before he has the caller", c.offersOf("4930004"), "anna lost_race", "boris declined", "anna answered")

	both := c.call(
		sipp.Call{Name: "two", Number: "4930002", Dialed: "all", Patience: time.Minute},
		sipp.Call{Name: "three", Number: "4930003", Dialed: "all", Patience: time.Minute},
	)
	both()
	for _, number := range []string{"4930002", "4930003"} {
		over(number)
		if got := c.offersOf(number); len(got) == 0 || !strings.HasSuffix(got[len(got)-1], " answered") {
			t.Errorf("of two callers at a time %s was offered as %v", number, got)
		}
	}

	elsewhere := 0
	for _, r := range append(anna(), boris()...) {
		for _, e := range r.Events {
			if e.What == sipp.Cancelled && strings.Contains(e.Note, "completed elsewhere") {
				elsewhere++
			}
		}
	}
	if elsewhere < 2 {
		t.Errorf("%d phones were told that the call was answered elsewhere, anna's should have been twice", elsewhere)
	}
}

// offersOf is how each offer of a caller ended, in order.
func (c *centre) offersOf(number string) []string {
	contact := c.contact(number)
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []string
	for _, f := range c.facts {
		if o, ok := f.Data.(fact.OfferEnded); ok && f.Subject == contact {
			list = append(list, o.Agent+" "+string(o.Result))
		}
	}
	return list
}
