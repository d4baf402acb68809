package asterisk

import (
	"testing"
	"time"

	"firstline/pipeline/fact"
	"firstline/pipeline/number"
	"firstline/telephony/asterisk/sipp"
	"firstline/telephony/callcenter"
)

// sortedCallers is a line that lets nobody in from Munich, puts one number before all others, and keeps places.
const sortedCallers = `
queues: [{id: line, keep_place: 1m, join_empty: true}]
agents: [{id: anna, endpoint: PJSIP/101, queues: [line]}]
entries:
  - {number: "*", callers: ["+4989*", withheld], reject: true}
  - {number: "1000", callers: ["+4930123456"], flow: vip}
  - {number: "1000", flow: main}
ivr:
  - {id: vip, start: q, nodes: {q: {type: queue, queue: line, priority: 5}}}
  - {id: main, start: mine, nodes: {mine: {type: branch, cases: [{when: 'number startsWith "+4930"', next: q}], otherwise: bye}, q: {type: queue, queue: line}, bye: {type: hangup}}}
`

// Who is on the block list, and who gives no number, hears that the call is rejected, not an answer: his network is told 403, and
// it costs him nothing. That counts as a call of its own kind.
func TestRealBlockedCaller(t *testing.T) {
	c := newCentre(t, sortedCallers)
	c.SetNumbers(number.Config{Region: "DE"}.Form())
	for _, from := range []struct{ given, number string }{{"08912345678", "+498912345678"}, {"anonymous", ""}} {
		results := c.call(sipp.Call{Name: "blocked", Number: from.given, Dialed: "1000", Patience: time.Minute})
		ended := c.end(from.number)
		if ended.Termination != (fact.Termination{Result: fact.ResultRefused, Reason: fact.ReasonBlocked}) || ended.Flow != "" {
			t.Errorf("%s: ended %+v", from.given, ended)
		}
		wants(t, from.given, c.taleOf(c.contact(from.number), "ivr.", "queue.", "call."), "call.ended inbound refused blocked")
		if r := results(); len(r) != 1 || r[0].Has(sipp.Answered) || r[0].Last() != sipp.Refused+" 403" {
			t.Errorf("%s: the caller saw %+v", from.given, r)
		}
	}
}

// Numbers come as the network writes them and are one form in menus, entries and queues. A VIP goes before all others; who gave
// up and calls again has his place back, before one who came after his first call.
func TestRealKeptPlace(t *testing.T) {
	c := newCentre(t, sortedCallers)
	c.SetNumbers(number.Config{Region: "DE"}.Form())
	anna := c.anna(sipp.Act{Do: sipp.DoAnswer, Talk: talk})
	c.sink.await(t, 0, "anna's phone", is(callcenter.EndpointState{Endpoint: "PJSIP/101", Registered: true, Channels: []string{}}))
	queued := func(number string, after string) (contact string, place fact.Queued) {
		t.Helper()
		f := c.until(number+" waits", func(f fact.Fact) bool {
			_, ok := f.Data.(fact.Queued)
			return ok && f.Subject != after && c.numberOf(f.Subject) == number
		})
		return f.Subject, f.Data.(fact.Queued)
	}
	call := func(name, from string, patience time.Duration) func() []sipp.Result {
		return c.call(sipp.Call{Name: name, Number: from, Dialed: "1000", Patience: patience})
	}
	gone := call("gives up", "0301111111", time.Second)
	first, _ := queued("+49301111111", "")
	second := call("second", "49302222222", time.Minute)
	queued("+49302222222", "")
	gone()
	c.until("he gives up", func(f fact.Fact) bool { return f.Subject == first && f.Type == fact.TypeContactEnded })
	again := call("again", "+49301111111", time.Minute)
	third, place := queued("+49301111111", first)
	if place.Resumes != first || place.Position != 1 {
		t.Errorf("who calls again is number %d, in the place of %q, not %q", place.Position, place.Resumes, first)
	}
	vip := call("vip", "030123456", time.Minute)
	if _, place = queued("+4930123456", ""); place.Position != 1 || place.Priority != 5 {
		t.Errorf("the VIP is number %d with priority %d", place.Position, place.Priority)
	}
	c.ask("anna", "login", "")
	for _, results := range []func() []sipp.Result{vip, again, second} {
		results()
	}
	var saw []string
	for _, r := range anna() {
		saw = append(saw, r.Number)
	}
	wants(t, "anna's calls", saw, "+4930123456", "+49301111111", "+49302222222")
	end := c.until("the end of waiting", func(f fact.Fact) bool { return f.Subject == third && f.Type == fact.TypeEntryEnded }).Data.(fact.EntryEnded)
	if waited := end.EndedAt.Sub(end.QueuedAt).Milliseconds(); end.WaitMS != waited || end.CarriedWaitMS != 0 {
		t.Errorf("his wait is %d ms and %d carried, he waited %d ms this time", end.WaitMS, end.CarriedWaitMS, waited)
	}
}

// numberOf is the number of a contact's caller. Its caller holds the lock.
func (c *centre) numberOf(contact string) string {
	for _, f := range c.facts {
		if a, ok := f.Data.(fact.Arrived); ok && f.Subject == contact {
			return a.CallerNumber
		}
	}
	return ""
}
