package history

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"firstline/pipeline/fact"
)

// leg is one channel of a call, as its events tell.
type leg struct {
	unique   string
	events   []Detail // by time
	stays    []stay
	hangup   *Detail
	ended    time.Time // zero = no event tells
	answered time.Time // zero = never
}

// stay is a leg's time in a bridge.
type stay struct {
	bridge, channel string
	from, until     time.Time
}

// heard is what a call's events say.
func (d *detail) heard(kind fact.Kind) (s story) {
	legs := d.legs()
	first := legs[slices.IndexFunc(legs, func(l *leg) bool { return l.unique == d.first.Unique })]
	d.caller(first)
	s.talks = joined(d.stretches(legs))
	s.moves = d.moves(legs)
	with := d.together(first, legs)
	if !first.answered.IsZero() {
		s.answered = &first.answered
	} else if len(with) > 0 {
		s.answered = &with[0].from
	}
	s.over = d.outcome(kind, first, s, len(with) > 0)
	return s
}

// legs are the channels of a call, in an order that depends on no file.
func (d *detail) legs() []*leg {
	rows := slices.SortedFunc(slices.Values(d.rows), func(a, b Detail) int {
		return cmp.Or(a.Start.Compare(b.Start), -compareBool(a.begins(), b.begins()), cmp.Compare(a.text(), b.text()))
	})
	var legs []*leg
	of := map[string]*leg{}
	for i, r := range rows {
		l := of[r.Unique]
		if l == nil {
			l = &leg{unique: r.Unique}
			of[r.Unique], legs = l, append(legs, l)
		}
		l.events = append(l.events, r)
		switch r.Event.Type {
		case EventHangup:
			l.hangup, l.ended = &rows[i], later(l.ended, r.Start)
		case EventEnd:
			l.ended = later(l.ended, r.Start)
		case EventAnswer:
			if l.answered.IsZero() {
				l.answered = r.Start
			}
		case EventStart, EventEnter, EventExit, EventBlind, EventAttended, eventUser:
		}
	}
	for _, l := range legs {
		d.stay(l)
		if l.ended.IsZero() {
			d.remark(l.events[len(l.events)-1], "no end", "no event tells that its channel ended: it counts as ended with the call's last event")
		}
	}
	return legs
}

func (d *detail) remark(r Detail, reason, meaning string) {
	d.told.Notes = append(d.told.Notes, r.Note(Doubtful, reason, meaning))
}

// caller takes from the events of a call's first channel what its first event may not have yet.
func (d *detail) caller(first *leg) {
	if !d.first.begins() {
		d.note("no beginning", "no CHAN_START is there for it: it counts as begun when its uniqueid says, or with its first event")
		if made, ok := createdAt(d.first.Unique); ok && made.Before(d.first.Start) && d.first.Start.Sub(made) <= lost {
			d.first.Start = made
		}
	}
	for _, r := range first.events {
		d.first.Source, d.first.Dialed = cmp.Or(d.first.Source, r.Source), cmp.Or(d.first.Dialed, r.Dialed)
		d.first.Name = cmp.Or(d.first.Name, r.Name)
	}
}

// stay pairs a leg's ways into bridges with its ways out of them. In logs of whole seconds their order is not known: so it is done
// bridge by bridge, and a way out goes with the way in before it.
func (d *detail) stay(l *leg) {
	in, out := map[string][]Detail{}, map[string][]Detail{}
	for _, r := range l.events {
		switch {
		case r.Event.Type == EventEnter && r.Event.How != "holding_bridge": // where callers are parked each for himself
			in[r.Event.Bridge] = append(in[r.Event.Bridge], r)
		case r.Event.Type == EventExit:
			out[r.Event.Bridge] = append(out[r.Event.Bridge], r)
		}
	}
	for _, bridge := range sortedKeys(in) {
		enters, exits := in[bridge], out[bridge]
		for len(enters) > 0 {
			s := stay{bridge: bridge, channel: enters[0].Channel, from: enters[0].Start, until: l.ended}
			exits = exits[upTo(exits, s.from):]
			switch {
			case len(exits) > 0:
				s.until, exits = exits[0].Start, exits[1:]
			case l.ended.IsZero():
				s.until = d.end()
			default:
				d.remark(enters[0], "no exit", "no BRIDGE_EXIT is there for it: it counts to the channel's end")
			}
			l.stays = append(l.stays, s)
			enters = enters[max(1, upTo(enters, s.until)):]
		}
	}
}

