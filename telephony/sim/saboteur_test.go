package sim

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/callcenter"
)

// saboteur stands between the world and the core and spoils what the core says. Each one is a bug the core might have;
// the simulation must find every one of them.
type saboteur struct {
	center
	spoil    func(in callcenter.Input, out *callcenter.Output)
	deadline func() (time.Time, bool)
	snapshot func(fact.Snapshot) fact.Snapshot
	free     func(agent string) bool
	deaf     func(in callcenter.Input) bool
	mishear  func(callcenter.Event) callcenter.Event
}

func (s *saboteur) Step(in callcenter.Input) callcenter.Output {
	if s.deaf != nil && s.deaf(in) {
		return callcenter.Output{}
	}
	if s.mishear != nil {
		in.Event = s.mishear(in.Event)
	}
	out := s.center.Step(in)
	if s.spoil != nil {
		s.spoil(in, &out)
	}
	return out
}

func (s *saboteur) Deadline() (time.Time, bool) {
	if s.deadline != nil {
		return s.deadline()
	}
	return s.center.Deadline()
}

func (s *saboteur) Snapshot(at time.Time) fact.Snapshot {
	if s.snapshot != nil {
		return s.snapshot(s.center.Snapshot(at))
	}
	return s.center.Snapshot(at)
}

func (s *saboteur) Free(agent string) bool {
	if s.free != nil {
		return s.free(agent)
	}
	return s.center.Free(agent)
}

// TestSaboteurs puts bugs in on purpose; calm seeds must find each, by one of the rules named.
func TestSaboteurs(t *testing.T) {
	for _, s := range saboteurs() {
		t.Run(s.bug, func(t *testing.T) {
			t.Parallel()
			failure := firstFailure(s)
			switch {
			case failure == nil:
				t.Fatal("nobody noticed")
			case !slices.Contains(s.rules, failure.Rule):
				t.Fatalf("seed %d: noticed by rule %q, expected one of %q: %s", failure.Seed, failure.Rule, s.rules, failure.Message)
			default:
				t.Logf("seed %d, step %d: %s: %.150s", failure.Seed, failure.Step, failure.Rule, failure.Message)
			}
		})
	}
}

// firstFailure runs calm seeds with the saboteur until one fails.
func firstFailure(s sabotage) *Failure {
	tried := 0
	for seed := uint64(1); tried < 100; seed++ {
		if !drawWeather(newDice(seed, "weather", 0)).calm {
			continue
		}
		tried++
		_, err := run(Options{Seed: seed, Steps: 2000}, setting{once: !s.twice, wrap: func(c center) center {
			bad := &saboteur{center: c}
			s.turn(bad)
			return bad
		}})
		var f *Failure
		if errors.As(err, &f) {
			return f
		}
	}
	return nil
}

// TestShrink: a failure that needs one answered call is shrunk to a handful of stimuli.
func TestShrink(t *testing.T) {
	set := setting{once: true, wrap: func(c center) center {
		return &saboteur{center: c, spoil: func(_ callcenter.Input, out *callcenter.Output) {
			out.Facts = slices.DeleteFunc(out.Facts, func(f fact.Fact) bool {
				e, ok := f.Data.(fact.EntryEnded)
				return ok && e.Outcome == fact.EntryAnswered
			})
		}}
	}}
	o := Options{Seed: 3, Steps: 2000}
	_, failure := play(o, set)
	if failure == nil {
		t.Fatal("nobody noticed")
	}
	small, kept := shrink(o, set, failure)
	if small.Rule != failure.Rule || kept > 4 || kept > len(failure.played) {
		t.Fatalf("shrunk from %d to %d stimuli, rule %q to %q", len(failure.played), kept, failure.Rule, small.Rule)
	}
	if text := small.Error(); !strings.Contains(text, "make sim SEED=3 STEPS=2000") {
		t.Fatalf("the failure doesn't say how to repeat it: %s", text)
	}
}

// sabotage is one bug and the rules that may find it.
type sabotage struct {
	bug   string
	rules []Rule
	twice bool // only a second run shows it
	turn  func(*saboteur)
}

func saboteurs() []sabotage {
	return slices.Concat(spoiledCommands(), spoiledFacts(), spoiledState(), spoiledTime(), spoiledTransfers(), spoiledCallbacks(), spoiledRingAll(), spoiledSeats(), spoiledOutside())
}

