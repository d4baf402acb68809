package live

import (
	"fmt"
	"slices"

	"firstline/pipeline/fact"
)

// inherit keeps what only the older fold knew: how offers, askings and requests to listen ended, and screen pops of contacts that still go on.
func (s *State) inherit(old *State) {
	s.ended, s.unheard = old.ended, old.unheard
	for id, c := range s.contacts {
		was, ok := old.contacts[id]
		if !ok {
			continue
		}
		c.vain = was.vain
		for agent, p := range was.pops {
			o := c.OfferTo(agent)
			rings := o != nil && o.Offer == p.Offer && p.full
			talks := slices.ContainsFunc(c.Segments, func(o fact.SnapshotSegment) bool { return o.Agent == agent })
			if rings || talks {
				c.pops[agent] = p
			}
			if rings {
				*o = p.Popup
			}
		}
	}
}

// supplement takes from an older snapshot only what no fact says, for agents whose state is still the same.
func (s *State) supplement(snap fact.Snapshot) {
	s.head.Link, s.head.Durable, s.head.Clocks = snap.Link, snap.Durable, snap.Clocks
	for _, from := range snap.Agents {
		a, ok := s.agents[from.ID]
		if !ok || a.State != from.State || !a.Since.Equal(from.Since) {
			continue
		}
		a.Next, a.WrapUntil, a.Missed = from.Next, from.WrapUntil, from.Missed
	}
}

// drift names the first difference between the fold and the snapshot at the same position, "" when there is none. What no
// fact carries is not compared: connection, clocks, language, priority and place in line, an agent's next state, misses and end
// of wrap-up.
func drift(fold, snap fact.Snapshot) string {
	if d := driftIncidents(fold.Incidents, snap.Incidents); d != "" {
		return d
	}
	if d := driftAgents(fold.Agents, snap.Agents); d != "" {
		return d
	}
	contacts := make(map[string]fact.SnapshotContact, len(snap.Contacts))
	for _, c := range snap.Contacts {
		contacts[c.ID] = c
	}
	if len(fold.Contacts) != len(contacts) {
		return fmt.Sprintf("%d contacts, not %d", len(fold.Contacts), len(contacts))
	}
	for _, got := range fold.Contacts {
		want, ok := contacts[got.ID]
		if !ok {
			return "contact " + got.ID + " is over"
		}
		if d := driftContact(got, want); d != "" {
			return "contact " + got.ID + ": " + d
		}
	}
	return ""
}

func driftIncidents(fold, snap []fact.SnapshotIncident) string {
	if len(fold) != len(snap) {
		return fmt.Sprintf("%d incidents, not %d", len(fold), len(snap))
	}
	for i, got := range fold {
		if want := snap[i]; got.ID != want.ID || got.On != want.On {
			return fmt.Sprintf("incident %s: on: %t, not %s: %t", got.ID, got.On, want.ID, want.On)
		}
	}
	return ""
}

func driftAgents(fold, snap []fact.SnapshotAgent) string {
	agents := make(map[string]fact.SnapshotAgent, len(snap))
	for _, a := range snap {
		agents[a.ID] = a
	}
	if len(fold) != len(agents) {
		return fmt.Sprintf("%d agents, not %d", len(fold), len(agents))
	}
	for _, got := range fold {
		want, ok := agents[got.ID]
		switch {
		case !ok:
			return "agent " + got.ID + " is not in the plan"
		case got.State != want.State:
			return fmt.Sprintf("agent %s: state %s, not %s", got.ID, got.State, want.State)
		case got.Contact != want.Contact:
			return fmt.Sprintf("agent %s: contact %q, not %q", got.ID, got.Contact, want.Contact)
		case got.Reason != want.Reason:
			return fmt.Sprintf("agent %s: reason %q, not %q", got.ID, got.Reason, want.Reason)
		}
	}
	return ""
}

func driftContact(got, want fact.SnapshotContact) string {
	switch {
	case got.Stage != want.Stage:
		return fmt.Sprintf("stage %s, not %s", got.Stage, want.Stage)
	case got.Customer != want.Customer:
		return fmt.Sprintf("customer %q, not %q", got.Customer, want.Customer)
	case (got.Entry == nil) != (want.Entry == nil):
		return fmt.Sprintf("entry open: %t, not %t", got.Entry != nil, want.Entry != nil)
	case got.Entry != nil && got.Entry.Entry != want.Entry.Entry:
		return fmt.Sprintf("entry %s, not %s", got.Entry.Entry, want.Entry.Entry)
	case (got.Transfer == nil) != (want.Transfer == nil):
		return fmt.Sprintf("an agent asks: %t, not %t", got.Transfer != nil, want.Transfer != nil)
	case got.Transfer != nil && got.Transfer.Answered != want.Transfer.Answered:
		return fmt.Sprintf("who is asked outside answered: %t, not %t", got.Transfer.Answered, want.Transfer.Answered)
	case !slices.Equal(got.Outside, want.Outside):
		return fmt.Sprintf("outside %v, not %v", got.Outside, want.Outside)
	case len(got.Monitors) != len(want.Monitors):
		return fmt.Sprintf("%d supervisors listen, not %d", len(got.Monitors), len(want.Monitors))
	case recordingOf(got) != recordingOf(want):
		return fmt.Sprintf("%s, not %s", recordingOf(got), recordingOf(want))
	case callbackOf(got) != callbackOf(want):
		return fmt.Sprintf("%s, not %s", callbackOf(got), callbackOf(want))
	case len(got.Segments) != len(want.Segments):
		return fmt.Sprintf("%d segments, not %d", len(got.Segments), len(want.Segments))
	case got.Stage == StageRinging && got.Agent != want.Agent:
		return fmt.Sprintf("rings %q, not %q", got.Agent, want.Agent)
	}
	return ""
}

// recordingOf says what is recorded of a contact.
func recordingOf(c fact.SnapshotContact) string {
	switch r := c.Recording; {
	case r == nil:
		return "no recording"
	case r.Paused:
		return "recording " + r.Recording + " paused"
	default:
		return "recording " + r.Recording
	}
}

// callbackOf says how a callback stands. That an incident's end has released it no fact says before it is in the line, nor that one
// who is on the line waits elsewhere.
func callbackOf(c fact.SnapshotContact) string {
	switch b := c.Callback; {
	case b == nil:
		return "no callback"
	case b.Reached:
		return fmt.Sprintf("callback after %d attempts, reached", b.Attempts)
	default:
		return fmt.Sprintf("callback in %s after %d attempts, put off: %q", b.Queue, b.Attempts, b.Why)
	}
}
