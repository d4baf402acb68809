package sim

import (
	"slices"

	"firstline/pipeline/fact"
	"firstline/telephony/ivr"
)

// contactFact reads one fact about a contact.
func (l *ledger) contactFact(f fact.Fact) {
	if a, ok := f.Data.(fact.Arrived); ok {
		l.arrived(f, a)
		return
	}
	c := l.contacts[f.Subject]
	if c == nil {
		l.w.fail(ruleOneState, "%s of %s, which never arrived", f.Type, f.Subject)
		return
	}
	l.sequence(f, &c.seq, &c.last)
	c.idleSince = l.w.now
	l.touch(c)
	if c.ended && !late(f) {
		l.w.fail(ruleOneState, "%s of %s after its end", f.Type, f.Subject)
		return
	}
	switch d := f.Data.(type) {
	case fact.Identified:
		l.identified(f, c, d)
	case fact.IVREntered, fact.IVRChoice, fact.IVRInput, fact.IVRSet, fact.IncidentTold, fact.IVRLeft:
		l.flowFact(f, c)
	case fact.Queued, fact.QueueRefused, fact.Relaxed, fact.PositionTold, fact.PriorityChanged, fact.EntryEnded:
		l.queueFact(f, c)
	case fact.Offered, fact.OfferEnded, fact.Pop:
		l.offerFact(f, c)
	case fact.SegmentStarted:
		l.segmentStarted(f, c, d)
	case fact.SegmentEnded:
		l.segmentEnded(f, c, d)
	case fact.TransferStarted:
		l.transferStarted(f, c, d)
	case fact.TransferEnded:
		l.transferEnded(f, c, d)
	case fact.OutsideAnswered, fact.OutsideEnded:
		l.outsideFact(f, c)
	case fact.MuteStarted:
		l.muteStarted(f, c, d)
	case fact.MuteEnded:
		l.muteEnded(f, c, d)
	case fact.RecordingAnnounced:
		l.announcedFact(f, c, d)
	case fact.RecordingStarted, fact.RecordingPaused, fact.RecordingResumed, fact.RecordingEnded, fact.RecordingStored, fact.RecordingLost:
		l.recordingFact(f, c)
	case fact.CallbackPromised, fact.CallbackPutOff, fact.CallbackAttempted, fact.CallbackEnded:
		l.callbackFact(f, c)
	case fact.MonitorStarted, fact.MonitorEnded, fact.MonitorMissed:
		l.monitorFact(f, c)
	case fact.Disposition:
		l.w.seen.add("disposition")
	case fact.CallEnded:
		l.callEnded(f, c, d)
	case fact.ContactEnded:
		l.contactEnded(f, c, d)
	default:
		l.w.fail(ruleFacts, "%s of %s carries %T", f.Type, f.Subject, f.Data)
	}
}

// late tells whether a fact may follow the contact's end.
func late(f fact.Fact) bool {
	switch f.Data.(type) {
	case fact.Disposition, fact.Pop, fact.RecordingStored, fact.RecordingLost:
		return true
	default:
		return false
	}
}

func (l *ledger) touch(c *contactBook) {
	if !c.touched {
		c.touched = true
		l.touched = append(l.touched, c)
	}
}

func (l *ledger) arrived(f fact.Fact, a fact.Arrived) {
	if l.contacts[f.Subject] != nil {
		l.w.fail(ruleOneState, "%s arrived twice", f.Subject)
		return
	}
	c := &contactBook{id: f.Subject, arrived: a, began: f.Time, callOpen: true, calls: 1, idleSince: l.w.now, pops: map[string]*popBook{}}
	l.contacts[f.Subject] = c
	l.live = append(l.live, c)
	l.all = append(l.all, f.Subject)
	l.touch(c)
	l.sequence(f, &c.seq, &c.last)
	if a.Node != node || a.Channel != f.Subject && a.Kind != fact.KindCallback || a.Call != f.Subject+"/c1" {
		l.w.fail(ruleFacts, "%s arrived as %+v", f.Subject, a)
	}
	l.w.seen.add("arrived " + string(a.Kind))
	if agent := l.w.agentAt(l.w.owners[f.Subject]); agent != "" && a.Kind == fact.KindFeature {
		l.agent(agent).acted = l.at
		if a.Dialed == codeReady {
			l.agent(agent).excused()
		}
	}
}

