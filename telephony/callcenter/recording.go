package callcenter

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/ivr"
)

// A talk is recorded by two snoop channels on the caller's channel: one hears what comes in from him, the other what goes out to
// him. So agents may come and go, and what they say to each other alone is not recorded. Each is recorded under the name of its
// channel and ends with it. What was recorded is then fetched and kept by somebody else, who is asked until he answers.

// recordedAs is the queue by whose rule the talk is recorded, and why it is; nil = it is not. Who was handed on to an agent's own
// line is still recorded as in the queue from which he came.
func (c *Center) recordedAs(ct *contact) (*Queue, fact.RecordingCause) {
	q := c.ruleOf(ct)
	if q == nil || ct.Talk.Unrecorded == q.ID {
		return nil, ""
	}
	if cause := q.records(ct); cause != "" {
		return q, cause
	}
	if q.Recording.Mode == RecordDemand && ct.Talk.Demanded == q.ID {
		return q, fact.RecordDemand
	}
	return nil, ""
}

// records is why a queue records the talks of a caller by itself; "" = it does not.
func (q *Queue) records(ct *contact) fact.RecordingCause {
	switch q.Recording.Mode {
	case RecordAll:
		return fact.RecordAll
	case RecordShare:
		if percentile(q.ID, ct.ID) < uint64(q.Recording.Share) { //nolint:gosec // 1 to 99
			return fact.RecordShare
		}
	case RecordOff, RecordDemand:
	}
	return ""
}

// ruleOf is the queue whose rule counts for the talk; nil = no agent talks to the caller any more, so none does.
func (c *Center) ruleOf(ct *contact) *Queue {
	if len(ct.Talk.Parties) == 0 {
		return nil
	}
	p := ct.Talk.Parties[0]
	return c.planFor(ct).queue(cmp.Or(p.Home, p.Queue))
}

// record begins, pauses and ends what the rule wants recorded of the talk as it is now.
func (c *Center) record(ct *contact) {
	q, cause := c.recordedAs(ct)
	if r := ct.Recording; r != nil && (q == nil || q.ID != r.Queue) {
		c.endRecording(ct, fact.RecordingComplete, false)
	}
	switch {
	case q == nil:
		c.stopNotice(ct)
		return
	case ct.Recording == nil && ct.uninformed(q):
		c.informTalk(ct, q)
		return
	case ct.Recording == nil:
		c.stopNotice(ct)
		c.beginRecording(ct, q, cause)
	}
	c.pauseRecording(ct, fact.BySystem, "")
}

func (c *Center) beginRecording(ct *contact, q *Queue, cause fact.RecordingCause) {
	r := &recording{
		ID: part(ct.ID, "r", &ct.Count.Recording), Queue: q.ID, Agent: ct.Talk.Parties[0].Agent, Cause: cause, At: c.stamp(ct),
		In: resource(ct.ID, "sn", &ct.Count.Snoop), Out: resource(ct.ID, "sn", &ct.Count.Snoop),
	}
	ct.Recording = r
	c.emit(ct, fact.TypeRecordingStarted, fact.RecordingStarted{
		Recording: r.ID, Call: ct.Call.ID, Queue: r.Queue, Agent: r.Agent, Cause: r.Cause,
	})
	c.orderRecording(ct)
}

// beginMessage records what the caller says to nobody.
func (c *Center) beginMessage(ct *contact, m ivr.Record) {
	r := &recording{
		ID: part(ct.ID, "r", &ct.Count.Recording), Queue: m.Queue, Cause: fact.RecordVoicemail, At: c.stamp(ct), Silence: m.Silence,
		In: resource(ct.ID, "sn", &ct.Count.Snoop),
	}
	ct.Recording = r
	c.emit(ct, fact.TypeRecordingStarted, fact.RecordingStarted{Recording: r.ID, Call: ct.Call.ID, Queue: r.Queue, Cause: r.Cause})
	c.orderRecording(ct)
}

