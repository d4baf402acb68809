package metric

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"time"

	"firstline/pipeline/fact"
)

// DefectKind is one way in which facts can be wrong. Nothing is mended or left out because of one: a defect is counted here
// and stays in the figures as it was recorded.
type DefectKind string

const (
	DefectLate         DefectKind = "late"          // loaded long after it happened
	DefectAhead        DefectKind = "ahead"         // happened after it was loaded: a clock is wrong; counted when it was loaded
	DefectOutOfOrder   DefectKind = "out_of_order"  // happened before a fact of lower number about the same subject
	DefectGap          DefectKind = "sequence_gap"  // numbers are missing before it
	DefectDuplicate    DefectKind = "duplicate"     // has the number of another
	DefectMissingEnd   DefectKind = "missing_end"   // began and never ended
	DefectMissingBegin DefectKind = "missing_begin" // ended and never began
	DefectNegative     DefectKind = "negative"      // ended before it began
	DefectDerived      DefectKind = "derived"       // its end was worked out afterwards, not seen
	DefectLost         DefectKind = "lost"          // the log could not be written and dropped records
)

// DefectKinds is the closed list.
func DefectKinds() []DefectKind {
	return []DefectKind{
		DefectLate, DefectAhead, DefectOutOfOrder, DefectGap, DefectDuplicate, DefectMissingEnd, DefectMissingBegin, DefectNegative,
		DefectDerived, DefectLost,
	}
}

// AheadAfter is how long before it happened a fact may be loaded without counting as ahead: what clocks kept by NTP differ.
const AheadAfter = time.Second

// QualityExamples is how many examples of each kind an answer has.
const QualityExamples = 10

// MaxQualitySpan is how long the window of a report on data quality may be.
const MaxQualitySpan = 92 * 24 * time.Hour

// QualityParams is what a report on data quality is asked for.
type QualityParams struct{ Window }

// Loaded is a fact and when the loader read it.
type Loaded struct {
	fact.Fact
	At time.Time
}

// QualityReport answers data-quality.
type QualityReport struct {
	Header
	Totals   []DefectTotal `json:"totals" nullable:"false" doc:"One row for each kind of defect, zeros included"`
	Rows     []DefectRow   `json:"rows" nullable:"false" doc:"Counts by interval, kind, source and node, without zeros; by when the fact happened, of ahead by when it was loaded"`
	Examples []Defect      `json:"examples" nullable:"false" doc:"The newest 10 of each kind, newest first"`
	Tickets  TicketQuality `json:"tickets" doc:"What is wrong with the events that the ticket system sent"`
	Loads    []LoadRow     `json:"loads" nullable:"false" doc:"What the loader met, by interval and topic, without intervals in which it loaded nothing; by when it was loaded"`
}

// DefectTotal counts one kind over the window.
type DefectTotal struct {
	Kind  DefectKind `json:"kind" enum:"late,ahead,out_of_order,sequence_gap,duplicate,missing_end,missing_begin,negative,derived,lost" doc:"The kind of defect"`
	Count int64      `json:"count" doc:"How many facts have it; of sequence_gap how many numbers are missing, of lost how many records were dropped"`
}

// DefectRow counts one kind in one interval from one source and node.
type DefectRow struct {
	Span   Span       `json:"interval" doc:"The span of time of this row, half-open"`
	Kind   DefectKind `json:"kind" doc:"The kind of defect"`
	Source string     `json:"source" doc:"Whose log the facts were recorded in"`
	Node   string     `json:"node" doc:"Asterisk node of the contacts; empty when the facts are not about contacts"`
	Count  int64      `json:"count" doc:"As in totals"`
}

// Defect is one example.
type Defect struct {
	Kind     DefectKind `json:"kind" doc:"The kind of defect"`
	Fact     string     `json:"fact" doc:"CloudEvents id of the fact"`
	Type     fact.Type  `json:"type" doc:"What happened"`
	Contact  *string    `json:"contact" doc:"Contact id, for GET /api/v1/contacts/{id}; null when it is about no contact"`
	Subject  string     `json:"subject" doc:"Id of what it happened to: contact, agent, log"`
	Time     time.Time  `json:"time" doc:"When it happened, as recorded"`
	LoadedAt time.Time  `json:"loaded_at" doc:"When it was loaded"`
	Source   string     `json:"source" doc:"Whose log it was recorded in"`
	Count    int64      `json:"count" doc:"How much it adds to the count"`
	ByMS     int64      `json:"by_ms" doc:"late, ahead, out_of_order: by how many milliseconds; negative: the duration, below 0; else 0"`

	sequence uint64
	node     string
}

