package callcenter

import (
	"cmp"
	"slices"
	"time"

	"firstline/pipeline/fact"
)

// A supervisor listens to an agent's talk with her own phone. It is rung; when she answers, a snoop channel on the agent's leg
// is joined with her leg in a bridge of their own: she hears both sides, and the snoop gives what she says to the agent alone.
// While she only listens her leg is muted. To barge in she moves into the talk's bridge.

// monitorRing is how long a supervisor's phone rings.
const monitorRing = 20 * time.Second

// monitorBy finds a supervisor's part in the contact's talk; nil = she has none.
func (t *talk) monitorBy(supervisor string) *monitor {
	return t.findMonitor(func(m *monitor) bool { return m.Supervisor == supervisor })
}

func (t *talk) findMonitor(is func(*monitor) bool) *monitor {
	for i := range t.Monitors {
		if is(&t.Monitors[i]) {
			return &t.Monitors[i]
		}
	}
	return nil
}

// monitors tells whether a leg, snoop or bridge is a supervisor's.
func (t *talk) monitors(id string) bool {
	return id != "" && t.findMonitor(func(m *monitor) bool { return m.Leg == id || m.Snoop == id || m.Bridge == id }) != nil
}

// actMonitor does what a supervisor asks for about a talk, or says why not. a is the agent entry of her phone.
func (c *Center) actMonitor(a *agent, e Control) Refusal {
	ct := c.contacts[e.Contact]
	if ct == nil {
		return RefusedUnknownContact
	}
	switch {
	case !c.LinkUp():
		return RefusedNotNow
	case ct.Talk == nil || ct.Stage != stageTalking || len(ct.Talk.Parties) == 0:
		return RefusedNoTalk
	}
	m := ct.Talk.monitorBy(a.ID)
	switch {
	case e.Action == ActionMonitor && m == nil:
		return c.beginMonitor(ct, a, e)
	case m == nil:
		return RefusedNotNow
	case !m.On && e.Action != ActionUnmonitor:
		return RefusedPhoneBusy
	case e.Action == ActionMonitor:
		c.switchMonitor(ct, m, e.Mode)
	case e.Action == ActionTakeOver:
		c.takeOver(ct, a, *m)
	default:
		c.endMonitor(ct, m, monitorEnd{result: fact.MonitorOver})
	}
	return ""
}

// beginMonitor rings the supervisor's phone.
func (c *Center) beginMonitor(ct *contact, a *agent, e Control) Refusal {
	p := ct.Talk.Parties[len(ct.Talk.Parties)-1]
	if e.Of != "" {
		named := ct.Talk.party(e.Of)
		if named == nil {
			return RefusedUnknownTarget
		}
		p = *named
	}
	switch {
	case !knownMode(e.Mode):
		return RefusedUnknownAction
	case a.endpoint() == "":
		return RefusedNoSeat
	case !c.hasPhone(a):
		return RefusedPhoneBusy
	case a.engaged() != "" || a.Monitor != "" || len(a.Clearing) > 0 || len(a.OwnCalls) > 0 || len(a.Outside) > 0:
		return RefusedPhoneBusy
	}
	m := monitor{
		ID: part(ct.ID, "m", &ct.Count.Monitor), Supervisor: a.ID, Agent: p.Agent, Queue: p.Queue, Mode: e.Mode,
		Leg: resource(ct.ID, "leg", &ct.Count.Leg), At: c.stamp(ct), By: c.now.Add(monitorRing),
	}
	ct.Talk.Monitors = append(ct.Talk.Monitors, m)
	a.Monitor = ct.ID
	c.settleAgent(a, fact.BySupervisor)
	c.ringSupervisor(ct, a, m)
	return ""
}

func knownMode(m fact.MonitorMode) bool {
	return m == fact.MonitorListen || m == fact.MonitorWhisper || m == fact.MonitorBarge
}

// inMonitor takes events about a supervisor's leg; false = it is none.
func (c *Center) inMonitor(ct *contact, ev Event) bool {
	leg := legOf(ev)
	m := ct.Talk.findMonitor(func(m *monitor) bool { return m.Leg == leg })
	if m == nil || leg == "" {
		return false
	}
	switch e := ev.(type) {
	case LegRinging:
		c.monitorRings(ct, m)
	case LegAnswered:
		c.monitorAnswered(ct, m)
	case legEnded:
		c.endMonitor(ct, m, monitorEnd{result: fact.MonitorOver, missed: resultOf(e, m.Rings), gone: e.leg, derived: e.derived})
	case legFailed:
		c.endMonitor(ct, m, monitorEnd{result: fact.MonitorFailed, missed: resultOfFailure(e)})
	}
	return true
}

