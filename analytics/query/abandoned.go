package query

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"firstline/analytics/metric"
)

// AbandonedRequest asks for a page of abandoned queue entries, newest first: the list to call back from.
type AbandonedRequest struct {
	From, Until time.Time // of the hang-up, half-open
	Queues      []string  // nil means all
	Personal    bool      // the asker may see callers' numbers
	MinWaitMS   int64     // leave out entries that waited less
	OnlyLost    bool      // leave out callers who talked to an agent since
	Recall      []string  // only those with whom it went on so, of metric.RecallStates; nil means all
	WithinHours int       // how long after the hang-up something still belongs to it; 0 means a week
	Limit       int       // page size; 0 means DefaultPage
	Cursor      string    // Next of the page before
	Bare        bool      // without Freshness, as a later page of an export
}

// AbandonedPage is one page.
type AbandonedPage struct {
	Items []Abandoned `json:"items" nullable:"false" doc:"Abandoned entries, newest first"`
	Next  *string     `json:"next" doc:"Cursor of the next page; null on the last one"`
	metric.Freshness
}

// Abandoned is one queue entry whose caller hung up while waiting.
type Abandoned struct {
	Entry        string    `json:"entry" doc:"Queue entry id"`
	Contact      string    `json:"contact" doc:"Contact id"`
	Queue        string    `json:"queue" doc:"Queue id"`
	Language     string    `json:"language" doc:"Language"`
	QueuedAt     time.Time `json:"queued_at" doc:"When it joined"`
	AbandonedAt  time.Time `json:"abandoned_at" doc:"When the caller hung up"`
	WaitMS       int64     `json:"wait_ms" doc:"How long the caller waited in this queue"`
	Position     int64     `json:"position" doc:"Last position in the queue; 1 = next"`
	Offers       int64     `json:"offers" doc:"How many offers to agents were made"`
	Customer     string    `json:"customer" doc:"Customer id; empty when unknown"`
	CallerNumber *string   `json:"caller_number" doc:"Personal; null without the right to see it"`
	metric.Recall
}

// Abandoned answers one page of abandoned entries. The error of a bad request is *Invalid.
func (r *Reader) Abandoned(ctx context.Context, req AbandonedRequest) (AbandonedPage, error) {
	s, size, err := abandonedStatement(req)
	if err != nil {
		return AbandonedPage{}, err
	}
	fresh, err := r.listFreshness(ctx, req.From, req.Until, contactFacts, req.Bare)
	if err != nil {
		return AbandonedPage{}, err
	}
	page := AbandonedPage{Freshness: fresh, Items: []Abandoned{}}
	err = r.run(ctx, s, func(rows driver.Rows) error {
		var a Abandoned
		var number, state string
		var queued, ended, back, answered, called, reached int64
		if err := rows.Scan(&a.Entry, &a.Contact, &a.Queue, &a.Language, &queued, &ended, &a.WaitMS, &a.Position, &a.Offers, &a.Customer,
			&number, &back, &answered, &called, &reached, &state); err != nil {
			return err
		}
		a.QueuedAt, a.AbandonedAt = time.UnixMilli(queued).UTC(), time.UnixMilli(ended).UTC()
		a.CameBackAt, a.AnsweredAt, a.CalledAt, a.ReachedAt = someTime(back), someTime(answered), someTime(called), someTime(reached)
		a.State = metric.RecallState(state)
		if req.Personal {
			a.CallerNumber = &number
		}
		page.Items = append(page.Items, a)
		return nil
	})
	if len(page.Items) > size {
		page.Items = page.Items[:size]
		last := page.Items[size-1]
		next := cursor{At: last.AbandonedAt.UnixMilli(), ID: last.Entry}.String()
		page.Next = &next
	}
	return page, err
}

func someTime(unixMS int64) *time.Time {
	if unixMS == 0 {
		return nil
	}
	t := time.UnixMilli(unixMS).UTC()
	return &t
}

func abandonedStatement(req AbandonedRequest) (statement, int, error) {
	var m mistakes
	s := newStatement("abandoned")
	checkSpan(&m, req.From, req.Until)
	size := pageSize(&m, req.Limit)
	s.bindTime("from", req.From)
	s.bindTime("until", req.Until)
	s.bindTime("since", req.From.Add(-metric.LookBack))
	hours := recallHours(&m, req.WithinHours)
	s.bind("within", (time.Duration(hours) * time.Hour).Milliseconds())
	s.bindTime("beyond", req.Until.Add(time.Duration(hours)*time.Hour+metric.LookBack))
	s.bind("rows", int64(size+1))
	s.bind("min_wait", req.MinWaitMS)
	where := []string{
		"outcome = 'abandoned'", customerKinds, fromToBeyond, "ended_at >= " + instant("from"), "ended_at < " + instant("until"),
		"wait_ms >= {min_wait:Int64}",
	}
	if req.Queues != nil {
		s.bind("queues", append([]string{}, req.Queues...))
		where = append(where, "queue IN {queues:Array(String)}")
	}
	var states []string
	if req.OnlyLost {
		states = append(states, "state NOT IN ('"+string(metric.RecallAnswered)+"', '"+string(metric.RecallReached)+"')")
	}
	for _, state := range req.Recall {
		if !slices.Contains(metric.RecallStates(), metric.RecallState(state)) {
			m.add("recall", "write some of "+join(metric.RecallStates()), "unknown state %q", state)
		}
	}
	if req.Recall != nil {
		s.bind("recall", append([]string{}, req.Recall...))
		states = append(states, "state IN {recall:Array(String)}")
	}
	if c := parseCursor(&m, req.Cursor); c != nil {
		s.bind("cursor_at", c.At)
		s.bind("cursor_id", c.ID)
		where = append(where, "(ended_at, entry) < ("+instant("cursor_at")+", {cursor_id:String})")
	}
	s.text = lines(
		"WITH gave_up AS (",
		"  SELECT entry, contact, queue, language, queued_at, ended_at, wait_ms, last_position, offers, customer FROM entries",
		"  WHERE "+strings.Join(where, " AND "),
		"),",
		callersLater(),
		"SELECT entry, contact, toString(queue), toString(language), "+ms("queued_at")+", "+ms("ended_at")+", wait_ms, last_position, offers, customer, number, back, answered, called, reached, state",
		"FROM told",
		when(states != nil, "WHERE "+strings.Join(states, " AND ")),
		"ORDER BY ended_at DESC, entry DESC LIMIT {rows:UInt64}",
	)
	return s, size, m.err()
}

