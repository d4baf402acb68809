package metric

import (
	"strings"
	"time"
)

// How a number comes about from what is listed behind it.
type How string

const (
	HowCount       How = "count"       // how many there are
	HowSum         How = "sum"         // their durations added up
	HowMean        How = "mean"        // sum / count
	HowPercentile  How = "percentile"  // the duration at its place among all
	HowLongest     How = "longest"     // the longest duration
	HowNumerator   How = "numerator"   // of a share: how many count, or their durations
	HowDenominator How = "denominator" // of a share: out of how many
	HowPercent     How = "percent"     // of a share: 100 × numerator / denominator
)

// Explanation says why a number of a report is what it is: the rule, and a page of what is behind it.
type Explanation struct {
	Header
	Report string `json:"report" doc:"Which report the number stands in"`
	Number string `json:"number" doc:"Its name, as the columns of the report's CSV have it"`
	Row    Row    `json:"row" doc:"The row it stands in; with the whole window and without a group: the total"`
	Rule   Rule   `json:"rule" doc:"What counts, and by which rule"`

	Value *float64 `json:"value" doc:"The number, worked out from the list; null when the list is empty and it can't be"`
	How   How      `json:"how" enum:"count,sum,mean,percentile,longest,numerator,denominator,percent" doc:"How it comes about from the list"`

	Count       int64 `json:"count" doc:"What is listed, each as often as it counts"`
	SumMS       int64 `json:"sum_ms" doc:"The listed durations added up; 0 when the number is not about durations"`
	Numerator   int64 `json:"numerator" doc:"Of a share: how many of the listed are in the numerator, or how many milliseconds; else 0"`
	Denominator int64 `json:"denominator" doc:"Of a share: all that is listed, or its milliseconds; else 0"`

	LeftOut []LeftOut `json:"left_out" nullable:"false" doc:"Of a share and of durations: what of the same row is not counted, by why, the most first; on the first page. Of all else the row's other numbers say it"`

	Place *int64 `json:"place" doc:"Of a percentile: its 0-based place among the durations, shortest first; null else"`

	Items []Explained `json:"items" nullable:"false" doc:"A page of what counts, newest first; of durations longest first"`
	Next  *string     `json:"next" doc:"Cursor of the next page; null on the last one"`
}

// LeftOut is what of a row a number doesn't count, for one reason.
type LeftOut struct {
	Reason string `json:"reason" doc:"How it ended where that is why; else what it lacks: not_told, in_hand, ringing, no_menu, unknown_customer, unknown_caller, not_replied, not_resolved, reopened, no_schedule, no_target, not_due; undecided, still_waiting, running, warning, paused: not yet"`
	Count  int64  `json:"count" doc:"How many"`
	SumMS  int64  `json:"sum_ms" doc:"Of a share of time: their durations added up; else 0"`
}

// Row names a row of a report.
type Row struct {
	Group
	Weekday *int `json:"weekday" doc:"Day of the week, 1 = Monday; null when not split by weekday"`
	Hour    *int `json:"hour" doc:"Hour of the wall clock; null when not split by hour"`
}

// Rule is the definition of a number and the parameters in force.
type Rule struct {
	Title    string `json:"title" doc:"What the number is called"`
	Formula  string `json:"formula" doc:"How it is worked out"`
	Counts   string `json:"counts" doc:"What counts"`
	Boundary string `json:"boundary" doc:"What decides on which side of an edge something falls"`
	Unit     string `json:"unit" doc:"Its unit"`
	Source   string `json:"source" doc:"The facts it comes from"`

	AttributeBy *Attribution  `json:"attribute_by" doc:"Of queues: the instant that decides to which interval an entry belongs; else null"`
	Limits      []QueueLimits `json:"limits" nullable:"false" doc:"Of queues: T of the service level and the limit of short abandons in force, per queue; the one without a queue is for all others"`
	Days        *int          `json:"days" doc:"Of contacts and tickets: N of repeats and of first-contact resolution; else null"`
	Hours       *int          `json:"hours" doc:"Of contacts: N of calls that come again; else null"`
}