// upTo counts the events before a time.
func upTo(events []Detail, at time.Time) int {
	n := slices.IndexFunc(events, func(r Detail) bool { return !r.Start.Before(at) })
	if n < 0 {
		return len(events)
	}
	return n
}

// together is when a leg was in a bridge with another one, be it that nothing is known of how long.
func (d *detail) together(l *leg, legs []*leg) (out []talking) {
	for _, s := range l.stays {
		for _, other := range legs {
			for _, o := range other.stays {
				from, until := later(s.from, o.from), earlier(s.until, o.until)
				if other != l && s.bridge == o.bridge && !until.Before(from) {
					out = append(out, talking{d.calls.agent(s.channel), from, until})
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b talking) int { return a.from.Compare(b.from) })
	return out
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// stretches are when agents' legs were in a bridge with somebody.
func (d *detail) stretches(legs []*leg) (out []talking) {
	for _, l := range legs {
		for _, t := range d.together(l, legs) {
			if t.agent != "" && t.from.Before(t.until) {
				out = append(out, t)
			}
		}
	}
	return out
}

// joined makes one of what overlaps or goes on: an agent who asks another one is in two bridges, or in one after the other.
func joined(all []talking) (out []talking) {
	slices.SortFunc(all, func(a, b talking) int {
		return cmp.Or(cmp.Compare(a.agent, b.agent), a.from.Compare(b.from), a.until.Compare(b.until))
	})
	for _, t := range all {
		if last := len(out) - 1; last >= 0 && out[last].agent == t.agent && !t.from.After(out[last].until) {
			out[last].until = later(out[last].until, t.until)
			continue
		}
		out = append(out, t)
	}
	slices.SortStableFunc(out, func(a, b talking) int { return a.from.Compare(b.from) })
	return out
}

// moves are the transfers that agents made.
func (d *detail) moves(legs []*leg) (out []move) {
	for _, r := range d.rows {
		m := move{agent: d.calls.agent(r.Channel), to: fact.TransferToNumber, at: r.Start}
		switch r.Event.Type {
		case EventBlind:
			m.mode, m.target = fact.TransferBlind, lastDigits(r.Event.Extension)
		case EventAttended:
			m.mode = fact.TransferAttended
			if m.with = d.asked(legs, r, m.agent); m.with != "" {
				m.to, m.target = fact.TransferToAgent, m.with
			}
		default:
			continue
		}
		if m.agent != "" {
			out = append(out, m)
		}
	}
	slices.SortFunc(out, func(a, b move) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.agent, b.agent), cmp.Compare(a.mode, b.mode), cmp.Compare(a.target, b.target))
	})
	return out
}

// asked is the agent to whom a caller is handed on after asking: who was in the bridge where that was done, or behind the Local channel
// there, as of a phone that was dialled by key. The event has a column for his channel too, in which Asterisk often writes N/A. "" = nobody known.
func (d *detail) asked(legs []*leg, transfer Detail, by string) string {
	if transfer.Event.Asking == "" {
		return ""
	}
	for _, channel := range cameInto(legs, transfer.Event.Asking, transfer.Start) {
		behind := []string{channel}
		if half := otherHalf(channel); half != "" {
			for _, l := range legs {
				for _, s := range l.stays {
					if s.channel == half {
						behind = append(behind, cameInto(legs, s.bridge, transfer.Start)...)
					}
				}
			}
		}
		for _, c := range behind {
			if a := d.calls.agent(c); a != "" && a != by {
				return a
			}
		}
	}
	return ""
}

// cameInto are the channels that had come into a bridge by a time.
func cameInto(legs []*leg, bridge string, at time.Time) (out []string) {
	for _, l := range legs {
		for _, s := range l.stays {
			if s.bridge == bridge && !s.from.After(at) {
				out = append(out, s.channel)
			}
		}
	}
	return out
}

