// Package metric says what every number of Firstline means, in plain Go over facts.
//
// It owns the definitions (docs/metrics.md is generated from them), the buckets of time, the result types of the API's
// reports, and the evaluation of each report over a slice of facts. That evaluation is the oracle: analytics/query
// answers the same reports in SQL and is tested to be equal to it, number by number. analytics/api hands the result
// types out as JSON.
//
// It is pure: no I/O, no clock, no goroutine. It never guesses: a number that can't be computed is null, and every
// share carries its numerator and denominator, so that readers can add rows up themselves.
package metric

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"firstline/pipeline/fact"
)

// Dimension is what a report's rows can be split by, beside time.
type Dimension string

const (
	ByQueue    Dimension = "queue"
	ByLanguage Dimension = "language"
	ByAgent    Dimension = "agent"
	ByTeam     Dimension = "team"
	ByWeekday  Dimension = "weekday" // of the wall clock
	ByHour     Dimension = "hour"    // of the wall clock
	ByFlow     Dimension = "flow"    // of a menu
	ByNode     Dimension = "node"
	BySkill    Dimension = "skill"
	ByCustomer Dimension = "customer"

	ByDisposition Dimension = "disposition"
	ByPriority    Dimension = "priority" // of a ticket, as its reason
	ByReason      Dimension = "reason"
)

// Attribution is the instant that decides to which interval a queue entry belongs.
type Attribution string

const (
	AttributeOffered  Attribution = "offered"  // when it joined the queue: the default
	AttributeAnswered Attribution = "answered" // when it was answered; other entries are left out
	AttributeEnded    Attribution = "ended"    // when it left the queue, by whatever outcome
)

// Attributions is the closed list.
func Attributions() []Attribution {
	return []Attribution{AttributeOffered, AttributeAnswered, AttributeEnded}
}

// Window is the half-open span [From, Until) that a report is about, and how it is cut.
type Window struct {
	From, Until time.Time
	Interval    Interval
	Zone        *time.Location // in which days and hours begin; nil means UTC
	Edges       []time.Time    // of Custom: where the window is cut, ascending
}

// Buckets cuts the window.
func (w Window) Buckets() ([]Bucket, error) {
	if w.Interval == Custom {
		return cutAt(w.Edges, w.From, w.Until, w.Zone)
	}
	return Buckets(w.From, w.Until, w.Interval, w.Zone)
}

// Beyond is up to when the end of something in the window is looked for: nobody stays in a menu, waits, rings or talks longer.
func (w Window) Beyond() time.Time { return w.Until.Add(LookBack) }

// CustomerKinds are the kinds of contacts that queue, contact and ticket metrics count.
func CustomerKinds() []fact.Kind { return []fact.Kind{fact.KindInbound, fact.KindCallback} }

func isCustomer(k fact.Kind) bool { return k == fact.KindInbound || k == fact.KindCallback }

// Key names one row of a report. A dimension that the report is not split by stays empty.
type Key struct {
	Bucket   int // index into the report's buckets
	Queue    string
	Language string
	Agent    string
	Team     string
	Weekday  int // 1 = Monday … 7; 0 when not split by it
	Hour     int // 0 … 23
	Flow     string
	Node     string
	Skill    string
	Customer string

	Disposition string

	Priority string
	Reason   string
}

// At is the key's value of a dimension.
func (k *Key) At(d Dimension) *string {
	switch d {
	case ByQueue:
		return &k.Queue
	case ByLanguage:
		return &k.Language
	case ByAgent:
		return &k.Agent
	case ByTeam:
		return &k.Team
	case ByFlow:
		return &k.Flow
	case ByNode:
		return &k.Node
	case BySkill:
		return &k.Skill
	case ByCustomer:
		return &k.Customer
	case ByDisposition:
		return &k.Disposition
	case ByPriority:
		return &k.Priority
	case ByReason:
		return &k.Reason
	case ByWeekday, ByHour: // numbers
	}
	panic("unknown dimension " + string(d))
}

// dimensions are all, in the order by which rows are sorted.
func dimensions() []Dimension {
	return []Dimension{ByQueue, ByLanguage, ByTeam, ByAgent, ByFlow, ByNode, BySkill, ByCustomer, ByDisposition, ByPriority, ByReason}
}

func (k Key) group() Key {
	k.Bucket = 0
	return k
}

func compareKeys(a, b Key) int {
	if a.Bucket != b.Bucket {
		return a.Bucket - b.Bucket
	}
	for _, d := range dimensions() {
		if c := strings.Compare(*a.At(d), *b.At(d)); c != 0 {
			return c
		}
	}
	return cmp.Or(a.Weekday-b.Weekday, a.Hour-b.Hour)
}

// MaxRows is how many rows a report may have; beyond it the window or the split is refused.
const MaxRows = 50_000

// RowsError says that a report would have more than MaxRows.
type RowsError struct{ Rows int }

func (e *RowsError) Error() string {
	return fmt.Sprintf("a report of %d rows, each interval with each group, exceeds the limit of %d", e.Rows, MaxRows)
}

