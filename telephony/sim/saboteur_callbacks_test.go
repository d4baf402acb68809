package sim

import (
	"strings"
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/callcenter"
)

// spoiledCallbacks are bugs in how callers are called back.
func spoiledCallbacks() []sabotage {
	outside := func(c callcenter.Command) bool {
		r, ok := c.(callcenter.Ring)
		return ok && strings.HasSuffix(r.Endpoint, wayOut)
	}
	return []sabotage{
		{bug: "who is called back loses his place", rules: []Rule{ruleCallbacks, rulePositions}, turn: rewrite(func(d *fact.CallbackPromised) { d.Since = d.Since.Add(time.Second) })},
		{bug: "his place in the line is that of a new caller", rules: []Rule{rulePositions, ruleOvertaken}, turn: rewrite(func(d *fact.Queued) {
			if d.Kind == fact.KindCallback {
				d.RankedAt = d.RankedAt.Add(time.Second)
			}
		})},
		{bug: "another number is called", rules: []Rule{ruleCallbacks}, turn: func(s *saboteur) {
			s.spoil = func(_ callcenter.Input, out *callcenter.Output) {
				for i, c := range out.Commands {
					if r, ok := c.(callcenter.Ring); ok && outside(c) {
						r.Endpoint = "PJSIP/" + denied + wayOut
						out.Commands[i] = r
					}
				}
			}
		}},
		{bug: "nobody calls", rules: []Rule{ruleCallbacks, ruleIdle, ruleLasting, ruleCalm}, turn: without(outside)},
		{bug: "an attempt is not told", rules: []Rule{ruleCallbacks, ruleClosingRows, ruleFoldFacts}, turn: swallow(fact.TypeCallbackAttempted)},
		{bug: "busy counts as reached", rules: []Rule{ruleCallbacks, ruleFoldFacts, ruleMenus, ruleClosingRows}, turn: rewrite(func(d *fact.CallbackAttempted) {
			if d.Result == fact.CallbackBusy {
				d.Result = fact.CallbackReached
			}
		})},
		{bug: "a callback never ends", rules: []Rule{ruleClosedOnce, ruleFoldFacts}, turn: swallow(fact.TypeCallbackEnded)},
		{bug: "who was connected is said to have given up", rules: []Rule{ruleCallbacks}, turn: rewrite(func(d *fact.CallbackEnded) {
			if d.Outcome == fact.CallbackConnected {
				d.Outcome = fact.CallbackAbandoned
			}
		})},
		{bug: "that it is put off is not told", rules: []Rule{ruleFoldFacts}, turn: swallow(fact.TypeCallbackPutOff)},
		{bug: "a customer's phone rings on when the callback is over", rules: []Rule{ruleLasting, ruleCallbacks, ruleQuiet}, turn: without(func(c callcenter.Command) bool {
			h, ok := c.(callcenter.HangUp)
			return ok && strings.HasPrefix(h.Channel, "fl.leg.") && strings.Contains(h.Contact, "-cb")
		})},
		{bug: "the hours are not minded", rules: []Rule{ruleCallbacks}, turn: rewrite(func(d *fact.CallbackPutOff) {
			if d.Why == fact.PutOffRetry {
				d.Why = fact.PutOffClosed
			}
		})},
	}
}