// placed is the instant that decides in which interval a defect counts: when the fact happened, or when it was loaded if that
// time can't be.
func (d Defect) placed() time.Time {
	if d.Kind == DefectAhead {
		return d.LoadedAt
	}
	return d.Time
}

// LoadRow is what the loader met in one interval.
type LoadRow struct {
	Span        Span   `json:"interval" doc:"The span of time of this row, half-open"`
	Topic       string `json:"topic" doc:"Kafka topic"`
	Facts       int64  `json:"facts" doc:"Messages loaded"`
	Repeats     int64  `json:"repeats" doc:"Messages seen before, dropped"`
	Missing     int64  `json:"missing" doc:"Positions of the log that were sent and never came, at most"`
	DeadLetters int64  `json:"dead_letters" doc:"Messages that could not be decoded; they are in the topic firstline.deadletter.v1 with the reason"`
	Late        int64  `json:"late" doc:"Of the facts, those loaded more than a minute after they happened"`
	Moved       int64  `json:"moved" doc:"Times before 1900 or after 2261, moved to the nearest that ClickHouse holds"`
}

// Loads is a LoadRow before it has its span.
type Loads struct {
	Bucket int
	LoadRow
}

// QualityKey names one row.
type QualityKey struct {
	Bucket       int
	Kind         DefectKind
	Source, Node string
}

func (k QualityKey) compare(o QualityKey) int {
	return cmp.Or(cmp.Compare(k.Bucket, o.Bucket), cmp.Compare(k.Kind, o.Kind), cmp.Compare(k.Source, o.Source), cmp.Compare(k.Node, o.Node))
}

// Check says what is wrong with the window.
func (p QualityParams) Check() error {
	if length := p.Until.Sub(p.From); length > MaxQualitySpan {
		return fmt.Errorf("window of %d days exceeds the limit of %d", int(length.Hours()/24), int(MaxQualitySpan.Hours()/24))
	}
	_, err := p.Buckets()
	return err
}

// nodePattern finds the node in a contact's id: <node>-<Asterisk's uniqueid>, and what stands behind for a callback.
var nodePattern = regexp.MustCompile(NodePattern)

// NodePattern is that expression, for SQL.
const NodePattern = `^(.*)-[0-9]+[.][0-9]+`

// NodeOf is the node of a contact, empty for other subjects.
func NodeOf(subject string) string {
	if m := nodePattern.FindStringSubmatch(subject); m != nil {
		return m[1]
	}
	return ""
}

// aboutContact says whether facts of a type are about a contact.
func aboutContact(t fact.Type) bool { return t.Topic() == fact.TopicContacts && judgedBySequence(t) }

// NewDefect is an example as it was found.
func NewDefect(kind DefectKind, t fact.Type, subject string, sequence uint64, at, loadedAt time.Time, source string, n, by int64) Defect {
	d := Defect{
		Kind: kind, Type: t, Subject: subject, Fact: fact.Fact{Subject: subject, Sequence: sequence}.ID(), Time: at.UTC(), LoadedAt: loadedAt.UTC(), Source: source,
		Count: n, ByMS: by, sequence: sequence, node: NodeOf(subject),
	}
	if aboutContact(t) {
		d.Contact = &subject
	}
	return d
}

// Newer orders examples: newest first, then by all that tells them apart.
func (d Defect) Newer(o Defect) int {
	return cmp.Or(o.placed().Compare(d.placed()), cmp.Compare(d.Subject, o.Subject), cmp.Compare(d.sequence, o.sequence), cmp.Compare(d.Type, o.Type),
		cmp.Compare(d.ByMS, o.ByMS))
}

