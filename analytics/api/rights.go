package api

import (
	"encoding/json"
	"fmt"
	"slices"

	"firstline/analytics/live"
	"firstline/analytics/metric"
	"firstline/analytics/query"
	"firstline/pipeline/fact"
)

// Limits are the queues and teams that a user or key is limited to, as they are configured. Both empty: to none.
type Limits struct {
	Queues []string
	Teams  []string
}

func (l Limits) none() bool { return len(l.Queues)+len(l.Teams) == 0 }

// unknown finds a name among the limits that stands for nothing: in which of the lists it is, and the name.
func (s Site) unknown(l Limits) (list, name string) {
	for _, id := range l.Queues {
		if !slices.ContainsFunc(s.Queues, func(q QueueConfig) bool { return q.ID == id }) {
			return "queues", id
		}
	}
	for _, id := range l.Teams {
		if !slices.ContainsFunc(s.Agents, func(a AgentConfig) bool { return slices.Contains(a.Teams, id) }) {
			return "teams", id
		}
	}
	return "", ""
}

// rights is the one place that decides which queues and agents somebody may see and act on. It is made from his limits for each
// request, by the site as it is then: of limits to teams alone follow the queues that their agents serve, of limits to queues
// alone the agents who serve one of them. The zero value allows everything: an agent's own limits are his role's.
type rights struct {
	limited bool
	queues  []string // visible ones, the lines of agents included
	agents  []string
	teams   []string // nil = all
}

func (a *API) rightsOf(l Limits) rights {
	if l.none() {
		return rights{}
	}
	r := rights{limited: true, queues: slices.Clone(l.Queues), agents: []string{}}
	if len(l.Teams) > 0 {
		r.teams = l.Teams
	}
	for _, agent := range a.site().Agents {
		switch {
		case len(l.Teams) == 0 && overlap(agent.Queues, l.Queues), overlap(agent.Teams, l.Teams):
			r.agents = append(r.agents, agent.ID)
		default:
			continue
		}
		for _, q := range agent.Queues {
			if len(l.Queues) == 0 && !slices.Contains(r.queues, q) {
				r.queues = append(r.queues, q)
			}
		}
	}
	return r.withLines(a.site().Agents)
}

// withLines adds the lines that visible agents have for themselves: of those who serve visible queues alone, since who waits there
// may have come from any of an agent's queues.
func (r rights) withLines(agents []AgentConfig) rights {
	for _, agent := range agents {
		if r.agent(agent.ID) && !slices.ContainsFunc(agent.Queues, func(q string) bool { return !r.queue(q) }) {
			r.queues = append(r.queues, live.OwnLine(agent.ID))
		}
	}
	return r
}

func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

func (r rights) queue(id string) bool { return !r.limited || slices.Contains(r.queues, id) }

func (r rights) agent(id string) bool { return !r.limited || slices.Contains(r.agents, id) }

func (r rights) team(id string) bool { return r.teams == nil || slices.Contains(r.teams, id) }

// hides says whether a row of a report is an agent's who may not be seen. Which queues it is about was said when it was asked for.
func (r rights) hides(row metric.Group) bool {
	return row.Agent != nil && *row.Agent != "" && !r.agent(*row.Agent)
}

// narrowQueues is what a report is asked for when somebody asks for these queues; none = all. nil means all that there are, an
// empty list nothing.
func (r rights) narrowQueues(asked []string) []string { return r.narrow(asked, r.queues) }

// narrowAgents is the same for agents.
func (r rights) narrowAgents(asked []string) []string { return r.narrow(asked, r.agents) }

func (r rights) narrow(asked, visible []string) []string {
	switch {
	case !r.limited:
		return asked
	case len(asked) == 0:
		return append([]string{}, visible...) // nil would be all
	}
	return keep(asked, func(id string) bool { return slices.Contains(visible, id) })
}

// keep is a new list of those that ok says yes to; never nil.
func keep[T any](all []T, ok func(T) bool) []T {
	out := []T{}
	for _, v := range all {
		if ok(v) {
			out = append(out, v)
		}
	}
	return out
}

// wallboard is what may be seen of it. Contacts are counted from what is: those in the menu belong to no queue yet.
func (r rights) wallboard(w live.Wallboard) live.Wallboard {
	if !r.limited {
		return w
	}
	queues, agents := w.Queues, w.Agents
	w.Queues, w.Agents, w.Contacts = []live.QueueView{}, []live.AgentBrief{}, live.StageCount{}
	for _, q := range queues {
		if r.queue(q.ID) {
			w.Queues = append(w.Queues, r.queueView(q))
			w.Contacts.Ringing += q.Ringing
			w.Contacts.Waiting += q.Waiting - q.Ringing
			w.Contacts.PutOff += q.PutOff
		}
	}
	talks := map[string]bool{}
	for _, a := range agents {
		if r.queue(a.Queue) && a.State == fact.AgentTalking {
			talks[a.Contact] = true
		}
		if r.agent(a.ID) {
			w.Agents = append(w.Agents, r.brief(a))
		}
	}
	wrapUps := map[string]bool{}
	for _, a := range agents {
		if r.queue(a.Queue) && a.State == fact.AgentWrapUp && !talks[a.Contact] {
			wrapUps[a.Contact] = true
		}
	}
	w.Contacts.Talking, w.Contacts.WrapUp = len(talks), len(wrapUps)
	return w
}

