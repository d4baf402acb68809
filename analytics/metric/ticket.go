package metric

import "time"

// TicketParams is what a ticket report is asked for.
type TicketParams struct {
	Window
	GroupBy []Dimension // ByQueue, ByLanguage, ByAgent: the last ones of the contact; ByTeam, ByPriority, ByReason: those of the ticket
	Queues  []string    // only contacts whose last queue is one of these; nil means all
	Days    int         // N of first-contact resolution

	Now time.Time // at which tickets are judged
	SLA SLA       // its schedule is that by which business hours are computed anew; empty means not at all
}

// TicketTally is what is counted for one row of a ticket report.
type TicketTally struct {
	Linked, Replied, Resolved, FullyResolved, Reopened    int64
	FirstContactEligible, FirstContactResolved, Undecided int64
	FirstReply, FirstResolution, FullResolution           Durations
	Business                                              BusinessTally
	Targets                                               TargetTally
}

// BusinessTally is what is counted of durations in business hours.
type BusinessTally struct {
	FirstReply, FirstResolution, FullResolution BusinessDurations
}

func (t BusinessTally) hours() BusinessHours {
	return BusinessHours{FirstReply: t.FirstReply.stat(), FirstResolution: t.FirstResolution.stat(), FullResolution: t.FullResolution.stat()}
}

// BusinessDurations are those by the schedules of then and by the one of now.
type BusinessDurations struct{ Frozen, Recomputed Durations }

// BusinessStat is a duration in business hours, by either policy.
type BusinessStat struct {
	Frozen     Stat `json:"frozen" doc:"By the schedule that held when the event that ends it was received; events without one are left out"`
	Recomputed Stat `json:"recomputed" doc:"By the schedule that holds now, whenever it was; nothing when none is set"`
}

func (d BusinessDurations) stat() BusinessStat {
	return BusinessStat{d.Frozen.stat(), d.Recomputed.stat()}
}

// BusinessHours are the durations of a row in business hours.
type BusinessHours struct {
	FirstReply      BusinessStat `json:"first_reply" doc:"As first_reply beside it"`
	FirstResolution BusinessStat `json:"first_resolution" doc:"As first_resolution"`
	FullResolution  BusinessStat `json:"full_resolution" doc:"As full_resolution"`
}

// TicketReport answers metrics/tickets: from the call to the ticket's reply and resolution.
type TicketReport struct {
	Header
	Days     int         `json:"days" doc:"N: a contact is resolved at first contact when none follows it within N days"`
	Schedule string      `json:"schedule" doc:"Id of the schedule whose hours are the business hours now; empty without one"`
	Rows     []TicketRow `json:"rows" nullable:"false" doc:"One row for each interval and group"`
	Total    TicketRow   `json:"total" doc:"The whole window over all groups"`
}

// TicketRow is one row of a ticket report. Everything belongs to the interval of the contact's arrival; durations are
// wall clock, but for those in business.
type TicketRow struct {
	Group
	Linked          int64 `json:"linked" doc:"Pairs of an ended contact and a ticket it is linked to"`
	Replied         int64 `json:"replied" doc:"Of these, with a first reply at or after the arrival"`
	Resolved        int64 `json:"resolved" doc:"Of these, resolved at least once at or after the arrival"`
	FullyResolved   int64 `json:"fully_resolved" doc:"Of these, resolved and not reopened since"`
	Reopened        int64 `json:"reopened" doc:"Of the resolved, reopened at or after the first resolution"`
	FirstReply      Stat  `json:"first_reply" doc:"From the contact's arrival to the ticket's first reply"`
	FirstResolution Stat  `json:"first_resolution" doc:"From the contact's arrival to the ticket's first resolution; reopening does not restart it"`
	FullResolution  Stat  `json:"full_resolution" doc:"From the contact's arrival to the ticket's last resolution, when not reopened since"`
	ReopenRate      Ratio `json:"reopen_rate" doc:"reopened / resolved"`

	Business BusinessHours `json:"business" doc:"The three durations in business hours"`
	Targets  TargetShares  `json:"targets" doc:"Of the linked tickets, those of which a target was met or breached by now"`

	FirstContactResolution Ratio `json:"first_contact_resolution" doc:"answered contacts without a further contact on the ticket or by the customer in N days / answered, identified contacts whose N days are over"`
	Undecided              int64 `json:"undecided" doc:"Answered, identified contacts whose N days are not over at the watermark"`
}

// NewTicketReport turns tallies into the report.
func NewTicketReport(p TicketParams, tallies map[Key]TicketTally, total TicketTally, fresh Freshness) (TicketReport, error) {
	buckets, err := p.Buckets()
	if err != nil {
		return TicketReport{}, err
	}
	keys, err := denseKeys(len(buckets), tallies, p.GroupBy)
	if err != nil {
		return TicketReport{}, err
	}
	r := TicketReport{Header: newHeader(p.Window, p.GroupBy), Days: p.Days, Rows: []TicketRow{}, Total: total.row()}
	r.Freshness = fresh
	r.Total.Group = newGroup(Key{}, Bucket{From: r.From, Until: r.Until}.Span(), nil)
	for _, k := range keys {
		row := tallies[k].row()
		row.Group = newGroup(k, buckets[k.Bucket].Span(), p.GroupBy)
		r.Rows = append(r.Rows, row)
	}
	return r, nil
}

func (t TicketTally) row() TicketRow {
	return TicketRow{
		Linked: t.Linked, Replied: t.Replied, Resolved: t.Resolved, FullyResolved: t.FullyResolved, Reopened: t.Reopened,
		FirstReply: t.FirstReply.stat(), FirstResolution: t.FirstResolution.stat(), FullResolution: t.FullResolution.stat(),
		Business: t.Business.hours(), Targets: t.Targets.shares(),
		ReopenRate:             NewRatio(t.Reopened, t.Resolved),
		FirstContactResolution: NewRatio(t.FirstContactResolved, t.FirstContactEligible), Undecided: t.Undecided,
	}
}
