package facttest

import (
	"encoding/json"
	"fmt"
	"math"
	"time"

	"firstline/pipeline/fact"
)

// Example is a case that others publish or argue about, with the numbers that Firstline's rules give it. analytics/metric
// asks its definitions about them, analytics/query the engine.
type Example struct {
	Name        string
	Facts       []fact.Fact
	From, Until time.Time
	Asks        []Ask
}

// Ask is one report of the example's window, and the numbers that must stand in it.
type Ask struct {
	Report      string // queues, agents or contacts
	AttributeBy string // of queues
	Interval    string
	GroupBy     []string
	Numbers     map[string]float64 // by their path in the answer, such as "rows.0.offered"; rounded to a tenth
}

// Check compares the numbers with a report and returns what is wrong, "" when nothing is.
func (a Ask) Check(report any) string {
	leaves, wrong := Leaves(report), ""
	for path, want := range a.Numbers {
		got, ok := leaves["."+path].(float64)
		if !ok || math.Round(10*got)/10 != want {
			wrong += fmt.Sprintf("%s is %v, want %v\n", path, leaves["."+path], want)
		}
	}
	return wrong
}

// Leaves are a report's values as JSON has them, by path: ".rows.0.offered".
func Leaves(report any) map[string]any {
	raw, err := json.Marshal(report)
	if err != nil {
		panic(err)
	}
	var tree any
	if err := json.Unmarshal(raw, &tree); err != nil {
		panic(err)
	}
	out := map[string]any{}
	var walk func(string, any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for k, x := range v {
				walk(path+"."+k, x)
			}
		case []any:
			for i, x := range v {
				walk(fmt.Sprintf("%s.%d", path, i), x)
			}
		default:
			out[path] = v
		}
	}
	walk("", tree)
	return out
}

// Published are the examples. Each has hours and contacts of its own, so that all can be loaded at once.
func Published() []Example {
	return []Example{serviceLevel(), crossing(), halfHours(), severalQueues(), attempts(), twoQueues(), promised()}
}

// exampleDay is the day of all examples, and clock an instant of it.
func exampleDay() time.Time { return time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC) }

func clock(hour, minute int) time.Time {
	return exampleDay().Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
}

// story is an example in the making.
type story struct {
	*generator
	Example
}

func tell(name string, from, until time.Time) *story {
	return &story{generator: &generator{Day: Day{Until: exampleDay().Add(48 * time.Hour)}}, Example: Example{Name: name, From: from, Until: until}}
}

func (s *story) end(asks ...Ask) Example {
	s.Facts, s.Asks = s.facts(), asks
	return s.Example
}

// entry adds one queue entry of a contact that arrived at at.
func (s *story) entry(contact, queue string, at time.Time, wait time.Duration, outcome fact.EntryOutcome, agent string) fact.EntryEnded {
	e := fact.EntryEnded{
		Entry: fmt.Sprintf("%s/e%d", contact, len(s.made)), Call: contact + "/c1", Kind: fact.KindInbound, Queue: queue, Language: "en", Outcome: outcome,
		QueuedAt: at, EndedAt: at.Add(wait), WaitMS: wait.Milliseconds(), Arrived: at, Agent: agent,
	}
	s.emit(contact, at, fact.Queued{Entry: e.Entry, Call: e.Call, Kind: e.Kind, Queue: queue, Language: "en"}, fact.TypeQueued)
	s.emit(contact, e.EndedAt, e, fact.TypeEntryEnded)
	return e
}

// offer adds an offer of an entry.
func (s *story) offer(e fact.EntryEnded, agent string, at time.Time, rang time.Duration, result fact.OfferResult) {
	o := fact.OfferEnded{
		Offer: fmt.Sprintf("%s/o%d", e.Entry, len(s.made)), Entry: e.Entry, Queue: e.Queue, Agent: agent, Result: result,
		OfferedAt: at, EndedAt: at.Add(rang), RingMS: rang.Milliseconds(),
	}
	contact := e.Call[:len(e.Call)-len("/c1")]
	s.emit(contact, at, fact.Offered{Offer: o.Offer, Entry: o.Entry, Queue: o.Queue, Agent: agent}, fact.TypeOffered)
	s.emit(contact, o.EndedAt, o, fact.TypeOfferEnded)
}

// talk adds the talk on an entry from its answer on.
func (s *story) talk(contact string, e fact.EntryEnded, length time.Duration) {
	t := fact.SegmentEnded{
		Segment: e.Entry + "/s1", Kind: fact.SegmentTalk, Agent: e.Agent, Call: e.Call, Entry: e.Entry, Queue: e.Queue,
		StartedAt: e.EndedAt, EndedAt: e.EndedAt.Add(length), DurationMS: length.Milliseconds(),
	}
	s.emit(contact, t.StartedAt, fact.SegmentStarted{Segment: t.Segment, Kind: t.Kind, Agent: t.Agent, Call: t.Call, Entry: t.Entry, Queue: t.Queue}, fact.TypeSegmentStarted)
	s.emit(contact, t.EndedAt, t, fact.TypeSegmentEnded)
}

