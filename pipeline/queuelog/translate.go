package queuelog

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"firstline/pipeline/fact"
)

// State is all that a Translator keeps between facts: who is on a call that has lines to come, and who is logged in. It is
// bounded by the contacts in progress and the agents there are, and is stored as JSON: add to the tags, never rename.
type State struct {
	Begun    bool                `json:"begun,omitempty"` // QUEUESTART is written
	Contacts map[string]*contact `json:"contacts"`        // in progress, by id
	Agents   map[string]*agent   `json:"agents"`          // by id
}

// contact is what lines to come need of a contact.
type contact struct {
	Kind    fact.Kind `json:"kind,omitempty"`
	Channel string    `json:"channel,omitempty"` // of the caller
	Number  string    `json:"number,omitempty"`  // personal
	Leg     *leg      `json:"leg,omitempty"`     // of the offer just answered
	Talks   []talk    `json:"talks,omitempty"`   // from CONNECT to COMPLETE… or a transfer, in the order they began
	Talk    *talk     `json:"talk,omitempty"`    // the same as versions that knew one only wrote it; read, not written
}

// leg is an agent's phone that was answered.
type leg struct {
	Channel string    `json:"channel"`
	Offered time.Time `json:"offered"`
}

// talk is an entry that was answered, and whose agent talks still.
type talk struct {
	Call   string    `json:"call"`
	Queue  string    `json:"queue"`
	Agent  string    `json:"agent,omitempty"`
	Queued time.Time `json:"queued"`
	Ended  time.Time `json:"ended"`            // of the entry
	First  int       `json:"first"`            // position
	Native bool      `json:"native,omitempty"` // of the dialplan's fallback queue, which minds no agent's state
}

// Translator turns facts into the lines that app_queue would have written. It is pure: the same state and facts give the
// same lines. Not for concurrent use.
type Translator struct {
	column Column
	number bool // the caller's number is written
	state  State
}

// NewTranslator goes on from a state; the zero State is that of the very beginning.
func NewTranslator(cfg Config, s State) *Translator {
	if s.Contacts == nil {
		s.Contacts = map[string]*contact{}
	}
	if s.Agents == nil {
		s.Agents = map[string]*agent{}
	}
	for _, c := range s.Contacts {
		if c.Talk != nil {
			c.Talks, c.Talk = append(c.Talks, *c.Talk), nil
		}
	}
	return &Translator{column: cfg.Agent, number: cfg.CallerNumber, state: s}
}

// State is what a Translator that goes on from here needs. It is not a copy.
func (t *Translator) State() State { return t.state }

// Forget drops everything but the agents' names: what comes next has no connection with what was. The next line is
// QUEUESTART.
func (t *Translator) Forget() {
	t.state.Begun = false
	clear(t.state.Contacts)
	for _, a := range t.state.Agents {
		a.LoggedIn, a.Member, a.Paused, a.Reason = false, nil, false, ""
	}
}

// Open counts the contacts that have a line which another one will close.
func (t *Translator) Open() (n int) {
	for _, c := range t.state.Contacts {
		n += len(c.Talks)
	}
	return n
}

// Apply gives the lines of one fact, none for most of them. Facts come in the order of their positions, each once.
func (t *Translator) Apply(f fact.Fact) []Line {
	out := t.begin(f.Time)
	switch d := f.Data.(type) {
	case fact.Arrived:
		c := t.contact(f.Subject)
		c.Kind, c.Channel = d.Kind, d.Channel
		if t.number {
			c.Number = d.CallerNumber
		}
	case fact.Queued:
		out = append(out, t.queued(f, d)...)
	case fact.OfferEnded:
		out = append(out, t.offerEnded(f, d)...)
	case fact.EntryEnded:
		out = append(out, t.entryEnded(f, d)...)
	case fact.TransferEnded:
		out = append(out, t.handedOn(f, d)...)
	case fact.CallEnded:
		out = append(out, t.callEnded(f, d)...)
	case fact.ContactEnded:
		delete(t.state.Contacts, f.Subject)
	case fact.AgentLogged:
		out = append(out, t.logged(f, d)...)
	case fact.AgentStateBegan:
		out = append(out, t.stateBegan(f, d)...)
	default: // says nothing that queue_log has an event for
	}
	return out
}

