package query

import (
	"context"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"firstline/analytics/metric"
	"firstline/pipeline/fact"
)

// QualityRequest asks for data-quality. GroupBy of the window stays empty.
type QualityRequest struct{ WindowRequest }

// Params validates; its error is *Invalid.
func (r QualityRequest) Params() (metric.QualityParams, error) {
	var m mistakes
	var p metric.QualityParams
	p.Window, _ = r.params(&m)
	if len(m) == 0 {
		if err := p.Check(); err != nil {
			m.add("until", "choose a window of at most 92 days", "%v", err)
		}
	}
	return p, m.err()
}

// Quality answers data-quality: what is wrong with the facts of a window. The error of a bad request is *Invalid.
func (r *Reader) Quality(ctx context.Context, req QualityRequest) (metric.QualityReport, error) {
	p, err := req.Params()
	if err != nil {
		return metric.QualityReport{}, err
	}
	fresh, err := r.freshness(ctx, p.From, p.Until, contactFacts)
	if err != nil {
		return metric.QualityReport{}, err
	}
	var counts map[metric.QualityKey]int64
	var examples []metric.Defect
	if fresh.Watermark != nil {
		if counts, err = r.defectCounts(ctx, p, fresh); err != nil {
			return metric.QualityReport{}, err
		}
		if examples, err = r.defectExamples(ctx, p, fresh); err != nil {
			return metric.QualityReport{}, err
		}
	}
	tickets, err := r.ticketDefects(ctx, p)
	if err != nil {
		return metric.QualityReport{}, err
	}
	loads, err := r.loadRows(ctx, p)
	if err != nil {
		return metric.QualityReport{}, err
	}
	return metric.NewQualityReport(p, counts, examples, tickets, loads, fresh)
}

func (r *Reader) defectCounts(ctx context.Context, p metric.QualityParams, fresh metric.Freshness) (map[metric.QualityKey]int64, error) {
	s, err := defectCountStatement(p, *fresh.Watermark)
	if err != nil {
		return nil, err
	}
	index, err := bucketIndex(p.Window)
	if err != nil {
		return nil, err
	}
	out := map[metric.QualityKey]int64{}
	err = r.run(ctx, s, func(rows driver.Rows) error {
		var bucket, n int64
		var kind string
		var k metric.QualityKey
		if err := rows.Scan(&bucket, &kind, &k.Source, &k.Node, &n); err != nil {
			return err
		}
		k.Bucket, k.Kind = index[bucket], metric.DefectKind(kind)
		out[k] = n
		return nil
	})
	return out, err
}

func (r *Reader) defectExamples(ctx context.Context, p metric.QualityParams, fresh metric.Freshness) ([]metric.Defect, error) {
	s := defectExampleStatement(p, *fresh.Watermark)
	var out []metric.Defect
	err := r.run(ctx, s, func(rows driver.Rows) error {
		var kind, what, subject, source string
		var sequence uint64
		var at, loaded, n, by int64
		if err := rows.Scan(&kind, &what, &subject, &sequence, &at, &loaded, &source, &n, &by); err != nil {
			return err
		}
		out = append(out, metric.NewDefect(metric.DefectKind(kind), fact.Type(what), subject, sequence, time.UnixMilli(at), time.UnixMilli(loaded), source, n, by))
		return nil
	})
	return out, err
}

// defectStatement puts what is asked of the defects behind the common table of them: kind, at (which decides where it counts),
// type, subject, sequence, source, happened, loaded, n (how much it counts), by.
func defectStatement(p metric.QualityParams, watermark time.Time, ask string) statement {
	s := newStatement("data quality")
	s.bindTime("from", p.From)
	s.bindTime("until", p.Until)
	s.bindTime("since", p.From.Add(-metric.LookBack))
	s.bindTime("beyond", p.Beyond())
	s.bindTime("over", watermark.Add(-metric.LookBack))
	s.bind("late_ms", metric.LateAfter.Milliseconds())
	s.bind("ahead_ms", metric.AheadAfter.Milliseconds())
	parts := []string{timeDefects(), orderDefects(), lostDefects()}
	for _, c := range closings() {
		parts = append(parts, c.defects())
	}
	for _, h := range halves() {
		parts = append(parts, h.missingEnd(), h.missingBegin())
	}
	s.text = lines(
		"WITH",
		orderedFacts(),
		"defects AS (",
		strings.Join(parts, "\n  UNION ALL\n"),
		")",
		ask,
	)
	return s
}

