package sim

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/callcenter"
	"firstline/telephony/ivr"
)

// Talks are recorded as their queues have it, agents pause that, and what was recorded is fetched. The rules about it are here too.

// tape is what a snoop channel records.
type tape struct {
	out   bool // of what goes out to the channel it listens to
	muted bool
	over  bool // it is not written any more, and Asterisk said so
}

// recordingBook is a recording, as the facts say.
type recordingBook struct {
	fact.RecordingStarted
	at      time.Time
	muted   bool
	mutedAt time.Time
	mutedMS int64
}

// drawRecordings throws which talks are recorded.
func drawRecordings(d *dice, p *callcenter.Plan) {
	for i := range p.Queues {
		r := callcenter.Recording{
			Mode: one(d, callcenter.RecordOff, callcenter.RecordAll, callcenter.RecordAll, callcenter.RecordShare, callcenter.RecordDemand),
			Keep: 24 * time.Hour, PauseLimit: one(d, 3*time.Second, time.Minute), PauseOnHold: d.chance(0.5), PauseOnKeys: one(d, 0, 0, 2*time.Second, 10*time.Second), Announce: drawWords(d),
		}
		if r.Mode == callcenter.RecordShare {
			r.Share = one(d, 20, 70)
		}
		p.Queues[i].Recording = r
	}
}

// record is somebody who wants a talk recorded, or not.
func (d *desk) record(_ int, luck *dice) {
	var talks []*contactBook
	for _, c := range d.w.ledger.live {
		if c.inTalk() && len(c.segments) > 0 {
			talks = append(talks, c)
		}
	}
	if len(talks) == 0 {
		return
	}
	d.asked++
	c := one(luck, talks...)
	d.send(callcenter.Control{
		Request: "rec" + strconv.Itoa(d.asked), By: fact.ByDesk, Actor: "desk", Agent: one(luck, c.segments...).Agent,
		Action: one(luck, callcenter.ActionRecord, callcenter.ActionRecordPause, callcenter.ActionRecordPause, callcenter.ActionRecordResume),
	})
}

// recordSnoop makes a channel that records one side of another, unless it is there.
func (a *asterisk) recordSnoop(c callcenter.RecordSnoop, done answer) {
	ch := a.inApp(c.Channel, done)
	if ch == nil {
		return
	}
	s := a.channels[c.Snoop]
	if s == nil {
		s = &channel{id: c.Snoop, state: stateUp, inApp: true, snoops: ch}
		a.open(s)
	}
	if s.tape == nil {
		s.tape = &tape{out: c.Out}
		a.emit(s, callcenter.RecordingBegan{Name: s.id})
	}
	done(201, "")
	if c.Silence > 0 {
		a.w.after(s.luck.around(5*time.Second)+c.Silence, func() { // he has nothing more to say
			if !s.gone && !s.tape.over {
				s.tape.over = true
				a.emit(s, callcenter.RecordingStopped{Name: s.id})
			}
		})
	}
	if a.w.weather.calm || !s.luck.chance(0.08) {
		return
	}
	ev := one[callcenter.Event](s.luck, callcenter.RecordingStopped{Name: s.id}, callcenter.RecordingBroke{Name: s.id, Why: "simulated"})
	a.w.after(s.luck.around(a.w.weather.talk/2), func() { // the disk is full
		if !s.gone {
			s.tape.over = true
			a.emit(s, ev)
		}
	})
}

func (a *asterisk) muteRecording(c callcenter.MuteRecording, done answer) {
	ch := a.channels[c.Recording]
	if ch == nil || ch.tape == nil {
		done(404, "Recording not found")
		return
	}
	ch.tape.muted = c.On
	done(204, "")
}