// queueView leaves agents out who may not be seen: they are of another team.
func (r rights) queueView(q live.QueueView) live.QueueView {
	q.Callers = slices.Clone(q.Callers)
	for i := range q.Callers {
		c := &q.Callers[i]
		c.Rings = slices.DeleteFunc(slices.Clone(c.Rings), func(id string) bool { return !r.agent(id) })
		if !r.agent(c.Agent) {
			c.Agent = ""
		}
		if !r.agent(c.Asks) {
			c.Asks = ""
		}
	}
	return q
}

// brief leaves out what an agent does for other queues; that he does something stays.
func (r rights) brief(a live.AgentBrief) live.AgentBrief {
	a.Queues = keep(a.Queues, r.queue)
	if !r.queue(a.Queue) {
		a.Contact, a.Queue, a.Monitors = "", "", nil
	}
	if a.Unheard != nil && !r.agent(a.Unheard.Agent) {
		a.Unheard = nil
	}
	return a
}

// place says whether a contact is in a visible queue now.
func (r rights) place(p live.Place) bool {
	return r.queue(p.Waits) || r.queue(p.Callback) || slices.ContainsFunc(p.Talks, r.queue)
}

// target says whether a caller may be handed on there: menus and numbers outside are everybody's.
func (r rights) target(to Target) bool {
	switch to.Kind {
	case fact.TransferToQueue:
		return r.queue(to.ID)
	case fact.TransferToAgent:
		return r.agent(to.ID)
	default:
		return true
	}
}

// hidesTickets is hides for rows of tickets, whose teams are the ticket system's.
func (r rights) hidesTickets(row metric.Group) bool {
	return r.hides(row) || row.Team != nil && *row.Team != "" && !r.team(*row.Team)
}

// ticketTeams are the teams whose tickets of no queue go with the queues of narrowQueues.
func (r rights) ticketTeams(asked []string) []string {
	if !r.limited || len(asked) > 0 {
		return nil
	}
	return r.teams
}

// ticket narrows a ticket; false when it is in no visible queue. One in no queue is its team's.
func (r rights) ticket(t *metric.Ticket) bool {
	if !r.limited {
		return true
	}
	mine := r.queue(t.Queue) || t.Queue == "" && slices.Contains(r.teams, t.Team)
	t.Agent, t.Team = shown(t.Agent, r.agent), shown(t.Team, r.team)
	return mine
}

// ticketStep leaves out of an event of a ticket where and whose else it has been.
func (r rights) ticketStep(s *query.TicketStep) {
	s.Queue, s.Agent, s.Team = shown(s.Queue, r.queue), shown(s.Agent, r.agent), shown(s.Team, r.team)
}

// shown is a name that may be seen, else nothing.
func shown(name string, ok func(string) bool) string {
	if !ok(name) {
		return ""
	}
	return name
}

// recording says whether one may be known of and heard: of a visible queue, and of a visible agent where an agent talked.
func (r rights) recording(rec query.Recording) bool {
	return r.queue(rec.Queue) && (rec.Agent == "" || r.agent(rec.Agent))
}

// contact narrows a contact; false when it was in no visible queue.
func (r rights) contact(c *query.Contact) bool {
	if !r.limited {
		return true
	}
	c.Queues, c.Agents = keep(c.Queues, r.queue), keep(c.Agents, r.agent)
	return len(c.Queues) > 0
}

// timeline narrows a contact's course to what happened outside of other queues; false when the contact was in no visible queue.
func (r rights) timeline(t *query.Timeline) (bool, error) {
	if !r.limited {
		return true, nil
	}
	if !r.contact(&t.Contact) {
		return false, nil
	}
	facts, hidden := []query.TimelineFact{}, map[string]bool{"": false} // recordings of other queues: marks of messages name no queue
	for _, f := range t.Facts {
		body, recording, err := r.fact(f.Data)
		if err != nil {
			return false, fmt.Errorf("read fact %s: %w", f.ID, err)
		}
		if body == nil {
			hidden[recording] = recording != ""
			continue
		}
		if f.Data = body; !hidden[recording] {
			facts = append(facts, f)
		}
	}
	t.Facts = facts
	return true, nil
}

// queueNames are the places of a fact's body, beside its queue, that may name another one. Some hold other things too: then the
// field kind tells with this value that it is a queue.
func queueNames() []struct{ field, kind, value string } {
	return []struct{ field, kind, value string }{
		{"target", "to", string(fact.TransferToQueue)}, // of a transfer
		{"to", "outcome", string(fact.EntryOverflowed)},
		{field: "first_queue"}, {field: "last_queue"}, // of the contact
	}
}

// fact is a fact's body without the names of other queues, nil when it is about one; and the recording it tells of.
func (r rights) fact(body json.RawMessage) (visible json.RawMessage, recording string, err error) {
	var d map[string]json.RawMessage
	if err := json.Unmarshal(body, &d); err != nil {
		return nil, "", err
	}
	recording = textOf(d["recording"])
	if q := textOf(d["queue"]); q != "" && !r.queue(q) {
		return nil, recording, nil
	}
	changed := false
	for _, n := range queueNames() {
		if name := textOf(d[n.field]); name != "" && !r.queue(name) && (n.kind == "" || textOf(d[n.kind]) == n.value) {
			d[n.field] = json.RawMessage(`""`)
			changed = true
		}
	}
	if !changed {
		return body, recording, nil
	}
	visible, err = json.Marshal(d)
	return visible, recording, err
}

// textOf is a JSON string's text; "" for all else.
func textOf(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}
