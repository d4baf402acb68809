package callcenter

import (
	"time"

	"firstline/pipeline/fact"
)

// marks numbers the facts about messages. Of the messages themselves nothing is kept: they are marked when their contacts are long forgotten.
type marks struct {
	Seq  uint64    `json:"seq"`  // of the last fact
	Last time.Time `json:"last"` // its time
}

// markVoicemail records that a message was dealt with, or is open again. Who asks has looked whether there is such a message.
func (c *Center) markVoicemail(e Control) Refusal {
	if e.Contact == "" || e.Recording == "" {
		return RefusedUnknownContact
	}
	m := &c.meta.Marks
	m.Seq++
	m.Last = c.notBefore(m.Last)
	c.touched.meta = true
	c.out.Facts = append(c.out.Facts, fact.Fact{
		Type: fact.TypeVoicemailMarked, Subject: fact.VoicemailSubject, Sequence: m.Seq, Time: m.Last, Data: fact.VoicemailMarked{
			Contact: e.Contact, Recording: e.Recording, Done: e.Action == ActionVoicemailDone, Note: e.Note, By: byOf(e), Actor: e.Actor,
		},
	})
	return ""
}
