package sim

import (
	"slices"
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/callcenter"
	"firstline/telephony/ivr"
)

// The rules of this file hold the ways out of a queue against the plan: back into the flow by a key, when it is full or
// empty, after the longest wait.

// waitsAt is the node of the flow that led the contact into its queue.
func (l *ledger) waitsAt(c *contactBook) ivr.Node { return l.flow(c, c.flow).Nodes[c.queueNode] }

// left notes where the contact may come back to its flow, now that a queue has let it go.
func (l *ledger) left(f fact.Fact, c *contactBook, d fact.EntryEnded) {
	if c.entry.Derived || d.Derived {
		return // out of the dialplan's queue he comes back to no flow
	}
	n, here := l.waitsAt(c), l.w.present(c.id) // who is not may have left that queue
	switch {
	case d.Outcome == fact.EntryExited:
		found := false
		for _, key := range l.truth(c.id).keys {
			if to := n.Keys[key]; to != "" {
				c.returns, found = append(c.returns, to), true
			}
		}
		if !found && here {
			l.w.fail(ruleTruth, "%s left %s by a key and pressed none that leads out: %v", f.Subject, d.Queue, l.truth(c.id).keys)
		}
	case !c.pending() && (d.Outcome == fact.EntryCallback || d.Outcome == fact.EntryVoicemail):
		l.leftFor(f, c, d, n)
	case d.Outcome == fact.EntryLeftEmpty:
		if here {
			l.leftEmpty(f, c, d)
		}
		c.returns = append(c.returns, n.Empty)
	case d.Outcome == fact.EntryWithdrawn && !c.inTalk():
		l.withdrawn(c, d)
	case d.Outcome == fact.EntryOverflowed && d.To == "":
		c.returns = append(c.returns, n.MaxWait)
	}
}

// leftFor: a key, the longest wait or an empty queue led to a node where he is promised a call, or leaves a message.
func (l *ledger) leftFor(f fact.Fact, c *contactBook, d fact.EntryEnded, n ivr.Node) {
	want := map[fact.EntryOutcome]ivr.Type{fact.EntryCallback: ivr.TypeCallback, fact.EntryVoicemail: ivr.TypeVoicemail}[d.Outcome]
	ways := []string{n.Empty, n.MaxWait}
	for _, key := range l.truth(c.id).keys {
		ways = append(ways, n.Keys[key])
	}
	found := false
	for _, to := range ways {
		if to != "" && l.flow(c, c.flow).Nodes[to].Type == want {
			c.returns, found = append(c.returns, to), true
		}
	}
	if !found {
		l.w.fail(ruleMenus, "%s left %s as %s, from %+v", f.Subject, d.Queue, d.Outcome, n)
	}
}

// turnedAway notes where a contact that a queue refused may go on.
func (l *ledger) turnedAway(c *contactBook, why fact.RefusedReason) {
	n := l.waitsAt(c)
	if why == fact.RefusedFull || why == fact.RefusedLong {
		c.returns = append(c.returns, n.Full)
		return
	}
	c.returns = append(c.returns, n.Empty)
}

// mayReturn tells whether a contact may come into its flow at a node.
func (c *contactBook) mayReturn(node string) bool { return slices.Contains(c.returns, node) }

// leftEmpty: nobody has been there for as long as the queue says.
func (l *ledger) leftEmpty(f fact.Fact, c *contactBook, d fact.EntryEnded) {
	q := l.queue(c, d.Queue)
	switch {
	case q.LeaveEmpty == 0 || l.staffed(q):
		l.w.fail(ruleLimits, "%s leaves %s as empty, staffed %t, limit %s", f.Subject, d.Queue, l.staffed(q), q.LeaveEmpty)
	case l.w.weather.calm && (c.entry.emptySince.IsZero() || f.Time.Sub(c.entry.emptySince) < q.LeaveEmpty-l.tolerance()):
		l.w.fail(ruleDurations, "%s leaves %s at %s, empty since %s, limit %s", f.Subject, d.Queue, f.Time, c.entry.emptySince, q.LeaveEmpty)
	}
}

// watchStaff notes since when nobody is there for who waits, and that nobody waits so for too long.
func (l *ledger) watchStaff() {
	for _, c := range l.live {
		if c.entry == nil || c.entry.Derived || c.pending() {
			continue
		}
		q := l.queue(c, c.entry.Queue)
		switch e := c.entry; {
		case q.LeaveEmpty == 0 || l.staffed(q):
			e.emptySince = time.Time{}
		case e.emptySince.IsZero():
			e.emptySince = l.at
		case l.w.weather.calm && !c.rings() && l.w.present(c.id) && l.at.Sub(e.emptySince) > q.LeaveEmpty+2*l.tolerance():
			l.w.fail(ruleDurations, "%s waits in %s, empty since %s, limit %s", c.id, q.ID, e.emptySince, q.LeaveEmpty)
		}
	}
}

// staffed tells whether somebody is there to answer the queue's calls.
func (l *ledger) staffed(q callcenter.Queue) bool {
	for _, a := range l.roster {
		p, ok := l.planned(l.version, a.id)
		if ok && a.loggedIn && serves(p, q.ID) && (q.Staff != callcenter.StaffActive || !a.paused) {
			return true
		}
	}
	return false
}
