package query

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"firstline/analytics/metric"
	"firstline/pipeline/fact"
)

// SearchRequest asks for a page of contacts, newest first. Empty fields don't filter.
type SearchRequest struct {
	From, Until time.Time // of the arrival, half-open
	ID          string    // exactly this contact
	Kinds       []string  // of one of these kinds; nil means any
	Queues      []string  // that joined one of these queues; nil means any contact, queued or not
	Agent       string    // that this agent talked to
	Outcome     string    // of Outcomes
	Customer    string    // by this customer
	Ticket      string    // about this ticket
	Number      string    // whose caller's number ends with these digits, three at least; needs Personal
	NumberToo   string    // or with these: the same number as the network gives it; "" = it is the same
	Personal    bool      // the asker may see callers' numbers and names
	Limit       int       // page size; 0 means DefaultPage
	Cursor      string    // Next of the page before
	Bare        bool      // without Freshness, as a later page of an export
}

// Page sizes.
const (
	DefaultPage = 50
	MaxPage     = 500
)

// OutcomeOpen is the outcome of a contact that has not ended.
const OutcomeOpen = "open"

// Outcomes is the closed list a search may filter by.
func Outcomes() []string {
	return []string{
		string(fact.ResultAnswered), string(fact.ResultContained), string(fact.ResultAbandoned), string(fact.ResultRefused),
		string(fact.ResultFailed), OutcomeOpen,
	}
}

// ContactPage is one page of a search.
type ContactPage struct {
	Items []Contact `json:"items" nullable:"false" doc:"Contacts, newest first"`
	Next  *string   `json:"next" doc:"Cursor of the next page; null on the last one"`
	metric.Freshness
}

// Contact is one contact in short. What its closing row brings is null while it is open.
type Contact struct {
	ID           string          `json:"id" doc:"Contact id"`
	Kind         fact.Kind       `json:"kind" doc:"Kind of the contact"`
	Open         bool            `json:"open" doc:"True while the contact is in progress"`
	ArrivedAt    time.Time       `json:"arrived_at" doc:"When it arrived"`
	EndedAt      *time.Time      `json:"ended_at" doc:"When it ended, wrap-up included"`
	DurationMS   *int64          `json:"duration_ms" doc:"From arrival to end"`
	Language     string          `json:"language" doc:"Language"`
	Dialed       string          `json:"dialed" doc:"The number that was dialled"`
	CallerNumber *string         `json:"caller_number" doc:"Personal; null without the right to see it"`
	CallerName   *string         `json:"caller_name" doc:"Personal; null without the right to see it"`
	Customer     string          `json:"customer" doc:"Customer id; empty when unknown"`
	Ticket       *fact.TicketRef `json:"ticket" doc:"The ticket found by look-up; null when none"`
	Queues       []string        `json:"queues" nullable:"false" doc:"Queues joined, in order"`
	Agents       []string        `json:"agents" nullable:"false" doc:"Agents who talked to the caller, in order"`
	Result       *fact.Result    `json:"result" doc:"How its first call ended"`
	Reason       *fact.Reason    `json:"reason" doc:"Why it ended so"`
	IVRMS        *int64          `json:"ivr_ms" doc:"Time in the menu"`
	WaitMS       *int64          `json:"wait_ms" doc:"Wait over all queue entries"`
	ToAgentMS    *int64          `json:"to_agent_ms" doc:"From arrival to the first agent's answer; null when none answered"`
	TalkMS       *int64          `json:"talk_ms" doc:"Talk time"`
	HoldMS       *int64          `json:"hold_ms" doc:"Hold time"`
	WrapUpMS     *int64          `json:"wrap_up_ms" doc:"Wrap-up time"`
	Fallback     bool            `json:"fallback" doc:"Taken by the dialplan's fallback queue"`
}

// cursor is the last contact of a page.
type cursor struct {
	At int64  `json:"t"`
	ID string `json:"i"`
}

func (c cursor) String() string {
	raw, _ := json.Marshal(c) // two plain fields: can't fail
	return base64.RawURLEncoding.EncodeToString(raw)
}

// parseCursor reads a cursor; a bad one is a mistake of the parameter "cursor".
func parseCursor(m *mistakes, text string) *cursor {
	if text == "" {
		return nil
	}
	var c cursor
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || json.Unmarshal(raw, &c) != nil || c.ID == "" {
		m.add("cursor", "write the value of next as it came", "is not a cursor of this list")
		return nil
	}
	return &c
}

func pageSize(m *mistakes, limit int) int {
	switch {
	case limit == 0:
		return DefaultPage
	case limit < 0 || limit > MaxPage:
		m.add("limit", "write a number from 1 to 500", "%d is out of range", limit)
	}
	return limit
}

// checkSpan reports a window that is missing or empty.
func checkSpan(m *mistakes, from, until time.Time) {
	switch {
	case from.IsZero():
		m.add("from", "write an RFC 3339 instant", "is missing")
	case until.IsZero():
		m.add("until", "write an RFC 3339 instant", "is missing")
	case !from.Before(until):
		m.add("until", "the window is half-open, [from, until)", "is not after from")
	}
}

