// Package fact is the wire schema of everything Firstline records: what happened to contacts, agents and tickets.
//
// It owns the types, their JSON form (CloudEvents 1.0, structured mode) and the closed lists of outcomes. The core
// (telephony/callcenter) produces facts, pipeline/log stores them, pipeline/kafka carries them, pipeline/load and
// analytics read them. It does no I/O, knows no clock and never decides anything.
//
// Facts are past tense and immutable. A closing fact (…Ended) carries its complete row: start, end, durations, ids, so
// that no reader has to join. Times are UTC; durations are whole milliseconds.
package fact

import (
	"strconv"
	"time"
)

// Fact is one thing that happened. The core fills everything but Source, Epoch and Position, which belong to the log
// that made it durable.
type Fact struct {
	Type     Type      // what happened; decides the Go type of Data
	Subject  string    // the id of the contact, agent, incident or ticket it happened to, VoicemailSubject for all messages; the Kafka key
	Sequence uint64    // contiguous from 1 within a subject; 0 for tickets, whose senders promise no order
	Time     time.Time // when it happened (Asterisk's clock where Asterisk saw it), UTC
	Data     Data      // the body; never nil in a valid fact

	Source   string // whose log: "controller", "api/<name>" or "import/<node>"
	Epoch    string // identity of that log, drawn when its folder was created
	Position uint64 // number of this fact in that log, rising by one from 1
}

// ID is the CloudEvents id: deterministic, so that a repeat is recognisable anywhere. Contacts and agents:
// "<subject>/<sequence>"; tickets: "<system>/<sender's event id>".
func (f Fact) ID() string {
	if t, ok := f.Data.(TicketEvent); ok {
		return t.System + "/" + t.EventID
	}
	return f.Subject + "/" + strconv.FormatUint(f.Sequence, 10)
}

// Topic is the Kafka topic the fact belongs to.
func (f Fact) Topic() string { return f.Type.Topic() }

// Data is the body of a fact: one of the structs of this package.
type Data interface{ factType() Type }

// Topics of the public stream. The schema version is part of the name: a breaking change gets new topics.
const (
	TopicContacts   = "firstline.contacts.v1"
	TopicAgents     = "firstline.agents.v1"
	TopicTickets    = "firstline.tickets.v1"
	TopicDeadLetter = "firstline.deadletter.v1"
)

// Type names a kind of fact: "<family>.<what happened>".
type Type string

// Topic returns the Kafka topic of the type's family.
func (t Type) Topic() string {
	switch {
	case len(t) > 6 && t[:6] == "agent.":
		return TopicAgents
	case len(t) > 7 && t[:7] == "ticket.":
		return TopicTickets
	default:
		return TopicContacts
	}
}