func (l *ledger) identified(f fact.Fact, c *contactBook, d fact.Identified) {
	l.w.seen.add("lookup " + string(d.Result))
	if d.Method == fact.LookupByNumber {
		c.byNumber = d.Result
	}
	if d.LatencyMS < 0 {
		l.w.fail(ruleFacts, "%s was identified before the question", f.Subject)
	}
	if d.Result == fact.LookupFound {
		c.bonus = l.w.bonuses[d.Lookup]
		c.owner = d.Owner
	}
	if d.Customer != "" {
		c.customer = d.Customer
	}
	if d.Ticket != nil {
		c.ticket = d.Ticket
	}
}

// flowFact reads a fact about the caller's time in a menu.
func (l *ledger) flowFact(f fact.Fact, c *contactBook) {
	v := c.visit
	entered, isEntered := f.Data.(fact.IVREntered)
	switch {
	case c.entry != nil || c.inTalk():
		l.w.fail(ruleOneState, "%s of %s in entry or talk", f.Type, f.Subject)
		return
	case v == nil && !isEntered:
		l.w.fail(ruleOneState, "%s of %s, who is in no menu", f.Type, f.Subject)
		return
	case v == nil:
		v = &visitBook{flow: entered.Flow, began: f.Time, vars: c.vars}
		c.visit = v
	}
	switch d := f.Data.(type) {
	case fact.IVREntered:
		from := ""
		if len(v.path) > 0 {
			from = v.path[len(v.path)-1]
		}
		l.step(f, c, from, d)
		v.path = append(v.path, d.Node)
		if l.flow(c, d.Flow).Nodes[d.Node].Type == ivr.TypeIncident {
			v.news, v.newsUnfit = l.newsFor(c)
		}
	case fact.IVRChoice:
		l.chose(f, c, d)
		v.choices++
	case fact.IVRInput:
		l.w.seen.add("input " + string(d.Kind))
		if d.Kind == fact.InputUnfit {
			v.unfit = append(v.unfit, d.Case)
		}
	case fact.IVRSet:
		l.w.seen.add("ivr set")
		l.set(f, c, d)
	case fact.IncidentTold:
		l.w.seen.add("incident told")
		v.told = append(v.told, d.Incident)
	case fact.IVRLeft:
		if n := l.flow(c, d.Flow).Nodes[d.LastNode]; n.Type == ivr.TypeIncident {
			l.told(f, c, n, "")
		}
		if (v.heardNews || v.served) && (d.Outcome == fact.IVRHungUp || d.Outcome == fact.IVRGaveUp) {
			l.w.fail(ruleIncidents, "%s heard the news, or left a message, and left as %s: that is contained", f.Subject, d.Outcome)
		}
		l.w.seen.add("flow " + string(d.Outcome))
		l.span(f, v.began, d.EnteredAt, d.LeftAt, d.DurationMS)
		if len(d.Path) != len(v.path) || len(d.Choices) != v.choices || d.LastNode != v.path[len(v.path)-1] || d.Flow != v.flow {
			l.w.fail(ruleClosingRows, "%s left the menu with %+v, was at %v with %d choices", f.Subject, d, v.path, v.choices)
		}
		c.sums.ivr += d.DurationMS
		c.vars, c.visit = v.vars, nil
	}
}

// queueFact reads a fact about a place in a queue.
func (l *ledger) queueFact(f fact.Fact, c *contactBook) {
	switch d := f.Data.(type) {
	case fact.Queued:
		l.queued(f, c, d)
	case fact.QueueRefused:
		l.w.seen.add("refused " + string(d.Reason))
		l.mayRefuse(f, c, d)
		l.turnedAway(c, d.Reason)
		if d.Kind != c.arrived.Kind || c.inTalk() {
			l.w.fail(ruleOneState, "%s was refused as %s in a talk", f.Subject, d.Kind)
		}
	case fact.Relaxed:
		l.relaxed(f, c, d)
	case fact.PositionTold:
		if c.entry == nil || d.Entry != c.entry.Entry || d.Queue != c.entry.Queue || d.Position < 1 {
			l.w.fail(ruleOneState, "%s was told the position of %+v", f.Subject, d)
			return
		}
		if c.entry.told > 0 && d.Position > c.entry.told {
			l.w.fail(rulePositions, "%s is told to be number %d, was told %d before", f.Subject, d.Position, c.entry.told)
		}
		l.estimated(f, c, d)
		c.entry.told = d.Position
	case fact.PriorityChanged:
		l.prioritised(f, c, d)
	case fact.EntryEnded:
		l.entryEnded(f, c, d)
	}
}