// nth is true each n-th time.
func nth(n int) func() bool {
	count := 0
	return func() bool { count++; return count%n == 0 }
}

// without takes commands out.
func without(drop func(callcenter.Command) bool) func(*saboteur) {
	return func(s *saboteur) {
		s.spoil = func(_ callcenter.Input, out *callcenter.Output) {
			out.Commands = slices.DeleteFunc(slices.Clone(out.Commands), drop)
		}
	}
}

func isA[T callcenter.Command](c callcenter.Command) bool {
	_, ok := c.(T)
	return ok
}

func spoiledCommands() []sabotage {
	lasting := []Rule{ruleLasting}
	return []sabotage{
		{bug: "legs are never hung up", rules: append(lasting, ruleOneTalk), turn: without(func(c callcenter.Command) bool {
			h, ok := c.(callcenter.HangUp)
			return ok && strings.HasPrefix(h.Channel, "fl.")
		})},
		{bug: "callers are never hung up", rules: lasting, turn: without(func(c callcenter.Command) bool {
			h, ok := c.(callcenter.HangUp)
			return ok && !strings.HasPrefix(h.Channel, "fl.")
		})},
		{bug: "bridges are never made", rules: append(lasting, ruleCalm), turn: without(isA[callcenter.CreateBridge])},
		{bug: "nobody is put into a bridge", rules: lasting, turn: without(isA[callcenter.AddToBridge])},
		{bug: "bridges stay", rules: append(lasting, ruleQuiet), turn: without(isA[callcenter.DestroyBridge])},
		{bug: "music never starts", rules: lasting, turn: without(isA[callcenter.StartMusic])},
		{bug: "music never stops", rules: lasting, turn: without(isA[callcenter.StopMusic])},
		{bug: "playbacks go on into the talk", rules: append(lasting, ruleCalm), turn: without(isA[callcenter.StopPlay])},
		{bug: "the dialplan's time-out stays", rules: []Rule{ruleCalm, ruleLasting}, turn: without(isA[callcenter.ClearTimeout])},
		{bug: "phones are never looked at", rules: []Rule{ruleLooks}, turn: without(isA[callcenter.CheckPhone])},
		{bug: "phones are looked at twice", rules: []Rule{ruleLooks}, turn: func(s *saboteur) {
			s.spoil = func(_ callcenter.Input, out *callcenter.Output) {
				for _, c := range out.Commands {
					if isA[callcenter.CheckPhone](c) {
						out.Commands = append(out.Commands, c)
					}
				}
			}
		}},
		{bug: "legs are rung twice", rules: []Rule{ruleCommand}, turn: func(s *saboteur) {
			s.spoil = func(_ callcenter.Input, out *callcenter.Output) {
				for _, c := range out.Commands {
					if isA[callcenter.Ring](c) {
						out.Commands = append(out.Commands, c)
					}
				}
			}
		}},
		{bug: "a leg is named after nobody", rules: []Rule{ruleCommand}, turn: func(s *saboteur) {
			s.spoil = func(_ callcenter.Input, out *callcenter.Output) {
				for i, c := range out.Commands {
					if leg, ok := c.(callcenter.Ring); ok {
						leg.Channel = "fl.leg.1"
						out.Commands[i] = leg
					}
				}
			}
		}},
		{bug: "a change is written twice in one of two runs", rules: []Rule{ruleDeterminism}, twice: true, turn: everySecondCore()},
	}
}

// everySecondCore turns every second core that is made: the second run of a seed differs from the first.
func everySecondCore() func(*saboteur) {
	second := nth(2)
	return func(s *saboteur) {
		if !second() {
			return
		}
		s.spoil = func(_ callcenter.Input, out *callcenter.Output) {
			if len(out.Changes) > 1 {
				out.Changes = append(out.Changes, out.Changes[0])
			}
		}
	}
}

// clerk numbers the facts of a subject anew, so that a swallowed or doubled one is not simply found by its number.
type clerk map[string]uint64

func (k clerk) renumber(facts []fact.Fact) {
	for i := range facts {
		k[facts[i].Subject]++
		facts[i].Sequence = k[facts[i].Subject]
	}
}

