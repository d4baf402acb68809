package sim

import (
	"slices"
	"strings"

	"firstline/pipeline/fact"
	"firstline/telephony/callcenter"
)

// spoiledTransfers are bugs in how callers are handed on.
func spoiledTransfers() []sabotage {
	return []sabotage{
		{bug: "a caller on hold hears the agent still", rules: []Rule{ruleLasting}, turn: without(isA[callcenter.RemoveFromBridge])},
		{bug: "a phone that asks for a transfer gets no answer", rules: []Rule{ruleLasting}, turn: without(isA[callcenter.AnswerTransfer])},
		{bug: "an agent waits in silence for who he asks", rules: []Rule{ruleLasting}, turn: without(func(c callcenter.Command) bool {
			m, ok := c.(callcenter.StartMusic)
			return ok && strings.HasPrefix(m.Channel, "fl.leg.")
		})},
		{bug: "an agent's second call is left alone", rules: []Rule{ruleLasting, ruleOneTalk}, turn: without(func(c callcenter.Command) bool {
			h, ok := c.(callcenter.HangUp)
			return ok && h.Channel != h.Contact && !strings.HasPrefix(h.Channel, "fl.")
		})},
		{bug: "a supervisor who only listens is heard", rules: []Rule{ruleLasting}, turn: unmuted(false)},
		{bug: "the listening never ends", rules: []Rule{ruleMonitors, ruleFoldFacts, ruleClosedOnce}, turn: swallow(fact.TypeMonitorEnded)},
		{bug: "a supervisor's phone rings in vain, and nobody is told", rules: []Rule{ruleMonitors}, turn: swallow(fact.TypeMonitorMissed)},
		{bug: "who listens is named wrong", rules: []Rule{ruleMonitors, ruleOneTalk, ruleClosedOnce, ruleLasting, ruleFoldFacts}, turn: rewrite(func(d *fact.MonitorStarted) { d.Supervisor = d.Agent })},
		{bug: "a caller is made more urgent, and nobody is told", rules: []Rule{rulePriorities, ruleOvertaken}, turn: swallow(fact.TypePriority)},
		{bug: "only the caller is recorded", rules: []Rule{ruleLasting}, turn: without(func(c callcenter.Command) bool {
			r, ok := c.(callcenter.RecordSnoop)
			return ok && r.Out
		})},
		{bug: "card data are recorded in a pause", rules: []Rule{ruleLasting}, turn: without(isA[callcenter.MuteRecording])},
		{bug: "a recording goes on when the talk is over", rules: []Rule{ruleLasting}, turn: without(func(c callcenter.Command) bool {
			h, ok := c.(callcenter.HangUp)
			return ok && strings.HasPrefix(h.Channel, "fl.sn.")
		})},
		{bug: "what was recorded is not fetched", rules: []Rule{ruleQuiet}, turn: without(isA[callcenter.StoreRecording])},
		{bug: "a recording says it is of another queue", rules: []Rule{ruleRecordings, ruleClosingRows}, turn: rewrite(func(d *fact.RecordingStarted) {
			d.Queue = map[string]string{"support": "sales", "sales": "support"}[d.Queue]
		})},
		{bug: "a mark of a message is not recorded", rules: []Rule{ruleMarks}, turn: swallow(fact.TypeVoicemailMarked)},
		{bug: "a mark of a message is recorded twice", rules: []Rule{ruleMarks, ruleSequence}, turn: double(fact.TypeVoicemailMarked)},
		{bug: "a mark that is taken back stays", rules: []Rule{ruleMarks}, turn: rewrite(func(d *fact.VoicemailMarked) { d.Done = true })},
		{bug: "an agent who muted himself is heard", rules: []Rule{ruleLasting}, turn: unmuted(true)},
		{bug: "a muting never ends", rules: []Rule{ruleMutes, ruleClosedOnce, ruleFoldFacts}, turn: swallow(fact.TypeMuteEnded)},
		{bug: "who is recorded heard something else", rules: []Rule{ruleInformed}, turn: words(func(p callcenter.Play) []callcenter.Command {
			p.Media = []string{"sound:vm-press"}
			return []callcenter.Command{p}
		})},
		{bug: "who is recorded did not hear it to its end", rules: []Rule{ruleInformed}, turn: words(func(p callcenter.Play) []callcenter.Command {
			return []callcenter.Command{p, callcenter.StopPlay{Head: callcenter.Head{ID: p.ID + "-", Contact: p.Contact}, Playback: p.Playback}}
		})},
		{bug: "nobody is told that he was told", rules: []Rule{ruleInformed}, turn: swallow(fact.TypeRecordingAnnounced)},
		{bug: "a recording never ends", rules: []Rule{ruleClosedOnce, ruleFoldFacts}, turn: swallow(fact.TypeRecordingEnded)},
		{bug: "a pause is not told", rules: []Rule{ruleClosedOnce, ruleClosingRows, ruleFoldFacts}, turn: swallow(fact.TypeRecordingPaused)},
		{bug: "a transfer never ends", rules: []Rule{ruleClosedOnce, ruleTransfers, ruleFoldFacts}, turn: swallow(fact.TypeTransferEnded)},
		{bug: "a transfer says that the agent came back", rules: []Rule{ruleTransfers}, turn: rewrite(func(d *fact.TransferEnded) {
			if d.Result == fact.TransferCompleted && d.Mode == fact.TransferAttended {
				d.Result = fact.TransferReturned
			}
		})},
		{bug: "a conference says that the agent left", rules: []Rule{ruleTransfers}, turn: rewrite(func(d *fact.TransferEnded) {
			if d.Result == fact.TransferConference {
				d.Result = fact.TransferCompleted
			}
		})},
		{bug: "a transfer doesn't say who was asked", rules: []Rule{ruleTransfers}, turn: rewrite(func(d *fact.TransferEnded) { d.With = "" })},
		{bug: "a contact forgets that it was handed on", rules: []Rule{ruleClosingRows}, turn: rewrite(func(d *fact.ContactEnded) { d.Transfers = 0 })},
		{bug: "a caller handed on to an agent is given to another", rules: []Rule{ruleRightAgent, ruleDecision, ruleOneTalk, rulePop}, turn: rewrite(func(o *fact.Offered) {
			if strings.HasPrefix(o.Queue, "agent:") {
				o.Agent = "anna"
				o.Decision.Eligible = []string{"anna"}
			}
		})},
	}
}

// words puts something else in the place of telling callers that they are recorded.
func words(instead func(callcenter.Play) []callcenter.Command) func(*saboteur) {
	return func(s *saboteur) {
		s.spoil = func(_ callcenter.Input, out *callcenter.Output) {
			var commands []callcenter.Command
			for _, c := range out.Commands {
				if p, ok := c.(callcenter.Play); ok && len(p.Media) == 1 && p.Media[0] == "sound:recorded" {
					commands = append(commands, instead(p)...)
					continue
				}
				commands = append(commands, c)
			}
			out.Commands = commands
		}
	}
}

// unmuted leaves agents heard who muted themselves, or supervisors who only listen.
func unmuted(agents bool) func(*saboteur) {
	return func(s *saboteur) {
		s.spoil = func(_ callcenter.Input, out *callcenter.Output) {
			if slices.ContainsFunc(out.Facts, func(f fact.Fact) bool { return f.Type == fact.TypeMuteStarted }) == agents {
				out.Commands = slices.DeleteFunc(slices.Clone(out.Commands), isA[callcenter.Mute])
			}
		}
	}
}