func (l *ledger) queued(f fact.Fact, c *contactBook, d fact.Queued) {
	switch {
	case c.entry != nil || c.inTalk() && c.transfer == nil || !c.callOpen:
		l.w.fail(ruleOneState, "%s queued again: %+v", f.Subject, d)
	case d.Kind != c.arrived.Kind || d.Call != c.arrived.Call || d.Position < 1:
		l.w.fail(ruleFacts, "%s queued as %+v, arrived as %+v", f.Subject, d, c.arrived)
	case d.CarriedWaitMS != c.waited:
		l.w.fail(ruleClosingRows, "%s carries %d ms into %s, waited %d", f.Subject, d.CarriedWaitMS, d.Entry, c.waited)
	case d.From != "" && d.From != c.lastEntry && !slices.Contains(c.answeredEntries, d.From):
		l.w.fail(ruleFacts, "%s overflowed from %s, was in %s", f.Subject, d.From, c.lastEntry)
	}
	c.entries++
	if c.entries == 1 {
		c.firstQueue = d.Queue
		if c.back == nil {
			c.since = f.Time
		}
	}
	if c.back != nil {
		l.linedUp(f, c, d)
	}
	l.resumed(f, c, d)
	c.lastEntry = d.Entry
	if c.transfer == nil { // else an agent waits there
		c.lastQueue = d.Queue
	}
	c.entry = &entryBook{Queued: d, priority: d.Priority, at: f.Time}
	l.encircled(f, c)
	l.mayJoin(f, c)
	c.outsideMissed = false
}

func (l *ledger) entryEnded(f fact.Fact, c *contactBook, d fact.EntryEnded) {
	e := c.entry
	if e == nil || e.Entry != d.Entry {
		l.w.fail(ruleClosedOnce, "%s ends entry %s, which is not open", f.Subject, d.Entry)
		return
	}
	l.w.seen.add("entry " + string(d.Outcome))
	l.span(f, e.at, d.QueuedAt, d.EndedAt, d.WaitMS)
	switch {
	case d.Queue != e.Queue || d.Kind != e.Kind || d.Call != e.Call || d.CarriedWaitMS != e.CarriedWaitMS || d.First != e.Position:
		l.w.fail(ruleClosingRows, "%s: entry %+v was opened as %+v", f.Subject, d, e.Queued)
	case d.Offers != e.offers:
		l.w.fail(ruleClosingRows, "%s: entry says %d offers, there were %d", f.Subject, d.Offers, e.offers)
	case !d.Arrived.Equal(c.began):
		l.w.fail(ruleClosingRows, "%s: entry says arrived at %s, it was %s", f.Subject, d.Arrived, c.began)
	case (d.Outcome == fact.EntryAnswered) != (d.Agent != ""):
		l.w.fail(ruleClosingRows, "%s: entry %s by agent %q", f.Subject, d.Outcome, d.Agent)
	}
	if d.Outcome == fact.EntryAnswered {
		l.putThrough(c, d)
		c.answered++
		if c.transfer == nil {
			c.lastAgent = d.Agent
		}
		c.answeredEntries = append(c.answeredEntries, d.Entry)
		if c.transfer != nil {
			c.transfer.answered = d.Agent
		}
		if c.toAgent == nil {
			ms := f.Time.Sub(c.began).Milliseconds()
			c.toAgent = &ms
		}
	}
	l.lasted(f, c, d)
	l.left(f, c, d)
	l.gaveUp(f, c, d)
	l.estimateKept(f, c, d)
	if !d.Derived && !e.Derived && d.Priority != l.priority(c) {
		l.w.fail(rulePriorities, "%s ends with priority %d in %s, expected %d", f.Subject, d.Priority, d.Queue, l.priority(c))
	}
	c.waited += d.WaitMS
	c.sums.wait += d.WaitMS
	c.lastEnded = &d
	c.entry = nil
}

