package callcenter

import (
	"fmt"
	"slices"
	"strings"
)

// seats: each is a phone of nobody in particular; each agent who sits freely has a number of his own, if any.
func (v *validator) seats() {
	ids, endpoints := make([]string, len(v.plan.Seats)), make([]string, len(v.plan.Seats))
	for i, s := range v.plan.Seats {
		at := fmt.Sprintf("seats.%d.", i)
		v.id(at+"id", "seat", s.ID, ids[:i])
		fixed := slices.IndexFunc(v.plan.Agents, func(a Agent) bool { return a.Endpoint == s.Endpoint })
		switch {
		case slices.Contains(endpoints[:i], s.Endpoint):
			v.add(at+"endpoint", fmt.Sprintf("phone %q is a seat already", s.Endpoint), "take one of the two out")
		case fixed >= 0 && s.Endpoint != "":
			v.add(at+"endpoint", fmt.Sprintf("phone %q belongs to agent %s", s.Endpoint, v.plan.Agents[fixed].ID), "leave it to him, or take his endpoint out: then he sits freely")
		default:
			v.endpoint(at+"endpoint", s.Endpoint, nil)
		}
		ids[i], endpoints[i] = s.ID, s.Endpoint
	}
	if len(v.plan.Seats) > 0 && !slices.ContainsFunc(v.plan.Agents, func(a Agent) bool { return a.Endpoint == "" }) {
		v.add("seats", "every agent has a phone of his own, so nobody can sit there", "leave out the endpoint of agents who sit freely, or leave seats out")
	}
	v.numbers()
}

// numbers are what agents log in by at a seat.
func (v *validator) numbers() {
	taken := map[string]string{}
	for i, a := range v.plan.Agents {
		at := fmt.Sprintf("agents.%d.number", i)
		switch {
		case a.Number == "":
			continue
		case a.Endpoint != "":
			v.add(at, "he has a phone of his own, and needs no number to log in", "leave number out, or endpoint: then he sits freely")
		case strings.Trim(a.Number, "0123456789") != "" || len(a.Number) > maxNumber:
			v.add(at, fmt.Sprintf("%q can't be an agent's number", a.Number), `write digits, at most 20, for example "1001"`)
		case taken[a.Number] != "":
			v.add(at, fmt.Sprintf("%q is the number of agent %s already", a.Number, taken[a.Number]), "give each agent a number of his own")
		}
		taken[a.Number] = a.ID
	}
	if v.plan.Features.Login == "" && len(taken) > 0 {
		v.add("features.login", "agents have numbers, but nothing can be dialled to log in by them", `write a code, for example "*11"`)
	}
}

// loginCode tells whether what is dialled is the log-in code with a number behind it, or begins so.
func (f Features) loginCode(dialed string) bool {
	return f.Login != "" && strings.HasPrefix(dialed, f.Login+numberMark)
}
