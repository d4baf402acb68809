package callcenter

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"firstline/pipeline/fact"
)

// Who is recorded has to know it, and be told beforehand where his queue has words for it. Nothing of him is recorded before he has
// heard them to their end. Whom a queue records by itself hears them as he joins it, and nobody talks to him until then. Who comes
// to be recorded in a talk, as he was handed on or the agent asked for it, hears them there, and so do all with him. They are played one
// sound after the other, each by itself: of several Asterisk tells only whether the last one could be played.

// notice is those words being played into a talk.
type notice struct {
	Playback string    `json:"pb"`
	Queue    string    `json:"q"`              // that wants to record
	Part     int       `json:"part,omitempty"` // which of its sounds plays
	At       time.Time `json:"at"`
	By       time.Time `json:"by"` // when its end must have been heard
}

// noticeLimit is when the words count as not heard, as their end was not heard of: longer than they may last. A caller waits in silence
// for so long then, and perhaps an agent for him.
const noticeLimit = time.Minute

// noticeTries is how often it is played into a talk before the talk goes on unrecorded.
const noticeTries = 3

// words are what a queue tells callers whom it records, as one text: queues may have the same.
func (q *Queue) words() string { return strings.Join(q.Recording.Announce, " ") }

// uninformed tells whether the caller has to hear a queue's words before it records him.
func (ct *contact) uninformed(q *Queue) bool {
	return len(q.Recording.Announce) > 0 && !slices.Contains(ct.Informed, q.words())
}

// hearLine has a caller who waits hear that he will be recorded, if he has to, or else music.
func (c *Center) hearLine(ct *contact) {
	if !c.inform(ct) {
		c.startMusic(ct, c.planFor(ct).queue(ct.Entry.Queue).MusicClass)
	}
}

// recorder is the queue by whose rule the talk will be recorded for which somebody waits in an entry.
func (c *Center) recorder(ct *contact) *Queue {
	return c.planFor(ct).queue(cmp.Or(ct.Entry.Home, ct.Entry.Queue))
}

// inform says the queue's words to a caller who waits and will be recorded; false = he need not hear them.
func (c *Center) inform(ct *contact) bool {
	q := c.recorder(ct)
	if ct.absent() || q.records(ct) == "" || !ct.uninformed(q) {
		return false
	}
	c.say(ct, q.Recording.Announce[:1])
	ct.Entry.PlayBy, ct.Entry.NoticeAt, ct.Entry.NoticePart = c.now.Add(noticeLimit), c.stamp(ct), 0
	return true
}

// informOn plays the next sound of the words to a caller who waits; false = that was the last.
func (c *Center) informOn(ct *contact) bool {
	e, words := ct.Entry, c.recorder(ct).Recording.Announce
	if e.NoticePart+1 >= len(words) {
		return false
	}
	e.NoticePart++
	e.Playback, e.PlayBy = c.play(ct, words[e.NoticePart:][:1]), c.now.Add(noticeLimit)
	return true
}

// informing tells whether a caller who waits hears those words, so that nobody can be put through to him.
func (e *entry) informing() bool { return !e.NoticeAt.IsZero() }

// informed records that a caller heard the words, or could not.
func (c *Center) informed(ct *contact, q *Queue, at time.Time, heard bool) {
	result := fact.AnnouncementFailed
	if heard {
		result = fact.AnnouncementHeard
		ct.Informed = append(ct.Informed, q.words())
	}
	t := c.stamp(ct)
	c.emit(ct, fact.TypeRecordingAnnounced, fact.RecordingAnnounced{
		Call: ct.Call.ID, Queue: q.ID, Result: result, StartedAt: at, EndedAt: t, DurationMS: ms(t.Sub(at)),
	})
}

// informTalk plays the words into a talk that is to be recorded, while the caller hears it. Who is put on hold meanwhile hears them
// from the beginning when he is back.
func (c *Center) informTalk(ct *contact, q *Queue) {
	t := ct.Talk
	hears := !t.waits() && !t.Callers && !t.Apart
	if t.Notice != nil && t.Notice.Queue == q.ID && hears {
		return
	}
	c.stopNotice(ct)
	if !hears {
		return
	}
	t.Notice = &notice{Queue: q.ID, At: c.stamp(ct)}
	c.playNotice(ct, q)
}

// playNotice plays one sound of the words into the talk.
func (c *Center) playNotice(ct *contact, q *Queue) {
	n := ct.Talk.Notice
	n.Playback, n.By = resource(ct.ID, "pb", &ct.Count.Playback), c.now.Add(noticeLimit)
	c.touch(ct)
	c.playToAll(ct, n.Playback, q.Recording.Announce[n.Part:][:1])
}

// stopNotice stops the words, if they are being played into the talk.
func (c *Center) stopNotice(ct *contact) {
	n := ct.Talk.Notice
	if n == nil {
		return
	}
	ct.Talk.Notice = nil
	c.stopPlay(ct, n.Playback)
	c.touch(ct)
}

// talkInformed: a sound in a talk has come to its end; after the last one the talk is recorded. What could not be played is again.
func (c *Center) talkInformed(ct *contact, failed bool) {
	t := ct.Talk
	n, q := t.Notice, c.planFor(ct).queue(t.Notice.Queue)
	if !failed && n.Part+1 < len(q.Recording.Announce) {
		n.Part++
		c.playNotice(ct, q)
		return
	}
	t.Notice = nil
	c.informed(ct, q, n.At, !failed)
	if !failed {
		t.Untold = 0
		c.record(ct)
		return
	}
	if t.Untold++; t.Untold < noticeTries {
		c.mendSoon(ct)
		return
	}
	t.Untold, t.Unrecorded = 0, q.ID
}