// denseKeys lists every bucket with every group that occurs anywhere in the window, in order, so that an interval in
// which nothing happened is a row of zeros and not a hole.
func denseKeys[T any](buckets int, tallies map[Key]T, splits []Dimension) ([]Key, error) {
	groups := map[Key]bool{}
	for k := range tallies {
		groups[k.group()] = true
	}
	if len(splits) == 0 {
		groups[Key{}] = true
	}
	if n := len(groups) * buckets; n > MaxRows {
		return nil, &RowsError{n}
	}
	keys := make([]Key, 0, len(groups)*buckets)
	for g := range groups {
		for b := range buckets {
			k := g
			k.Bucket = b
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, compareKeys)
	return keys, nil
}

// Group is what a row is about. A dimension the report is not split by is null.
type Group struct {
	Span     Span    `json:"interval" doc:"The span of time of this row, half-open"`
	Queue    *string `json:"queue" doc:"Queue id; null when not split by queue"`
	Language *string `json:"language" doc:"Language; null when not split by language"`
	Agent    *string `json:"agent" doc:"Agent id; null when not split by agent, empty where no agent answered"`
	Team     *string `json:"team" doc:"Team id; null when not split by team, empty for agents of no team"`
	Flow     *string `json:"flow" doc:"Menu id; null when not split by flow"`
	Node     *string `json:"node" doc:"Id of a menu's node; null when not split by node"`
	Skill    *string `json:"skill" doc:"Skill; null when not split by skill, empty where none was required"`
	Customer *string `json:"customer" doc:"Customer id; null when not split by customer, empty where unknown"`

	Disposition *string `json:"disposition" doc:"What agents say it was about; null when not split by disposition, empty where nobody said"`
	Priority    *string `json:"priority" doc:"Priority of tickets; null when not split by priority"`
	Reason      *string `json:"reason" doc:"Reason of tickets; null when not split by reason"`

	Explain string `json:"explain,omitempty" table:"-" doc:"Link to what is behind each number of the row: put the number's name, as the CSV's columns have it, in the place of {number}"`
}

func newGroup(k Key, span Span, splits []Dimension) Group {
	g := Group{Span: span}
	for _, d := range splits {
		if d != ByWeekday && d != ByHour { // they stand in the row's Cell
			*g.at(d) = k.At(d)
		}
	}
	return g
}

// at is the group's value of a dimension.
func (g *Group) at(d Dimension) **string {
	switch d {
	case ByQueue:
		return &g.Queue
	case ByLanguage:
		return &g.Language
	case ByAgent:
		return &g.Agent
	case ByTeam:
		return &g.Team
	case ByFlow:
		return &g.Flow
	case ByNode:
		return &g.Node
	case BySkill:
		return &g.Skill
	case ByCustomer:
		return &g.Customer
	case ByDisposition:
		return &g.Disposition
	case ByPriority:
		return &g.Priority
	case ByReason:
		return &g.Reason
	case ByWeekday, ByHour: // in the row's Cell
	}
	panic("unknown dimension " + string(d))
}

// restrict keeps of a full key only what the report is split by.
func restrict(k Key, splits []Dimension) Key {
	out := Key{Bucket: k.Bucket}
	for _, d := range splits {
		switch d {
		case ByWeekday:
			out.Weekday = k.Weekday
		case ByHour:
			out.Hour = k.Hour
		default:
			*out.At(d) = *k.At(d)
		}
	}
	return out
}

// Header opens every report: what was asked, and how far the answer reaches.
type Header struct {
	From     time.Time   `json:"from" doc:"Begin of the window, inclusive"`
	Until    time.Time   `json:"until" doc:"End of the window, exclusive"`
	Zone     string      `json:"zone" doc:"IANA time zone in which days and hours begin"`
	Interval Interval    `json:"interval" doc:"How the window is cut"`
	GroupBy  []Dimension `json:"group_by" nullable:"false" doc:"What the rows are split by beside time"`
	Freshness
}

func newHeader(w Window, splits []Dimension) Header {
	zone := w.Zone
	if zone == nil {
		zone = time.UTC
	}
	return Header{
		From: w.From.In(zone), Until: w.Until.In(zone), Zone: zone.String(), Interval: w.Interval,
		GroupBy: append([]Dimension{}, splits...),
	}
}

// Freshness says how far an answer reaches.
type Freshness struct {
	AsOf            time.Time  `json:"as_of" doc:"When the answer was computed"`
	Watermark       *time.Time `json:"watermark" doc:"Time of the newest loaded fact about contacts and agents; null when nothing is loaded"`
	TicketWatermark *time.Time `json:"ticket_watermark" doc:"Time of the newest loaded event of a ticket, by its system's clock; null when none is loaded"`
	Late            int64      `json:"late" doc:"Facts of the window that were loaded more than a minute after they happened, of all queues whatever is asked for"`
	Open            Open       `json:"open" doc:"What has begun and not ended in the week before the watermark, whatever the window, of all queues"`
	KeptFrom        *time.Time `json:"kept_from" doc:"Facts from before this were deleted (retention.contacts; of reports about tickets also retention.tickets), and the window begins earlier: what it says of that time is too little; null: none of the window's were"`
}

// Reach is the freshness of an answer that carries it.
func (f Freshness) Reach() Freshness { return f }

// Open counts openings without a closing.
type Open struct {
	Contacts int64 `json:"contacts" doc:"Contacts in progress"`
	Entries  int64 `json:"entries" doc:"Queue entries still waiting"`
	Offers   int64 `json:"offers" doc:"Offers still ringing"`
	Segments int64 `json:"segments" doc:"Talk, hold and wrap-up stretches in progress"`
}

// LookBack bounds how far before its window a report looks for what has begun and not ended: nobody waits, rings or talks
// for a week. An older opening without a closing was lost and is no longer counted as open or carried in. Window.Beyond is the
// same bound behind the window.
const LookBack = 7 * 24 * time.Hour

// LateAfter is how long after it happened a fact may be loaded without counting as late.
const LateAfter = time.Minute