// legOf is the leg that an event is about; "" = none.
func legOf(ev Event) string {
	switch e := ev.(type) {
	case LegRinging:
		return e.Channel
	case LegAnswered:
		return e.Channel
	case legEnded:
		return e.leg
	case legFailed:
		return e.leg
	}
	return ""
}

func (c *Center) monitorRings(ct *contact, m *monitor) {
	if m.Rings {
		c.ignore(IgnoredNoEffect)
		return
	}
	m.Rings = true
	c.touch(ct)
}

// monitorAnswered: the supervisor took her phone.
func (c *Center) monitorAnswered(ct *contact, m *monitor) {
	if m.On {
		c.ignore(IgnoredDuplicate)
		return
	}
	before := ct.room()
	m.On, m.By = true, time.Time{}
	c.joinMonitor(ct, m, before, "")
	c.monitorStarted(ct, m)
}

// joinMonitor orders what a mode needs; before is who was in the talk's bridge in the mode before, from.
func (c *Center) joinMonitor(ct *contact, m *monitor, before []string, from fact.MonitorMode) {
	c.touch(ct)
	if m.Mode == fact.MonitorBarge {
		c.muteLeg(ct, m.Leg, false)
		c.rearrange(ct, before)
		c.leaveSnoop(ct, m)
		c.record(ct)
		return
	}
	c.rearrange(ct, before)
	c.record(ct)
	c.muteLeg(ct, m.Leg, m.Mode == fact.MonitorListen)
	if from == fact.MonitorListen || from == fact.MonitorWhisper {
		return
	}
	m.Snoop = resource(ct.ID, "sn", &ct.Count.Snoop)
	m.Bridge = resource(ct.ID, "br", &ct.Count.Bridge)
	c.snoop(ct, *m)
	c.bridge(ct, m.Bridge, []string{m.Leg, m.Snoop})
}

// leaveSnoop ends the snoop and the bridge to it.
func (c *Center) leaveSnoop(ct *contact, m *monitor) {
	if m.Snoop == "" {
		return
	}
	c.order(ct, forOther, "", func(h Head) Command { return HangUp{Head: h, Channel: m.Snoop, Cause: causeNormal} })
	c.unbridge(ct, m.Bridge)
	m.Snoop, m.Bridge = "", ""
}

// switchMonitor goes on in another mode.
func (c *Center) switchMonitor(ct *contact, m *monitor, mode fact.MonitorMode) {
	if m.Mode == mode || !knownMode(mode) {
		return
	}
	from, before := m.Mode, ct.room()
	c.monitorEnded(ct, m, fact.MonitorSwitched, false)
	m.ID, m.Mode = part(ct.ID, "m", &ct.Count.Monitor), mode
	c.joinMonitor(ct, m, before, from)
	c.monitorStarted(ct, m)
}

// takeOver puts the supervisor in the place of the agent to whom she listened; he wraps up.
func (c *Center) takeOver(ct *contact, a *agent, m monitor) {
	t := ct.Talk
	p := *t.party(m.Agent)
	if t.Consult != nil {
		c.comeBack(ct, fact.TransferReturned, "", false)
	}
	before := ct.room()
	wasIn := m.Mode == fact.MonitorBarge
	c.monitorEnded(ct, &m, fact.MonitorTookOver, false)
	c.muteLeg(ct, m.Leg, false)
	c.leaveSnoop(ct, &m)
	t.Monitors = slices.DeleteFunc(t.Monitors, func(o monitor) bool { return o.Supervisor == a.ID })
	next := p
	next.Agent, next.Leg, next.Holds, next.Muted, next.MutedAt = a.ID, m.Leg, false, false, time.Time{}
	*t.party(p.Agent), t.Held = next, false
	before = slices.DeleteFunc(before, func(id string) bool { return id == p.Leg })
	if wasIn {
		before = append(before, m.Leg)
	}
	c.rearrange(ct, before)
	c.leaveTalk(ct, p, "", false)
	c.endMonitorsOf(ct, p.Agent, false)
	c.noteAgent(ct, a.ID)
	c.startSegment(ct, fact.SegmentTalk, next)
	a.Monitor, a.Talk, a.Serving = "", ct.ID, p.Queue
	c.settleAgent(a, fact.BySupervisor)
	c.freed(p.Agent)
	c.resegment(ct)
}

// monitorEnd is how a supervisor's part in a talk ends.
type monitorEnd struct {
	result  fact.MonitorResult
	missed  fact.OfferResult // when she had not answered yet; "" = withdrawn
	gone    string           // her leg, when it is gone
	derived bool
}

