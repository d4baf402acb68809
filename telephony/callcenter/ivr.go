package callcenter

import (
	"slices"
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/ivr"
)

// enterFlow lets the caller into the flow that his entry leads to.
func (c *Center) enterFlow(ct *contact, entry *Entry) {
	p := c.planFor(ct)
	if entry == nil {
		c.endCall(ct, callEnd{termination: fact.Termination{Result: fact.ResultRefused, Reason: fact.ReasonRefused}})
		return
	}
	ct.Flow = &flow{Entered: c.stamp(ct)}
	ct.Sums.Flow = entry.Flow
	c.follow(ct, p.menus.Begin(entry.Flow, c.moment(ct)))
}

// inFlow: the caller is in a menu.
func (c *Center) inFlow(ct *contact, ev Event) {
	menus, f := c.planFor(ct).menus, ct.Flow
	switch e := ev.(type) {
	case DigitPressed:
		c.digit(ct, e)
	case PlaybackEnded:
		if e.Playback != f.Playback {
			c.ignore(IgnoredStale)
			return
		}
		f.Playback = ""
		c.follow(ct, menus.Played(f.Visit, c.moment(ct)))
	case looked:
		c.follow(ct, menus.Looked(f.Visit, e.answer, c.moment(ct)))
	case due:
		c.flowDue(ct)
	case callerEnded:
		outcome, planned := menus.Leaving(f.Visit)
		if !planned {
			c.leftFlow(ct, fact.IVRHungUp)
			c.endCall(ct, abandoned(e))
			return
		}
		c.leftFlow(ct, outcome)
		c.endCall(ct, callEnd{termination: terminationOf(outcome), cause: e.cause, derived: e.derived})
	case answerFailed:
		c.leftFlow(ct, fact.IVRFailed)
		c.endCall(ct, callEnd{termination: fact.Termination{Result: fact.ResultFailed, Reason: fact.ReasonCommandFailed}})
	default:
		c.ignore(IgnoredStale)
	}
}

// moment is now, and what is known of the caller.
func (c *Center) moment(ct *contact) ivr.Moment {
	caller := ivr.Caller{
		Number: ct.Number, Name: ct.Name, Dialed: ct.Dialed, Language: ct.Language,
		Customer: ct.Who.Customer, CustomerName: ct.Who.Name, Callable: c.planFor(ct).callable(ct.Number),
	}
	if t := ct.Who.Ticket; t != nil {
		caller.Ticket, caller.TicketStatus = t.ID, t.Status
	}
	return ivr.Moment{At: c.stamp(ct), Caller: caller, Incidents: c.incidentsOn()}
}

// flowDue: the caller was silent too long, or the end of a playback was never heard.
func (c *Center) flowDue(ct *contact) {
	menus, f := c.planFor(ct).menus, ct.Flow
	if !c.passed(f.Due) {
		return
	}
	if f.Playback != "" {
		ct.playsOn(f.Playback)
		f.Playback = ""
		c.follow(ct, menus.Played(f.Visit, c.moment(ct)))
		return
	}
	c.follow(ct, menus.TimedOut(f.Visit, c.moment(ct)))
}

// digit: barge-in is everywhere, a key stops what plays.
func (c *Center) digit(ct *contact, e DigitPressed) {
	if !c.pressed(ct, e) {
		return
	}
	c.stopUnheard(ct)
	r := c.planFor(ct).menus.Digit(ct.Flow.Visit, e.Digit, c.moment(ct))
	if ct.Flow.Visit.Phase == ivr.PhaseLooking {
		c.ignore(IgnoredNoEffect)
		return
	}
	c.follow(ct, r)
}

