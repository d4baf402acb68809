package callcenter

import (
	"slices"

	"firstline/pipeline/fact"
)

// An agent who mutes himself is heard by nobody in the talk, whoever is in it, and not by whom he asks on a second call of his phone
// either. He hears them.

// speaker finds an agent who talks, to the caller or to who asks him; nil = he does not.
func (t *talk) speaker(agent string) *party {
	if p := t.party(agent); p != nil {
		return p
	}
	if k := t.Consult; k != nil && k.With != nil && k.With.Agent == agent {
		return k.With
	}
	return nil
}

// mute has an agent not be heard, or again.
func (c *Center) mute(ct *contact, p *party, by fact.By, actor string, on bool) {
	if p.Muted == on {
		return
	}
	if !on {
		c.muteEnded(ct, *p, by, actor)
	}
	p.Muted = on
	if on {
		p.MutedAt = c.stamp(ct)
		c.emit(ct, fact.TypeMuteStarted, fact.MuteStarted{Call: ct.Call.ID, Agent: p.Agent, Queue: p.Queue, By: by, Actor: actor})
	}
	c.touch(ct)
	c.orderMute(ct, *p)
}

func (c *Center) muteEnded(ct *contact, p party, by fact.By, actor string) {
	t := c.stamp(ct)
	c.emit(ct, fact.TypeMuteEnded, fact.MuteEnded{
		Call: ct.Call.ID, Agent: p.Agent, Queue: p.Queue, By: by, Actor: actor, StartedAt: p.MutedAt, EndedAt: t, DurationMS: ms(t.Sub(p.MutedAt)),
	})
}

// orderMute orders for all channels on which an agent is heard what is to be so.
func (c *Center) orderMute(ct *contact, p party) {
	c.muteSpeaker(ct, p.Leg, p.Muted)
	if k := ct.Talk.Consult; k != nil && k.Transfer.Agent == p.Agent && k.Ear != p.Leg {
		c.muteSpeaker(ct, k.Ear, p.Muted)
	}
}

// remute orders it for all who were ever muted, after the link was down, or when it failed.
func (c *Center) remute(ct *contact) {
	for _, p := range ct.Talk.all() {
		if !p.MutedAt.IsZero() {
			c.orderMute(ct, p)
		}
	}
}

// muteFailed: whoever was muted believes that nobody hears him, so it is tried until it is done.
func (c *Center) muteFailed(ct *contact, channel string, gone bool) {
	t := ct.Talk
	if gone || t == nil || t.onLeg(channel) == nil && (t.Consult == nil || t.Consult.Ear != channel) {
		c.ignore(IgnoredNoEffect) // its end will be heard
		return
	}
	t.Remute = true
	c.mendSoon(ct)
}

// unmute closes the muting of an agent who leaves the talk.
func (c *Center) unmute(ct *contact, p party) {
	if p.Muted {
		c.muteEnded(ct, p, fact.BySystem, "")
	}
}

// muted are the agents who are, by id.
func (t *talk) muted() []string {
	var agents []string
	for _, p := range t.all() {
		if p.Muted {
			agents = append(agents, p.Agent)
		}
	}
	slices.Sort(agents)
	return agents
}