func (c *Center) orderRecording(ct *contact) {
	r := ct.Recording
	c.recordSnoop(ct, r.In, false)
	if r.Out != "" {
		c.recordSnoop(ct, r.Out, true)
	}
}

// sides are the channels that record.
func (r *recording) sides() []string {
	if r.Out == "" {
		return []string{r.In}
	}
	return []string{r.In, r.Out}
}

// pauseRecording has silence recorded, or what is said: as somebody asked, or as the rule says of callers on hold or who press keys.
func (c *Center) pauseRecording(ct *contact, by fact.By, actor string) {
	r := ct.Recording
	rule := c.ruleOf(ct)
	mute := !ct.Talk.PauseBy.IsZero() || !ct.Talk.KeysBy.IsZero() || ct.Talk.waits() && rule != nil && rule.Recording.PauseOnHold
	if mute == r.Muted {
		return
	}
	r.Muted = mute
	t := c.stamp(ct)
	if mute {
		r.MutedAt = t
		c.emit(ct, fact.TypeRecordingPaused, fact.RecordingPaused{Recording: r.ID, Queue: r.Queue, By: by, Actor: actor})
	} else {
		lasted := ms(t.Sub(r.MutedAt))
		r.Pauses = append(r.Pauses, span{From: r.MutedAt, Until: t})
		c.emit(ct, fact.TypeRecordingResumed, fact.RecordingResumed{
			Recording: r.ID, Queue: r.Queue, By: by, Actor: actor, PausedAt: r.MutedAt, PausedMS: lasted,
		})
	}
	c.muteRecording(ct)
}

func (c *Center) muteRecording(ct *contact) {
	r := ct.Recording
	for _, name := range r.sides() {
		c.order(ct, forSilence, name, func(h Head) Command { return MuteRecording{Head: h, Recording: name, On: r.Muted} })
	}
}

// endRecording ends a recording, if there is one, and has it fetched.
func (c *Center) endRecording(ct *contact, result fact.RecordingResult, derived bool) {
	r := ct.Recording
	if r == nil {
		return
	}
	ct.Recording = nil
	t := c.stamp(ct)
	if r.Muted {
		r.Pauses = append(r.Pauses, span{From: r.MutedAt})
	}
	paused := int64(0)
	for _, p := range r.Pauses {
		until := p.Until
		if until.IsZero() {
			until = t
		}
		paused += ms(until.Sub(p.From))
	}
	if result == fact.RecordingFailed && ct.Talk != nil {
		ct.Talk.Unrecorded = r.Queue // or it would be tried again at every turn of the talk
	}
	c.emit(ct, fact.TypeRecordingEnded, fact.RecordingEnded{
		Recording: r.ID, Call: ct.Call.ID, Queue: r.Queue, Agent: r.Agent, Cause: r.Cause, Result: result,
		StartedAt: r.At, EndedAt: t, DurationMS: ms(t.Sub(r.At)), PausedMS: paused, Derived: derived,
	})
	for _, id := range r.sides() {
		c.order(ct, forOther, "", func(h Head) Command { return HangUp{Head: h, Channel: id, Cause: causeNormal} })
	}
	f := file{
		ID: r.ID, Queue: r.Queue, In: r.In, Out: r.Out, Until: t.Add(c.planFor(ct).queue(r.Queue).Recording.keeps(r.Cause)), Silences: r.silences(),
	}
	if !r.InAt.IsZero() && !r.OutAt.IsZero() {
		f.Offset = r.OutAt.Sub(r.InAt)
	}
	ct.Files = append(ct.Files, f)
	c.store(ct, f)
}

// doubt is how far a pause may be from where the file has it when Asterisk did not tell when it began to write.
const doubt = time.Second

// silences are the pauses as stretches of the file: whenever Asterisk heard of them, what was said in them must not be in it.
func (r *recording) silences() []Silence {
	began, wide := earliest(r.InAt, r.OutAt), time.Duration(0)
	if r.InAt.IsZero() || r.OutAt.IsZero() && r.Out != "" {
		began, wide = later(r.At, began), doubt
	}
	var list []Silence
	for _, p := range r.Pauses {
		s := Silence{From: max(0, p.From.Sub(began)-wide)}
		if !p.Until.IsZero() {
			s.To = max(1, p.Until.Sub(began)+wide) // 0 would be for ever
		}
		list = append(list, s)
	}
	return list
}