// begin is the first line of all.
func (t *Translator) begin(at time.Time) []Line {
	if t.state.Begun {
		return nil
	}
	t.state.Begun = true
	return []Line{{At: at, Event: eventStart}}
}

// contact finds a contact; one whose arrival was not read begins here.
func (t *Translator) contact(id string) *contact {
	c := t.state.Contacts[id]
	if c == nil {
		c = &contact{Channel: id} // a contact has the id of its caller's channel
		t.state.Contacts[id] = c
	}
	return c
}

// counts tells whether entries of a kind of contact stand in the metrics, and so in queue_log.
func counts(k fact.Kind) bool {
	switch k {
	case fact.KindInbound, fact.KindCallback:
		return true
	case fact.KindOutbound, fact.KindConsult, fact.KindInternal, fact.KindFeature:
		return false
	default: // the arrival was not read
		return k == ""
	}
}

func (t *Translator) queued(f fact.Fact, d fact.Queued) []Line {
	c := t.contact(f.Subject)
	if !counts(d.Kind) {
		return nil
	}
	return []Line{{At: f.Time, Call: c.Channel, Queue: d.Queue, Event: eventEnter, Data: []string{"", c.Number, number(d.Position)}}}
}

// offerEnded: a phone that did not answer. app_queue writes RINGNOANSWER for a busy one and one that was declined too, and
// nothing for a phone that could not be rung.
func (t *Translator) offerEnded(f fact.Fact, d fact.OfferEnded) []Line {
	c := t.contact(f.Subject)
	if !counts(c.Kind) {
		return nil
	}
	event := ""
	switch d.Result {
	case fact.OfferAnswered:
		c.Leg = &leg{Channel: d.Channel, Offered: d.OfferedAt}
	case fact.OfferMissed, fact.OfferBusy, fact.OfferDeclined:
		event = eventRingNoAnswer
	case fact.OfferWithdrawn, fact.OfferLostRace:
		event = eventRingCanceled
	case fact.OfferUnavailable, fact.OfferFailed:
	}
	if event == "" {
		return nil
	}
	return []Line{{At: f.Time, Call: c.Channel, Queue: d.Queue, Agent: t.name(d.Agent), Event: event, Data: []string{milliseconds(d.RingMS)}}}
}

func (t *Translator) entryEnded(f fact.Fact, d fact.EntryEnded) []Line {
	c := t.contact(f.Subject)
	answered := c.Leg
	c.Leg = nil
	if !counts(d.Kind) {
		return nil
	}
	var event string
	data := []string{number(d.Last), number(d.First), seconds(d.QueuedAt, d.EndedAt)}
	switch d.Outcome {
	case fact.EntryAnswered:
		e := talk{Call: d.Call, Queue: d.Queue, Agent: d.Agent, Queued: d.QueuedAt, Ended: d.EndedAt, First: d.First, Native: answered == nil}
		c.Talks = append(c.Talks, e)
		return []Line{t.connect(f, c, e, answered)}
	case fact.EntryAbandoned:
		event = eventAbandon
	case fact.EntryOverflowed, fact.EntryFailed: // it fails where the longest wait leads nowhere
		event = eventExitWithTimeout
	case fact.EntryLeftEmpty:
		event = eventExitEmpty
	case fact.EntryExited, fact.EntryCallback, fact.EntryVoicemail:
		event, data = eventExitWithKey, append([]string{cmp.Or(d.To, none)}, data...)
	case fact.EntryWithdrawn:
		event, data = eventWithdraw, append(data, info(d.To))
	default: // of a newer version
		return nil
	}
	return []Line{{At: f.Time, Call: c.Channel, Queue: d.Queue, Event: event, Data: data}}
}

func info(s string) string {
	if r := []rune(s); len(r) > maxInfo {
		return string(r[:maxInfo])
	}
	return s
}