// pressed notes a key; false when it is none, or the same press once more.
func (c *Center) pressed(ct *contact, e DigitPressed) bool {
	press := keyPress{Digit: e.Digit, At: c.said}
	if c.secret(ct) {
		press.Digit = "" // two keys are not pressed at once: the instant tells a repeat
	}
	switch {
	case !isKey(e.Digit):
		c.ignore(IgnoredNoEffect)
		return false
	case c.stamped && slices.ContainsFunc(ct.Keys, press.same):
		c.ignore(IgnoredDuplicate)
		return false
	}
	ct.Keys = slices.Concat(ct.Keys[max(0, len(ct.Keys)-keptKeys+1):], []keyPress{press})
	c.touch(ct)
	return true
}

// keptKeys is how many keys back an event may be repeated and is known.
const keptKeys = 4

func (k keyPress) same(o keyPress) bool {
	return (k.Digit == o.Digit || k.Digit == "" || o.Digit == "") && k.At.Equal(o.At)
}

// secret tells whether the keys that are pressed now may be kept in memory only.
func (c *Center) secret(ct *contact) bool {
	switch {
	case ct.SignIn != nil:
		return ct.SignIn.Asks == asksPIN
	case ct.Flow != nil:
		return c.planFor(ct).menus.Secret(ct.Flow.Visit)
	default:
		return false
	}
}

func isKey(digit string) bool {
	return len(digit) == 1 && (digit >= "0" && digit <= "9" || digit >= "A" && digit <= "D" || digit == "*" || digit == "#")
}

// follow carries out what a step through the flow leads to.
func (c *Center) follow(ct *contact, r ivr.Result) {
	c.touch(ct)
	f := ct.Flow
	if r.Stop && f.Playback != "" {
		c.stopPlay(ct, f.Playback)
		f.Playback = ""
	}
	f.Visit = r.Visit
	for _, ev := range r.Events {
		c.recordStep(ct, ev)
	}
	if r.Language != "" {
		ct.Language = r.Language
	}
	if f.Visit.Phase != ivr.PhaseRecording {
		c.endRecording(ct, fact.RecordingComplete, false)
	}
	f.Due = time.Time{}
	if r.Lookup != nil {
		if answer := c.lookupFor(ct, *r.Lookup); answer != "" {
			c.follow(ct, c.planFor(ct).menus.Looked(f.Visit, answer, c.moment(ct)))
			return
		}
	}
	if r.Promise != nil {
		c.follow(ct, c.planFor(ct).menus.Promised(f.Visit, c.promise(ct, *r.Promise), c.moment(ct)))
		return
	}
	switch {
	case r.End != nil:
		c.endFlow(ct, *r.End)
	case len(r.Play) > 0:
		f.Playback = c.play(ct, r.Play)
		f.Due = c.now.Add(playLimit)
	case r.Wait > 0:
		f.Due = c.now.Add(r.Wait)
		if r.Record != nil {
			c.beginMessage(ct, *r.Record)
		}
	}
}

// recordStep turns an event of the menu language into a fact.
func (c *Center) recordStep(ct *contact, ev ivr.Event) {
	f := ct.Flow
	switch e := ev.(type) {
	case ivr.Entered:
		f.Path = append(f.Path, e.Node)
		c.emit(ct, fact.TypeIVREntered, fact.IVREntered{Flow: f.Visit.Flow, Node: e.Node})
	case ivr.Chose:
		label := e.Label
		if label == "" {
			label = e.Key
		}
		ct.Choices = append(ct.Choices, label)
		f.Choices = append(f.Choices, label)
		c.emit(ct, fact.TypeIVRChoice, fact.IVRChoice{Flow: f.Visit.Flow, Node: e.Node, Key: e.Key, Target: e.Target})
	case ivr.Heard:
		c.emit(ct, fact.TypeIVRInput, fact.IVRInput{Flow: f.Visit.Flow, Node: e.Node, Kind: e.Kind, Digits: e.Digits})
	case ivr.Set:
		c.emit(ct, fact.TypeIVRSet, fact.IVRSet{Flow: f.Visit.Flow, Node: e.Node, Variable: e.Variable, Value: e.Value})
	case ivr.Told:
		c.emit(ct, fact.TypeIncidentTold, fact.IncidentTold{Flow: f.Visit.Flow, Node: e.Node, Incident: e.Incident})
	case ivr.Unfit:
		c.emit(ct, fact.TypeIVRInput, fact.IVRInput{Flow: f.Visit.Flow, Node: e.Node, Kind: fact.InputUnfit, Case: e.Case, Condition: e.Condition})
	}
}

