package callcenter_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/callcenter"
)

// rules hold after every Step of every test: what the controller, the loader and the pages rely on.
type rules struct {
	t      testing.TB
	center *callcenter.Center
	state  map[string]json.RawMessage
	linked bool
	heads  map[string]fact.Fact // last fact of each subject
	open   map[string]bool      // what is open: "call", "entry <id>", "offer <id>", "segment <id>", of each contact
	busy   map[string]string    // agent → offer or talk he has
	agents map[string]fact.AgentStateBegan
	ended  map[string]bool
	looks  map[string]look // under way, by agent
}

// look is a CheckPhone without an answer so far.
type look struct {
	id    string
	until time.Time // the core gives it up
}

func newRules(t testing.TB, c *callcenter.Center) *rules {
	return &rules{
		t: t, center: c, state: map[string]json.RawMessage{}, heads: map[string]fact.Fact{}, open: map[string]bool{},
		busy: map[string]string{}, agents: map[string]fact.AgentStateBegan{}, ended: map[string]bool{},
		looks: map[string]look{},
	}
}

// restarted goes on with a centre made from the fold.
func (r *rules) restarted(c *callcenter.Center) {
	r.center = c
	r.linked = false
	r.same()
}

func (r *rules) check(in callcenter.Input, out callcenter.Output) {
	r.t.Helper()
	for _, ch := range out.Changes {
		if ch.Value == nil {
			delete(r.state, ch.Key)
			continue
		}
		r.state[ch.Key] = ch.Value
	}
	r.same()
	r.looked(in.Event)
	for _, f := range out.Facts {
		r.fact(in, f)
	}
	for _, cmd := range out.Commands {
		if l, ok := cmd.(callcenter.CheckPhone); ok {
			r.looks[l.Agent] = look{id: l.ID, until: in.At.Add(l.Timeout)}
		}
	}
	switch in.Event.(type) {
	case callcenter.LinkLost:
		r.linked = false
	case callcenter.Reconciled:
		r.linked = true
	}
	if !r.linked && len(out.Commands) > 0 {
		r.t.Errorf("command %T while the link is down", out.Commands[0])
	}
	if _, asked := in.Event.(callcenter.Control); asked != (out.Reply != nil) {
		r.t.Errorf("%T got reply %v", in.Event, out.Reply)
	}
	if at, ok := r.center.Deadline(); ok {
		if _, woken := in.Event.(callcenter.Wake); woken && !at.After(in.At) {
			r.t.Errorf("after the Wake at %s the deadline is %s", in.At, at)
		}
	}
}

// looked takes out the looks that an event ends.
func (r *rules) looked(ev callcenter.Event) {
	id := ""
	switch e := ev.(type) {
	case callcenter.PhoneChecked:
		id = e.Check
	case callcenter.CommandFailed:
		id = e.ID
	case callcenter.LinkLost, callcenter.Reconciled:
		clear(r.looks)
	}
	maps.DeleteFunc(r.looks, func(_ string, l look) bool { return l.id == id })
}

// fold is what the log would give back.
func (r *rules) fold() []callcenter.Change {
	var changes []callcenter.Change
	for _, key := range slices.Sorted(maps.Keys(r.state)) {
		changes = append(changes, callcenter.Change{Key: key, Value: r.state[key]})
	}
	return changes
}

// same: the fold of all changes is the centre's whole state.
func (r *rules) same() {
	r.t.Helper()
	if ids := r.center.Unwritten(); len(ids) > 0 {
		r.t.Fatalf("contacts that have ended changed and were not written: %v", ids)
	}
	fold, now := r.fold(), r.center.Changes()
	if len(fold) != len(now) {
		r.t.Fatalf("the fold has %d objects, the centre %d", len(fold), len(now))
	}
	for i := range now {
		if fold[i].Key != now[i].Key || !bytes.Equal(fold[i].Value, now[i].Value) {
			r.t.Fatalf("the fold says %s %s\nthe centre %s %s", fold[i].Key, fold[i].Value, now[i].Key, now[i].Value)
		}
	}
}

