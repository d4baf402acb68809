package sim

import (
	"slices"
	"time"
)

// truth is what really happened to a caller, as the people on the phones know it.
type truth struct {
	w       *world
	contact string
	picked  []string      // agents whose phone was answered for him
	talked  []string      // endpoints he heard
	keys    []string      // pressed
	keyAt   time.Duration // when he pressed the last one
	ender   string        // who hung up first in the talk: "caller" or "agent"
	outside bool          // somebody outside who was asked hung up
}

// truth finds or begins what is known about a contact.
func (l *ledger) truth(contact string) *truth {
	t := l.truths[contact]
	if t == nil {
		t = &truth{w: l.w, contact: contact}
		l.truths[contact] = t
	}
	return t
}

// press notes a key.
func (t *truth) press(key string) { t.keys, t.keyAt = append(t.keys, key), t.w.now }

// pick notes that an agent took his phone off the hook for the caller.
func (t *truth) pick(agent string) { t.picked = append(t.picked, agent) }

// hear notes that the caller hears an endpoint. The bridge was commanded after the answer was durable.
func (t *truth) hear(endpoint string) {
	t.talked = append(t.talked, endpoint)
	if c := t.w.ledger.contacts[t.contact]; c == nil || c.answered == 0 {
		t.w.fail(ruleTruth, "%s hears %s, but no durable fact says that he was answered", t.contact, endpoint)
	}
}

// end notes who hung up first.
func (t *truth) end(who string) {
	if t.ender == "" && len(t.talked) > 0 {
		t.ender = who
	}
}

// answeredBy tells whether the agent really took the call.
func (t *truth) answeredBy(agent string) bool { return slices.Contains(t.picked, agent) }