func (l *ledger) segmentStarted(f fact.Fact, c *contactBook, d fact.SegmentStarted) {
	a := l.agent(d.Agent)
	if o := c.segmentOf(d.Agent); o != nil {
		l.w.fail(ruleOneState, "%s begins segment %s within %s", f.Subject, d.Segment, o.Segment)
	}
	s := &segmentBook{SegmentStarted: d, at: f.Time}
	c.segments = append(c.segments, s)
	if !c.native() {
		if a.segment != nil || a.offer != nil {
			l.w.fail(ruleOneTalk, "%s begins %s of %s while busy with another", d.Agent, d.Kind, f.Subject)
		}
		a.segment = s
	}
}

// segmentOf finds an agent's open segment; nil = he has none.
func (c *contactBook) segmentOf(agent string) *segmentBook {
	if i := slices.IndexFunc(c.segments, func(s *segmentBook) bool { return s.Agent == agent }); i >= 0 {
		return c.segments[i]
	}
	return nil
}

func (l *ledger) segmentEnded(f fact.Fact, c *contactBook, d fact.SegmentEnded) {
	s := c.segmentOf(d.Agent)
	if s == nil || s.Segment != d.Segment {
		l.w.fail(ruleClosedOnce, "%s ends segment %s, which is not open", f.Subject, d.Segment)
		return
	}
	l.w.seen.add("segment " + string(d.Kind))
	l.span(f, s.at, d.StartedAt, d.EndedAt, d.DurationMS)
	if d.Kind != s.Kind || d.Agent != s.Agent || d.Call != s.Call || d.Entry != s.Entry || d.Queue != s.Queue {
		l.w.fail(ruleClosingRows, "%s: segment %+v was opened as %+v", f.Subject, d, s.SegmentStarted)
	}
	switch d.Kind {
	case fact.SegmentTalk:
		c.sums.talk += d.DurationMS
	case fact.SegmentHold:
		c.sums.hold += d.DurationMS
	case fact.SegmentWrapUp:
		l.wrapped(f, c, d)
		c.sums.wrapUp += d.DurationMS
	}
	a := l.agent(d.Agent)
	if a.segment == s {
		a.segment = nil
	}
	if d.Kind != fact.SegmentWrapUp {
		a.talkMS += d.DurationMS
		if f.Time.After(a.lastTalk) { // the fallback tells of talks late
			a.lastTalk = f.Time
		}
	}
	c.segments = slices.DeleteFunc(c.segments, func(o *segmentBook) bool { return o == s })
}

// native tells whether the contact was answered in the dialplan's fallback queue, which minds no agent's state.
func (c *contactBook) native() bool {
	return c.lastEnded != nil && c.lastEnded.Outcome == fact.EntryAnswered && c.lastEnded.Offer == ""
}

func (l *ledger) callEnded(f fact.Fact, c *contactBook, d fact.CallEnded) {
	if !c.callOpen || d.Call != c.arrived.Call {
		l.w.fail(ruleClosedOnce, "%s ends call %s, which is not open", f.Subject, d.Call)
		return
	}
	l.w.seen.add("call " + string(d.Termination.Result) + " " + string(d.Termination.Reason))
	began := c.began
	switch {
	case c.back == nil:
	case c.back.reached != "":
		began = c.back.began
	default:
		began = f.Time // nobody was called, or not reached
	}
	l.span(f, began, d.StartedAt, d.EndedAt, d.DurationMS)
	if d.Kind != c.arrived.Kind || d.Node != node || d.Termination.Result == "" || d.Termination.Reason == "" {
		l.w.fail(ruleClosingRows, "%s: call %+v arrived as %+v", f.Subject, d, c.arrived)
	}
	answered := d.Termination.Result == fact.ResultAnswered
	left := c.answered > 0 && c.handedOn == 0 // nobody had handed him on
	if answered && c.answered == 0 || !answered && left && d.Termination.Reason != fact.ReasonCommandFailed {
		l.w.fail(ruleClosingRows, "%s: the call is %s with %d answered entries", f.Subject, d.Termination.Result, c.answered)
	}
	if d.AnsweredAt != nil && (d.AnsweredAt.Before(c.began) || d.AnsweredAt.After(d.EndedAt)) {
		l.w.fail(ruleClosingRows, "%s: the call was answered at %s, lasted from %s to %s", f.Subject, d.AnsweredAt, c.began, d.EndedAt)
	}
	l.outsideOver(f, c, d)
	l.ending(c, d)
	l.keptOut(f, c, d)
	c.callOpen = false
	c.closed, c.closedAt = &d, l.at
}

