package callcenter

import (
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/ivr"
)

// exitKey: a waiting caller pressed a key. One that leads back into his flow takes him out of the queue, also while a phone
// rings for him.
func (c *Center) exitKey(ct *contact, e DigitPressed) {
	node := c.exit(ct, e.Digit)
	if node == "" {
		c.ignore(IgnoredNoEffect)
		return
	}
	if !c.pressed(ct, e) {
		return
	}
	c.silence(ct)
	c.endEntry(ct, entryEnd{outcome: c.leftFor(ct, node, fact.EntryExited), to: e.Digit})
	c.back(ct, node)
}

// leftFor is the outcome of an entry that leads back into the flow: a callback and a message are outcomes of their own.
func (c *Center) leftFor(ct *contact, node string, otherwise fact.EntryOutcome) fact.EntryOutcome {
	if node == "" {
		return otherwise
	}
	switch c.planFor(ct).menus.TypeOf(*ct.Left, node) { //nolint:exhaustive // the others are no outcome
	case ivr.TypeCallback:
		return fact.EntryCallback
	case ivr.TypeVoicemail:
		return fact.EntryVoicemail
	default:
		return otherwise
	}
}

// leaveEmpty: nobody has been there to answer for as long as the queue lets callers wait so.
func (c *Center) leaveEmpty(ct *contact) {
	if ct.Talk != nil {
		c.comeBack(ct, fact.TransferUnanswered, "", false)
		return
	}
	q := c.planFor(ct).queue(ct.Entry.Queue)
	node := c.exit(ct, ivr.ExitEmpty)
	c.silence(ct)
	c.endEntry(ct, entryEnd{outcome: c.leftFor(ct, node, fact.EntryLeftEmpty)})
	if node != "" {
		c.back(ct, node)
		return
	}
	c.closeWith(ct, fact.Termination{Result: fact.ResultFailed, Reason: fact.ReasonNobodyLeft}, q.EmptyMedia)
}

// watchStaff notes since when nobody is there to answer the queues whose callers don't wait for ever then. It runs at the
// end of each Step in which an agent changed or somebody joined.
func (c *Center) watchStaff() {
	if !c.leaving() {
		return
	}
	for _, ct := range c.running {
		e := ct.Entry
		if !ct.waits() || e.Unlined || ct.absent() {
			continue
		}
		q := c.planFor(ct).queue(e.Queue)
		switch empty := q.LeaveEmpty > 0 && !c.staffed(q); {
		case empty && e.LeaveAt.IsZero():
			e.LeaveAt = c.now.Add(q.LeaveEmpty)
			c.touch(ct)
		case !empty && !e.LeaveAt.IsZero():
			e.LeaveAt = time.Time{}
			c.touch(ct)
		}
	}
}

// leaving tells whether callers of any plan leave a queue without agents.
func (c *Center) leaving() bool {
	for _, p := range c.plans {
		if p.leaves {
			return true
		}
	}
	return false
}