// serviceLevel: 100 offered; 80 answered, 60 of them within 20 s; 20 abandoned, 8 at most 5 s, 6 at most 20 s, 6 later.
func serviceLevel() Example {
	s := tell("service level in four variants", clock(12, 0), clock(13, 0))
	for i := range 100 {
		wait, outcome := 15*time.Second, fact.EntryAnswered
		switch {
		case i >= 94:
			wait, outcome = 30*time.Second, fact.EntryAbandoned
		case i >= 88:
			wait, outcome = 12*time.Second, fact.EntryAbandoned
		case i >= 80:
			wait, outcome = 4*time.Second, fact.EntryAbandoned
		case i >= 60:
			wait = 40 * time.Second
		}
		s.entry(fmt.Sprintf("level%d", i), "support", clock(12, 0).Add(time.Duration(i)*time.Second), wait, outcome, "anna")
	}
	return s.end(Ask{Report: "queues", AttributeBy: "offered", Interval: "whole", Numbers: map[string]float64{
		"total.service_level.answered.percent":           75.0,
		"total.service_level.offered.percent":            60.0,
		"total.service_level.offered_less_short.percent": 65.2,
		"total.service_level.resolved_within.percent":    74.0,
	}})
}

// crossing is Amazon Connect's call from 05:23 to 06:15. There the contact is one of 52 minutes in the interval of its end,
// while the agent's activity is 7, 30 and 15 minutes. Here the agent's time is clipped in the same way; the entry counts
// whole as well, in the interval of its answer.
func crossing() Example {
	s := tell("a talk over three intervals, 05:23 to 06:15", clock(5, 0), clock(6, 30))
	e := s.entry("crossing", "support", clock(5, 23), 0, fact.EntryAnswered, "anna")
	s.talk("crossing", e, 52*time.Minute)
	began, ended := clock(5, 23), clock(6, 15)
	s.emit("anna", began, fact.AgentStateBegan{State: fact.AgentTalking, Queue: "support"}, fact.TypeAgentStateBegan)
	s.emit("anna", ended, fact.AgentStateEnded{State: fact.AgentTalking, Queue: "support", StartedAt: began, EndedAt: ended, DurationMS: ended.Sub(began).Milliseconds()}, fact.TypeAgentStateEnded)
	minutes := func(n float64) float64 { return n * 60_000 }
	return s.end(
		Ask{Report: "agents", Interval: "30m", GroupBy: []string{"agent"}, Numbers: map[string]float64{
			"rows.0.time.talking_ms": minutes(7), "rows.1.time.talking_ms": minutes(30), "rows.2.time.talking_ms": minutes(15), "total.time.talking_ms": minutes(52),
			"rows.0.talk.sum_ms": minutes(52), "rows.1.talk.sum_ms": 0, "rows.2.talk.sum_ms": 0,
		}},
		Ask{Report: "queues", AttributeBy: "ended", Interval: "30m", Numbers: map[string]float64{
			"rows.0.handle.sum_ms": minutes(52), "rows.1.handle.sum_ms": 0, "rows.2.handle.sum_ms": 0,
		}},
	)
}

// halfHours is Genesys Cloud's call that enters at 7:28 and is answered at 7:32: offered in one half hour, answered in the
// next. So it is with attribute_by=ended, where the calls carried over make up the difference; with the default both count
// where it was offered, so that the row adds up by itself.
func halfHours() Example {
	s := tell("joined at 7:28, answered at 7:32", clock(7, 0), clock(8, 0))
	s.entry("halves", "support", clock(7, 28), 4*time.Minute, fact.EntryAnswered, "anna")
	return s.end(
		Ask{Report: "queues", AttributeBy: "ended", Interval: "30m", Numbers: map[string]float64{
			"rows.0.offered": 1, "rows.0.answered": 0, "rows.0.carried_in": 0, "rows.0.carried_out": 1,
			"rows.1.offered": 0, "rows.1.answered": 1, "rows.1.carried_in": 1, "rows.1.carried_out": 0,
		}},
		Ask{Report: "queues", AttributeBy: "offered", Interval: "30m", Numbers: map[string]float64{
			"rows.0.offered": 1, "rows.0.answered": 1, "rows.1.offered": 0, "rows.1.answered": 0,
		}},
		Ask{Report: "queues", AttributeBy: "answered", Interval: "30m", Numbers: map[string]float64{"rows.0.answered": 0, "rows.1.answered": 1}},
	)
}

