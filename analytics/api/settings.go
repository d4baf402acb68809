package api

import (
	"cmp"
	"context"
	"slices"
	"sort"

	"firstline/analytics/live"
)

// Settings are the lists that pages offer for choice.
type Settings struct {
	PauseReasons []string `json:"pause_reasons" nullable:"false"`
	Dispositions []string `json:"dispositions" nullable:"false" doc:"Codes for what a contact was about; empty = any text"`
	OnDemand     []string `json:"record_on_demand" nullable:"false" doc:"Queues whose talks are recorded when the agent asks for it"`
	Languages    []string `json:"languages" nullable:"false" doc:"Languages that the menus offer"`
	TicketSystem string   `json:"ticket_system"`
	Version      string   `json:"version" doc:"Of this server"`
}

type settingsOutput struct{ Body Settings }

func (a *API) settings(_ context.Context, who principal, _ *noInput) (*settingsOutput, error) {
	return &settingsOutput{Body: Settings{
		PauseReasons: a.pauseReasons(), Dispositions: list(a.site().Dispositions), Languages: a.languages(), OnDemand: keep(a.onDemand(), who.rights.queue),
		TicketSystem: a.site().Integrations.Tickets.System, Version: a.version,
	}}, nil
}

func (a *API) pauseReasons() []string {
	out := []string{}
	for _, r := range a.site().PauseReasons {
		out = append(out, r.Name)
	}
	return out
}

// onDemand are the queues whose agents decide what is recorded.
func (a *API) onDemand() []string {
	out := []string{}
	for _, q := range a.site().Queues {
		if q.Recording.Mode == recordOnDemand {
			out = append(out, q.ID)
		}
	}
	return out
}

func (a *API) languages() []string {
	out := []string{}
	for _, flow := range a.site().IVR {
		for _, node := range flow.Nodes {
			for _, option := range node.Options {
				if option.Language != "" && !slices.Contains(out, option.Language) {
					out = append(out, option.Language)
				}
			}
		}
	}
	sort.Strings(out)
	return out
}

// Queue is a queue of the configuration.
type Queue struct {
	ID             string `json:"id"`
	Name           string `json:"name"`
	ServiceLevelMS int64  `json:"service_level_ms" doc:"T of the service level"`
	ShortAbandonMS int64  `json:"short_abandon_ms" doc:"Abandoned within it is a short one"`
}

type queuesOutput struct {
	Body struct {
		Queues []Queue `json:"queues" nullable:"false"`
	}
}

// queues lists the queues; an agent sees those he serves.
func (a *API) queues(_ context.Context, who principal, _ *noInput) (*queuesOutput, error) {
	out := &queuesOutput{}
	out.Body.Queues = []Queue{}
	for _, q := range a.site().Queues {
		if who.isAgent() && !slices.Contains(a.queuesOf(who.Agent), q.ID) || !who.rights.queue(q.ID) {
			continue
		}
		t, short := q.limits()
		out.Body.Queues = append(out.Body.Queues, Queue{ID: q.ID, Name: q.Name, ServiceLevelMS: t, ShortAbandonMS: short})
	}
	return out, nil
}

// limits are the parameters of the queue's figures in milliseconds.
func (q QueueConfig) limits() (serviceLevel, shortAbandon int64) {
	t, short := defaultServiceLevel, defaultShortAbandon
	if q.ServiceLevel != nil {
		t = *q.ServiceLevel
	}
	if q.ShortAbandon != nil {
		short = *q.ShortAbandon
	}
	return t.Milliseconds(), short.Milliseconds()
}

func (a *API) queuesOf(agent string) []string {
	for _, c := range a.site().Agents {
		if c.ID == agent {
			return c.Queues
		}
	}
	return nil
}

// Agent is an agent of the configuration.
type Agent struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Endpoint string   `json:"endpoint" doc:"His own phone; empty = he sits at one of the seats" example:"PJSIP/101"`
	Queues   []string `json:"queues" nullable:"false"`
	Teams    []string `json:"teams" nullable:"false"`
}

type agentsOutput struct {
	Body struct {
		Agents []Agent `json:"agents" nullable:"false"`
	}
}

// agents lists the agents; an agent sees himself.
func (a *API) agents(_ context.Context, who principal, _ *noInput) (*agentsOutput, error) {
	out := &agentsOutput{}
	out.Body.Agents = []Agent{}
	for _, c := range a.site().Agents {
		if who.isAgent() && who.Agent != c.ID || !who.rights.agent(c.ID) {
			continue
		}
		out.Body.Agents = append(out.Body.Agents, Agent{ID: c.ID, Name: c.Name, Endpoint: c.Endpoint, Queues: keep(c.Queues, who.rights.queue), Teams: list(c.Teams)})
	}
	return out, nil
}

// Seat is a phone at which agents sit who have none of their own.
type Seat struct {
	ID       string `json:"id" example:"201"`
	Name     string `json:"name" example:"Window"`
	Endpoint string `json:"endpoint" doc:"The phone" example:"PJSIP/201"`
	Agent    string `json:"agent,omitempty" doc:"Id of who sits there; absent when nobody does" example:"dora"`
	Label    string `json:"label,omitempty" doc:"His name" example:"Dora Weiss"`
}

type seatsOutput struct {
	Body struct {
		Seats []Seat `json:"seats" nullable:"false"`
	}
}

// seats lists the seats with who sits there now, as far as he may be seen.
func (a *API) seats(_ context.Context, who principal, _ *noInput) (*seatsOutput, error) {
	sits := map[string]live.AgentBrief{}
	for _, agent := range who.rights.wallboard(a.now.Wallboard()).Agents {
		if agent.Seat != "" {
			sits[agent.Seat] = agent
		}
	}
	out := &seatsOutput{}
	out.Body.Seats = []Seat{}
	for _, s := range a.site().Seats {
		agent := sits[s.ID]
		out.Body.Seats = append(out.Body.Seats, Seat{ID: s.ID, Name: cmp.Or(s.Name, s.ID), Endpoint: s.Endpoint, Agent: agent.ID, Label: agent.Name})
	}
	return out, nil
}

// list is never null in JSON.
func list(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}