func defectCountStatement(p metric.QualityParams, watermark time.Time) (statement, error) {
	s := defectStatement(p, watermark, lines(
		"SELECT toInt64(roundDown(at, {begins:Array(Int64)})) AS bucket, kind, source, extract(subject, {node:String}) AS node, toInt64(sum(n))",
		"FROM defects",
		"GROUP BY bucket, kind, source, node",
	))
	s.bind("node", metric.NodePattern)
	return s, s.bindWindow(p.Window, false)
}

func defectExampleStatement(p metric.QualityParams, watermark time.Time) statement {
	s := defectStatement(p, watermark, lines(
		"SELECT kind, type, subject, sequence, happened, loaded, source, n, by FROM defects",
		"ORDER BY kind, at DESC, subject, sequence, type, by",
		"LIMIT {examples:UInt64} BY kind",
	))
	s.bind("examples", int64(metric.QualityExamples))
	return s
}

const inSpan = "time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC')"

// defectRow is a SELECT list of the common shape.
func defectRow(kind, what, subject, n, by string) string {
	at := "time"
	if kind == "'ahead'" {
		at = "loaded_at"
	}
	return "  SELECT " + kind + " AS kind, " + ms(at) + " AS at, " + what + " AS type, toString(" + subject + ") AS subject, sequence, toString(source) AS source, " +
		ms("time") + " AS happened, " + ms("loaded_at") + " AS loaded, toInt64(" + n + ") AS n, toInt64(" + by + ") AS by"
}

// timeDefects compares when facts happened with when they were loaded.
func timeDefects() string {
	return lines(
		defectRow("'late'", "toString(type)", "subject", "1", behind()),
		"  FROM events WHERE "+inSpan+" AND "+string(contactFacts)+" AND "+behind()+" > {late_ms:Int64}",
		"  UNION ALL",
		defectRow("'ahead'", "toString(type)", "subject", "1", "-("+behind()+")"),
		// What is ahead of its loading is later than the window's begin too, which lets older partitions be skipped.
		"  FROM events WHERE time >= "+instant("from")+" AND loaded_at >= "+instant("from")+" AND loaded_at < "+instant("until")+
			" AND "+string(contactFacts)+" AND "+behind()+" < -{ahead_ms:Int64}",
	)
}

// orderedFacts puts each fact beside the one before it of the same subject in the same log, and the newest of all before. Subjects of
// which nothing lies in the window are left out before their facts are sorted: of a week's those are most.
func orderedFacts() string {
	return lines("ordered AS (",
		"  SELECT type, subject, sequence, time, source, loaded_at,",
		"    lagInFrame(sequence) OVER line AS before, row_number() OVER line AS place,",
		"    max("+ms("time")+") OVER (PARTITION BY subject, source, epoch ORDER BY sequence, position ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS newest",
		"  FROM events",
		"  WHERE time >= "+instant("since")+" AND time < "+instant("until"),
		"    AND cityHash64(subject) IN (SELECT cityHash64(subject) FROM events WHERE "+inSpan+")",
		"    AND NOT startsWith(type, 'ticket.') AND NOT startsWith(type, 'log.') AND NOT startsWith(type, 'incident.') AND NOT startsWith(type, 'voicemail.marked')",
		"  WINDOW line AS (PARTITION BY subject, source, epoch ORDER BY sequence, position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)",
		"),")
}

// orderDefects are of one pass over the ordered facts: one of them may be several defects.
func orderDefects() string {
	return lines(
		defectRow("defect.1", "toString(type)", "subject", "defect.2", "defect.3"),
		"  FROM ordered ARRAY JOIN [",
		"    ('duplicate', toInt64(sequence = before), toInt64(0)),",
		"    ('sequence_gap', if(sequence > before + 1, toInt64(sequence - before - 1), 0), toInt64(0)),",
		"    ('out_of_order', toInt64(newest > "+ms("time")+"), newest - "+ms("time")+")] AS defect",
		"  WHERE "+inSpan+" AND place > 1 AND defect.2 > 0",
	)
}

func lostDefects() string {
	return lines(defectRow("'lost'", "'log.gap'", "subject", "dropped", "0"), "  FROM gaps WHERE "+inSpan+" AND dropped > 0")
}

// closedTable is a table whose rows end a stretch of time.
type closedTable struct {
	table, what, subject  string
	from, until, duration string
	derived               bool // it has the column
}