// otherHalf is the other end of a Local channel; "" = it is none.
func otherHalf(channel string) string {
	if name, ok := strings.CutSuffix(channel, ";1"); ok {
		return name + ";2"
	}
	if name, ok := strings.CutSuffix(channel, ";2"); ok {
		return name + ";1"
	}
	return ""
}

// outcome is how the call ended.
func (d *detail) outcome(kind fact.Kind, first *leg, s story, reached bool) fact.Termination {
	switch {
	case kind == fact.KindOutbound && reached:
		return fact.Termination{Result: fact.ResultContained, Reason: fact.ReasonTransferred} // as of a live call of an agent's own
	case reached || len(s.talks) > 0:
		return fact.Termination{Result: fact.ResultAnswered, Reason: d.ending(first, s)}
	case first.dialed() != "CANCEL" && !first.answered.IsZero():
		return fact.Termination{Result: fact.ResultContained, Reason: fact.ReasonFlowEnded}
	case kind != fact.KindOutbound && first.gaveUp():
		return fact.Termination{Result: fact.ResultAbandoned, Reason: fact.ReasonCallerHungUp}
	case slices.Contains([]string{"NOANSWER", "BUSY", "CANCEL"}, first.dialed()), first.gaveUp(), first.cause() == causeBusy:
		return fact.Termination{Result: fact.ResultFailed, Reason: fact.ReasonNotReached}
	default:
		return fact.Termination{Result: fact.ResultFailed, Reason: fact.ReasonCommandFailed}
	}
}

const causeBusy, causeNormal = 17, 16 // Q.850

func (l *leg) dialed() string {
	if l.hangup == nil {
		return ""
	}
	return strings.ToUpper(l.hangup.Event.Dial)
}

func (l *leg) cause() int {
	if l.hangup == nil {
		return 0
	}
	return l.hangup.Event.Cause
}

// gaveUp tells whether it was the caller who ended a call that nobody took.
func (l *leg) gaveUp() bool {
	if l.dialed() == "CANCEL" || l.hangup == nil {
		return true
	}
	source := l.hangup.Event.Source
	return l.named(source) || source == "" && l.dialed() == "" && (l.cause() == 0 || l.cause() == causeNormal)
}

// named tells whether the leg's channel had that name.
func (l *leg) named(channel string) bool {
	return channel != "" && slices.ContainsFunc(l.events, func(r Detail) bool { return r.Channel == channel })
}

// ending is who ended a call that was answered: whose hanging up its last HANGUPs name, if nobody was handed on behind the last talk.
func (d *detail) ending(first *leg, s story) fact.Reason {
	if len(s.moves) > 0 {
		last := s.moves[len(s.moves)-1]
		if !slices.ContainsFunc(s.talks, func(t talking) bool { return t.from.After(last.at) || t.agent != last.agent && t.until.After(last.at) }) {
			return fact.ReasonTransferred
		}
	}
	var at Detail
	reason := fact.ReasonDisappeared
	for _, r := range d.rows {
		by := d.hungUp(first, r.Event)
		if by != "" && (at.Event == nil || cmp.Or(at.Start.Compare(r.Start), cmp.Compare(at.text(), r.text())) < 0) {
			at, reason = r, by
		}
	}
	return reason
}

// hungUp is who hung up by an event; "" = it does not say, as that of a leg of Asterisk's own.
func (d *detail) hungUp(first *leg, e *Event) fact.Reason {
	switch {
	case e.Type != EventHangup:
		return ""
	case first.named(e.Source):
		return fact.ReasonCallerHungUp
	case d.calls.agent(e.Source) != "":
		return fact.ReasonAgentHungUp
	default:
		return ""
	}
}

// others are the ids that the call would have if another source knew it by another of its channels.
func (d *detail) others() (out []string) {
	for _, r := range d.rows {
		for _, id := range []string{r.Unique, r.Linked} {
			if other := d.calls.Node + "-" + id; r.Event != nil && id != "" && other != d.id {
				out = append(out, other)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