// endMonitor ends a supervisor's part in a talk.
func (c *Center) endMonitor(ct *contact, m *monitor, end monitorEnd) {
	is, a, before := *m, c.agentOf[m.Supervisor], without(ct.room(), m.Leg)
	ct.Talk.Monitors = slices.DeleteFunc(ct.Talk.Monitors, func(o monitor) bool { return o.Supervisor == is.Supervisor })
	c.touch(ct)
	if is.On {
		c.monitorEnded(ct, &is, end.result, end.derived)
	} else {
		c.monitorMissed(ct, &is, end)
	}
	c.leaveSnoop(ct, &is)
	c.rearrange(ct, before)
	if ct.Recording != nil {
		c.pauseRecording(ct, fact.BySystem, "")
	}
	if ct.Talk.waits() { // he heard the supervisor alone
		c.stopNotice(ct)
	}
	if is.Leg != end.gone {
		c.clear(ct, a, is.Leg)
	}
	a.Monitor = ""
	c.settleAgent(a, fact.BySystem)
	c.vacate(a)
}

// endMonitorsOf ends the listening to an agent who leaves the talk; "" = to all.
func (c *Center) endMonitorsOf(ct *contact, agent string, derived bool) {
	for {
		m := ct.Talk.findMonitor(func(m *monitor) bool { return agent == "" || m.Agent == agent })
		if m == nil {
			return
		}
		c.endMonitor(ct, m, monitorEnd{result: fact.MonitorOver, derived: derived})
	}
}

// monitorsDue ends those whose phone rang in vain; true when there were any.
func (c *Center) monitorsDue(ct *contact) bool {
	if ct.Talk == nil {
		return false
	}
	m := ct.Talk.findMonitor(func(m *monitor) bool { return c.passed(m.By) })
	if m == nil {
		return false
	}
	c.endMonitor(ct, m, monitorEnd{result: fact.MonitorOver, missed: fact.OfferMissed})
	return true
}

// monitorFailed: the agent's leg could not be listened to, or the supervisor not be muted: id is of the snoop or of her leg.
func (c *Center) monitorFailed(ct *contact, id string) {
	if ct.Talk == nil || !ct.Talk.monitors(id) {
		c.ignore(IgnoredStale)
		return
	}
	m := ct.Talk.findMonitor(func(m *monitor) bool { return m.Snoop == id || m.Leg == id || m.Bridge == id })
	c.endMonitor(ct, m, monitorEnd{result: fact.MonitorFailed})
}

func (c *Center) monitorStarted(ct *contact, m *monitor) {
	m.At = c.stamp(ct)
	c.emit(ct, fact.TypeMonitorStarted, fact.MonitorStarted{
		Monitor: m.ID, Call: ct.Call.ID, Supervisor: m.Supervisor, Agent: m.Agent, Queue: m.Queue, Mode: m.Mode,
	})
}

func (c *Center) monitorEnded(ct *contact, m *monitor, result fact.MonitorResult, derived bool) {
	t := c.stamp(ct)
	c.emit(ct, fact.TypeMonitorEnded, fact.MonitorEnded{
		Monitor: m.ID, Call: ct.Call.ID, Supervisor: m.Supervisor, Agent: m.Agent, Queue: m.Queue, Mode: m.Mode, Result: result,
		StartedAt: m.At, EndedAt: t, DurationMS: ms(t.Sub(m.At)), Derived: derived,
	})
}

func (c *Center) monitorMissed(ct *contact, m *monitor, end monitorEnd) {
	t := c.stamp(ct)
	c.emit(ct, fact.TypeMonitorMissed, fact.MonitorMissed{
		Monitor: m.ID, Call: ct.Call.ID, Supervisor: m.Supervisor, Agent: m.Agent, Queue: m.Queue, Mode: m.Mode,
		Result: cmp.Or(end.missed, fact.OfferWithdrawn), RangAt: m.At, EndedAt: t, RingMS: ms(t.Sub(m.At)), Derived: end.derived,
	})
}

// reconcileMonitors ends those of which something is missing: she may ask again.
func (c *Center) reconcileMonitors(ct *contact, act actual) {
	for _, m := range slices.Clone(ct.Talk.Monitors) {
		leg, exists := act.channels[m.Leg]
		_, snoops := act.channels[m.Snoop]
		is := ct.Talk.monitorBy(m.Supervisor)
		switch {
		case !act.old(c, later(m.At, m.By.Add(-monitorRing))):
		case !exists && (m.On || act.full):
			c.endMonitor(ct, is, monitorEnd{result: fact.MonitorOver, missed: missedOr(fact.OfferFailed, m.Rings), gone: m.Leg, derived: true})
		case exists && !m.On && leg.State == stateUp:
			c.monitorAnswered(ct, is)
		case m.On && m.Snoop != "" && !snoops:
			c.endMonitor(ct, is, monitorEnd{result: fact.MonitorFailed, derived: true})
		case m.On && m.Snoop != "":
			c.mendBridge(ct, m.Bridge, []string{m.Leg, m.Snoop}, act)
		}
	}
}