func closings() []closedTable {
	return []closedTable{
		{"entries", string(fact.TypeEntryEnded), "contact", "queued_at", "ended_at", "wait_ms", true},
		{"offers", string(fact.TypeOfferEnded), "contact", "offered_at", "ended_at", "ring_ms", true},
		{"segments", string(fact.TypeSegmentEnded), "contact", "started_at", "ended_at", "duration_ms", true},
		{"calls", string(fact.TypeCallEnded), "contact", "started_at", "ended_at", "duration_ms", true},
		{"contacts", string(fact.TypeContactEnded), "contact", "started_at", "ended_at", "duration_ms", false},
		{"agent_states", string(fact.TypeAgentStateEnded), "agent", "started_at", "ended_at", "duration_ms", false},
	}
}

func (c closedTable) defects() string {
	length := "least(" + c.duration + ", " + ms(c.until) + " - " + ms(c.from) + ")"
	negative := lines(defectRow("'negative'", "'"+c.what+"'", c.subject, "1", length), "  FROM "+c.table+" WHERE "+inSpan+" AND "+length+" < 0")
	if !c.derived {
		return negative
	}
	return negative + "\n  UNION ALL\n" + lines(defectRow("'derived'", "'"+c.what+"'", c.subject, "1", "0"), "  FROM "+c.table+" WHERE "+inSpan+" AND derived")
}

// pairTables are the tables of the begins and ends of one thing.
type pairTables struct{ opened, closed, openedType, closedType, id, from string }

func halves() []pairTables {
	return []pairTables{
		{"arrivals", "contacts", string(fact.TypeArrived), string(fact.TypeContactEnded), "contact", "started_at"},
		{"entries_opened", "entries", string(fact.TypeQueued), string(fact.TypeEntryEnded), "entry", "queued_at"},
		{"offers_opened", "offers", string(fact.TypeOffered), string(fact.TypeOfferEnded), "offer", "offered_at"},
		{"segments_opened", "segments", string(fact.TypeSegmentStarted), string(fact.TypeSegmentEnded), "segment", "started_at"},
	}
}

// sinceToBeyond is where the other half of something in the window is looked for.
const sinceToBeyond = "time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC')"

// missingEnd are begins without an end whose contact is over, or which are older than LookBack.
func (h pairTables) missingEnd() string {
	over := "time < " + instant("over")
	if h.id != "contact" {
		over = "(" + over + " OR cityHash64(contact) IN (SELECT cityHash64(contact) FROM contacts WHERE " + sinceToBeyond + "))"
	}
	return lines(
		defectRow("'missing_end'", "'"+h.openedType+"'", "contact", "1", "0"),
		"  FROM "+h.opened+" WHERE "+inSpan+" AND "+over+" AND "+noneIn(h.closed, h.id, sinceToBeyond),
	)
}

// missingBegin are ends without a begin, of what began not long before the window.
func (h pairTables) missingBegin() string {
	return lines(
		defectRow("'missing_begin'", "'"+h.closedType+"'", "contact", "1", "0"),
		"  FROM "+h.closed+" WHERE "+inSpan+" AND "+h.from+" >= "+instant("since")+" AND "+noneIn(h.opened, h.id, sinceToBeyond),
	)
}

// loadStatement adds up what the loader noted.
func loadStatement(p metric.QualityParams) (statement, error) {
	s := newStatement("loads")
	if err := s.bindWindow(p.Window, false); err != nil {
		return s, err
	}
	var sums []string
	for _, c := range []string{"facts", "repeats", "missing", "dead_letters", "late", "moved"} {
		sums = append(sums, "toInt64(sum("+c+"))")
	}
	s.text = lines(
		"SELECT toInt64(roundDown("+ms("loaded_at")+", {begins:Array(Int64)})) AS bucket, toString(topic), "+strings.Join(sums, ", "),
		"FROM loads WHERE loaded_at >= "+instant("from")+" AND loaded_at < "+instant("until")+" AND NOT accepted",
		"GROUP BY bucket, topic",
	)
	return s, nil
}

func (r *Reader) loadRows(ctx context.Context, p metric.QualityParams) ([]metric.Loads, error) {
	s, err := loadStatement(p)
	if err != nil {
		return nil, err
	}
	index, err := bucketIndex(p.Window)
	if err != nil {
		return nil, err
	}
	var out []metric.Loads
	err = r.run(ctx, s, func(rows driver.Rows) error {
		var bucket int64
		var l metric.Loads
		if err := rows.Scan(&bucket, &l.Topic, &l.Facts, &l.Repeats, &l.Missing, &l.DeadLetters, &l.Late, &l.Moved); err != nil {
			return err
		}
		l.Bucket = index[bucket]
		out = append(out, l)
		return nil
	})
	return out, err
}