// connect: an agent took the call. Of a call that the dialplan's fallback queue answered, the agent's channel and how long
// it rang are not known.
func (t *Translator) connect(f fact.Fact, c *contact, e talk, l *leg) Line {
	channel, rang := none, "0"
	if l != nil {
		channel, rang = cmp.Or(l.Channel, none), seconds(l.Offered, e.Ended)
	}
	return Line{At: f.Time, Call: c.Channel, Queue: e.Queue, Agent: t.name(e.Agent), Event: eventConnect,
		Data: []string{seconds(e.Queued, e.Ended), channel, rang}}
}

// callEnded completes the talks of a call.
func (t *Translator) callEnded(f fact.Fact, d fact.CallEnded) []Line {
	c := t.contact(f.Subject)
	var lines []Line
	c.Talks = slices.DeleteFunc(c.Talks, func(e talk) bool {
		if e.Call == d.Call {
			lines = append(lines, t.over(c, e, d.EndedAt, completed(d.Termination.Reason)))
		}
		return e.Call == d.Call
	})
	return lines
}

// over is the line by which a talk ends; data is what the event says before the times.
func (t *Translator) over(c *contact, e talk, at time.Time, event string, data ...string) Line {
	return Line{At: at, Call: c.Channel, Queue: e.Queue, Agent: t.name(e.Agent), Event: event,
		Data: append(data, seconds(e.Queued, e.Ended), seconds(e.Ended, at), number(e.First))}
}

// handedOn: an agent's talk ended because he handed the caller on. app_queue names extension and context of a blind transfer;
// of an attended one the bridge that the two calls became, or the application that the caller has come to.
func (t *Translator) handedOn(f fact.Fact, d fact.TransferEnded) []Line {
	c := t.contact(f.Subject)
	i := slices.IndexFunc(c.Talks, func(e talk) bool { return e.Agent == d.Agent && !e.Native })
	if i < 0 || d.Result != fact.TransferCompleted {
		return nil
	}
	e := c.Talks[i]
	c.Talks = slices.Delete(c.Talks, i, i+1)
	switch {
	case d.Mode == fact.TransferBlind:
		return []Line{t.over(c, e, d.EndedAt, eventBlindTransfer, d.Target, string(d.To))}
	case d.With == "" && d.To != fact.TransferToNumber:
		return []Line{t.over(c, e, d.EndedAt, eventAttendedTransfer, "APP", "Queue")}
	default:
		return []Line{t.over(c, e, d.EndedAt, eventAttendedTransfer, "BRIDGE", d.Transfer)}
	}
}

// leftTalk: an agent who talked does not any more, and the others go on.
func (t *Translator) leftTalk(f fact.Fact, d fact.AgentStateBegan) []Line {
	if d.State == fact.AgentTalking {
		return nil
	}
	for _, id := range slices.Sorted(maps.Keys(t.state.Contacts)) {
		c := t.state.Contacts[id]
		if i := slices.IndexFunc(c.Talks, func(e talk) bool { return e.Agent == f.Subject && !e.Native }); i >= 0 {
			e := c.Talks[i]
			c.Talks = slices.Delete(c.Talks, i, i+1)
			return []Line{t.over(c, e, f.Time, eventCompleteAgent)}
		}
	}
	return nil
}

// completed says who ended a talk. One that ended by neither is closed as ended by the agent's side, and one whose end
// nobody saw as ended by the caller's: a CONNECT must have its COMPLETE….
func completed(why fact.Reason) string {
	switch why {
	case fact.ReasonAgentHungUp, fact.ReasonCommandFailed, fact.ReasonOperator:
		return eventCompleteAgent
	case fact.ReasonCallerHungUp, fact.ReasonDisappeared, fact.ReasonFallback, fact.ReasonFlowEnded, fact.ReasonGaveUp,
		fact.ReasonMaxWait, fact.ReasonNobodyLeft, fact.ReasonRefused, fact.ReasonBlocked, fact.ReasonTransferred, fact.ReasonNotReached,
		fact.ReasonCancelled, fact.ReasonExpired, fact.ReasonCalledIn, fact.ReasonOutsideHungUp:
	}
	return eventCompleteCaller
}