// keep has a recording fetched: mostly that works.
func (e *executor) keep(c callcenter.StoreRecording) {
	luck := e.w.newDice(c.Recording)
	if c.KeepUntil.IsZero() || c.In == c.Out {
		e.w.fail(ruleCommand, "%s keeps %+v", c.ID, c)
	}
	if luck.chance(0.1) {
		e.later(luck.around(e.w.weather.lookupLag), callcenter.RecordingLost{Recording: c.Recording, Error: "simulated"})
		return
	}
	e.later(luck.around(e.w.weather.lookupLag), callcenter.RecordingStored{Recording: c.Recording, Duration: time.Second, Bytes: 16044, SHA256: "x"})
}

func (l *ledger) recordingFact(f fact.Fact, c *contactBook) {
	r := c.recording
	switch d := f.Data.(type) {
	case fact.RecordingStarted:
		l.recordingStarted(f, c, d)
	case fact.RecordingPaused:
		if r == nil || r.muted || r.Recording != d.Recording {
			l.w.fail(ruleClosedOnce, "%s pauses %+v, open is %+v", f.Subject, d, r)
			return
		}
		r.muted, r.mutedAt = true, f.Time
		l.w.seen.add("recording paused by " + string(d.By))
	case fact.RecordingResumed:
		if r == nil || !r.muted || r.Recording != d.Recording {
			l.w.fail(ruleClosedOnce, "%s resumes %+v, open is %+v", f.Subject, d, r)
			return
		}
		l.span(f, r.mutedAt, d.PausedAt, f.Time, d.PausedMS)
		r.muted, r.mutedMS = false, r.mutedMS+d.PausedMS
	case fact.RecordingEnded:
		l.recordingEnded(f, c, d)
	case fact.RecordingStored:
		l.kept(f, c, d.Recording, "stored")
	case fact.RecordingLost:
		l.kept(f, c, d.Recording, "lost")
	}
}

func (l *ledger) recordingStarted(f fact.Fact, c *contactBook, d fact.RecordingStarted) {
	l.w.seen.add("recorded " + string(d.Cause))
	switch {
	case d.Cause == fact.RecordVoicemail:
		l.messageBegan(f, c, d)
	case c.recording != nil || !c.inTalk() || c.talking(d.Agent) == nil || !c.callOpen || d.Call != c.calling():
		l.w.fail(ruleRecordings, "%s is recorded as %+v, in segments %+v, open is %+v", f.Subject, d, c.segments, c.recording)
	case string(l.queue(c, d.Queue).Recording.Mode) != string(d.Cause):
		l.w.fail(ruleRecordings, "%s is recorded as %s in %s, whose rule is %+v", f.Subject, d.Cause, d.Queue, l.queue(c, d.Queue).Recording)
	}
	if d.Cause != fact.RecordVoicemail {
		l.informedBefore(c, d)
	}
	c.recording = &recordingBook{RecordingStarted: d, at: f.Time}
	c.recordings++
}

// messageBegan: a caller leaves a message where his menu says so.
func (l *ledger) messageBegan(f fact.Fact, c *contactBook, d fact.RecordingStarted) {
	if c.visit == nil || c.recording != nil {
		l.w.fail(ruleRecordings, "%s leaves the message %+v, in visit %+v, open is %+v", f.Subject, d, c.visit, c.recording)
		return
	}
	n := l.flow(c, c.visit.flow).Nodes[c.visit.path[len(c.visit.path)-1]]
	if n.Type != ivr.TypeVoicemail || n.Queue != d.Queue || d.Agent != "" {
		l.w.fail(ruleRecordings, "%s leaves the message %+v at %+v", f.Subject, d, n)
	}
	c.visit.served = true
}

// calling is the id of the contact's call.
func (c *contactBook) calling() string { return c.segments[0].Call }