func (c *Center) store(ct *contact, f file) {
	c.order(ct, forOther, "", func(h Head) Command {
		return StoreRecording{Head: h, Recording: f.ID, In: f.In, Out: f.Out, Offset: f.Offset, KeepUntil: f.Until, Silences: f.Silences}
	})
}

// actRecording does what somebody asks for about the recording of a talk, or says why not.
func (c *Center) actRecording(ct *contact, by fact.By, e Control) Refusal {
	rule := c.ruleOf(ct)
	switch {
	case e.Action == ActionRecordPause: // also of a talk that is not recorded yet
		limit := recordingPause
		if rule != nil {
			limit = cmp.Or(rule.Recording.PauseLimit, limit)
		}
		ct.Talk.PauseBy = c.now.Add(limit)
	case e.Action == ActionRecordResume:
		ct.Talk.PauseBy = time.Time{}
	case ct.Recording != nil:
		return ""
	case rule == nil || rule.Recording.Mode != RecordDemand:
		return RefusedNotRecorded
	default:
		ct.Talk.Demanded, ct.Talk.Unrecorded = rule.ID, ""
		c.touch(ct)
		c.record(ct)
		return ""
	}
	c.touch(ct)
	if ct.Recording != nil {
		c.pauseRecording(ct, by, e.Actor)
	}
	return ""
}

// keyInTalk: the caller presses keys while he talks to an agent: the number of a card perhaps, of which he may say a digit as well.
func (c *Center) keyInTalk(ct *contact, e DigitPressed) {
	rule := c.ruleOf(ct)
	if rule == nil || rule.Recording.PauseOnKeys == 0 {
		c.ignore(IgnoredNoEffect)
		return
	}
	if !c.pressed(ct, e) {
		return
	}
	ct.Talk.KeysBy = c.now.Add(rule.Recording.PauseOnKeys)
	if ct.Recording != nil {
		c.pauseRecording(ct, fact.BySystem, "")
	}
}

// recordingDue ends a pause that lasted as long as it may, and a recording that Asterisk writes no more; false = there was none.
func (c *Center) recordingDue(ct *contact) bool {
	if ct.Recording != nil && c.passed(ct.Recording.StopBy) {
		if ct.Stage == stageFlow { // his silence ended the message
			c.follow(ct, c.planFor(ct).menus.Recorded(ct.Flow.Visit, c.moment(ct)))
			return true
		}
		c.endRecording(ct, fact.RecordingFailed, false)
		return true
	}
	if ct.Talk == nil {
		return false
	}
	if n := ct.Talk.Notice; n != nil && c.passed(n.By) {
		c.stopPlay(ct, n.Playback)
		c.talkInformed(ct, true)
		return true
	}
	asked, keys := c.passed(ct.Talk.PauseBy), c.passed(ct.Talk.KeysBy)
	if !asked && !keys {
		return false
	}
	if asked {
		ct.Talk.PauseBy = time.Time{}
	}
	if keys {
		ct.Talk.KeysBy = time.Time{}
	}
	if ct.Recording != nil {
		c.pauseRecording(ct, fact.BySystem, "")
	}
	return true
}

// records tells whether a channel records the talk.
func (ct *contact) records(id string) bool {
	return id != "" && ct.Recording != nil && (ct.Recording.In == id || ct.Recording.Out == id)
}

// recordingBegan: Asterisk writes one side.
func (c *Center) recordingBegan(e RecordingBegan) {
	ct := c.contacts[ownerOfResource(e.Name)]
	if ct == nil || !ct.records(e.Name) {
		c.ignore(IgnoredStale)
		return
	}
	at := &ct.Recording.InAt
	if e.Name == ct.Recording.Out {
		at = &ct.Recording.OutAt
	}
	if !at.IsZero() {
		c.ignore(IgnoredDuplicate)
		return
	}
	*at = c.occurred
	c.touch(ct)
}