// severalQueues is QueueMetrics' call through three queues: a stint lost in each of the first two and one answered, or one
// call that was answered after the waits in all of them, without the menu between. Both views are there at once: the
// queues' and the contact's.
func severalQueues() Example {
	s := tell("one call through three queues", clock(9, 0), clock(10, 0))
	const contact = "queues"
	at := clock(9, 0)
	s.emit(contact, at, fact.Arrived{Call: "queues/c1", Kind: fact.KindInbound}, fact.TypeArrived)
	first := s.entry(contact, "first", at.Add(10*time.Second), 30*time.Second, fact.EntryOverflowed, "")
	second := s.entry(contact, "second", first.EndedAt, 40*time.Second, fact.EntryExited, "")
	third := fact.EntryEnded{
		Entry: "queues/third", Call: "queues/c1", Kind: fact.KindInbound, Queue: "third", Language: "en", Outcome: fact.EntryAnswered, Agent: "anna", Arrived: at,
		QueuedAt: second.EndedAt.Add(20 * time.Second), WaitMS: 5_000, CarriedWaitMS: 70_000, // 20 s in a menu between
	}
	third.EndedAt = third.QueuedAt.Add(5 * time.Second)
	s.emit(contact, third.QueuedAt, fact.Queued{Entry: third.Entry, Call: third.Call, Kind: third.Kind, Queue: third.Queue, Language: "en", CarriedWaitMS: 70_000}, fact.TypeQueued)
	s.emit(contact, third.EndedAt, third, fact.TypeEntryEnded)
	toAgent := third.EndedAt.Sub(at).Milliseconds()
	s.emit(contact, third.EndedAt.Add(time.Minute), fact.ContactEnded{
		Kind: fact.KindInbound, StartedAt: at, EndedAt: third.EndedAt.Add(time.Minute), WaitMS: 75_000, ToAgentMS: &toAgent, Entries: 3, Language: "en",
		FirstQueue: "first", LastQueue: "third", LastAgent: "anna", Termination: fact.Termination{Result: fact.ResultAnswered, Reason: fact.ReasonCallerHungUp},
	}, fact.TypeContactEnded)
	return s.end(
		Ask{Report: "queues", AttributeBy: "offered", Interval: "whole", GroupBy: []string{"queue"}, Numbers: map[string]float64{
			"rows.0.offered": 1, "rows.0.overflowed": 1, "rows.0.answered": 0, "rows.1.exited": 1, "rows.1.answered": 0, "rows.2.answered": 1,
			"rows.2.speed_of_answer.sum_ms": 5_000, "rows.2.queueing_to_agent.sum_ms": 75_000, "rows.2.arrival_to_agent.sum_ms": 105_000, "total.offered": 3,
		}},
		Ask{Report: "contacts", Interval: "whole", GroupBy: []string{"queue"}, Numbers: map[string]float64{
			"rows.0.contacts": 1, "rows.0.answered": 1, "total.contacts": 1, "total.abandoned": 0, "total.arrival_to_agent.sum_ms": 105_000,
		}},
	)
}

// attempts: a phone that rings in vain is the agent's miss and never the queue's lost call, so both counts differ by design.
func attempts() Example {
	s := tell("a missed attempt is the agent's, not the queue's", clock(10, 0), clock(11, 0))
	at := clock(10, 0)
	e := s.entry("attempts", "support", at, 30*time.Second, fact.EntryAnswered, "boris")
	s.offer(e, "anna", at, 10*time.Second, fact.OfferMissed)
	s.offer(e, "anna", at.Add(10*time.Second), 10*time.Second, fact.OfferMissed)
	s.offer(e, "boris", at.Add(20*time.Second), 10*time.Second, fact.OfferAnswered)
	return s.end(
		Ask{Report: "queues", AttributeBy: "offered", Interval: "whole", Numbers: map[string]float64{
			"total.offered": 1, "total.answered": 1, "total.abandoned": 0, "total.offers.made": 3, "total.offers.missed": 2, "total.offers.answer_rate.percent": 33.3,
		}},
		Ask{Report: "agents", Interval: "whole", GroupBy: []string{"agent"}, Numbers: map[string]float64{
			"rows.0.offers.missed": 2, "rows.0.answered": 0, "rows.1.offers.made": 1, "rows.1.answered": 1,
		}},
	)
}

// twoQueues: an agent of two queues counts in the row of each and once in the total, as in Twilio's real-time view.
func twoQueues() Example {
	s := tell("an agent in two queues", clock(11, 0), clock(12, 0))
	s.entry("two1", "sales", clock(11, 0), time.Second, fact.EntryAnswered, "anna")
	s.entry("two2", "support", clock(11, 20), time.Second, fact.EntryAnswered, "anna")
	return s.end(Ask{Report: "agents", Interval: "whole", GroupBy: []string{"queue"}, Numbers: map[string]float64{
		"rows.0.agents": 1, "rows.1.agents": 1, "total.agents": 1, "total.answered": 2,
	}})
}

// promised: who leaves to be called back has not given up, as with Amazon Connect; within T he counts as resolved.
func promised() Example {
	s := tell("a caller who is to be called back is not abandoned", clock(14, 0), clock(15, 0))
	s.entry("promised1", "support", clock(14, 0), 20*time.Second, fact.EntryCallback, "")
	s.entry("promised2", "support", clock(14, 1), 20*time.Second+time.Millisecond, fact.EntryCallback, "")
	return s.end(Ask{Report: "queues", AttributeBy: "offered", Interval: "whole", Numbers: map[string]float64{
		"total.offered": 2, "total.callback": 2, "total.abandoned": 0, "total.service_level.resolved_within.percent": 50.0,
	}})
}
