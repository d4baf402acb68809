package sim

import (
	"strconv"

	"firstline/pipeline/fact"
	"firstline/telephony/callcenter"
)

// Supervisors make waiting callers more urgent, or less, and take them elsewhere.

// urge is a supervisor doing something about a caller who waits, or did.
func (d *desk) urge(_ int, luck *dice) {
	var waiting []*contactBook
	for _, c := range d.w.ledger.live {
		if c.entry != nil || luck.chance(0.05) {
			waiting = append(waiting, c)
		}
	}
	if len(waiting) == 0 {
		return
	}
	d.asked++
	d.send(callcenter.Control{
		Request: "u" + strconv.Itoa(d.asked), By: fact.BySupervisor, Actor: "sup", Contact: one(luck, waiting...).id,
		Action: one(luck, callcenter.ActionPriority, callcenter.ActionMove, callcenter.ActionCallbackCancel), Priority: one(luck, -1, 0, 1, 3), To: one(luck, targets()...),
	})
}

// prioritised: a caller's priority is changed by somebody, or by the ticket system's answer, which is known.
func (l *ledger) prioritised(f fact.Fact, c *contactBook, d fact.PriorityChanged) {
	e := c.entry
	if e == nil || e.Entry != d.Entry || e.Queue != d.Queue || d.From != e.priority || d.Priority == d.From {
		l.w.fail(rulePriorities, "%s: %+v, waits in %+v with %d", f.Subject, d, e, c.priorityNow())
		return
	}
	l.w.seen.add("urged by " + string(d.By))
	if d.By != fact.BySystem {
		c.asked += d.Priority - d.From
	}
	if d.Priority != l.priority(c) {
		l.w.fail(rulePriorities, "%s has priority %d in %s now, expected %d", f.Subject, d.Priority, d.Queue, l.priority(c))
	}
	e.priority = d.Priority
}

func (c *contactBook) priorityNow() int {
	if c.entry == nil {
		return 0
	}
	return c.entry.priority
}

// withdrawn: somebody took the caller out of his line. Where to is seen by what follows.
func (l *ledger) withdrawn(c *contactBook, d fact.EntryEnded) {
	l.w.seen.add("moved")
	if d.To == "main" {
		c.sentTo, c.vars, c.raised = d.To, nil, 0
	}
}