// Explained is one thing behind a number.
type Explained struct {
	ID      string     `json:"id" doc:"Its own id: of an entry, an offer, a transfer, a contact, a ticket's event; else made of whose it is and when"`
	Kind    string     `json:"kind" doc:"entry, refusal, offer, transfer, state, agent, contact, visit, ticket or event"`
	Contact string     `json:"contact" doc:"Contact id, for GET /api/v1/contacts/{id}; empty where there is none"`
	Ticket  string     `json:"ticket" doc:"system:ticket; empty where there is none"`
	Queue   string     `json:"queue" doc:"Queue id; empty where there is none"`
	Agent   string     `json:"agent" doc:"Agent id: who answered, was offered it, handed it on, was in that state; empty where there is none"`
	At      time.Time  `json:"at" doc:"When it began: joined the queue, was offered, arrived"`
	Until   *time.Time `json:"until" doc:"When it ended; of an agent's state clipped to the interval; null while it goes on, and where it is an instant"`
	Outcome string     `json:"outcome" doc:"How it ended, or what it is: outcome, result, reason, state, event; empty while it goes on"`
	WaitMS  *int64     `json:"wait_ms" doc:"Of a queue entry that has left: how long it waited; else null"`
	LimitMS *int64     `json:"limit_ms" doc:"What the wait was compared with: the queue's T, or its limit of short abandons; null where the number compares none"`
	ValueMS *int64     `json:"value_ms" doc:"Its duration in the number; null when the number is not about durations"`
	Counts  int64      `json:"counts" doc:"How often it counts: 1, but for repeated choices and inputs of one visit"`
	In      *string    `json:"in" enum:"numerator,denominator" doc:"Of a share: numerator when it counts in both parts, denominator when only there; null else"`
	Place   *int64     `json:"place" doc:"Of durations: its 0-based place among them, shortest first; null else"`
	IsIt    bool       `json:"is_it" doc:"It is the percentile, or the longest"`

	Target *AppliedTarget `json:"target" doc:"Of a ticket's target, and of what is about to breach one or has: what was promised, and how the clock stands; null else"`
}

// AppliedTarget is by what one of a ticket's clocks was judged.
type AppliedTarget struct {
	Clock    string   `json:"clock" enum:"first_reply,resolution" doc:"Which one. Where both are about to breach or have, the first reply"`
	Priority string   `json:"priority" doc:"The priority that decides: the one that the ticket has, or had when the clock ended; empty when it has none"`
	Default  bool     `json:"default" doc:"The plan has no target for this priority: it is the one of all others"`
	TargetMS int64    `json:"target_ms" doc:"How long the clock may run"`
	UsedMS   int64    `json:"used_ms" doc:"How long it has run, in the hours of the tickets' schedule"`
	State    SLAState `json:"state" enum:"running,paused,warning,breached,met" doc:"What became of it"`
}

// Explain is what an explanation's header is made of.
func Explain(report, number string, w Window, splits []Dimension, fresh Freshness) Explanation {
	e := Explanation{Header: newHeader(w, splits), Report: report, Number: number, Items: []Explained{}, LeftOut: []LeftOut{}}
	e.Freshness = fresh
	e.Rule.Limits = []QueueLimits{}
	field, _, _ := strings.Cut(number, ".")
	for _, d := range Definitions() {
		if d.Report == report && d.Field == field {
			e.Rule.Title, e.Rule.Formula, e.Rule.Counts, e.Rule.Boundary, e.Rule.Unit, e.Rule.Source = d.Title, d.Formula, d.Counts, d.Boundary, d.Unit, d.Source
		}
	}
	e.Row.Span = Bucket{From: e.From, Until: e.Until}.Span()
	return e
}

// InRow names the row: nil is the total.
func (e *Explanation) InRow(k *Key, w Window) error {
	if k == nil {
		return nil
	}
	buckets, err := w.Buckets()
	if err != nil {
		return err
	}
	e.Row.Group = newGroup(*k, buckets[k.Bucket].Span(), e.GroupBy)
	for _, d := range e.GroupBy {
		switch d {
		case ByWeekday:
			e.Row.Weekday = &k.Weekday
		case ByHour:
			e.Row.Hour = &k.Hour
		default: // in the group
		}
	}
	return nil
}

// InForce are the parameters of a queue report.
func (p QueueParams) InForce(r *Rule) { r.AttributeBy, r.Limits = &p.AttributeBy, p.limits() }

// Evaluate works the number out from what is listed: percentile says at which level it is one, in percent,
// quantiles are the durations at Levels.
func (e *Explanation) Evaluate(percentile int64, quantiles []int64, longest int64) {
	set := func(v float64) { e.Value = &v }
	switch e.How {
	case HowCount:
		set(float64(e.Count))
	case HowSum:
		set(float64(e.SumMS))
	case HowMean:
		if e.Count > 0 {
			set(float64(e.SumMS) / float64(e.Count))
		}
	case HowPercentile:
		for i, l := range Levels() {
			if l == percentile && e.Count > 0 {
				set(float64(quantiles[i]))
			}
		}
	case HowLongest:
		if e.Count > 0 {
			set(float64(longest))
		}
	case HowNumerator:
		set(float64(e.Numerator))
	case HowDenominator:
		set(float64(e.Denominator))
	case HowPercent:
		e.Value = NewRatio(e.Numerator, e.Denominator).Percent
	}
}

// KeyOf is the key of a row, but for its bucket, which its span tells.
func KeyOf(g Group, c Cell, splits []Dimension) (k Key) {
	for _, d := range splits {
		switch d {
		case ByWeekday:
			k.Weekday = *c.Weekday
		case ByHour:
			k.Hour = *c.Hour
		default:
			*k.At(d) = **g.at(d)
		}
	}
	return k
}

// Place is where a row stands, for its name and its link.
func (g *Group) Place() (*Group, Cell) { return g, Cell{} }

// Place is the same of a row that may be split by the wall clock.
func (r *QueueRow) Place() (*Group, Cell) { return &r.Group, r.Cell }