// edit changes facts; edit returns what stands in the place of each.
func edit(change func(fact.Fact) []fact.Fact) func(*saboteur) {
	return func(s *saboteur) {
		k := clerk{}
		s.spoil = func(_ callcenter.Input, out *callcenter.Output) {
			var facts []fact.Fact
			for _, f := range out.Facts {
				facts = append(facts, change(f)...)
			}
			k.renumber(facts)
			out.Facts = facts
		}
	}
}

// swallow leaves out the facts of a type.
func swallow(t fact.Type) func(*saboteur) {
	return edit(func(f fact.Fact) []fact.Fact {
		if f.Type == t {
			return nil
		}
		return []fact.Fact{f}
	})
}

// double records the facts of a type twice.
func double(t fact.Type) func(*saboteur) {
	return edit(func(f fact.Fact) []fact.Fact {
		if f.Type == t {
			return []fact.Fact{f, f}
		}
		return []fact.Fact{f}
	})
}

// rewrite changes the data of a type.
func rewrite[T fact.Data](change func(*T)) func(*saboteur) {
	return edit(func(f fact.Fact) []fact.Fact {
		if d, ok := f.Data.(T); ok {
			change(&d)
			f.Data = d
		}
		return []fact.Fact{f}
	})
}

func spoiledFacts() []sabotage {
	state := []Rule{ruleOneState, ruleClosedOnce, ruleOneTalk, ruleAgentState, ruleClosingRows}
	rows := []Rule{ruleClosingRows}
	return []sabotage{
		{bug: "an entry's end is swallowed", rules: append(state, ruleIdle), turn: swallow(fact.TypeEntryEnded)},
		{bug: "an offer's end is swallowed", rules: state, turn: swallow(fact.TypeOfferEnded)},
		{bug: "a segment's end is swallowed", rules: state, turn: swallow(fact.TypeSegmentEnded)},
		{bug: "a call's end is swallowed", rules: state, turn: swallow(fact.TypeCallEnded)},
		{bug: "a contact's end is swallowed", rules: []Rule{ruleFoldFacts}, turn: swallow(fact.TypeContactEnded)},
		{bug: "an agent's state never ends", rules: state, turn: swallow(fact.TypeAgentStateEnded)},
		{bug: "an arrival is swallowed", rules: state, turn: swallow(fact.TypeArrived)},
		{bug: "an offer is not recorded", rules: state, turn: swallow(fact.TypeOffered)},
		{bug: "an entry ends twice", rules: state, turn: double(fact.TypeEntryEnded)},
		{bug: "an offer ends twice", rules: state, turn: double(fact.TypeOfferEnded)},
		{bug: "a contact ends twice", rules: state, turn: double(fact.TypeContactEnded)},
		{bug: "a number is left out", rules: []Rule{ruleSequence}, turn: func(s *saboteur) {
			s.spoil = func(_ callcenter.Input, out *callcenter.Output) {
				for i := range out.Facts {
					out.Facts[i].Sequence *= 2
				}
			}
		}},
		{bug: "a wait is a millisecond too long", rules: rows, turn: rewrite(func(d *fact.EntryEnded) { d.WaitMS++ })},
		{bug: "a contact's talk is not the sum", rules: rows, turn: rewrite(func(d *fact.ContactEnded) { d.TalkMS += 5 })},
		{bug: "an offer is not counted", rules: rows, turn: rewrite(func(d *fact.EntryEnded) { d.Offers = 0 })},
		{bug: "an abandoned call counts as answered", rules: rows, turn: rewrite(func(d *fact.CallEnded) { d.Termination.Result = fact.ResultAnswered })},
		{bug: "a pause after missed calls is paid work", rules: []Rule{ruleBillable}, turn: rewrite(func(d *fact.AgentStateBegan) {
			d.Billable = d.Billable || d.Reason == fact.AutoPauseReason
		})},
		{bug: "a paid pause ends as another", rules: rows, turn: rewrite(func(d *fact.AgentStateEnded) { d.Billable = false })},
		{bug: "the wrong one hung up", rules: []Rule{ruleTruth}, turn: func(s *saboteur) {
			swap := func(r *fact.Reason) {
				if *r == fact.ReasonAgentHungUp {
					*r = fact.ReasonCallerHungUp
				}
			}
			edit(func(f fact.Fact) []fact.Fact {
				switch d := f.Data.(type) {
				case fact.CallEnded:
					swap(&d.Termination.Reason)
					f.Data = d
				case fact.ContactEnded:
					swap(&d.Termination.Reason)
					f.Data = d
				}
				return []fact.Fact{f}
			})(s)
		}},
		{bug: "a busy agent is offered a call", rules: []Rule{ruleOneTalk}, turn: busyAgent()},
		{bug: "a caller is told of no incident", rules: []Rule{ruleIncidents}, turn: swallow(fact.TypeIncidentTold)},
		{bug: "an incident begins unrecorded", rules: []Rule{ruleIncidents}, turn: swallow(fact.TypeIncidentBegan)},
		{bug: "an incident never ends", rules: []Rule{ruleIncidents}, turn: swallow(fact.TypeIncidentEnded)},
		{bug: "a variable gets another text", rules: []Rule{ruleMenus}, turn: edit(func(f fact.Fact) []fact.Fact {
			if d, ok := f.Data.(fact.IVRSet); ok {
				d.Value += "x"
				f.Data = d
			}
			return []fact.Fact{f}
		})},
		{bug: "the wrong condition is called unfit", rules: []Rule{ruleMenus}, turn: edit(func(f fact.Fact) []fact.Fact {
			if d, ok := f.Data.(fact.IVRInput); ok && d.Kind == fact.InputUnfit {
				d.Case++
				f.Data = d
			}
			return []fact.Fact{f}
		})},
		{bug: "a step of relaxation is swallowed", rules: []Rule{ruleDurations, ruleDecision, ruleRelaxed, ruleRightAgent}, turn: swallow(fact.TypeRelaxed)},
		{bug: "a decision names its agents in another order", rules: []Rule{ruleStrategy, rulePop}, turn: rewrite(func(d *fact.Offered) {
			if list := d.Decision.Eligible; len(list) > 1 {
				list[0], list[1] = list[1], list[0]
				d.Agent = list[0]
			}
		})},
		{bug: "a decision forgets an agent", rules: []Rule{ruleDecision}, turn: rewrite(func(d *fact.Offered) {
			if len(d.Decision.Others) > 0 {
				d.Decision.Others = d.Decision.Others[1:]
			}
		})},
		{bug: "the preferred agent is another", rules: []Rule{ruleRelaxed}, turn: rewrite(func(d *fact.Queued) {
			if d.Prefer != "" {
				d.Prefer = "somebody"
			}
		})},
		{bug: "a caller is overtaken", rules: []Rule{ruleDecision, ruleOvertaken, ruleOneState}, turn: overtake},
	}
}