func (r *rules) fact(in callcenter.Input, f fact.Fact) {
	r.t.Helper()
	head := r.heads[f.Subject]
	if f.Sequence != head.Sequence+1 {
		r.t.Errorf("%s: fact %d follows %d", f.Subject, f.Sequence, head.Sequence)
	}
	if f.Time.Before(head.Time) || f.Time.After(in.At) || f.Time.Location() != time.UTC {
		r.t.Errorf("%s: %s at %s, last at %s, now %s", f.Subject, f.Type, f.Time, head.Time, in.At)
	}
	if f.Data == nil {
		r.t.Errorf("%s: %s without data", f.Subject, f.Type)
	}
	r.heads[f.Subject] = f
	if strings.HasPrefix(string(f.Type), "agent.") {
		r.agentFact(f)
		return
	}
	r.contactFact(f)
}

func (r *rules) agentFact(f fact.Fact) {
	switch d := f.Data.(type) {
	case fact.AgentStateBegan:
		if _, ok := r.agents[f.Subject]; ok {
			r.t.Errorf("%s: two states open", f.Subject)
		}
		r.agents[f.Subject] = d
	case fact.AgentStateEnded:
		if r.agents[f.Subject].State != d.State || d.DurationMS != d.EndedAt.Sub(d.StartedAt).Milliseconds() || d.DurationMS < 0 {
			r.t.Errorf("%s: ends %+v, open was %+v", f.Subject, d, r.agents[f.Subject])
		}
		delete(r.agents, f.Subject)
	}
}

func (r *rules) contactFact(f fact.Fact) {
	id := f.Subject + " "
	late := f.Type == fact.TypeDisposition || f.Type == fact.TypeRecordingStored || f.Type == fact.TypeRecordingLost || f.Type.Topic() == fact.TopicContacts && strings.HasPrefix(string(f.Type), "pop.")
	if r.ended[f.Subject] && !late {
		r.t.Errorf("%s: %s after its end", f.Subject, f.Type)
	}
	switch d := f.Data.(type) {
	case fact.Arrived:
		r.begin(id + "call")
	case fact.RecordingStarted:
		r.begin(id + "recording")
	case fact.RecordingEnded:
		r.end(id + "recording")
	case fact.CallEnded:
		r.end(id + "call")
		if d.Termination.Result == "" || d.Termination.Reason == "" {
			r.t.Errorf("%s: ended as %+v", f.Subject, d)
		}
	case fact.Queued:
		r.begin(id + d.Entry)
	case fact.EntryEnded:
		r.end(id + d.Entry)
	case fact.Offered:
		r.begin(id + d.Offer)
		if r.busy[d.Agent] != "" {
			r.t.Errorf("%s is offered %s while busy with %s", d.Agent, d.Offer, r.busy[d.Agent])
		}
		if l, ok := r.looks[d.Agent]; ok && f.Time.Before(l.until) {
			r.t.Errorf("%s is offered %s while his phone is being looked at: %s", d.Agent, d.Offer, l.id)
		}
		r.busy[d.Agent] = d.Offer
	case fact.OfferEnded:
		r.end(id + d.Offer)
		delete(r.busy, d.Agent)
	case fact.SegmentStarted:
		r.begin(id + d.Segment)
	case fact.SegmentEnded:
		r.end(id + d.Segment)
	case fact.ContactEnded:
		r.ended[f.Subject] = true
		for key := range r.open {
			if strings.HasPrefix(key, id) {
				r.t.Errorf("%s ended with %s open", f.Subject, key)
			}
		}
	}
}

func (r *rules) begin(key string) {
	if r.open[key] {
		r.t.Errorf("%s begins twice", key)
	}
	r.open[key] = true
}

func (r *rules) end(key string) {
	if !r.open[key] {
		r.t.Errorf("%s ends, it was not open", key)
	}
	delete(r.open, key)
}