// Search answers one page of contacts. The error of a bad request is *Invalid.
func (r *Reader) Search(ctx context.Context, req SearchRequest) (ContactPage, error) {
	s, size, err := searchStatement(req)
	if err != nil {
		return ContactPage{}, err
	}
	fresh, err := r.listFreshness(ctx, req.From, req.Until, contactFacts, req.Bare)
	if err != nil {
		return ContactPage{}, err
	}
	found, err := r.find(ctx, s)
	if err != nil {
		return ContactPage{}, err
	}
	page := ContactPage{Freshness: fresh}
	page.Items, err = r.describe(ctx, found, req.Personal)
	if len(page.Items) > size {
		page.Items = page.Items[:size]
		last := page.Items[size-1]
		next := cursor{At: last.ArrivedAt.UnixMilli(), ID: last.ID}.String()
		page.Next = &next
	}
	return page, err
}

// searchStatement returns one contact more than the page holds, so that the last page is known.
func searchStatement(req SearchRequest) (statement, int, error) {
	var m mistakes
	s := newStatement("search")
	checkSpan(&m, req.From, req.Until)
	s.bindTime("from", req.From)
	s.bindTime("until", req.Until)
	size := pageSize(&m, req.Limit)
	s.bind("rows", int64(size+1))
	where := []string{"time >= " + instant("from"), "time < " + instant("until")}
	where = append(where, s.searchFilters(&m, req)...)
	if c := parseCursor(&m, req.Cursor); c != nil {
		s.bind("cursor_at", c.At)
		s.bind("cursor_id", c.ID)
		where = append(where, "(time, contact) < ("+instant("cursor_at")+", {cursor_id:String})")
	}
	s.text = lines(
		"SELECT contact, "+ms("time")+" FROM arrivals",
		"WHERE "+strings.Join(where, "\n  AND "),
		"ORDER BY time DESC, contact DESC LIMIT {rows:UInt64}",
	)
	return s, size, m.err()
}

// searchFilters narrow the arrivals. Each looks a table of its own up from the window's begin on: nothing of a contact
// happens before its arrival.
func (s *statement) searchFilters(m *mistakes, req SearchRequest) (where []string) {
	in := func(name string, value any, condition string) {
		s.bind(name, value)
		where = append(where, condition)
	}
	since := "time >= " + instant("from") + " AND "
	if req.ID != "" {
		in("id", req.ID, "contact = {id:String}")
	}
	if req.Kinds != nil {
		in("kinds", append([]string{}, req.Kinds...), "kind IN {kinds:Array(String)}")
	}
	if req.Queues != nil {
		in("queues", append([]string{}, req.Queues...), "contact IN (SELECT contact FROM entries_opened WHERE "+since+"queue IN {queues:Array(String)})")
	}
	if req.Agent != "" {
		in("agent", req.Agent, "contact IN (SELECT contact FROM segments_opened WHERE "+since+"agent = {agent:String})")
	}
	if req.Customer != "" {
		in("customer", req.Customer, "contact IN (SELECT contact FROM identified WHERE "+since+"customer = {customer:String}"+
			" UNION ALL SELECT contact FROM contacts WHERE "+since+"customer = {customer:String})")
	}
	if req.Ticket != "" {
		in("ticket", req.Ticket, "contact IN (SELECT contact FROM identified WHERE "+since+"ticket_id = {ticket:String}"+
			" UNION ALL SELECT contact FROM contacts WHERE "+since+"ticket_id = {ticket:String}"+
			" UNION ALL SELECT contact FROM tickets WHERE ticket = {ticket:String})")
	}
	where = append(where, s.outcomeFilter(m, req.Outcome)...)
	return append(where, s.numberFilter(m, req)...)
}

func (s *statement) outcomeFilter(m *mistakes, outcome string) []string {
	since := "time >= " + instant("from")
	switch {
	case outcome == "":
		return nil
	case outcome == OutcomeOpen:
		return []string{"contact NOT IN (SELECT contact FROM contacts WHERE " + since + ")"}
	case !slices.Contains(Outcomes(), outcome):
		m.add("outcome", "write one of "+strings.Join(Outcomes(), ", "), "unknown outcome %q", outcome)
		return nil
	}
	s.bind("outcome", outcome)
	return []string{"contact IN (SELECT contact FROM contacts WHERE " + since + " AND termination_result = {outcome:String})"}
}

func (s *statement) numberFilter(m *mistakes, req SearchRequest) []string {
	if req.Number == "" {
		return nil
	}
	digits := onlyDigits(req.Number)
	switch {
	case !req.Personal:
		m.add("number", "leave it out", "needs the right to see callers' numbers")
	case len(digits) < 3:
		m.add("number", "write at least the last three digits", "has fewer than three digits")
	}
	out := []string{s.numberEnds("number", digits)}
	if too := onlyDigits(req.NumberToo); too != "" && too != digits {
		out = append(out, s.numberEnds("number_too", too))
	}
	return []string{"(" + strings.Join(out, " OR ") + ")"}
}

// numberEnds compares the last digits of a number. Of a longer one the last seven are compared too: index arrivals.by_number
// has them, so that years of calls need not be read.
func (s *statement) numberEnds(name, digits string) string {
	const called, indexed = "replaceRegexpAll(caller_number, '[^0-9]', '')", 7
	s.bind(name, digits)
	ends := "endsWith(" + called + ", {" + name + ":String})"
	if len(digits) < indexed {
		return ends
	}
	s.bind(name+"_tail", digits[len(digits)-indexed:])
	return "(right(" + called + ", 7) = {" + name + "_tail:String} AND " + ends + ")"
}

func onlyDigits(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}
