package callcenter

import (
	"slices"
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/ivr"
)

// incident is the switch of one of the plan's incidents. One that was ever on is kept: its facts are numbered on.
type incident struct {
	ID    string    `json:"id"`
	Name  string    `json:"name,omitempty"` // when it was switched on
	Seq   uint64    `json:"seq"`            // of its last fact
	Last  time.Time `json:"last"`           // time of its last fact
	Since time.Time `json:"since,omitzero"` // on since; zero = off
	Actor string    `json:"actor,omitempty"`
}

// switchIncident switches one on or off; what is so already stays.
func (c *Center) switchIncident(e Control) Refusal {
	i := slices.IndexFunc(c.plan.Incidents, func(in ivr.Incident) bool { return in.ID == e.Incident })
	if i < 0 {
		return RefusedUnknownIncident
	}
	by := e.By
	if by == "" {
		by = fact.ByAPI
	}
	in := c.incident(e.Incident)
	switch on := e.Action == ActionIncidentOn; {
	case on && in.Since.IsZero():
		in.Name, in.Since, in.Actor = c.plan.Incidents[i].Name, c.notBefore(in.Last), e.Actor
		c.emitIncident(in, fact.TypeIncidentBegan, fact.IncidentBegan{Incident: in.ID, Name: in.Name, By: by, Actor: e.Actor})
	case !on && !in.Since.IsZero():
		c.endIncident(in, by, e.Actor)
		c.releaseBacks()
	}
	return ""
}

// incident finds the switch of an incident, or makes it.
func (c *Center) incident(id string) *incident {
	for i := range c.meta.Incidents {
		if c.meta.Incidents[i].ID == id {
			return &c.meta.Incidents[i]
		}
	}
	c.meta.Incidents = append(c.meta.Incidents, incident{ID: id})
	return &c.meta.Incidents[len(c.meta.Incidents)-1]
}

func (c *Center) endIncident(in *incident, by fact.By, actor string) {
	ended := c.notBefore(in.Last)
	began := in.Since
	in.Since, in.Actor = time.Time{}, ""
	c.emitIncident(in, fact.TypeIncidentEnded, fact.IncidentEnded{
		Incident: in.ID, Name: in.Name, StartedAt: began, EndedAt: ended, DurationMS: ms(ended.Sub(began)), By: by, Actor: actor,
	})
}

func (c *Center) emitIncident(in *incident, t fact.Type, data fact.Data) {
	in.Seq++
	in.Last = c.notBefore(in.Last)
	c.touched.meta = true
	c.out.Facts = append(c.out.Facts, fact.Fact{Type: t, Subject: fact.IncidentSubject(in.ID), Sequence: in.Seq, Time: in.Last, Data: data})
}

// endRemovedIncidents switches off what is in the plan no more: nobody could.
func (c *Center) endRemovedIncidents() {
	for i := range c.meta.Incidents {
		in := &c.meta.Incidents[i]
		kept := slices.ContainsFunc(c.plan.Incidents, func(p ivr.Incident) bool { return p.ID == in.ID })
		if !kept && !in.Since.IsZero() {
			c.endIncident(in, fact.BySystem, "")
		}
	}
}

// incidentsOn are the ids of those that are switched on.
func (c *Center) incidentsOn() []string {
	var ids []string
	for _, in := range c.meta.Incidents {
		if !in.Since.IsZero() {
			ids = append(ids, in.ID)
		}
	}
	return ids
}

func (c *Center) snapshotIncidents() []fact.SnapshotIncident {
	var list []fact.SnapshotIncident
	for _, p := range c.plan.Incidents {
		s := fact.SnapshotIncident{ID: p.ID, Name: p.Name}
		for _, in := range c.meta.Incidents {
			if in.ID == p.ID && !in.Since.IsZero() {
				since := in.Since
				s.On, s.Since, s.Actor = true, &since, in.Actor
			}
		}
		list = append(list, s)
	}
	return list
}
