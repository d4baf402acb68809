package sim

import (
	"slices"
	"strconv"
	"time"

	"firstline/pipeline/fact"
)

// Agents mute themselves in a talk. The rules about it are here.

// muteBook is an agent who is muted, as the facts say.
type muteBook struct {
	fact.MuteStarted
	at time.Time
}

// mutedAs finds how an agent is muted; nil = he is not.
func (c *contactBook) mutedAs(agent string) *muteBook {
	if i := slices.IndexFunc(c.mutes, func(m *muteBook) bool { return m.Agent == agent }); i >= 0 {
		return c.mutes[i]
	}
	return nil
}

func (l *ledger) muteStarted(f fact.Fact, c *contactBook, d fact.MuteStarted) {
	l.w.seen.add("muted")
	s := c.talking(d.Agent)
	if s == nil || s.Queue != d.Queue || s.Call != d.Call || c.mutedAs(d.Agent) != nil || !c.callOpen {
		l.w.fail(ruleMutes, "%s: %+v, in segment %+v, muted as %+v", f.Subject, d, s, c.mutedAs(d.Agent))
	}
	if c.transfer != nil {
		l.w.seen.add("muted while one asks")
	}
	c.mutes = append(c.mutes, &muteBook{MuteStarted: d, at: f.Time})
}

func (l *ledger) muteEnded(f fact.Fact, c *contactBook, d fact.MuteEnded) {
	l.w.seen.add("unmuted by " + string(d.By))
	m := c.mutedAs(d.Agent)
	if m == nil {
		l.w.fail(ruleClosedOnce, "%s ends %+v, which is not open", f.Subject, d)
		return
	}
	l.span(f, m.at, d.StartedAt, d.EndedAt, d.DurationMS)
	if d.Queue != m.Queue || d.Call != m.Call {
		l.w.fail(ruleClosingRows, "%s: muting %+v was opened as %+v", f.Subject, d, m.MuteStarted)
	}
	c.mutes = slices.DeleteFunc(c.mutes, func(o *muteBook) bool { return o == m })
}

// mutesWell looks at the end of a Step whether who is muted talks.
func (l *ledger) mutesWell(c *contactBook) {
	for _, m := range c.mutes {
		if c.talking(m.Agent) == nil {
			l.w.fail(ruleMutes, "%s is muted, and does not talk to %s", m.Agent, c.id)
		}
	}
}

// muted looks whether agents in a bridge are heard who are muted, or not heard who aren't.
func (a *audit) muted(b *bridge, c *contactBook) {
	for _, ch := range b.members {
		agent := a.w.agentAt(ch.endpoint)
		if own := a.w.owners[ch.id]; own != "" {
			agent = own
		}
		if c.talking(agent) == nil {
			continue
		}
		if is := c.mutedAs(agent) != nil; ch.muted != is {
			a.wrong(c.id, agent+" is muted: "+strconv.FormatBool(is)+", on "+ch.id+" "+strconv.FormatBool(ch.muted))
		}
	}
}
