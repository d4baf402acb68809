package metric

import "time"

// BacklogParams is what a backlog report is asked for.
type BacklogParams struct {
	Window
	GroupBy []Dimension // ByAgent, ByQueue, ByTeam, ByPriority, ByReason: of the ticket, then
	Queues  []string    // only tickets that are in one of these then; nil means all
	Teams   []string    // and those that are in no queue, but in one of these teams
	Now     time.Time   // ends an interval that is not over
	SLA     SLA
}

// ends are the instants at which the backlog is counted: the ends of the intervals that have begun, the last one at now.
func (p BacklogParams) ends(buckets []Bucket) (out []time.Time) {
	for _, b := range buckets {
		if b.From.Before(p.Now) {
			end := b.Until
			if end.After(p.Now) {
				end = p.Now
			}
			out = append(out, end)
		}
	}
	return out
}

// Ends are those instants, in the order of the intervals.
func (p BacklogParams) Ends() ([]time.Time, error) {
	buckets, err := p.Buckets()
	return p.ends(buckets), err
}

// BacklogTally is what is counted for one row of a backlog report.
type BacklogTally struct {
	Opened, Resolved, Reopened, Reassigned, Closed int64
	FirstReply, FirstResolution, FullResolution    Durations
	Business                                       BusinessTally
	Targets                                        TargetTally
	Open, Pending, Warning, Breached               int64
	Age, AgeActive, AgeHours, AgeActiveHours       Durations
}

// BacklogReport answers metrics/backlog: what came in, what was done, and what is left.
type BacklogReport struct {
	Header
	Schedule string       `json:"schedule" doc:"Id of the schedule whose hours are the business hours now; empty without one"`
	Rows     []BacklogRow `json:"rows" nullable:"false" doc:"One row for each interval and group"`
	Total    BacklogRow   `json:"total" doc:"The whole window over all groups; its backlog is that at its end"`
}

// BacklogRow is one row of a backlog report. Each event belongs to the interval in which it happened, and to whom the
// ticket belonged just after it.
type BacklogRow struct {
	Group
	Opened          int64         `json:"opened" doc:"Tickets opened"`
	Resolved        int64         `json:"resolved" doc:"Resolutions, each time one was"`
	Reopened        int64         `json:"reopened" doc:"Reopenings"`
	Reassigned      int64         `json:"reassigned" doc:"Reassignments; they count for who has it then"`
	Closed          int64         `json:"closed" doc:"Closings"`
	FirstReply      Stat          `json:"first_reply" doc:"From the opening to the first reply; of tickets first replied to in the interval"`
	FirstResolution Stat          `json:"first_resolution" doc:"From the opening to the first resolution; of tickets first resolved in the interval"`
	FullResolution  Stat          `json:"full_resolution" doc:"From the opening to the last resolution; of tickets last resolved in the interval and not reopened since"`
	Business        BusinessHours `json:"business" doc:"The three durations in business hours"`
	Targets         TargetShares  `json:"targets" doc:"Of the clocks that ended in the interval: by a first reply, or a resolution without one; by a resolution after which the ticket was not open again. What is open and over is in backlog"`

	Backlog *Backlog `json:"backlog" doc:"At the end of the interval, or now when it is not over; null when it has not begun"`
}

// Backlog is what is left at an instant.
type Backlog struct {
	Open      int64 `json:"open" doc:"Tickets neither resolved nor closed, those that wait for the customer included"`
	Pending   int64 `json:"pending" doc:"Of these, those that wait for the customer"`
	Warning   int64 `json:"warning" doc:"Of the open ones, those about to breach: a clock runs that has used the warn share of its target"`
	Breached  int64 `json:"breached" doc:"Of the open ones, those with a clock over its target, a first reply that came too late included"`
	Age       Stat  `json:"age" doc:"Time since the opening of the open ones; max_ms is that of the oldest"`
	AgeActive Stat  `json:"age_active" doc:"The same without those that wait for the customer"`

	Business BacklogHours `json:"business" doc:"The two in business hours"`
}

// BacklogHours are ages in business hours. They are recomputed ones: no event has ended them with which a schedule is frozen.
type BacklogHours struct {
	Age       Stat `json:"age" doc:"As age, by the schedule that holds now; nothing when none is set"`
	AgeActive Stat `json:"age_active" doc:"As age_active, by the schedule that holds now"`
}

// NewBacklogReport turns tallies into the report.
func NewBacklogReport(p BacklogParams, tallies map[Key]BacklogTally, total BacklogTally, fresh Freshness) (BacklogReport, error) {
	buckets, err := p.Buckets()
	if err != nil {
		return BacklogReport{}, err
	}
	keys, err := denseKeys(len(buckets), tallies, p.GroupBy)
	if err != nil {
		return BacklogReport{}, err
	}
	begun := len(p.ends(buckets))
	r := BacklogReport{Header: newHeader(p.Window, p.GroupBy), Rows: []BacklogRow{}, Total: total.row(begun > 0)}
	r.Freshness = fresh
	r.Total.Group = newGroup(Key{}, Bucket{From: r.From, Until: r.Until}.Span(), nil)
	for _, k := range keys {
		row := tallies[k].row(k.Bucket < begun)
		row.Group = newGroup(k, buckets[k.Bucket].Span(), p.GroupBy)
		r.Rows = append(r.Rows, row)
	}
	return r, nil
}

func (t BacklogTally) row(begun bool) BacklogRow {
	row := BacklogRow{
		Opened: t.Opened, Resolved: t.Resolved, Reopened: t.Reopened, Reassigned: t.Reassigned, Closed: t.Closed,
		FirstReply: t.FirstReply.stat(), FirstResolution: t.FirstResolution.stat(), FullResolution: t.FullResolution.stat(),
		Business: t.Business.hours(), Targets: t.Targets.shares(),
	}
	if begun {
		row.Backlog = &Backlog{
			Open: t.Open, Pending: t.Pending, Warning: t.Warning, Breached: t.Breached, Age: t.Age.stat(), AgeActive: t.AgeActive.stat(),
			Business: BacklogHours{t.AgeHours.stat(), t.AgeActiveHours.stat()},
		}
	}
	return row
}
