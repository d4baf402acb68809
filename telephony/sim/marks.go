package sim

import (
	"strconv"
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/callcenter"
)

// Supervisors and programs mark messages as dealt with, of contacts that the core knows or has forgotten. The note says which request it was.

// mark has somebody mark a message, or take that back; now and then the request is sent twice.
func (d *desk) mark(n int, luck *dice) {
	contact := d.w.ledger.recent(luck)
	c := callcenter.Control{
		Request: "v" + strconv.Itoa(n), By: one(luck, fact.ByAPI, fact.BySupervisor), Actor: one(luck, "sup", "crm"), Contact: contact,
		Recording: contact + "/r" + strconv.Itoa(1+luck.below(3)), Note: "v" + strconv.Itoa(n),
		Action: one(luck, callcenter.ActionVoicemailDone, callcenter.ActionVoicemailDone, callcenter.ActionVoicemailOpen),
	}
	if luck.chance(0.05) {
		c.Recording = ""
	}
	d.send(c)
	if luck.chance(0.3) {
		d.w.after(luck.around(2*time.Second), func() { d.send(c) })
	}
}

func isMark(a callcenter.Action) bool {
	return a == callcenter.ActionVoicemailDone || a == callcenter.ActionVoicemailOpen
}

// markBook is what the facts say about marks.
type markBook struct {
	seq  uint64
	last time.Time
	of   map[string]bool // requests of which there is one
}

// marked checks that a mark is what somebody asked for, and is the only one of that request.
func (l *ledger) marked(f fact.Fact) {
	d, _ := f.Data.(fact.VoicemailMarked)
	l.sequence(f, &l.marks.seq, &l.marks.last)
	asked := l.w.desk.sent[d.Note]
	if asked == nil {
		l.w.fail(ruleMarks, "nobody asked for %+v", d)
		return
	}
	c := asked.control
	want := fact.VoicemailMarked{
		Contact: c.Contact, Recording: c.Recording, Done: c.Action == callcenter.ActionVoicemailDone, Note: c.Note, By: c.By, Actor: c.Actor,
	}
	if d != want || l.marks.of[d.Note] || f.Subject != fact.VoicemailSubject {
		l.w.fail(ruleMarks, "%s of %+v, recorded before: %t, is %+v", f.Subject, c, l.marks.of[d.Note], d)
	}
	l.marks.of[d.Note] = true
	l.w.seen.add("mark of " + string(c.Action))
}

// grantedMark: there is a mark of a request that was granted, and none of one that was refused.
func (l *ledger) grantedMark(c callcenter.Control, r callcenter.Reply) {
	if granted := r.Refused == ""; granted != l.marks.of[c.Request] || granted != (c.Recording != "") {
		l.w.fail(ruleMarks, "%+v was answered by %+v, recorded: %t", c, r, l.marks.of[c.Request])
	}
}
