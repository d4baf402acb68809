package metric

// ContactParams is what a contact report is asked for.
type ContactParams struct {
	Window
	GroupBy []Dimension // ByQueue (the last one), ByLanguage, ByAgent (the last one), ByCustomer, ByDisposition (the last one)
	Queues  []string    // only contacts whose last queue is one of these; nil means all
	Days    int         // N of repeat contacts
	Hours   int         // N of calls that come again
}

// ContactTally is what is counted for one row of a contact report.
type ContactTally struct {
	Contacts, Answered, Contained, Abandoned, Refused, Failed int64
	InFlow, ContainedInFlow, AbandonedUnqueued                int64
	Identified, Repeats                                       int64
	AbandonedCallers, Recalled, RecalledAnswered              int64 // abandoned contacts whose caller is known; those he followed with another call
	Callers, RepeatCalls                                      int64 // inbound contacts whose caller is known; those that another one precedes
	IVR, ToAgent, Duration                                    Durations
}

// ContactReport answers metrics/contacts: the caller's view beside the queue's.
type ContactReport struct {
	Header
	Days  int          `json:"days" doc:"N: how many days a repeat contact may lie after the one before it"`
	Hours int          `json:"hours" doc:"N: how many hours a call may lie after the one before it to be the caller's coming again"`
	Rows  []ContactRow `json:"rows" nullable:"false" doc:"One row for each interval and group"`
	Total ContactRow   `json:"total" doc:"The whole window over all groups"`
}

// ContactRow is one row of a contact report. A contact belongs to the interval of its arrival.
type ContactRow struct {
	Group
	Contacts          int64 `json:"contacts" doc:"Ended contacts that arrived in the interval"`
	Answered          int64 `json:"answered" doc:"An agent talked to the caller"`
	Contained         int64 `json:"contained" doc:"Served by the menu without an agent"`
	Abandoned         int64 `json:"abandoned" doc:"The caller gave up before either"`
	Refused           int64 `json:"refused" doc:"Queue full, empty or closed, or the caller is not let in"`
	Failed            int64 `json:"failed" doc:"Technical failure"`
	AbandonedUnqueued int64 `json:"abandoned_unqueued" doc:"Of the abandoned, those that never joined a queue: given up in the menu"`
	InFlow            int64 `json:"in_flow" doc:"Contacts that entered a menu"`
	Containment       Ratio `json:"containment" doc:"contained / contacts that entered a menu"`
	IVR               Stat  `json:"ivr" doc:"Time in the menu of contacts that entered one; never part of wait or handle time"`
	ArrivalToAgent    Stat  `json:"arrival_to_agent" doc:"From arrival to the first agent's answer"`
	Duration          Stat  `json:"duration" doc:"From arrival to the end of the contact, wrap-up included"`
	Identified        int64 `json:"identified" doc:"Contacts with a known customer or ticket"`
	Repeat            Ratio `json:"repeat" doc:"repeat contacts / identified contacts"`

	Recalled         Ratio `json:"recalled" doc:"abandoned contacts whose caller called again within the hours / abandoned contacts whose customer or number is known"`
	RecalledAnswered Ratio `json:"recalled_answered" doc:"abandoned contacts whose caller called again within the hours and was answered by an agent / abandoned contacts whose customer or number is known"`
	RepeatCalls      Ratio `json:"repeat_calls" doc:"inbound contacts that another one by the same caller precedes within the hours / inbound contacts whose customer or number is known"`
}

// NewContactReport turns tallies into the report.
func NewContactReport(p ContactParams, tallies map[Key]ContactTally, total ContactTally, fresh Freshness) (ContactReport, error) {
	buckets, err := p.Buckets()
	if err != nil {
		return ContactReport{}, err
	}
	keys, err := denseKeys(len(buckets), tallies, p.GroupBy)
	if err != nil {
		return ContactReport{}, err
	}
	r := ContactReport{Header: newHeader(p.Window, p.GroupBy), Days: p.Days, Hours: p.Hours, Rows: []ContactRow{}, Total: total.row()}
	r.Freshness = fresh
	r.Total.Group = newGroup(Key{}, Bucket{From: r.From, Until: r.Until}.Span(), nil)
	for _, k := range keys {
		row := tallies[k].row()
		row.Group = newGroup(k, buckets[k.Bucket].Span(), p.GroupBy)
		r.Rows = append(r.Rows, row)
	}
	return r, nil
}

func (t ContactTally) row() ContactRow {
	return ContactRow{
		Contacts: t.Contacts, Answered: t.Answered, Contained: t.Contained, Abandoned: t.Abandoned, Refused: t.Refused,
		Failed: t.Failed, AbandonedUnqueued: t.AbandonedUnqueued, InFlow: t.InFlow,
		Containment: NewRatio(t.ContainedInFlow, t.InFlow),
		IVR:         t.IVR.stat(), ArrivalToAgent: t.ToAgent.stat(), Duration: t.Duration.stat(),
		Identified: t.Identified, Repeat: NewRatio(t.Repeats, t.Identified),
		Recalled: NewRatio(t.Recalled, t.AbandonedCallers), RecalledAnswered: NewRatio(t.RecalledAnswered, t.AbandonedCallers), RepeatCalls: NewRatio(t.RepeatCalls, t.Callers),
	}
}
