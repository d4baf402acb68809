package sim

import (
	"slices"
	"strconv"
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/callcenter"
	"firstline/telephony/ivr"
)

func incidentIDs() []string { return []string{"outage", "delay", "sums"} }

// drawIncidents throws what can be switched on, and flows that begin with the news.
func drawIncidents(d *dice, p *callcenter.Plan) {
	for _, id := range incidentIDs() {
		if d.chance(0.7) {
			p.Incidents = append(p.Incidents, ivr.Incident{ID: id, Name: "the " + id, When: one(d, append(conditions(), "")...), Media: someMedia(d)})
		}
	}
	tells := false
	for i, f := range p.Flows {
		if !d.chance(0.6) {
			continue
		}
		tells = true
		told := one(d, "", f.Start, "told")
		f.Nodes["news"] = ivr.Node{Type: ivr.TypeIncident, Told: told, Next: f.Start}
		if told == "told" {
			f.Nodes["told"] = ivr.Node{Type: ivr.TypeHangup, Media: drawMedia(d)}
		}
		p.Flows[i].Start = "news"
	}
	if !tells {
		p.Incidents = nil
	}
}

// incident has somebody switch one.
func (d *desk) incident(n int, luck *dice) {
	d.send(callcenter.Control{
		Request: "i" + strconv.Itoa(n), By: one(luck, fact.ByAPI, fact.BySupervisor), Actor: "sup",
		Incident: one(luck, append(incidentIDs(), "nothing")...), Action: one(luck, callcenter.ActionIncidentOn, callcenter.ActionIncidentOff),
	})
}

// incidentBook is what the facts say about one incident.
type incidentBook struct {
	seq   uint64
	last  time.Time
	began *fact.IncidentBegan // nil = off
	at    time.Time
	off   time.Time // when it was switched off last
}

// incidentFact checks that an incident is switched on and off in turn, and that what is switched is in the plan.
func (l *ledger) incidentFact(f fact.Fact) {
	id, _ := incidentOf(f)
	b := l.incidents[id]
	if b == nil {
		b = &incidentBook{}
		l.incidents[id] = b
	}
	l.sequence(f, &b.seq, &b.last)
	planned := slices.ContainsFunc(l.w.known[l.version].Incidents, func(in ivr.Incident) bool { return in.ID == id })
	switch d := f.Data.(type) {
	case fact.IncidentBegan:
		if b.began != nil || !planned || f.Subject != fact.IncidentSubject(id) || d.Name != "the "+id {
			l.w.fail(ruleIncidents, "%s begins as %+v, planned: %t, was: %+v", f.Subject, d, planned, b.began)
		}
		b.began, b.at = &d, f.Time
	case fact.IncidentEnded:
		if b.began == nil || planned == (d.By == fact.BySystem) {
			l.w.fail(ruleIncidents, "%s ends as %+v, planned: %t, was: %+v", f.Subject, d, planned, b.began)
			return
		}
		l.span(f, b.at, d.StartedAt, d.EndedAt, d.DurationMS)
		b.began, b.off = nil, f.Time
	}
	l.w.seen.add(string(f.Type))
}

func incidentOf(f fact.Fact) (string, bool) {
	switch d := f.Data.(type) {
	case fact.IncidentBegan:
		return d.Incident, true
	case fact.IncidentEnded:
		return d.Incident, true
	default:
		return "", false
	}
}

// newsFor is what a caller who comes to a node of type incident must hear now, and which conditions can't be worked out.
func (l *ledger) newsFor(c *contactBook) (ids []string, unfit []int) {
	language := c.language
	if language == "" {
		language = c.arrived.Language
	}
	for i, in := range l.w.known[c.arrived.Plan].Incidents {
		b := l.incidents[in.ID]
		if b == nil || b.began == nil {
			continue
		}
		held, bad := true, false
		if in.When != "" {
			held, bad = holds(in.When, c.arrived.CallerNumber, language, c.visit.vars["topic"])
		}
		if bad {
			unfit = append(unfit, i+1)
		}
		if held {
			ids = append(ids, in.ID)
		}
	}
	return ids, unfit
}

// told checks what a caller heard at a node of type incident, when he goes on to another; "" = he left the flow there.
func (l *ledger) told(f fact.Fact, c *contactBook, n ivr.Node, to string) {
	v := c.visit
	if !slices.Equal(v.told, v.news) || !slices.Equal(v.unfit, v.newsUnfit) {
		l.w.fail(ruleIncidents, "%s was told of %v after unfit conditions %v, want %v after %v", f.Subject, v.told, v.unfit, v.news, v.newsUnfit)
	}
	want := n.Next
	if len(v.told) > 0 && n.Told != "" {
		want = n.Told
	}
	if to != "" && to != want {
		l.w.fail(ruleMenus, "%s goes on to %s after news %v, want %s", f.Subject, to, v.told, want)
	}
	v.heardNews = v.heardNews || len(v.told) > 0
	v.told, v.unfit, v.news, v.newsUnfit = nil, nil, nil, nil
}