// endFlow does what the flow ends with.
func (c *Center) endFlow(ct *contact, end ivr.End) {
	visit := ct.Flow.Visit
	c.leftFlow(ct, end.Outcome)
	if end.Outcome == fact.IVRTransferred {
		c.sendOut(ct, end.Number, fact.ResultContained)
		return
	}
	if end.Outcome != fact.IVRQueued {
		c.endCall(ct, callEnd{termination: terminationOf(end.Outcome)})
		return
	}
	ct.Left = &visit
	c.joinFirst(ct, end)
}

// exit is the node to which a caller can come back from a queue; "" = there is no way back.
func (c *Center) exit(ct *contact, how string) string {
	if ct.Left == nil {
		return ""
	}
	return c.planFor(ct).menus.Exit(*ct.Left, how)
}

// back lets a caller who is in no queue any more into his flow again.
func (c *Center) back(ct *contact, node string) {
	ct.Stage = stageFlow
	ct.Flow = &flow{Entered: c.stamp(ct)}
	c.follow(ct, c.planFor(ct).menus.Back(*ct.Left, node, c.moment(ct)))
}

// terminationOf is how a call ends that its flow ended.
func terminationOf(o fact.IVROutcome) fact.Termination {
	switch o {
	case fact.IVRContained:
		return fact.Termination{Result: fact.ResultContained, Reason: fact.ReasonFlowEnded}
	case fact.IVRGaveUp:
		return fact.Termination{Result: fact.ResultAbandoned, Reason: fact.ReasonGaveUp}
	default:
		return fact.Termination{Result: fact.ResultFailed, Reason: fact.ReasonFlowEnded}
	}
}

// leftFlow closes the caller's time in the flow.
func (c *Center) leftFlow(ct *contact, outcome fact.IVROutcome) {
	f := ct.Flow
	c.endRecording(ct, fact.RecordingComplete, false)
	t := c.stamp(ct)
	spent := ms(t.Sub(f.Entered))
	ct.Sums.IVR += spent
	c.emit(ct, fact.TypeIVRLeft, fact.IVRLeft{
		Flow: f.Visit.Flow, LastNode: f.Visit.Node, EnteredAt: f.Entered, LeftAt: t, DurationMS: spent, Outcome: outcome,
		Path: f.Path, Choices: slices.Concat([]string{}, f.Choices),
	})
	ct.Flow = nil
}

// repeatFlow says the prompt again after the link was down: a key pressed meanwhile may be lost. Nothing counts as a
// try.
func (c *Center) repeatFlow(ct *contact, act actual) {
	menus, f := c.planFor(ct).menus, ct.Flow
	if f.Visit.Phase == ivr.PhaseLooking {
		return
	}
	if ct.Recording != nil {
		if _, goesOn := act.channels[ct.Recording.In]; goesOn {
			c.orderRecording(ct)
			return
		}
		c.endRecording(ct, fact.RecordingComplete, true)
	}
	if f.Playback != "" {
		c.stopPlay(ct, f.Playback)
		f.Playback = ""
	}
	if menus.Asks(f.Visit) {
		c.emit(ct, fact.TypeIVRInput, fact.IVRInput{
			Flow: f.Visit.Flow, Node: f.Visit.Node, Kind: fact.InputNone, Derived: true,
		})
	}
	c.follow(ct, menus.Repeat(f.Visit, c.moment(ct)))
}
