package sim

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/callcenter"
)

// Supervisors listen to talks, say something to agents, take callers over. The rules about it are here too.

// monitorBook is a supervisor's part in a talk, as the facts say.
type monitorBook struct {
	fact.MonitorStarted
	at time.Time
}

// supervise is somebody who listens, with a phone that happens to be free, and then does something else.
func (d *desk) supervise(_ int, luck *dice) {
	var talks []*contactBook
	for _, c := range d.w.ledger.live {
		if c.inTalk() {
			talks = append(talks, c)
		}
	}
	if len(talks) == 0 {
		return
	}
	c, supervisor := one(luck, talks...), one(luck, d.w.crew...)
	d.superviseOn(supervisor, c.id, luck, 4)
}

func (d *desk) superviseOn(agent, contact string, luck *dice, times int) {
	if times == 0 {
		return
	}
	d.asked++
	c := callcenter.Control{
		Request: "m" + strconv.Itoa(d.asked), By: fact.BySupervisor, Actor: "sup", Agent: agent, Contact: contact, Action: callcenter.ActionMonitor,
		Mode: one(luck, fact.MonitorListen, fact.MonitorListen, fact.MonitorWhisper, fact.MonitorBarge),
	}
	if times < 4 {
		c.Action = one(luck, callcenter.ActionMonitor, callcenter.ActionMonitor, callcenter.ActionUnmonitor, callcenter.ActionTakeOver)
	}
	if luck.chance(0.1) {
		c.Of = one(luck, agentIDs()...)
	}
	d.send(c)
	d.w.after(luck.around(d.w.weather.answerLag+d.w.weather.talk/4), func() { d.superviseOn(agent, contact, luck, times-1) })
}

// snoop makes a channel that lives as long as the one it listens to.
func (a *asterisk) snoop(c callcenter.Snoop, done answer) {
	ch := a.inApp(c.Channel, done)
	if ch == nil {
		return
	}
	if a.channels[c.Snoop] != nil {
		done(500, "Snoop channel could not be created")
		return
	}
	s := &channel{id: c.Snoop, state: stateUp, inApp: true, snoops: ch}
	a.open(s)
	done(200, "")
}

// unsnoop ends the snoops of a channel that is gone. Mostly nobody is told but by the list.
func (a *asterisk) unsnoop(ch *channel) {
	for _, s := range slices.Clone(a.order) {
		switch {
		case s.snoops != ch:
		case s.tape != nil && s.luck.chance(0.5):
			a.hangUp(s, causeNormal)
		default:
			a.remove(s)
		}
	}
}

// monitored finds the open part of a supervisor; nil = she has none.
func (c *contactBook) monitored(supervisor string) *monitorBook {
	if i := slices.IndexFunc(c.monitors, func(m *monitorBook) bool { return m.Supervisor == supervisor }); i >= 0 {
		return c.monitors[i]
	}
	return nil
}

func (l *ledger) monitorFact(f fact.Fact, c *contactBook) {
	switch d := f.Data.(type) {
	case fact.MonitorStarted:
		l.w.seen.add("monitor " + string(d.Mode))
		s := c.talking(d.Agent)
		if s == nil || s.Queue != d.Queue || s.Call != d.Call || c.monitored(d.Supervisor) != nil || !c.callOpen {
			l.w.fail(ruleMonitors, "%s is listened to as %+v, in segment %+v", f.Subject, d, s)
		}
		if a := l.agent(d.Supervisor); a.offer != nil || a.segment != nil {
			l.w.fail(ruleOneTalk, "%s listens to %s while busy", d.Supervisor, f.Subject)
		}
		c.monitors = append(c.monitors, &monitorBook{MonitorStarted: d, at: f.Time})
		l.numbered(f, c, d.Monitor)
	case fact.MonitorMissed:
		l.w.seen.add("monitor missed " + string(d.Result))
		l.span(f, d.RangAt, d.RangAt, d.EndedAt, d.RingMS)
		if m := c.monitored(d.Supervisor); m != nil {
			l.w.fail(ruleMonitors, "%s says that %s did not answer, who has %+v", f.Subject, d.Supervisor, m)
		}
		l.numbered(f, c, d.Monitor)
	case fact.MonitorEnded:
		m := c.monitored(d.Supervisor)
		if m == nil || m.Monitor != d.Monitor {
			l.w.fail(ruleClosedOnce, "%s ends monitor %s, which is not open", f.Subject, d.Monitor)
			return
		}
		l.w.seen.add("monitor " + string(d.Result))
		l.span(f, m.at, d.StartedAt, d.EndedAt, d.DurationMS)
		if d.Agent != m.Agent || d.Queue != m.Queue || d.Mode != m.Mode || d.Call != m.Call {
			l.w.fail(ruleClosingRows, "%s: monitor %+v was opened as %+v", f.Subject, d, m.MonitorStarted)
		}
		c.monitors = slices.DeleteFunc(c.monitors, func(o *monitorBook) bool { return o == m })
		if d.Result == fact.MonitorTookOver {
			c.tookOver, c.lastAgent = d.Supervisor, d.Supervisor
			l.servedNow(f, c)
			c.tookOvers++
		}
	}
}

// numbered counts the requests to listen of which is told what became of them. Their ids number them, so none can be missing.
func (l *ledger) numbered(f fact.Fact, c *contactBook, id string) {
	n, err := strconv.Atoi(strings.TrimPrefix(id, f.Subject+"/m"))
	if err != nil {
		l.w.fail(ruleMonitors, "%s: %s has the id %q", f.Subject, f.Type, id)
	}
	c.monitorsTold, c.monitorsAsked = c.monitorsTold+1, max(c.monitorsAsked, n)
}

// monitorsWell looks at the end of a Step whether who listens has somebody to listen to, and who took over has the caller.
func (l *ledger) monitorsWell(c *contactBook) {
	for _, m := range c.monitors {
		if c.talking(m.Agent) == nil {
			l.w.fail(ruleMonitors, "%s listens to %s, who does not talk to %s", m.Supervisor, m.Agent, c.id)
		}
	}
	if c.tookOver != "" && c.talking(c.tookOver) == nil && c.callOpen {
		l.w.fail(ruleMonitors, "%s took %s over and does not talk", c.tookOver, c.id)
	}
	c.tookOver = ""
}

// listens looks at a leg, or snoop, that is there for a supervisor; false = it is none.
func (a *audit) listens(ch *channel, c *contactBook) bool {
	agent := a.w.onLeg(ch.id)
	switch {
	case a.records(ch, c):
		return true
	case strings.HasPrefix(ch.id, "fl.sn."):
		if c == nil || len(c.monitors) == 0 {
			a.wrong(contactOf(ch.id), "snoop "+ch.id+" is for nobody")
		}
		return true
	case !a.w.ctl.listening[ch.id]:
		return false
	case c == nil:
		return false
	case ch.state != stateUp:
		return a.w.now-ch.created < time.Minute // it rings
	}
	m := c.monitored(agent)
	if m == nil {
		return false
	}
	if ch.bridge == nil || len(ch.bridge.members) < 2 {
		a.wrong(c.id, agent+" listens to nobody")
	}
	if quiet := m.Mode == fact.MonitorListen; ch.muted != quiet {
		a.wrong(c.id, agent+" is heard: "+strconv.FormatBool(!ch.muted)+" in mode "+string(m.Mode))
	}
	return true
}