// ending compares how a call ended with what the people on the phones know.
func (l *ledger) ending(c *contactBook, d fact.CallEnded) {
	if !l.w.weather.calm || c.arrived.Fallback { // who calls before the first heartbeat is told of by the queue_log alone
		return
	}
	if why := d.Termination.Reason; d.Derived || why == fact.ReasonCommandFailed || why == fact.ReasonDisappeared {
		l.w.fail(ruleCalm, "%s: call %+v failed without a fault", c.id, d)
	}
	t := l.truth(c.id)
	want := map[string]fact.Reason{"caller": fact.ReasonCallerHungUp, "agent": fact.ReasonAgentHungUp}[t.ender]
	if want != "" && c.transfers+c.tookOvers == 0 && d.Termination.Reason != want {
		l.w.fail(ruleTruth, "%s: call %+v, but the %s hung up first", c.id, d, t.ender)
	}
}

func (l *ledger) contactEnded(f fact.Fact, c *contactBook, d fact.ContactEnded) {
	if c.callOpen || c.entry != nil || c.rings() || len(c.segments) > 0 || c.visit != nil || c.transfer != nil || len(c.outside) > 0 || len(c.monitors) > 0 || len(c.mutes) > 0 || c.recording != nil || c.back != nil && c.back.ended == nil {
		l.w.fail(ruleClosedOnce, "%s ended with something open: %+v", f.Subject, c)
		return
	}
	l.span(f, c.began, d.StartedAt, d.EndedAt, d.DurationMS)
	type figures struct{ ivr, wait, ring, talk, hold, wrapUp int64 }
	said := figures{d.IVRMS, d.WaitMS, d.RingMS, d.TalkMS, d.HoldMS, d.WrapUpMS}
	if said != figures(c.sums) {
		l.w.fail(ruleClosingRows, "%s says %+v, its parts %+v", f.Subject, said, c.sums)
	}
	if c.monitorsTold != c.monitorsAsked {
		l.w.fail(ruleMonitors, "%s: a talk was asked for %d times, %d are told", f.Subject, c.monitorsAsked, c.monitorsTold)
	}
	switch {
	case d.Calls != c.calls || d.Entries != c.entries || d.Offers != c.offers:
		l.w.fail(ruleClosingRows, "%s says %d calls, %d entries, %d offers, had %d, %d, %d", f.Subject, d.Calls, d.Entries, d.Offers, c.calls, c.entries, c.offers)
	case d.Transfers != c.handedOn:
		l.w.fail(ruleClosingRows, "%s says %d transfers, had %d", f.Subject, d.Transfers, c.handedOn)
	case d.FirstQueue != c.firstQueue || d.LastQueue != c.lastQueue || d.LastAgent != c.lastAgent:
		l.w.fail(ruleClosingRows, "%s says queues %q, %q, agent %q, had %q, %q, %q", f.Subject, d.FirstQueue, d.LastQueue, d.LastAgent, c.firstQueue, c.lastQueue, c.lastAgent)
	case d.Termination != c.closed.Termination || d.Kind != c.arrived.Kind || d.Customer != c.customer:
		l.w.fail(ruleClosingRows, "%s ended as %+v, its call as %+v, customer %q", f.Subject, d, c.closed, c.customer)
	case (d.ToAgentMS == nil) != (c.toAgent == nil) || c.toAgent != nil && *d.ToAgentMS != *c.toAgent:
		l.w.fail(ruleClosingRows, "%s says to agent %v, was %v", f.Subject, deref(d.ToAgentMS), deref(c.toAgent))
	}
	l.handledCall(c, d)
	c.ended, c.endedAt = true, f.Time
	if l.ended != nil {
		l.ended(f.Subject, d)
	}
	for i, o := range l.live {
		if o == c {
			l.live = append(l.live[:i], l.live[i+1:]...)
			break
		}
	}
}

func deref(p *int64) any {
	if p == nil {
		return nil
	}
	return *p
}