func (l *ledger) recordingEnded(f fact.Fact, c *contactBook, d fact.RecordingEnded) {
	r := c.recording
	if r == nil || r.Recording != d.Recording {
		l.w.fail(ruleClosedOnce, "%s ends %+v, open is %+v", f.Subject, d, r)
		return
	}
	l.w.seen.add("recording " + string(d.Result))
	l.span(f, r.at, d.StartedAt, d.EndedAt, d.DurationMS)
	paused := r.mutedMS
	if r.muted {
		paused += f.Time.Sub(r.mutedAt).Milliseconds()
	}
	if d.PausedMS != paused || d.Agent != r.Agent || d.Queue != r.Queue || d.Call != r.Call || d.Cause != r.Cause {
		l.w.fail(ruleClosingRows, "%s: recording %+v was opened as %+v, paused for %d", f.Subject, d, r, paused)
	}
	if d.Result == fact.RecordingFailed {
		c.unrecorded = true
	}
	c.recording = nil
	c.owed = append(c.owed, d.Recording)
}

// kept: of each recording it is told once what became of it.
func (l *ledger) kept(f fact.Fact, c *contactBook, id, what string) {
	l.w.seen.add("recording " + what)
	if !slices.Contains(c.owed, id) {
		l.w.fail(ruleClosedOnce, "%s: recording %s is %s, owed are %v", f.Subject, id, what, c.owed)
	}
	c.owed = slices.DeleteFunc(c.owed, func(o string) bool { return o == id })
}

// recorded looks whether what the facts say is recorded really is, both sides of it, and silence while it is paused.
func (a *audit) recorded(c *contactBook) {
	r := c.recording
	if r == nil {
		if rule := c.onlyRule(a.w.ledger); rule.Mode == callcenter.RecordAll && !c.unrecorded && !a.untold(c, rule) {
			a.wrong(c.id, "is not recorded, though its queue records all")
		}
		return
	}
	sides, want := map[bool]bool{}, 2
	if r.Cause == fact.RecordVoicemail {
		want = 1
	}
	for _, ch := range a.w.ast.order {
		if ch.tape == nil || ch.snoops.id != c.channel() {
			continue
		}
		sides[ch.tape.out] = true
		if ch.tape.muted != r.muted {
			a.wrong(c.id, "records silence on "+ch.id+": "+strconv.FormatBool(ch.tape.muted))
		}
	}
	if a.w.ledger.pressesKeys(c) && !r.muted {
		a.wrong(c.id, "presses keys, and is recorded")
	}
	if len(sides) != want {
		a.wrong(c.id, "is recorded as "+r.Recording+" on "+strconv.Itoa(len(sides))+" sides")
	}
}

// pressesKeys tells whether the caller has just pressed a key in a talk whose recording pauses for it.
func (l *ledger) pressesKeys(c *contactBook) bool {
	r, t := c.recording, l.truth(c.id)
	pause := c.onlyRule(l).PauseOnKeys
	if r.Cause == fact.RecordVoicemail || pause == 0 || t.keyAt == 0 || !l.w.weather.calm || !r.at.Before(l.w.stamp(t.keyAt)) || l.w.now-t.keyAt >= pause-l.tolerance() {
		return false
	}
	l.w.seen.add("keys not recorded")
	return true
}

// onlyRule is the rule of the queue in which one agent alone talks to the caller; nothing when there are more, or he has him in
// a line of his own.
func (c *contactBook) onlyRule(l *ledger) callcenter.Recording {
	var only *segmentBook
	for _, s := range c.segments {
		if s.Kind == fact.SegmentWrapUp {
			continue
		}
		if only != nil {
			return callcenter.Recording{}
		}
		only = s
	}
	if only == nil || c.transfer != nil || strings.HasPrefix(only.Queue, "agent:") {
		return callcenter.Recording{}
	}
	return l.queue(c, only.Queue).Recording
}

// records tells whether a snoop channel records a talk that is recorded; false = it is for something else.
func (a *audit) records(ch *channel, c *contactBook) bool {
	if ch.tape == nil {
		return false
	}
	if c == nil || c.recording == nil {
		a.wrong(contactOf(ch.id), "recording channel "+ch.id+" is for nobody")
	}
	return true
}
