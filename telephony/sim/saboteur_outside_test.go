package sim

import (
	"strings"

	"firstline/pipeline/fact"
	"firstline/telephony/callcenter"
)

// spoiledOutside are bugs in how agents ask at numbers outside.
func spoiledOutside() []sabotage {
	ofGuest := func(is func(callcenter.Command) string) func(callcenter.Command) bool {
		guests := map[string]bool{} // legs
		return func(c callcenter.Command) bool {
			if r, ok := c.(callcenter.Ring); ok && strings.HasSuffix(r.Endpoint, wayOut) && numberOut(r.Endpoint) == outsideNumber {
				guests[r.Channel] = true
			}
			return guests[is(c)]
		}
	}
	return []sabotage{
		{bug: "who was asked outside stays on the line", rules: []Rule{ruleLasting, ruleQuiet}, turn: without(ofGuest(func(c callcenter.Command) string {
			h, _ := c.(callcenter.HangUp)
			return h.Channel
		}))},
		{bug: "nobody is called outside", rules: []Rule{ruleLasting, ruleTransfers}, turn: without(ofGuest(func(c callcenter.Command) string {
			r, _ := c.(callcenter.Ring)
			return r.Channel
		}))},
		{bug: "an agent hears nothing while it rings outside", rules: []Rule{ruleLasting}, turn: without(func(c callcenter.Command) bool {
			p, ok := c.(callcenter.Play)
			return ok && len(p.Media) == 1 && strings.HasPrefix(p.Media[0], "tone:")
		})},
		{bug: "a call outside never ends", rules: []Rule{ruleTransfers, ruleClosedOnce, ruleFoldFacts}, turn: swallow(fact.TypeOutsideEnded)},
		{bug: "nobody is told that somebody outside answered", rules: []Rule{ruleTransfers, ruleFoldFacts, ruleClosingRows}, turn: swallow(fact.TypeOutsideAnswered)},
		{bug: "who was asked outside is said to have joined", rules: []Rule{ruleTransfers}, turn: rewrite(func(d *fact.TransferEnded) {
			if d.To == fact.TransferToNumber && d.Result == fact.TransferUnanswered {
				d.Result = fact.TransferConference
			}
		})},
		{bug: "facts say the number outside", rules: []Rule{ruleTransfers, ruleClosingRows}, turn: rewrite(func(d *fact.OutsideEnded) { d.Target = outsideNumber })},
		{bug: "a caller who hangs up is said to have been hung up on from outside", rules: []Rule{ruleTruth, ruleClosingRows}, turn: rewrite(func(d *fact.CallEnded) {
			if d.Termination.Reason == fact.ReasonCallerHungUp {
				d.Termination.Reason = fact.ReasonOutsideHungUp
			}
		})},
	}
}