// recallHours is how long after the hang-up something still belongs to it.
func recallHours(m *mistakes, hours int) int {
	if hours == 0 {
		return int(metric.LookBack.Hours())
	}
	if hours < 0 || hours > 24*maxDays {
		m.add("within_hours", "write a number from 1 to 2160", "%d is out of range", hours)
	}
	return hours
}

// callersLater are common tables that tell of each entry given up what followed, as metric.Recall has it: times are 0 where nothing did. A
// withheld or erased number is empty and matches nothing. Two known customers are two callers, whatever their number.
func callersLater() string {
	tail := func(number string) string {
		return "right(replaceRegexpAll(" + number + ", '[^0-9]', ''), " + strconv.Itoa(metric.DialTail) + ")"
	}
	ended := ms("n.ended_at")
	near := func(at string) string {
		return at + " >= " + ended + " AND " + at + " <= " + ended + " + {within:Int64}"
	}
	return lines(
		"found AS (",
		"  SELECT contact, argMax(customer, sequence) AS known FROM identified WHERE "+inReach+" AND result = 'found' AND customer != '' GROUP BY contact",
		"),",
		"numbered AS (",
		"  SELECT *, caller_number AS number FROM gave_up",
		"  LEFT JOIN (SELECT contact, caller_number FROM arrivals WHERE "+inReach+" AND contact IN (SELECT contact FROM gave_up) LIMIT 1 BY contact) AS a USING (contact)",
		"  LEFT JOIN found USING (contact)",
		"),",
		"calls_of AS (",
		"  SELECT a.contact AS contact, a.inbound AS inbound, a.number AS number, a.came AS came, f.known AS known",
		"  FROM (SELECT contact, kind = 'inbound' AS inbound, caller_number AS number, "+ms("time")+" AS came FROM arrivals WHERE "+fromToBeyond+" AND "+customerKinds+") AS a",
		"  LEFT JOIN found AS f ON f.contact = a.contact",
		"  WHERE a.number != '' AND a.number IN (SELECT number FROM numbered) OR f.known != '' AND f.known IN (SELECT known FROM numbered)",
		"),",
		"later_of AS (",
		"  SELECT c.number AS number, c.known AS known, (c.came, c.inbound, e.answered, b.reached, c.contact, c.known) AS call FROM calls_of AS c",
		"  LEFT JOIN (SELECT contact, "+ms("min(ended_at)")+" AS answered FROM entries WHERE outcome = 'answered' AND "+fromToBeyond+" AND contact IN (SELECT contact FROM calls_of) GROUP BY contact) AS e ON e.contact = c.contact",
		"  LEFT JOIN (SELECT contact, "+ms("ended_at")+" AS reached FROM callbacks WHERE outcome = 'connected' AND "+fromToBeyond+" LIMIT 1 BY contact) AS b ON b.contact = c.contact",
		"),",
		"dialled AS (",
		"  SELECT "+tail("dialed")+" AS tail, groupArray("+ms("time")+") AS called FROM arrivals WHERE kind = 'outbound' AND "+fromToBeyond+" GROUP BY tail",
		"),",
		"told AS (",
		"  SELECT n.entry AS entry, n.contact AS contact, n.queue AS queue, n.language AS language, n.queued_at AS queued_at, n.ended_at AS ended_at, n.wait_ms AS wait_ms,",
		"    n.last_position AS last_position, n.offers AS offers, n.customer AS customer, n.number AS number,",
		"    arrayFilter(x -> x.5 != n.contact, arrayConcat(arrayFilter(x -> x.6 = '' OR n.known = '', l.calls), k.calls)) AS calls,",
		"    arrayFilter(x -> x.2 AND "+near("x.1")+", calls) AS came,",
		"    arrayMin(arrayMap(x -> x.1, came)) AS back, arrayMin(arrayMap(x -> x.3, arrayFilter(x -> x.3 > 0, came))) AS answered,",
		"    arrayMin(arrayMap(x -> x.4, arrayFilter(x -> NOT x.2 AND x.4 > 0 AND "+near("x.4")+", calls))) AS reached,",
		"    if("+tail("n.number")+" = '', 0, arrayMin(arrayFilter(x -> "+near("x")+", d.called))) AS called,",
		"    multiIf(answered > 0 AND (reached = 0 OR answered <= reached), 'answered', reached > 0, 'reached', called > 0, 'called', back > 0, 'came_back', 'open') AS state",
		"  FROM numbered AS n",
		"  LEFT JOIN (SELECT number, groupArray(call) AS calls FROM later_of WHERE number != '' GROUP BY number) AS l ON l.number = n.number",
		"  LEFT JOIN (SELECT known, groupArray(call) AS calls FROM later_of WHERE known != '' GROUP BY known) AS k ON k.known = n.known",
		"  LEFT JOIN dialled AS d ON d.tail = "+tail("n.number"),
		")",
	)
}