// busyAgent gives offers to somebody who is talking.
func busyAgent() func(*saboteur) {
	return func(s *saboteur) {
		talks := ""
		edit(func(f fact.Fact) []fact.Fact {
			switch d := f.Data.(type) {
			case fact.SegmentStarted:
				talks = d.Agent
			case fact.SegmentEnded:
				talks = ""
			case fact.Offered:
				if talks != "" {
					d.Agent = talks
					f.Data = d
				}
			}
			return []fact.Fact{f}
		})(s)
	}
}

// overtake gives an offer to the last who queued instead of the first.
func overtake(s *saboteur) {
	waiting := map[string]fact.Queued{}
	since := map[string]time.Time{}
	var order []string
	edit(func(f fact.Fact) []fact.Fact {
		switch d := f.Data.(type) {
		case fact.Queued:
			waiting[f.Subject], since[f.Subject] = d, f.Time
			order = append(order, f.Subject)
		case fact.EntryEnded:
			delete(waiting, f.Subject)
		case fact.Offered:
			for _, id := range slices.Backward(order) {
				q, still := waiting[id]
				if !still || id == f.Subject || q.Queue != d.Queue || d.Attempt != 1 || q.Position == 1 {
					continue
				}
				d.Entry, d.Offer, d.Call, d.WaitMS = q.Entry, id+"/o1", q.Call, f.Time.Sub(since[id]).Milliseconds()
				f.Subject, f.Data = id, d
				break
			}
		}
		return []fact.Fact{f}
	})(s)
}

