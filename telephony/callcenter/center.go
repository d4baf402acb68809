package callcenter

import (
	"fmt"
	"time"

	"firstline/pipeline/fact"
)

// Center is the whole state of the call centre. It is not safe for concurrent use: one goroutine owns it.
type Center struct {
	meta     meta
	cold     bool         // restored, and not yet told of the link: it counts as lost
	plan     *planState   // in force
	plans    []*planState // in force or kept by a running contact, by version
	agents   []*agent     // by id
	agentOf  map[string]*agent
	phones   map[string]*agent // by endpoint, of the plan in force
	contacts map[string]*contact
	ears     map[string]*contact // by a second call of an agent's phone, on which he consults
	running  []*contact          // not ended, by id
	lines    map[string]*line
	callers  map[string][]*contact // by number, those that are kept
	memories []*memory             // by queue
	free     []*agent              // may be offered a call, longest idle first
	agenda   agenda

	// Of the Step under way.
	now      time.Time // At
	occurred time.Time // Occurred, at most now, whole milliseconds
	stamped  bool      // Occurred was given
	said     time.Time // Occurred as it was given: the same event has the same, whenever it is heard
	luck     luck
	out      Output
	touched  touched
}

// touched is what a Step changed.
type touched struct {
	contacts []*contact
	memories []*memory
	agents   []*agent
	plans    []*planState // new, or no longer used
	meta     bool
	match    bool // somebody may be matched who could not before
}

// New returns an empty centre that decides by plan. The link counts as lost until the first Reconciled. An error says
// that the plan is not valid; Plan.Validate names each mistake.
func New(plan *Plan) (*Center, error) {
	if problems := plan.Validate(); len(problems) > 0 {
		return nil, fmt.Errorf("plan is not valid: %s: %s", problems[0].Path, problems[0].Message)
	}
	c := empty()
	p, err := newPlanState(plan)
	if err != nil {
		return nil, err
	}
	c.setPlan(p)
	return c, nil
}

func empty() *Center {
	return &Center{
		agentOf:  map[string]*agent{},
		phones:   map[string]*agent{},
		contacts: map[string]*contact{},
		ears:     map[string]*contact{},
		lines:    map[string]*line{},
		callers:  map[string][]*contact{},
	}
}

// Step takes one input in and says what follows. It is total: any event is welcome in any state.
func (c *Center) Step(in Input) Output {
	c.begin(in)
	c.openAgents()
	c.take(in.Event)
	if c.touched.match {
		c.watchStaff()
	}
	c.match()
	return c.finish()
}

// begin sets the clocks of a Step. Facts are stamped in whole milliseconds, so that the differences of their times are
// their durations.
func (c *Center) begin(in Input) {
	c.now = in.At.UTC().Round(0)
	if c.now.Before(c.meta.At) {
		c.now = c.meta.At
	}
	c.out = Output{}
	c.stamped = !in.Occurred.IsZero()
	c.said = in.Occurred.UTC().Round(0)
	c.occurred = c.said
	switch {
	case !c.stamped:
		c.occurred = c.now
	case c.said.After(c.now):
		c.clamped(ClampedAhead, c.said.Sub(c.now))
		c.occurred = c.now
	}
	c.occurred = c.occurred.Truncate(time.Millisecond)
	c.luck = luck{in.Seed}
}

// take hands an event to whom it concerns.
func (c *Center) take(ev Event) {
	switch e := ev.(type) {
	case CallArrived:
		c.callArrived(e)
	case DigitPressed:
		c.toCaller(e)
	case PlaybackEnded:
		c.toOwner(e.Playback, IgnoredUnknownPlayback, e)
	case LegRinging:
		c.toOwner(e.Channel, IgnoredUnknownChannel, e)
	case LegAnswered:
		c.toOwner(e.Channel, IgnoredUnknownChannel, e)
	case ChannelEnded:
		c.channelEnded(e)
	case TransferAsked:
		c.transferAsked(e)
	case ChannelHeld:
		c.held(e.Channel, true)
	case ChannelUnheld:
		c.held(e.Channel, false)
	case CommandFailed:
		c.commandFailed(e)
	case LookupDone:
		c.lookupDone(e)
	case PopDone:
		c.popDone(e)
	case PopSeen:
		c.popSeen(e)
	case RecordingBegan:
		c.recordingBegan(e)
	case RecordingStopped:
		c.recordingStopped(e)
	case RecordingBroke:
		c.recordingBroke(e.Name)
	case RecordingStored:
		c.recordingStored(e)
	case RecordingLost:
		c.recordingLost(e)
	case Control:
		c.control(e)
	case EndpointState:
		c.endpointState(e)
	case PhoneChecked:
		c.phoneChecked(e)
	case PINChecked:
		c.pinChecked(e)
	case FallbackEvent:
		c.fallbackEvent(e)
	case PlanChanged:
		c.planChanged(e)
	case LinkLost:
		c.linkLost()
	case Reconciled:
		c.reconciled(e)
	case Wake:
		c.wake()
	default:
		c.ignore(IgnoredNoEffect)
	}
}

// toCaller hands a key that a caller pressed to the contact's state. Agents' phones have none.
func (c *Center) toCaller(e DigitPressed) {
	ct := c.contacts[e.Channel]
	if isOurs(e.Channel) {
		ct = c.contacts[ownerOfResource(e.Channel)]
	}
	if ct == nil || ct.channel() != e.Channel {
		c.ignore(IgnoredUnknownChannel)
		return
	}
	c.toContact(ct, e)
}

