package callcenter

import (
	"maps"
	"slices"

	"firstline/pipeline/fact"
)

// An agent without a phone of his own sits freely: he logs in at one of the plan's seats, and until he logs out its phone is his.
// Whatever concerns an agent's phone goes by agent.endpoint and Center.phones; nobody else writes them.

// seat is the seat of that id; nil when there is none.
func (p *planState) seat(id string) *Seat {
	return p.findSeat(func(s Seat) bool { return s.ID == id })
}

// seatAt is the seat with that phone; nil when it is none.
func (p *planState) seatAt(endpoint string) *Seat {
	return p.findSeat(func(s Seat) bool { return s.Endpoint == endpoint })
}

func (p *planState) findSeat(is func(Seat) bool) *Seat {
	if i := slices.IndexFunc(p.Seats, is); i >= 0 {
		return &p.Seats[i]
	}
	return nil
}

// sitsFreely tells whether the plan in force gives the agent no phone of his own.
func (a *agent) sitsFreely() bool { return a.conf != nil && a.conf.Endpoint == "" }

// bindPhones notes whose each phone is now: of who sits there, or else of whose own it is.
func (c *Center) bindPhones() {
	clear(c.phones)
	for _, a := range c.agents {
		if a.Seat == "" && a.endpoint() != "" {
			c.phones[a.endpoint()] = a
		}
	}
	for _, a := range c.agents {
		if a.Seat != "" {
			c.phones[a.Seat] = a
		}
	}
}

// hasPhone tells whether the agent can be rung: he sits somewhere, and nobody else still sits at the phone that is his by a new plan.
func (c *Center) hasPhone(a *agent) bool { return c.phones[a.endpoint()] == a }

// phoneFor is the phone at which an agent who logs in will sit, or why there is none.
func (c *Center) phoneFor(a *agent, seat string) (endpoint string, why Refusal) {
	switch {
	case a.Removed: // he called with the phone at which he sits yet
		return "", RefusedUnknownAgent
	case !a.sitsFreely() && seat != "":
		return "", RefusedFixedPhone
	case !a.sitsFreely():
		return a.conf.Endpoint, ""
	case seat == "" && a.Seat != "":
		return a.Seat, "" // he stays
	case seat == "":
		return "", RefusedNoSeat
	}
	if s := c.plan.seat(seat); s != nil {
		return s.Endpoint, ""
	}
	return "", RefusedUnknownSeat
}

// busy tells whether an agent can't be sent away from his phone.
func (a *agent) busy() bool {
	return a.engaged() != "" || a.Monitor != "" || len(a.Fallback) > 0 || len(a.Outside) > 0
}

// sit logs an agent in at a phone. Who sits there and is idle is logged out; so is he himself where he sat before.
func (c *Center) sit(a *agent, endpoint string, by fact.By, actor string) Refusal {
	before, moves := c.phones[endpoint], a.Seat != "" && a.Seat != endpoint
	switch {
	case moves && a.busy():
		return RefusedNotNow
	case before != nil && before != a && before.busy():
		return RefusedSeatTaken
	}
	if moves {
		c.logOut(a, leaving{by: by, actor: actor, reason: fact.LogMoved})
	}
	if before != nil && before != a {
		c.logOut(before, leaving{by: fact.BySystem, actor: a.ID, reason: fact.LogSeatTaken})
	}
	if a.sitsFreely() && a.Seat == "" {
		c.takeSeat(a, endpoint)
	}
	c.logIn(a, by, actor)
	return ""
}

// takeSeat makes a phone the agent's. Nothing is known of it but the calls that it has with us: it is looked at.
func (c *Center) takeSeat(a *agent, endpoint string) {
	a.Seat, a.SeatID = endpoint, c.plan.seatAt(endpoint).ID
	for _, id := range slices.Sorted(maps.Keys(c.contacts)) {
		if ct := c.contacts[id]; ct.From == endpoint && ct.Live && !ct.Away {
			a.OwnCalls = append(a.OwnCalls, id)
		}
	}
	c.bindPhones()
	if !c.LinkUp() {
		a.Doubt = true
		return
	}
	c.look(a)
}

// vacate frees the seat of an agent who has logged out and is not busy there.
func (c *Center) vacate(a *agent) {
	if a.Seat == "" || a.LoggedIn || a.engaged() != "" || a.Monitor != "" {
		return
	}
	if a.Look != "" {
		c.endLook(a, false)
	}
	endpoint := a.Seat
	a.Seat, a.SeatID, a.Unplugged, a.Outside, a.Calling, a.OwnCalls, a.Doubt = "", "", false, nil, "", nil, false
	c.bindPhones()
	c.touchAgent(a)
	if owner := c.phones[endpoint]; owner != nil { // it is his own by a new plan
		c.touchAgent(owner)
		c.touched.match = true
	}
}

// leaveTalks: who gives a seat up listens no more by its phone.
func (c *Center) leaveTalks(a *agent) {
	ct := c.contacts[a.Monitor]
	if a.Seat == "" || ct == nil || ct.Talk == nil {
		return
	}
	if m := ct.Talk.monitorBy(a.ID); m != nil {
		c.endMonitor(ct, m, monitorEnd{result: fact.MonitorOver})
	}
}

// misplaced tells whether the agent sits where, by the plan in force, he does not any more.
func (c *Center) misplaced(a *agent) bool {
	return a.Seat != "" && (!a.sitsFreely() || c.plan.seatAt(a.Seat) == nil)
}

// displaced is how an agent is logged out whom the plan in force doesn't have, or not at his phone.
func (c *Center) displaced(a *agent) leaving {
	how := leaving{by: fact.BySystem}
	if !a.Removed {
		how.reason = fact.LogSeatGone
	}
	return how
}

// stay keeps an agent at his phone when a new plan, which is in force but not yet his, has it as a seat that was his own, or as his own
// that was a seat; and when it does not have him, until he is done there.
func (c *Center) stay(a *agent) {
	seat, id, own := a.Seat, "", ""
	if i := slices.IndexFunc(c.plan.Agents, func(conf Agent) bool { return conf.ID == a.ID }); i >= 0 {
		own = c.plan.Agents[i].Endpoint
	}
	switch {
	case own != "" && own == a.Seat:
		seat = ""
	case own == "" && a.Seat == "" && (a.LoggedIn || a.engaged() != "" || a.Monitor != ""):
		seat = a.endpoint()
	}
	if s := c.plan.seatAt(seat); s != nil {
		id = s.ID
	}
	if a.Seat != seat || a.SeatID != id {
		a.Seat, a.SeatID = seat, id
		c.touchAgent(a)
	}
}
