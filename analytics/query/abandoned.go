package query

import (
	"context"
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
	OnlyLost    bool      // leave out callers who were answered since
	Limit       int       // page size; 0 means DefaultPage
	Cursor      string    // Next of the page before
}

// AbandonedPage is one page.
type AbandonedPage struct {
	Items []Abandoned `json:"items" nullable:"false" doc:"Abandoned entries, newest first"`
	Next  *string     `json:"next" doc:"Cursor of the next page; null on the last one"`
}

// Abandoned is one queue entry whose caller hung up while waiting.
type Abandoned struct {
	Entry        string     `json:"entry" doc:"Queue entry id"`
	Contact      string     `json:"contact" doc:"Contact id"`
	Queue        string     `json:"queue" doc:"Queue id"`
	Language     string     `json:"language" doc:"Language"`
	QueuedAt     time.Time  `json:"queued_at" doc:"When it joined"`
	AbandonedAt  time.Time  `json:"abandoned_at" doc:"When the caller hung up"`
	WaitMS       int64      `json:"wait_ms" doc:"How long the caller waited in this queue"`
	Position     int64      `json:"position" doc:"Last position in the queue; 1 = next"`
	Offers       int64      `json:"offers" doc:"How many offers to agents were made"`
	Customer     string     `json:"customer" doc:"Customer id; empty when unknown"`
	CallerNumber *string    `json:"caller_number" doc:"Personal; null without the right to see it"`
	CameBackAt   *time.Time `json:"came_back_at" doc:"When the same number called again within a week; null when it did not"`
	AnsweredAt   *time.Time `json:"answered_at" doc:"When the same number was answered by an agent within that week; null when it was not"`
}

// Abandoned answers one page of abandoned entries. The error of a bad request is *Invalid.
func (r *Reader) Abandoned(ctx context.Context, req AbandonedRequest) (AbandonedPage, error) {
	s, size, err := abandonedStatement(req)
	if err != nil {
		return AbandonedPage{}, err
	}
	page := AbandonedPage{Items: []Abandoned{}}
	err = r.run(ctx, s, func(rows driver.Rows) error {
		var a Abandoned
		var number string
		var queued, ended, back, answered int64
		if err := rows.Scan(&a.Entry, &a.Contact, &a.Queue, &a.Language, &queued, &ended, &a.WaitMS, &a.Position, &a.Offers, &a.Customer,
			&number, &back, &answered); err != nil {
			return err
		}
		a.QueuedAt, a.AbandonedAt = time.UnixMilli(queued).UTC(), time.UnixMilli(ended).UTC()
		a.CameBackAt, a.AnsweredAt = someTime(back), someTime(answered)
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
	s.bind("week", metric.LookBack.Milliseconds())
	s.bind("rows", int64(size+1))
	s.bind("min_wait", req.MinWaitMS)
	where := []string{
		"outcome = 'abandoned'", customerKinds, "time >= " + instant("from"), "ended_at >= " + instant("from"), "ended_at < " + instant("until"),
		"wait_ms >= {min_wait:Int64}",
	}
	if req.Queues != nil {
		s.bind("queues", append([]string{}, req.Queues...))
		where = append(where, "queue IN {queues:Array(String)}")
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
		"SELECT entry, contact, toString(queue), toString(language), "+ms("queued_at")+", "+ms("ended_at")+", wait_ms, last_position, offers, customer, number, back, reached",
		"FROM told",
		when(req.OnlyLost, "WHERE reached = 0"),
		"ORDER BY ended_at DESC, entry DESC LIMIT {rows:UInt64}",
	)
	return s, size, m.err()
}

// callersLater joins each entry given up with the next arrival of the same number and its next answer, 0 when there is
// none within a week. A withheld or erased number is empty and matches nothing.
func callersLater() string {
	return lines(
		"numbered AS (",
		"  SELECT g.*, a.caller_number AS number FROM gave_up AS g",
		"  LEFT JOIN (SELECT contact, caller_number FROM arrivals WHERE time >= "+instant("since")+" AND contact IN (SELECT contact FROM gave_up)) AS a ON a.contact = g.contact",
		"),",
		"calls_of AS (",
		"  SELECT caller_number AS number, "+ms("time")+" AS came, contact FROM arrivals",
		"  WHERE time >= "+instant("from")+" AND caller_number != '' AND caller_number IN (SELECT number FROM numbered)",
		"),",
		"answers_of AS (",
		"  SELECT contact, "+ms("min(ended_at)")+" AS answered FROM entries",
		"  WHERE outcome = 'answered' AND time >= "+instant("from")+" AND contact IN (SELECT contact FROM calls_of) GROUP BY contact",
		"),",
		"later_of AS (",
		"  SELECT c.number AS number, groupArray(c.came) AS came, groupArray(n.answered) AS answered",
		"  FROM calls_of AS c LEFT JOIN answers_of AS n ON n.contact = c.contact GROUP BY c.number",
		"),",
		"told AS (",
		"  SELECT n.entry AS entry, n.contact AS contact, n.queue AS queue, n.language AS language, n.queued_at AS queued_at, n.ended_at AS ended_at, n.wait_ms AS wait_ms,",
		"    n.last_position AS last_position, n.offers AS offers, n.customer AS customer, n.number AS number,",
		"    arrayMin(arrayFilter(x -> x >= "+ms("n.ended_at")+" AND x <= "+ms("n.ended_at")+" + {week:Int64}, l.came)) AS back,",
		"    arrayMin(arrayFilter(x -> x >= "+ms("n.ended_at")+" AND x <= "+ms("n.ended_at")+" + {week:Int64}, l.answered)) AS reached",
		"  FROM numbered AS n LEFT JOIN later_of AS l ON l.number = n.number",
		")",
	)
}