// NewQualityReport puts a report together; keys' buckets are of p.Buckets.
func NewQualityReport(p QualityParams, counts map[QualityKey]int64, examples []Defect, tickets TicketDefects, loads []Loads, fresh Freshness) (QualityReport, error) {
	buckets, err := p.Buckets()
	if err != nil {
		return QualityReport{}, err
	}
	r := QualityReport{Header: newHeader(p.Window, nil), Totals: []DefectTotal{}, Rows: []DefectRow{}, Examples: []Defect{}, Loads: []LoadRow{}}
	r.Freshness = fresh
	if r.Tickets, err = tickets.quality(buckets); err != nil {
		return r, err
	}
	keys := make([]QualityKey, 0, len(counts))
	totals := map[DefectKind]int64{}
	for k, n := range counts {
		keys = append(keys, k)
		totals[k.Kind] += n
	}
	if len(keys) > MaxRows {
		return r, &RowsError{len(keys)}
	}
	slices.SortFunc(keys, QualityKey.compare)
	for _, k := range keys {
		r.Rows = append(r.Rows, DefectRow{Span: buckets[k.Bucket].Span(), Kind: k.Kind, Source: k.Source, Node: k.Node, Count: counts[k]})
	}
	slices.SortFunc(loads, func(a, b Loads) int {
		return cmp.Or(cmp.Compare(a.Bucket, b.Bucket), cmp.Compare(a.Topic, b.Topic))
	})
	for _, l := range loads {
		l.Span = buckets[l.Bucket].Span()
		r.Loads = append(r.Loads, l.LoadRow)
	}
	slices.SortFunc(examples, Defect.Newer)
	for _, kind := range DefectKinds() {
		r.Totals = append(r.Totals, DefectTotal{Kind: kind, Count: totals[kind]})
		n := 0
		for _, d := range examples {
			if d.Kind == kind && n < QualityExamples {
				r.Examples = append(r.Examples, d)
				n++
			}
		}
	}
	return r, nil
}

// QualityDefinitions says what each kind of defect is. The field is the kind.
func QualityDefinitions() []Definition {
	const (
		byTime   = "the fact's own time lies in [from, until)"
		ordered  = "facts about contacts and agents, of one subject in one log, from 7 days before the window, in the order of their numbers"
		endings  = "ends of queue entries, offers, stretches, calls, contacts and agents' states"
		all      = "all facts but those of tickets, whose time is a foreign clock's: they have kinds of their own"
		pairs    = "contacts, queue entries, offers, stretches"
		anyFact  = "every fact"
		openings = "contact.arrived, queue.queued, offer.made, segment.started and their ends"
	)
	of := func(kind DefectKind, title, formula, counts, source string) Definition {
		boundary := byTime
		if kind == DefectAhead {
			boundary = "the instant of loading lies in [from, until): the fact's own can't be trusted"
		}
		return Definition{reportQuality, string(kind), title, unitCount, formula, counts, boundary, source}
	}
	return []Definition{
		of(DefectLate, "Late", "loaded more than a minute after it happened", all, anyFact),
		of(DefectAhead, "Ahead of the clock", "loaded more than a second before it happened: a clock is wrong", all, anyFact),
		of(DefectOutOfOrder, "Out of order", "happened before a fact with a lower number", ordered, anyFact),
		of(DefectGap, "Missing numbers", "how many numbers are missing between it and the fact before", ordered, anyFact),
		of(DefectDuplicate, "Duplicates", "has the same number as the fact before", ordered, anyFact),
		of(DefectMissingEnd, "Without an end", "began and has no end until 7 days after the window, though its contact is over by then or it began more than 7 days before the watermark", pairs, openings),
		of(DefectMissingBegin, "Without a begin", "ended and has no begin, though it says to have begun at most 7 days before the window", pairs, openings),
		of(DefectNegative, "Negative durations", "its duration is below 0, or it ended before it began", endings, "the ends"),
		of(DefectDerived, "Worked out afterwards", "nobody saw the end: it was worked out when the link to Asterisk was back, or from the queue_log", "ends of queue entries, offers, stretches and calls", "the ends"),
		of(DefectLost, "Dropped by the log", "how many records the log dropped while it could not be written", "the spans in which it could not", "log.gap"),
	}
}
