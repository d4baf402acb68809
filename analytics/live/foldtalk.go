// The fold of facts about a talk: its segments, transfers, supervisors, mute and recording.

package live

import (
	"slices"
	"time"

	"firstline/pipeline/fact"
)

// Unheard is a talk to which a supervisor asked to listen: her phone was not answered.
type Unheard struct {
	Contact string           `json:"contact"`
	Agent   string           `json:"agent"`
	Result  fact.OfferResult `json:"result"`
	EndedAt time.Time        `json:"ended_at"`
}

// Vain is an asking in which nobody was reached: the agent has his caller back.
type Vain struct {
	Agent   string              `json:"agent"` // who asked
	To      fact.TransferTo     `json:"to"`
	Target  string              `json:"target"`
	Result  fact.TransferResult `json:"result"` // unanswered, busy, declined, unavailable or failed
	EndedAt time.Time           `json:"ended_at"`
}

// inVain says whether a transfer with this result ended because nobody was reached.
func inVain(r fact.TransferResult) bool {
	return slices.Contains([]fact.TransferResult{fact.TransferUnanswered, fact.TransferBusy, fact.TransferDeclined, fact.TransferUnavailable, fact.TransferFailed}, r)
}

func (s *State) segmentStarted(f fact.Fact, d fact.SegmentStarted) Touched {
	c, ok := s.contacts[f.Subject]
	if !ok {
		return Touched{}
	}
	c.Segments = append(c.Segments, fact.SnapshotSegment{Segment: d.Segment, Kind: d.Kind, Agent: d.Agent, Queue: d.Queue, Since: f.Time})
	return s.settled(c)
}

// segmentEnded: another stretch of the same agent, or the contact's end, may follow in the same breath.
func (s *State) segmentEnded(f fact.Fact, d fact.SegmentEnded) Touched {
	c, ok := s.contacts[f.Subject]
	if !ok {
		return Touched{}
	}
	t := s.ofContact(c)
	c.Segments = slices.DeleteFunc(slices.Clone(c.Segments), func(o fact.SnapshotSegment) bool { return o.Segment == d.Segment })
	s.settled(c)
	return t
}

func (s *State) transferStarted(f fact.Fact, d fact.TransferStarted) Touched {
	c, ok := s.contacts[f.Subject]
	if !ok {
		return Touched{}
	}
	c.vain = nil
	if d.Mode == fact.TransferBlind {
		return s.ofContact(c)
	}
	c.Transfer = &fact.SnapshotTransfer{Transfer: d.Transfer, Agent: d.Agent, To: d.To, Target: d.Target, Since: f.Time}
	return s.ofContact(c)
}

// transferEnded: who was asked at a number outside may be in the talk from now on.
func (s *State) transferEnded(f fact.Fact, d fact.TransferEnded) Touched {
	c, ok := s.contacts[f.Subject]
	if !ok {
		return Touched{}
	}
	c.Transfer = nil
	if inVain(d.Result) {
		c.vain = &Vain{Agent: d.Agent, To: d.To, Target: d.Target, Result: d.Result, EndedAt: d.EndedAt}
	}
	joins := d.Result == fact.TransferCompleted || d.Result == fact.TransferConference
	if joins && d.To == fact.TransferToNumber && d.Mode == fact.TransferAttended {
		c.Outside = append(slices.Clone(c.Outside), fact.SnapshotOutside{Transfer: d.Transfer, Target: d.Target, Since: f.Time})
	}
	return s.settled(c)
}

// outsideAnswered changes a copy: a reader may hold what there was.
func (s *State) outsideAnswered(f fact.Fact, d fact.OutsideAnswered) Touched {
	c, ok := s.contacts[f.Subject]
	if !ok || c.Transfer == nil || c.Transfer.Transfer != d.Transfer {
		return Touched{}
	}
	tr := *c.Transfer
	tr.Answered = true
	c.Transfer = &tr
	return s.ofContact(c)
}

// outsideEnded: the caller may wait again, or his call be over, in the same breath.
func (s *State) outsideEnded(f fact.Fact, d fact.OutsideEnded) Touched {
	c, ok := s.contacts[f.Subject]
	if !ok {
		return Touched{}
	}
	t := s.ofContact(c)
	c.Outside = slices.DeleteFunc(slices.Clone(c.Outside), func(o fact.SnapshotOutside) bool { return o.Transfer == d.Transfer })
	if len(c.Outside) == 0 {
		c.Outside = nil
	}
	s.settled(c)
	return t
}

func (s *State) monitorStarted(f fact.Fact, d fact.MonitorStarted) Touched {
	c, ok := s.contacts[f.Subject]
	if !ok {
		return Touched{}
	}
	c.Monitors = append(slices.Clone(c.Monitors), fact.SnapshotMonitor{Monitor: d.Monitor, Supervisor: d.Supervisor, Agent: d.Agent, Mode: d.Mode, Since: f.Time})
	delete(s.unheard, d.Supervisor)
	return s.ofContact(c)
}

func (s *State) monitorEnded(f fact.Fact, d fact.MonitorEnded) Touched {
	c, ok := s.contacts[f.Subject]
	if !ok {
		return Touched{}
	}
	c.Monitors = slices.DeleteFunc(slices.Clone(c.Monitors), func(m fact.SnapshotMonitor) bool { return m.Monitor == d.Monitor })
	return s.ofContact(c)
}

// muted changes the list of who is.
func (s *State) muted(f fact.Fact, change func([]string) []string) Touched {
	c, ok := s.contacts[f.Subject]
	if !ok {
		return Touched{}
	}
	c.Muted = change(slices.Clone(c.Muted))
	slices.Sort(c.Muted)
	return s.ofContact(c)
}

func (s *State) recordingStarted(f fact.Fact, d fact.RecordingStarted) Touched {
	c, ok := s.contacts[f.Subject]
	if !ok {
		return Touched{}
	}
	c.Recording = &fact.SnapshotRecording{Recording: d.Recording, Queue: d.Queue, Since: f.Time}
	return s.ofContact(c)
}

// recordingPaused changes a copy: a reader may hold what there was.
func (s *State) recordingPaused(f fact.Fact, id string, paused bool) Touched {
	c, ok := s.contacts[f.Subject]
	if !ok || c.Recording == nil || c.Recording.Recording != id {
		return Touched{}
	}
	r := *c.Recording
	r.Paused = paused
	c.Recording = &r
	return s.ofContact(c)
}

// recordingEnded: a caller who was handed on may have the next one already.
func (s *State) recordingEnded(f fact.Fact, d fact.RecordingEnded) Touched {
	c, ok := s.contacts[f.Subject]
	if !ok || c.Recording == nil || c.Recording.Recording != d.Recording {
		return Touched{}
	}
	c.Recording = nil
	return s.ofContact(c)
}
