package api

import "firstline/analytics/metric"

// Of which period a row of a table is, when the report was asked to compare two.
const (
	periodAsked    = "asked"
	periodCompared = "compared"
)

// Each report's row in a table of both periods.
type (
	queuePeriod struct {
		Period string `json:"period"`
		metric.QueueRow
	}
	agentPeriod struct {
		Period string `json:"period"`
		metric.AgentRow
	}
	contactPeriod struct {
		Period string `json:"period"`
		metric.ContactRow
	}
	ivrPeriod struct {
		Period string `json:"period"`
		metric.IVRRow
	}
	backlogPeriod struct {
		Period string `json:"period"`
		metric.BacklogRow
	}
	ticketPeriod struct {
		Period string `json:"period"`
		metric.TicketRow
	}
)

// inPeriods are the rows of both periods, the asked one's first.
func inPeriods[R, P any](asked, compared []R, row func(period string, of R) P) []P {
	out := make([]P, 0, len(asked)+len(compared))
	for _, r := range asked {
		out = append(out, row(periodAsked, r))
	}
	for _, r := range compared {
		out = append(out, row(periodCompared, r))
	}
	return out
}

func (r queueAnswer) tableRows() any {
	if r.Comparison == nil {
		return r.Rows
	}
	return inPeriods(r.Rows, r.Comparison.Rows, func(p string, of metric.QueueRow) queuePeriod { return queuePeriod{p, of} })
}

func (r agentAnswer) tableRows() any {
	if r.Comparison == nil {
		return r.Rows
	}
	return inPeriods(r.Rows, r.Comparison.Rows, func(p string, of metric.AgentRow) agentPeriod { return agentPeriod{p, of} })
}

func (r contactAnswer) tableRows() any {
	if r.Comparison == nil {
		return r.Rows
	}
	return inPeriods(r.Rows, r.Comparison.Rows, func(p string, of metric.ContactRow) contactPeriod { return contactPeriod{p, of} })
}

func (r ivrAnswer) tableRows() any {
	if r.Comparison == nil {
		return r.Rows
	}
	return inPeriods(r.Rows, r.Comparison.Rows, func(p string, of metric.IVRRow) ivrPeriod { return ivrPeriod{p, of} })
}

func (r backlogAnswer) tableRows() any {
	if r.Comparison == nil {
		return r.Rows
	}
	return inPeriods(r.Rows, r.Comparison.Rows, func(p string, of metric.BacklogRow) backlogPeriod { return backlogPeriod{p, of} })
}

func (r ticketAnswer) tableRows() any {
	if r.Comparison == nil {
		return r.Rows
	}
	return inPeriods(r.Rows, r.Comparison.Rows, func(p string, of metric.TicketRow) ticketPeriod { return ticketPeriod{p, of} })
}
