package callcenter

import (
	"cmp"
	"slices"
	"strconv"
)

// clearLegs frees agents whose hung-up leg is gone.
func (c *Center) clearLegs(act actual) {
	for _, a := range c.agents {
		for _, channel := range slices.Clone(a.Clearing) {
			if _, ok := act.channels[channel]; !ok {
				c.cleared(channel)
			}
		}
	}
}

// adopt takes in callers who are in the application and unknown: their arrival was never heard.
func (c *Center) adopt(e Reconciled, act actual) {
	for _, ch := range sortedChannels(e.Channels) {
		if !ch.InApp || isOurs(ch.ID) || ch.ID == "" || c.contacts[ch.ID] != nil || c.ears[ch.ID] != nil || c.isClearing(ch.ID) || !act.old(c, ch.Created) {
			continue
		}
		c.receive(c.arrive(CallArrived{
			Channel: ch.ID, Endpoint: ch.Endpoint, Number: ch.Number, Name: ch.Name, Dialed: ch.Dialed, Language: ch.Language,
			Created: ch.Created,
		}, arrival{derived: true}))
	}
}

func sortedChannels(list []ActualChannel) []ActualChannel {
	return slices.SortedFunc(slices.Values(list), func(a, b ActualChannel) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
	})
}

// sweep ends what is ours, or was, and nobody wants.
func (c *Center) sweep(e Reconciled, act actual) {
	for _, ch := range sortedChannels(e.Channels) {
		if !act.old(c, ch.Created) {
			continue
		}
		if isOurs(ch.ID) {
			c.sweepLeg(ch.ID)
			continue
		}
		if c.isClearing(ch.ID) { // a second call of an agent who asked somebody
			c.sweepUp(ch.ID, func(h Head) Command { return HangUp{Head: h, Channel: ch.ID, Cause: causeNormal} })
			continue
		}
		if ct := c.contacts[ch.ID]; ct != nil && ch.InApp && ct.Stage == stageEnded && act.old(c, ct.Last) {
			c.sweepUp(ch.ID, func(h Head) Command { return c.goodbye(h, ct) })
		}
	}
	bridges := slices.SortedFunc(slices.Values(e.Bridges), func(a, b ActualBridge) int { return cmp.Compare(a.ID, b.ID) })
	for _, br := range bridges {
		owner := ownerOfResource(br.ID)
		ct := c.contacts[owner]
		if owner == "" || ct != nil && ct.wantsBridge(br.ID) {
			continue
		}
		c.sweepUp(owner, func(h Head) Command { return DestroyBridge{Head: h, Bridge: br.ID} })
	}
}

func (c *Center) sweepLeg(id string) {
	owner := ownerOfResource(id)
	if ct := c.contacts[owner]; ct != nil && ct.wants(id) {
		return
	}
	c.sweepUp(owner, func(h Head) Command { return HangUp{Head: h, Channel: id, Cause: causeNormal} })
}

// isClearing tells whether a channel is a call of an agent's phone that is being hung up.
func (c *Center) isClearing(channel string) bool {
	return slices.ContainsFunc(c.agents, func(a *agent) bool { return slices.Contains(a.Clearing, channel) })
}

// wants tells whether a leg is one the contact needs.
func (ct *contact) wants(leg string) bool {
	return ct.Back != nil && ct.Channel == leg && !ct.Call.Over || ct.records(leg) || ct.Talk != nil && (ct.Talk.onLeg(leg) != nil || ct.Talk.guestOn(leg) != nil || ct.Talk.monitors(leg)) || ct.Entry != nil && ct.Entry.offerOn(leg) != nil
}

// wantsBridge tells whether a bridge is one the contact needs.
func (ct *contact) wantsBridge(id string) bool {
	t := ct.Talk
	return t != nil && (t.Bridge == id || t.Consult != nil && t.Consult.Bridge == id || t.monitors(id))
}

// sweepUp orders something for a contact that may long be forgotten.
func (c *Center) sweepUp(contact string, order func(Head) Command) {
	if contact == "" {
		return
	}
	id := contact + "/xs" + strconv.FormatUint(c.meta.Sweeps+1, 10)
	cmd := order(Head{ID: id, Contact: contact})
	if slices.ContainsFunc(c.out.Commands, func(o Command) bool { return sameEnd(o, cmd) }) {
		return // this Step has ordered it already
	}
	c.meta.Sweeps++
	c.touched.meta = true
	c.out.Commands = append(c.out.Commands, cmd)
}

// sameEnd tells whether two commands end the same thing.
func sameEnd(a, b Command) bool {
	switch a := a.(type) {
	case HangUp:
		b, ok := b.(HangUp)
		return ok && a.Channel == b.Channel
	case SendOut:
		b, ok := b.(SendOut)
		return ok && a.Channel == b.Channel
	case DestroyBridge:
		b, ok := b.(DestroyBridge)
		return ok && a.Bridge == b.Bridge
	default:
		return false
	}
}
