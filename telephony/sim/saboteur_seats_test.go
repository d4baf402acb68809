package sim

import (
	"strings"

	"firstline/pipeline/fact"
	"firstline/telephony/callcenter"
)

func spoiledSeats() []sabotage {
	seats := []Rule{ruleSeats}
	return []sabotage{
		{bug: "an agent is rung at another phone", rules: seats, turn: func(s *saboteur) {
			s.spoil = func(_ callcenter.Input, out *callcenter.Output) {
				for i, c := range out.Commands {
					if leg, ok := c.(callcenter.Ring); ok && strings.HasPrefix(leg.Endpoint, "PJSIP/20") {
						leg.Endpoint = "PJSIP/101"
						out.Commands[i] = leg
					}
				}
			}
		}},
		{bug: "two agents sit at one phone", rules: seats, turn: crowded},
		{bug: "who makes room is not logged out", rules: []Rule{ruleSeats, ruleOneState, ruleAgentState, ruleClosingRows}, turn: edit(func(f fact.Fact) []fact.Fact {
			if d, ok := f.Data.(fact.AgentLogged); ok && d.Reason == fact.LogSeatTaken {
				return nil
			}
			return []fact.Fact{f}
		})},
		{bug: "an agent who is logged out for another says that he moved", rules: seats, turn: rewrite(func(d *fact.AgentLogged) {
			if d.Reason == fact.LogSeatTaken {
				d.Reason = fact.LogMoved
			}
		})},
		{bug: "any PIN is right", rules: seats, turn: func(s *saboteur) {
			s.mishear = func(ev callcenter.Event) callcenter.Event {
				if said, ok := ev.(callcenter.PINChecked); ok {
					said.Right = true
					return said
				}
				return ev
			}
		}},
		{bug: "an agent's phone is not looked at when he sits down", rules: []Rule{ruleReach, ruleLasting}, turn: blindly},
	}
}

// crowded says of who logs in at a seat that it is the one where another one sits.
func crowded(s *saboteur) {
	sits := map[string]fact.AgentLogged{}
	edit(func(f fact.Fact) []fact.Fact {
		d, ok := f.Data.(fact.AgentLogged)
		switch {
		case !ok:
		case d.Type == fact.TypeAgentLoggedOut:
			delete(sits, f.Subject)
		case d.Seat != "":
			for _, o := range sits { // any will do
				d.Endpoint, d.Seat = o.Endpoint, o.Seat
				f.Data = d
			}
			sits[f.Subject] = d
		}
		return []fact.Fact{f}
	})(s)
}

// blindly lets each look at a phone find it free.
func blindly(s *saboteur) {
	s.mishear = func(ev callcenter.Event) callcenter.Event {
		if said, ok := ev.(callcenter.PhoneChecked); ok {
			said.Phone.Registered, said.Phone.Channels = true, nil
			return said
		}
		return ev
	}
}