func spoiledState() []sabotage {
	return []sabotage{
		{bug: "a change is lost", rules: []Rule{ruleFoldChanges}, turn: func(s *saboteur) {
			lose := nth(40)
			s.spoil = func(_ callcenter.Input, out *callcenter.Output) {
				if len(out.Changes) > 0 && lose() {
					out.Changes = out.Changes[1:]
				}
			}
		}},
		{bug: "the snapshot forgets somebody", rules: []Rule{ruleFoldFacts}, turn: func(s *saboteur) {
			s.snapshot = func(s fact.Snapshot) fact.Snapshot {
				if len(s.Contacts) > 0 {
					s.Contacts = s.Contacts[1:]
				}
				return s
			}
		}},
		{bug: "the snapshot's agent is another", rules: []Rule{ruleFoldFacts}, turn: func(s *saboteur) {
			s.snapshot = func(s fact.Snapshot) fact.Snapshot {
				for i := range s.Agents {
					if s.Agents[i].State == fact.AgentTalking {
						s.Agents[i].State = fact.AgentReady
					}
				}
				return s
			}
		}},
		{bug: "an agent stays idle while callers wait", rules: []Rule{ruleIdle}, turn: func(s *saboteur) {
			s.free = func(string) bool { return true }
		}},
		{bug: "a repeat gets another reply", rules: []Rule{ruleReplies, ruleRepeats, ruleDurations}, turn: func(s *saboteur) {
			s.spoil = func(in callcenter.Input, out *callcenter.Output) {
				if out.Reply != nil && len(out.Facts) == 0 {
					out.Reply = &callcenter.Reply{Request: out.Reply.Request, Refused: callcenter.RefusedNotNow, State: out.Reply.State}
				}
			}
		}},
		{bug: "a repeat has an effect", rules: []Rule{ruleRepeats, ruleNoise}, turn: func(s *saboteur) {
			s.spoil = func(in callcenter.Input, out *callcenter.Output) {
				if e, ok := in.Event.(callcenter.ChannelEnded); ok && len(out.Ignored) > 0 {
					out.Commands = append(out.Commands, callcenter.HangUp{Channel: e.Channel})
				}
			}
		}},
	}
}

// hasty lets a look come to nothing at once: the core goes by what it heard before, though the answer is under way.
func hasty(s *saboteur) {
	s.spoil = func(in callcenter.Input, out *callcenter.Output) {
		for _, c := range out.Commands {
			if look, ok := c.(callcenter.CheckPhone); ok {
				more := s.center.Step(callcenter.Input{At: in.At, Event: callcenter.CommandFailed{ID: look.ID}})
				out.Facts = append(out.Facts, more.Facts...)
				out.Changes = append(out.Changes, more.Changes...)
				out.Commands = append(out.Commands, more.Commands...)
			}
		}
	}
}

func spoiledTime() []sabotage {
	return []sabotage{
		{bug: "nothing will wake the core", rules: []Rule{ruleStuck, ruleLasting, ruleDurations}, turn: func(s *saboteur) {
			s.deadline = func() (time.Time, bool) { return time.Time{}, false }
		}},
		{bug: "a wake comes to nothing", rules: []Rule{ruleDeadlines}, turn: func(s *saboteur) {
			s.deaf = func(in callcenter.Input) bool { _, wake := in.Event.(callcenter.Wake); return wake }
		}},
		{bug: "answers are not heard", rules: []Rule{ruleLasting, ruleTruth, ruleCalm}, turn: func(s *saboteur) {
			s.deaf = func(in callcenter.Input) bool { _, answer := in.Event.(callcenter.LegAnswered); return answer }
		}},
		{bug: "what a look at a phone finds is not heard", rules: []Rule{ruleReach}, turn: func(s *saboteur) {
			s.deaf = func(in callcenter.Input) bool { _, looked := in.Event.(callcenter.PhoneChecked); return looked }
		}},
		{bug: "an agent is rung while his phone is looked at", rules: []Rule{ruleLooks}, turn: hasty},
		{bug: "facts are of tomorrow", rules: []Rule{ruleFacts}, turn: edit(func(f fact.Fact) []fact.Fact {
			f.Time = f.Time.Add(time.Hour)
			return []fact.Fact{f}
		})},
		{bug: "time goes back", rules: []Rule{ruleSequence, ruleFoldFacts}, turn: edit(func(f fact.Fact) []fact.Fact {
			f.Time = f.Time.Add(-time.Duration(f.Sequence) * time.Hour)
			return []fact.Fact{f}
		})},
		{bug: "times are finer than the wire", rules: []Rule{ruleFacts}, turn: edit(func(f fact.Fact) []fact.Fact {
			f.Time = f.Time.Add(-time.Microsecond)
			return []fact.Fact{f}
		})},
	}
}
