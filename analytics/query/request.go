package query

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"firstline/analytics/metric"
	"firstline/pipeline/problem"
)

// Invalid is the error of a request that can't be answered: every mistake with the name of its parameter.
type Invalid struct {
	Problems []problem.Problem // Path is the parameter
}

func (e *Invalid) Error() string {
	list := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		list[i] = p.Path + ": " + p.Message
	}
	return "invalid request: " + strings.Join(list, "; ")
}

// WindowRequest is the part that all reports share, as a caller writes it.
type WindowRequest struct {
	From, Until time.Time   // half-open
	Interval    string      // of metric.Intervals, or custom; empty means whole
	Edges       []time.Time // of custom: where the window is cut, ascending, within it
	Zone        string      // IANA; empty means UTC
	GroupBy     []string    // dimensions; "interval" is accepted and means nothing more than Interval
}

// QueueRequest asks for metrics/queues.
type QueueRequest struct {
	WindowRequest
	AttributeBy    string              // of metric.Attributions; empty means offered
	Queues         []string            // nil means all; an empty list matches nothing
	Teams          map[string][]string // teams of each agent, of the plan
	Limits         metric.Limits       // of the plan; the zero value means metric.DefaultLimits
	ServiceLevelMS *int64              // T for all queues, instead of the plan's
	ShortAbandonMS *int64              // short limit for all queues, instead of the plan's
}

// AgentRequest asks for metrics/agents.
type AgentRequest struct {
	WindowRequest                     // GroupBy empty means agent
	Agents        []string            // nil means all
	Queues        []string            // nil means all
	Teams         map[string][]string // teams of each agent, of the plan
}

// ContactRequest asks for metrics/contacts, TicketRequest for metrics/tickets.
type ContactRequest struct {
	WindowRequest
	Queues []string // last queue of the contact; nil means all
	Days   int      // N of repeats and of first-contact resolution; 0 means DefaultDays
	Hours  int      // of contacts: N of calls that come again; 0 means DefaultHours

	Schedule string         // of tickets: by which business hours are computed anew, as schedule.Text writes it; empty means not at all
	Targets  metric.Targets // of tickets, of the plan
}

// IVRRequest asks for metrics/ivr.
type IVRRequest struct {
	WindowRequest          // GroupBy empty means flow and node
	Flows         []string // nil means all
	Queues        []string // only contacts that joined one of these; nil means all contacts
}

// TicketRequest has the same parameters.
type TicketRequest = ContactRequest

// DefaultDays is N of first-contact resolution and repeat contacts.
const DefaultDays = 7

const maxDays = 90

// DefaultHours is N of calls that come again.
const DefaultHours = 24

// mistakes collects what is wrong with a request.
type mistakes []problem.Problem

func (m *mistakes) add(parameter, mend, format string, args ...any) {
	*m = append(*m, problem.Problem{Path: parameter, Message: fmt.Sprintf(format, args...), Mend: mend})
}

func (m mistakes) err() error {
	if len(m) == 0 {
		return nil
	}
	return &Invalid{Problems: m}
}

func (w WindowRequest) params(m *mistakes, allowed ...metric.Dimension) (metric.Window, []metric.Dimension) {
	out := metric.Window{From: w.From.UTC(), Until: w.Until.UTC(), Interval: metric.Interval(w.Interval), Zone: time.UTC}
	if w.Zone != "" {
		loc, err := time.LoadLocation(w.Zone)
		if err != nil || w.Zone == "Local" {
			m.add("tz", "write an IANA name such as Europe/Berlin", "unknown time zone %q", w.Zone)
		} else {
			out.Zone = loc
		}
	}
	if out.Interval == "" {
		out.Interval = metric.Whole
	}
	known := slices.Contains(intervals(), out.Interval)
	if !known {
		m.add("interval", "write one of "+join(intervals()), "unknown interval %q", w.Interval)
	}
	parameter, mend := "interval", "choose a longer interval or a shorter window"
	switch {
	case out.Interval == metric.Custom:
		parameter, mend = "edges", "write RFC 3339 instants from from to until, each later than the one before, at most 999"
		out.Edges = w.Edges
	case len(w.Edges) > 0:
		m.add("edges", "write interval=custom, or leave the edges out", "mean nothing with interval=%s", out.Interval)
	}
	switch {
	case w.From.IsZero():
		m.add("from", "write an RFC 3339 instant", "is missing")
	case w.Until.IsZero():
		m.add("until", "write an RFC 3339 instant", "is missing")
	case !w.From.Before(w.Until):
		m.add("until", "the window is half-open, [from, until)", "is not after from")
	case known:
		if _, err := out.Buckets(); err != nil {
			m.add(parameter, mend, "%v", err)
		}
	}
	return out, w.dimensions(m, out.Interval, allowed)
}

// intervals are all that a request may name.
func intervals() []metric.Interval { return append(metric.Intervals(), metric.Custom) }

func (w WindowRequest) dimensions(m *mistakes, interval metric.Interval, allowed []metric.Dimension) []metric.Dimension {
	var out []metric.Dimension
	for _, g := range w.GroupBy {
		d := metric.Dimension(g)
		switch {
		case g == "interval":
			if interval == metric.Whole {
				m.add("interval", "write one of "+join(intervals()), "is needed to group by interval")
			}
		case !slices.Contains(allowed, d):
			m.add("group_by", "write some of interval, "+join(allowed), "this report is not split by %q", g)
		case !slices.Contains(out, d):
			out = append(out, d)
		}
	}
	return out
}