// toOwner hands an event about a leg or playback of ours to the state of the contact it was made for.
func (c *Center) toOwner(id string, unknown Ignored, ev Event) {
	ct := c.contacts[ownerOfResource(id)]
	if ct == nil {
		c.ignore(unknown)
		return
	}
	c.toContact(ct, ev)
}

// toContact is the one switch over the states of a contact.
func (c *Center) toContact(ct *contact, ev Event) {
	if !ct.GoneAt.IsZero() {
		c.afterLeaving(ct, ev)
		return
	}
	switch ct.Stage {
	case stageFlow:
		c.inFlow(ct, ev)
	case stageWaiting:
		c.inQueue(ct, ev)
	case stageTalking:
		c.inTalk(ct, ev)
	case stageClosing:
		c.inClosing(ct, ev)
	case stageSignIn:
		c.inSignIn(ct, ev)
	case stagePromised:
		c.inPromise(ct, ev)
	case stageFallback, stageOver, stageEnded:
		c.ignore(IgnoredStale)
	}
}

// wake runs what is due.
func (c *Center) wake() {
	if !c.LinkUp() || !c.runDue() {
		c.ignore(IgnoredNoEffect)
	}
}

// maxRounds bounds how often one Step looks for what is due: what one deadline leads to may be due at once.
const maxRounds = 8

// runDue runs what is due, the earliest first; false when nothing was. What then still is due is run by the next Wake.
func (c *Center) runDue() bool {
	for round := range maxRounds {
		list := c.agenda.until(c.now)
		if len(list) == 0 {
			return round > 0
		}
		for _, t := range list {
			switch t := t.(type) {
			case *agent:
				c.agentDue(t)
			case *contact:
				c.contactDue(t)
			}
			c.agenda.set(t)
		}
	}
	return true
}

// Deadline is when the driver must send Wake; false = nothing waits for time. While the link is down nothing does.
func (c *Center) Deadline() (time.Time, bool) {
	if !c.LinkUp() {
		return time.Time{}, false
	}
	return c.agenda.next()
}

// LastAt is the At of the last Step that changed anything: after Restore, At must not be before it.
func (c *Center) LastAt() time.Time { return c.meta.At }

// PlanVersion is the version of the plan in force.
func (c *Center) PlanVersion() string { return c.plan.Version }

// FallbackOffset is the byte offset of the queue_log up to which FallbackEvents were taken in.
func (c *Center) FallbackOffset() int64 { return c.meta.Fallback }

// LinkUp tells whether Asterisk is connected and reconciled.
func (c *Center) LinkUp() bool { return c.meta.Link && !c.cold }

// Free tells whether an agent may be offered a call now: ready, no retry delay running, no leg of his still being hung
// up, no look at his phone under way, no call of his own. It is what the last match went by.
func (c *Center) Free(agent string) bool {
	a := c.agentOf[agent]
	return a != nil && a.idle
}

// ms is a duration as facts carry it.
func ms(d time.Duration) int64 { return d.Milliseconds() }

func (c *Center) ignore(why Ignored) { c.out.Ignored = append(c.out.Ignored, why) }

// stamp is the time of a contact's next fact: when it occurred, but not before the contact's last.
func (c *Center) stamp(ct *contact) time.Time { return c.notBefore(ct.Last) }

// notBefore is when it occurred, or the time of the last fact about the same when that is later.
func (c *Center) notBefore(last time.Time) time.Time {
	c.clamped(ClampedBehind, last.Sub(c.occurred))
	return later(c.occurred, last)
}

// clamped notes that a time was moved. An event makes several facts, and each is moved: it counts once.
func (c *Center) clamped(way Direction, by time.Duration) {
	if by <= ClampTolerance {
		return
	}
	for i := range c.out.Clamped {
		if cl := &c.out.Clamped[i]; cl.Direction == way {
			cl.By = max(cl.By, by)
			return
		}
	}
	c.out.Clamped = append(c.out.Clamped, Clamped{Direction: way, By: by})
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// emit records a fact about a contact.
func (c *Center) emit(ct *contact, t fact.Type, data fact.Data) {
	ct.Seq++
	ct.Last = c.stamp(ct)
	c.touch(ct)
	c.out.Facts = append(c.out.Facts, fact.Fact{Type: t, Subject: ct.ID, Sequence: ct.Seq, Time: ct.Last, Data: data})
}

// emitAgent records a fact about an agent.
func (c *Center) emitAgent(a *agent, t fact.Type, data fact.Data) {
	a.Seq++
	a.Last = c.notBefore(a.Last)
	c.touchAgent(a)
	c.out.Facts = append(c.out.Facts, fact.Fact{Type: t, Subject: a.ID, Sequence: a.Seq, Time: a.Last, Data: data})
}

func (c *Center) touch(ct *contact) {
	if !ct.dirty {
		ct.dirty = true
		c.touched.contacts = append(c.touched.contacts, ct)
	}
}

func (c *Center) touchAgent(a *agent) {
	if !a.dirty {
		a.dirty = true
		c.touched.agents = append(c.touched.agents, a)
	}
}