// recordingBroke: one side is not recorded, or can't be kept silent. What was recorded until then is kept.
func (c *Center) recordingBroke(name string) {
	ct := c.contacts[ownerOfResource(name)]
	if ct == nil || !ct.records(name) {
		c.ignore(IgnoredStale)
		return
	}
	c.endRecording(ct, fact.RecordingFailed, false)
	if ct.Stage == stageFlow {
		c.follow(ct, c.planFor(ct).menus.Recorded(ct.Flow.Visit, c.moment(ct)))
	}
}

// stopGrace is after which a talk must be over whose recording has stopped: mostly it was its end that stopped it.
// Who has left a message waits for so long, so it is shorter there.
const (
	stopGrace    = 2 * time.Second
	messageGrace = time.Second
)

// recordingStopped: Asterisk writes one side no more, as the talk is over, or its disk is full.
func (c *Center) recordingStopped(e RecordingStopped) {
	ct := c.contacts[ownerOfResource(e.Name)]
	if ct == nil || !ct.records(e.Name) {
		c.ignore(IgnoredStale)
		return
	}
	if !ct.Recording.StopBy.IsZero() {
		c.ignore(IgnoredDuplicate)
		return
	}
	grace := stopGrace
	if ct.Stage == stageFlow {
		grace = messageGrace
	}
	ct.Recording.StopBy = c.now.Add(grace)
	c.touch(ct)
}

// recordingGone: a channel that records is gone, mostly as the caller is, which is heard next.
func (c *Center) recordingGone(ct *contact, derived bool) {
	c.endRecording(ct, fact.RecordingComplete, derived)
}

// stored: what was recorded is kept, or lost. Late facts: they may follow the contact's end.
func (c *Center) stored(id string, tell func(ct *contact, f file)) {
	ct := c.contacts[ownerOfPart(id)]
	i := -1
	if ct != nil {
		i = slices.IndexFunc(ct.Files, func(f file) bool { return f.ID == id })
	}
	if i < 0 {
		c.ignore(IgnoredStale)
		return
	}
	f := ct.Files[i]
	if ct.Files = slices.Delete(ct.Files, i, i+1); len(ct.Files) == 0 {
		ct.Files = nil
	}
	tell(ct, f)
}

func (c *Center) recordingStored(e RecordingStored) {
	c.stored(e.Recording, func(ct *contact, f file) {
		c.emit(ct, fact.TypeRecordingStored, fact.RecordingStored{
			Recording: f.ID, Queue: f.Queue, DurationMS: ms(e.Duration), Bytes: e.Bytes, SHA256: e.SHA256,
			OffsetMS: ms(f.Offset), KeepUntil: f.Until,
		})
	})
}

func (c *Center) recordingLost(e RecordingLost) {
	c.stored(e.Recording, func(ct *contact, f file) {
		c.emit(ct, fact.TypeRecordingLost, fact.RecordingLost{Recording: f.ID, Queue: f.Queue, Error: e.Error})
	})
}

// storeAll asks again for what was recorded to be kept, after the link was down or the process away.
func (c *Center) storeAll() {
	for _, id := range slices.Sorted(maps.Keys(c.contacts)) {
		ct := c.contacts[id]
		for _, f := range ct.Files {
			c.store(ct, f)
		}
	}
}

// reconcileRecording begins another recording where a side of it is missing, and orders what may not have been done.
func (c *Center) reconcileRecording(ct *contact, act actual) {
	r := ct.Recording
	if r == nil {
		c.record(ct)
		return
	}
	_, in := act.channels[r.In]
	_, out := act.channels[r.Out]
	switch {
	case !act.old(c, r.At):
	case in && out || act.full && r.InAt.IsZero() && r.OutAt.IsZero():
		if act.full {
			c.orderRecording(ct)
			c.muteRecording(ct)
		}
	default:
		c.endRecording(ct, fact.RecordingComplete, true)
		c.record(ct)
	}
}
