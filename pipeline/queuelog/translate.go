package queuelog

import (
	"cmp"
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
	Talk    *talk     `json:"talk,omitempty"`    // from CONNECT to COMPLETE…
}

// leg is an agent's phone that was answered.
type leg struct {
	Channel string    `json:"channel"`
	Offered time.Time `json:"offered"`
}

// talk is an entry that was answered and whose call is not over.
type talk struct {
	Call   string    `json:"call"`
	Queue  string    `json:"queue"`
	Agent  string    `json:"agent,omitempty"`
	Queued time.Time `json:"queued"`
	Ended  time.Time `json:"ended"` // of the entry
	First  int       `json:"first"` // position
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
		if c.Talk != nil {
			n++
		}
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
		c.Talk = &talk{Call: d.Call, Queue: d.Queue, Agent: d.Agent, Queued: d.QueuedAt, Ended: d.EndedAt, First: d.First}
		return []Line{t.connect(f, c, answered)}
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
func (t *Translator) connect(f fact.Fact, c *contact, l *leg) Line {
	channel, rang := none, "0"
	if l != nil {
		channel, rang = cmp.Or(l.Channel, none), seconds(l.Offered, c.Talk.Ended)
	}
	return Line{At: f.Time, Call: c.Channel, Queue: c.Talk.Queue, Agent: t.name(c.Talk.Agent), Event: eventConnect,
		Data: []string{seconds(c.Talk.Queued, c.Talk.Ended), channel, rang}}
}

// callEnded completes a talk.
func (t *Translator) callEnded(f fact.Fact, d fact.CallEnded) []Line {
	c := t.contact(f.Subject)
	e := c.Talk
	if e == nil || e.Call != d.Call {
		return nil
	}
	c.Talk = nil
	return []Line{{At: f.Time, Call: c.Channel, Queue: e.Queue, Agent: t.name(e.Agent), Event: completed(d.Termination.Reason),
		Data: []string{seconds(e.Queued, e.Ended), seconds(e.Ended, d.EndedAt), number(e.First)}}}
}

// completed says who ended a talk. One that ended by neither is closed as ended by the agent's side, and one whose end
// nobody saw as ended by the caller's: a CONNECT must have its COMPLETE….
func completed(why fact.Reason) string {
	switch why {
	case fact.ReasonAgentHungUp, fact.ReasonCommandFailed, fact.ReasonOperator:
		return eventCompleteAgent
	case fact.ReasonCallerHungUp, fact.ReasonDisappeared, fact.ReasonFallback, fact.ReasonFlowEnded, fact.ReasonGaveUp,
		fact.ReasonMaxWait, fact.ReasonNobodyLeft, fact.ReasonRefused, fact.ReasonBlocked:
	}
	return eventCompleteCaller
}
