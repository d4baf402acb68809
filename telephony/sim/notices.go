package sim

import (
	"slices"
	"strings"
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/callcenter"
)

// Callers are told that they are recorded, before they are. The rules about it are here too: what a caller really heard counts.

// announcement is what plays to all in a bridge.
type announcement struct {
	playback string
	media    []string
	by       *channel   // Asterisk's own, on which it is played
	hears    []*channel // who was there when it began
}

// drawWords throws what a queue tells callers whom it records; two queues may say the same.
func drawWords(d *dice) []string {
	switch {
	case d.chance(0.5):
		return nil
	case d.chance(0.1):
		return one(d, []string{missingMedia}, []string{missingMedia, "sound:recorded"}, []string{"sound:recorded", missingMedia})
	default:
		return one(d, []string{"sound:recorded"}, []string{"sound:recorded"}, []string{"sound:hello-world", "sound:recorded"})
	}
}

// playToAll plays to everybody in a bridge.
func (a *asterisk) playToAll(c callcenter.PlayToAll, done answer) {
	b := a.bridges[c.Bridge]
	if b == nil {
		done(404, "Bridge not found")
		return
	}
	s := &announcement{playback: c.Playback, media: c.Media, hears: slices.Clone(b.members), by: &channel{luck: a.w.newDice(c.Playback)}}
	b.says = append(b.says, s)
	length, failed := time.Duration(0), false
	for _, media := range c.Media {
		l, ok := a.w.mediaLength(media)
		length, failed = length+l, failed || !ok
	}
	done(201, "")
	a.w.after(length, func() {
		if !slices.Contains(b.says, s) {
			return
		}
		for _, ch := range s.hears {
			if !failed && ch.bridge == b {
				ch.hearsOut(s.media)
			}
		}
		a.endSaying(b, s, failed)
	})
}

// endSaying ends what plays in a bridge.
func (a *asterisk) endSaying(b *bridge, s *announcement, failed bool) {
	b.says = slices.DeleteFunc(b.says, func(o *announcement) bool { return o == s })
	a.emit(s.by, callcenter.PlaybackEnded{Playback: s.playback, Failed: failed})
}

// hearsOut notes what somebody heard to its end.
func (ch *channel) hearsOut(media []string) { ch.heard = append(ch.heard, strings.Join(media, " ")) }

// announcedFact: a caller was told that he is recorded, or could not be.
func (l *ledger) announcedFact(f fact.Fact, c *contactBook, d fact.RecordingAnnounced) {
	l.w.seen.add("told of the recording " + string(d.Result))
	rule := l.queue(c, d.Queue).Recording
	words := strings.Join(rule.Announce, " ")
	l.span(f, d.StartedAt, d.StartedAt, d.EndedAt, d.DurationMS)
	if words == "" || !c.callOpen || slices.Contains(c.informed, words) {
		l.w.fail(ruleInformed, "%s is told %+v by the rule %+v, and was told %q", f.Subject, d, rule, c.informed)
	}
	if c.inTalk() {
		l.w.seen.add("told in the talk")
	}
	if d.Result == fact.AnnouncementHeard {
		c.informed = append(c.informed, words)
		l.heardOf(c, words)
		return
	}
	c.unplayed = append(c.unplayed, words)
	if c.inTalk() {
		c.uninformed++
		c.unrecorded = c.unrecorded || c.uninformed >= noticeTries
	}
}

// putThrough: nobody talks to a caller whom the queue records, before he was told, if that could be.
func (l *ledger) putThrough(c *contactBook, d fact.EntryEnded) {
	rule := l.queue(c, d.Queue).Recording
	words := strings.Join(rule.Announce, " ")
	if words != "" && rule.Mode == callcenter.RecordAll && c.transfer == nil && d.Offer != "" && !slices.Contains(slices.Concat(c.informed, c.unplayed), words) {
		l.w.fail(ruleInformed, "%s is put through to %s in %s, and was told %q", c.id, d.Agent, d.Queue, c.informed)
	}
}

// noticeTries is how often a talk is tried to be told.
const noticeTries = 3

// heardOf looks whether a caller really heard what he is said to have heard.
func (l *ledger) heardOf(c *contactBook, words string) {
	ch := l.w.ast.channels[c.channel()]
	if ch == nil {
		return
	}
	rest := ch.heard
	for _, sound := range strings.Fields(words) {
		i := slices.Index(rest, sound)
		if i < 0 {
			l.w.fail(ruleInformed, "%s was told %q, and heard %q", c.id, words, ch.heard)
			return
		}
		rest = rest[i+1:]
	}
}

// informedBefore: nobody is recorded who was not told, where his queue tells.
func (l *ledger) informedBefore(c *contactBook, d fact.RecordingStarted) {
	words := strings.Join(l.queue(c, d.Queue).Recording.Announce, " ")
	if words == "" {
		return
	}
	if !slices.Contains(c.informed, words) {
		l.w.fail(ruleInformed, "%s is recorded as %+v and was told %q", c.id, d, c.informed)
	}
	l.heardOf(c, words)
}

// untold tells whether a talk need not be recorded yet, as it is being told, or can't be while somebody is on hold.
func (a *audit) untold(c *contactBook, rule callcenter.Recording) bool {
	words := strings.Join(rule.Announce, " ")
	if words == "" || slices.Contains(c.informed, words) {
		return false
	}
	says := slices.ContainsFunc(a.w.ast.rooms, func(b *bridge) bool { return contactOf(b.id) == c.id && len(b.says) > 0 })
	return says || c.held()
}

// isWords tells whether something played is what a queue of some plan says of a recording.
func (w *world) isWords(media string) bool {
	for _, p := range w.known { // order doesn't matter: any will do
		for _, q := range p.Queues {
			if slices.Contains(q.Recording.Announce, media) {
				return true
			}
		}
	}
	return false
}

// words is how long a caller may be told of a recording while an agent waits for him.
func (l *ledger) words(c *contactBook) time.Duration {
	longest := 0
	if p := l.w.known[c.arrived.Plan]; p != nil {
		for _, q := range p.Queues {
			longest = max(longest, len(q.Recording.Announce))
		}
	}
	return time.Duration(longest) * l.w.weather.media
}