func join[T ~string](list []T) string {
	words := make([]string, len(list))
	for i, w := range list {
		words[i] = string(w)
	}
	return strings.Join(words, ", ")
}

// Params validates; its error is *Invalid.
func (r QueueRequest) Params() (metric.QueueParams, error) {
	var m mistakes
	p := metric.QueueParams{AttributeBy: metric.Attribution(r.AttributeBy), Queues: r.Queues, Teams: r.Teams, Limits: r.Limits}
	p.Window, p.GroupBy = r.params(&m, metric.ByQueue, metric.ByLanguage, metric.BySkill, metric.ByCustomer, metric.ByAgent, metric.ByTeam, metric.ByWeekday, metric.ByHour)
	if p.AttributeBy == "" {
		p.AttributeBy = metric.AttributeOffered
	}
	if !slices.Contains(metric.Attributions(), p.AttributeBy) {
		m.add("attribute_by", "write one of "+join(metric.Attributions()), "unknown attribution %q", r.AttributeBy)
	}
	if byClock(p.GroupBy) {
		if p.AttributeBy == metric.AttributeEnded {
			m.add("attribute_by", "write offered or answered", "%q does not go with group_by weekday or hour: what waits from one hour to another belongs to neither", r.AttributeBy)
		}
		if length := r.Until.Sub(r.From); length > metric.MaxCellSpan {
			m.add("until", "choose a window of at most two years", "a split by weekday or hour of %d days is too long", int(length.Hours()/24))
		}
	}
	if p.Limits.Default == (metric.QueueLimits{}) {
		p.Limits.Default = metric.DefaultLimits().Default
	}
	override(&m, &p.Limits, "service_level_ms", r.ServiceLevelMS, func(l *metric.QueueLimits, v int64) { l.ServiceLevelMS = v })
	override(&m, &p.Limits, "short_abandon_ms", r.ShortAbandonMS, func(l *metric.QueueLimits, v int64) { l.ShortAbandonMS = v })
	return p, m.err()
}

const maxLimitMS = 7 * 24 * 3600 * 1000

// override sets one limit of all queues to the request's value.
func override(m *mistakes, l *metric.Limits, parameter string, value *int64, set func(*metric.QueueLimits, int64)) {
	if value == nil {
		return
	}
	if *value < 0 || *value > maxLimitMS {
		m.add(parameter, "write milliseconds from 0 to 604800000", "%d is out of range", *value)
		return
	}
	queues := map[string]metric.QueueLimits{}
	for id, q := range l.Queues {
		set(&q, *value)
		queues[id] = q
	}
	set(&l.Default, *value)
	l.Queues = queues
}

// Params validates; its error is *Invalid.
func (r AgentRequest) Params() (metric.AgentParams, error) {
	var m mistakes
	p := metric.AgentParams{Agents: r.Agents, Queues: r.Queues, Teams: r.Teams}
	p.Window, p.GroupBy = r.params(&m, metric.ByAgent, metric.ByTeam, metric.ByQueue, metric.ByLanguage, metric.ByDisposition)
	if len(r.GroupBy) == 0 {
		p.GroupBy = []metric.Dimension{metric.ByAgent}
	}
	return p, m.err()
}

// Params validates for metrics/contacts; its error is *Invalid.
func (r ContactRequest) Params() (metric.ContactParams, error) {
	return r.splitBy(metric.ByQueue, metric.ByLanguage, metric.ByAgent, metric.ByCustomer, metric.ByDisposition)
}

func (r ContactRequest) splitBy(allowed ...metric.Dimension) (metric.ContactParams, error) {
	var m mistakes
	p := metric.ContactParams{Queues: r.Queues, Days: r.days(&m), Hours: r.hours(&m)}
	p.Window, p.GroupBy = r.params(&m, allowed...)
	return p, m.err()
}

// Params validates; its error is *Invalid.
func (r IVRRequest) Params() (metric.IVRParams, error) {
	var m mistakes
	p := metric.IVRParams{Flows: r.Flows, Queues: r.Queues}
	p.Window, p.GroupBy = r.params(&m, metric.ByFlow, metric.ByNode)
	if len(r.GroupBy) == 0 {
		p.GroupBy = []metric.Dimension{metric.ByFlow, metric.ByNode}
	}
	return p, m.err()
}

// TicketParams validates for metrics/tickets; its error is *Invalid. Tickets are judged as they stand now.
func (r ContactRequest) TicketParams(now time.Time) (metric.TicketParams, error) {
	c, err := r.splitBy(metric.ByQueue, metric.ByLanguage, metric.ByAgent, metric.ByTeam, metric.ByPriority, metric.ByReason)
	return metric.TicketParams{
		Window: c.Window, GroupBy: c.GroupBy, Queues: c.Queues, Days: c.Days, Now: now.UTC().Truncate(time.Millisecond), SLA: metric.SLA{Targets: r.Targets, Schedule: r.Schedule},
	}, err
}

func (r ContactRequest) days(m *mistakes) int {
	if r.Days == 0 {
		return DefaultDays
	}
	if r.Days < 0 || r.Days > maxDays {
		m.add("days", "write a number from 1 to 90", "%d is out of range", r.Days)
	}
	return r.Days
}

func (r ContactRequest) hours(m *mistakes) int {
	if r.Hours == 0 {
		return DefaultHours
	}
	if r.Hours < 0 || r.Hours > 24*maxDays {
		m.add("hours", "write a number from 1 to 2160", "%d is out of range", r.Hours)
	}
	return r.Hours
}
