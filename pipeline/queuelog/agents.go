package queuelog

import (
	"maps"
	"slices"
	"time"

	"firstline/pipeline/fact"
)

// Column says what stands in the agent column.
type Column string

// The choices there are.
const (
	ByEndpoint Column = "endpoint" // the phone, "PJSIP/101": what app_queue writes for members without a name
	ByID       Column = "id"       // the agent's id in firstline.yaml
	ByName     Column = "name"     // the agent's name in firstline.yaml
)

const (
	autoPause = "Auto-Pause" // app_queue's reason for who missed too many offers
	byManager = "MANAGER"    // app_queue's uniqueid of a member who was added or removed from outside the dialplan
	addPaused = "PAUSED"     // data of ADDMEMBER when the member is paused already
)

// agent is what is known of an agent. Name, endpoint and queues come from the controller's snapshot, the rest from facts.
type agent struct {
	Name     string   `json:"name,omitempty"`
	Endpoint string   `json:"endpoint,omitempty"`
	Serves   []string `json:"serves,omitempty"` // queues by the plan in force
	LoggedIn bool     `json:"in,omitempty"`
	Member   []string `json:"member,omitempty"` // queues with an ADDMEMBER and no REMOVEMEMBER yet
	Paused   bool     `json:"paused,omitempty"`
	Reason   string   `json:"reason,omitempty"` // of the pause, as written
}

func (t *Translator) agent(id string) *agent {
	a := t.state.Agents[id]
	if a == nil {
		a = &agent{}
		t.state.Agents[id] = a
	}
	return a
}

// name is what the agent column says of an agent; of one nobody knows, what the fact says.
func (t *Translator) name(id string) string {
	a := t.state.Agents[id]
	switch {
	case a == nil || t.column == ByID:
		return id
	case t.column == ByName && a.Name != "":
		return a.Name
	case t.column == ByEndpoint && a.Endpoint != "":
		return a.Endpoint
	default:
		return id
	}
}

// Know takes names, phones and queues of the agents from a snapshot of any position. It writes nothing.
func (t *Translator) Know(s fact.Snapshot) {
	for _, is := range s.Agents {
		a := t.agent(is.ID)
		a.Serves = slices.Clone(is.Queues)
		if is.Name != "" { // of one who was taken out of the plan, the last one known stays
			a.Name = is.Name
		}
		if is.Endpoint != "" { // of one who sits nowhere, too
			a.Endpoint = is.Endpoint
		}
	}
}

// Sync brings the state to a snapshot whose last fact is the last one applied, and gives the lines of what no fact tells: a
// reload that changed an agent's queues, and who was logged in or paused before the first fact that was read. Contacts
// that the snapshot doesn't have are forgotten; open is how many of them still lacked a line.
func (t *Translator) Sync(s fact.Snapshot) (lines []Line, open int) {
	lines = t.begin(s.At)
	t.Know(s)
	now := map[string]fact.SnapshotAgent{}
	for _, is := range s.Agents {
		now[is.ID] = is
	}
	for _, id := range slices.Sorted(maps.Keys(t.state.Agents)) {
		is, known := now[id]
		a := t.agent(id)
		a.LoggedIn = known && is.State != fact.AgentLoggedOut
		lines = append(lines, t.member(s.At, id)...)
		if !a.LoggedIn {
			a.Paused, a.Reason = false, ""
		} else {
			lines = append(lines, t.pause(s.At, id, is.State, is.Reason)...)
		}
		if !known {
			delete(t.state.Agents, id)
		}
	}
	return lines, t.keepOnly(s.Contacts)
}

// keepOnly forgets the contacts that are not among those in progress.
func (t *Translator) keepOnly(running []fact.SnapshotContact) (open int) {
	ids := make(map[string]bool, len(running))
	for _, c := range running {
		ids[c.ID] = true
	}
	for id, c := range t.state.Contacts {
		if ids[id] {
			continue
		}
		open += len(c.Talks)
		delete(t.state.Contacts, id)
	}
	return open
}

func (t *Translator) logged(f fact.Fact, d fact.AgentLogged) []Line {
	a := t.agent(f.Subject)
	if d.Endpoint != "" {
		a.Endpoint = d.Endpoint
	}
	a.LoggedIn = d.Type == fact.TypeAgentLoggedIn
	if !a.LoggedIn { // app_queue writes no UNPAUSE of a member who leaves
		a.Paused, a.Reason = false, ""
	}
	return t.member(f.Time, f.Subject)
}

// member adds the agent to the queues he serves and removes him from all others; from all when he is logged out.
func (t *Translator) member(at time.Time, id string) []Line {
	a := t.agent(id)
	var serves []string
	if a.LoggedIn {
		serves = a.Serves
	}
	var lines []Line
	for _, q := range a.Member {
		if !slices.Contains(serves, q) {
			lines = append(lines, Line{At: at, Call: byManager, Queue: q, Agent: t.name(id), Event: eventRemoveMember})
		}
	}
	for _, q := range serves {
		if slices.Contains(a.Member, q) {
			continue
		}
		line := Line{At: at, Call: byManager, Queue: q, Agent: t.name(id), Event: eventAddMember}
		if a.Paused {
			line.Data = []string{addPaused}
		}
		lines = append(lines, line)
	}
	a.Member = slices.Clone(serves)
	return lines
}

func (t *Translator) stateBegan(f fact.Fact, d fact.AgentStateBegan) []Line {
	return append(t.leftTalk(f, d), t.pause(f.Time, f.Subject, d.State, d.Reason)...)
}

// pause writes what app_queue does when a member is paused or not any more in all his queues: one line for all, then one
// for each. A pause that goes on with another reason is one more pause.
func (t *Translator) pause(at time.Time, id string, s fact.AgentState, reason string) []Line {
	a := t.agent(id)
	if reason == fact.AutoPauseReason {
		reason = autoPause
	}
	all, each := eventPauseAll, eventPause
	switch {
	case s == fact.AgentPaused && a.Paused && a.Reason == reason, s != fact.AgentPaused && !a.Paused:
		return nil
	case s == fact.AgentPaused:
		a.Paused, a.Reason = true, reason
	default:
		all, each, reason = eventUnpauseAll, eventUnpause, a.Reason
		a.Paused, a.Reason = false, ""
	}
	lines := []Line{{At: at, Agent: t.name(id), Event: all, Data: []string{reason}}}
	for _, q := range a.Member {
		lines = append(lines, Line{At: at, Queue: q, Agent: t.name(id), Event: each, Data: []string{reason}})
	}
	return lines
}
