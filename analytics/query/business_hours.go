package query

import (
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"firstline/analytics/metric"
	"firstline/pipeline/schedule"
)

// maxEdges bounds the openings and closings that a statement carries: forty years of an office that closes once a day.
const maxEdges = 30_000

// scheduleShift is where in an edge the number of its schedule begins: above every Unix millisecond until the year 2500.
const scheduleShift = 1 << 44

// ahead is more than a ticket system's clock may be ahead of ours.
const ahead = time.Hour

// businessHours are schedules as the instants at which they open and close, so that SQL knows of no zones. All stand in one
// sorted list: schedule n, counted from 1, has its edges at n × scheduleShift + Unix milliseconds. Of each edge it is known
// how long its schedule had been open until then, and whether it is open from there on.
type businessHours struct {
	texts              []string
	now                int64 // number of the schedule that holds now; 0 = none
	edges, until, open []int64
}

// businessHours reads by which schedules events of the report's tickets were recorded, and adds the one of now. Events that
// are loaded after that and before the report is computed are covered too, but for those by a schedule that none had yet:
// they count with the next request.
func (r *Reader) businessHours(ctx context.Context, p metric.TicketParams) (businessHours, error) {
	s := newStatement("schedules")
	s.bindTime("from", p.From)
	s.text = lines(
		"SELECT toString(schedule) AS text, max("+ms("time")+") AS last FROM tickets",
		"WHERE time >= "+instant("from")+" GROUP BY text ORDER BY text",
	)
	var texts []string
	last := p.Now.UnixMilli()
	err := r.run(ctx, s, func(rows driver.Rows) error {
		var text string
		var at int64
		if err := rows.Scan(&text, &at); err != nil {
			return err
		}
		last = max(last, at)
		if text != "" && text != p.SLA.Schedule {
			texts = append(texts, text)
		}
		return nil
	})
	if err != nil {
		return businessHours{}, err
	}
	return newBusinessHours(texts, p.SLA.Schedule, later(p.From, p.Now.Add(-metric.ClockBack)), time.UnixMilli(last).UTC().Add(ahead))
}

// frozenHours reads by which schedules the window's events of tickets were recorded. Durations that end with them began when
// the ticket was opened.
func (r *Reader) frozenHours(ctx context.Context, p metric.BacklogParams) (businessHours, error) {
	s := newStatement("frozen_schedules")
	touched := s.touched(p.From, p.Until)
	s.text = lines(
		"SELECT toString(schedule) AS text, "+ms("min(first)")+" AS began, "+ms("max(time)")+" AS last",
		"FROM (SELECT schedule, time, min(time) OVER (PARTITION BY subject) AS first FROM "+ticketsOnce(touched)+")",
		"WHERE time >= "+instant("from")+" AND time < "+instant("until")+" AND schedule != '' GROUP BY text ORDER BY text",
	)
	var texts []string
	first, last := p.Now, p.Now
	err := r.run(ctx, s, func(rows driver.Rows) error {
		var text string
		var began, ended int64
		if err := rows.Scan(&text, &began, &ended); err != nil {
			return err
		}
		texts, first, last = append(texts, text), earlier(first, time.UnixMilli(began).UTC()), later(last, time.UnixMilli(ended).UTC())
		return nil
	})
	if err != nil {
		return businessHours{}, err
	}
	return newBusinessHours(texts, "", later(first, p.Now.Add(-metric.ClockBack)), last.Add(ahead))
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// newBusinessHours covers [from, until]; now is the schedule that holds now, or "".
func newBusinessHours(texts []string, now string, from, until time.Time) (businessHours, error) {
	h := businessHours{texts: texts, edges: []int64{0}, until: []int64{0}, open: []int64{0}} // of no schedule: never open
	if now != "" {
		h.texts = append([]string{now}, texts...)
		h.now = 1
	}
	for i, text := range h.texts {
		place, err := schedule.Parse(text)
		if err != nil {
			return businessHours{}, err
		}
		h.add(int64(i+1), place.Stretches(from, until))
		if len(h.edges) > maxEdges {
			return businessHours{}, &Invalid{Problems: mistakes{{
				Path: "from", Message: fmt.Sprintf("is so early that the schedules until now have more than %d openings and closings", maxEdges), Mend: "choose a later one",
			}}}
		}
	}
	return h, nil
}

func (h *businessHours) add(number int64, stretches []schedule.Stretch) {
	sum := int64(0)
	edge := func(at, open int64) {
		h.edges, h.until, h.open = append(h.edges, number*scheduleShift+at), append(h.until, sum), append(h.open, open)
	}
	edge(0, 0)
	for _, s := range stretches {
		edge(s.From.UnixMilli(), 1)
		sum += s.Until.Sub(s.From).Milliseconds()
		edge(s.Until.UnixMilli(), 0)
	}
}

func (s *statement) bindBusinessHours(h businessHours) {
	s.bind("schedules", append([]string{}, h.texts...))
	s.bind("edges", h.edges)
	s.bind("open_until", h.until)
	s.bind("is_open", h.open)
}

// frozenNumber is the number of the schedule that an event was recorded with; 0 = none.
func frozenNumber(text string) string {
	return "toInt64(indexOf({schedules:Array(String)}, " + text + "))"
}

// businessBetween is how much of the time between two columns of Unix milliseconds a schedule has open, given as an
// expression of its number; NULL where condition doesn't hold, and without a schedule.
func businessBetween(number, from, until, condition string) string {
	at := func(column string) string {
		x := "(" + number + " * toInt64(" + fmt.Sprint(int64(scheduleShift)) + ") + " + column + ")"
		edge := "roundDown(" + x + ", {edges:Array(Int64)})"
		of := func(list string) string {
			return "transform(" + edge + ", {edges:Array(Int64)}, {" + list + ":Array(Int64)}, toInt64(0))"
		}
		return of("open_until") + " + " + of("is_open") + " * (" + x + " - " + edge + ")"
	}
	return "if(" + condition + " AND " + number + " > 0, (" + at(until) + ") - (" + at(from) + "), NULL)"
}
