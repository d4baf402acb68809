package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"
)

// question is what a supervisor asks; path is asked of the API.
type question struct {
	text string
	path string
	with url.Values
}

// questions are the ten of a supervisor, about one of his queues or all of the house, and at the end one of whoever directs the house.
func questions(p plan, contact, number string) []question {
	day := func(n int) string { return p.until.AddDate(0, 0, n).Format(time.RFC3339) }
	month := time.Date(p.until.Year(), p.until.Month()-1, 1, 0, 0, 0, 0, time.UTC)
	last := url.Values{"from": {month.Format(time.RFC3339)}, "until": {month.AddDate(0, 1, 0).Format(time.RFC3339)}}
	with := func(v url.Values, more ...string) url.Values {
		out := url.Values{}
		for k, values := range v {
			out[k] = values
		}
		for i := 0; i < len(more); i += 2 {
			out.Add(more[i], more[i+1])
		}
		return out
	}
	between := func(from, until string, more ...string) url.Values {
		return with(url.Values{"from": {from}, "until": {until}}, more...)
	}
	one := queueID("support", 3)
	return []question{
		{"how did each queue do yesterday?", "metrics/queues", between(day(-1), day(0), "group_by", "queue")},
		{"how did yesterday go in one queue, half hour by half hour?", "metrics/queues", between(day(-1), day(0), "interval", "30m", "queue", one)},
		{"and last month, day by day?", "metrics/queues", with(last, "interval", "1d", "queue", one)},
		{"how does the year compare, month by month, in one queue?", "metrics/queues", between(day(-364), day(0), "interval", "1mo", "queue", one)},
		{"what did each agent of a queue do last week?", "metrics/agents", between(day(-7), day(0), "group_by", "agent", "queue", one)},
		{"who gave up yesterday and was not reached?", "abandoned", between(day(-1), day(0), "only_lost", "true", "queue", one)},
		{"when is a queue busy? (weekday and hour, twelve weeks)", "metrics/queues", between(day(-84), day(0), "group_by", "weekday,hour", "queue", one)},
		{"what has this number called about in a quarter?", "contacts", between(day(-91), day(0), "number", number)},
		{"what happened in this call?", "contacts/" + contact, nil},
		{"how long to the reply and the resolution last month in one queue, by priority?", "metrics/tickets", with(last, "group_by", "priority", "queue", one)},
		{"(one more) how does the year compare, month by month, over all queues?", "metrics/queues", between(day(-364), day(0), "interval", "1mo")},
	}
}

// ask asks every question cold and warm, through the API as a page would.
func ask(ctx context.Context, p *parts, set settings, plan plan, out io.Writer) error {
	contact, number, err := p.sample(ctx, plan)
	if err != nil {
		return err
	}
	all := slices.DeleteFunc(questions(plan, contact, number), func(q question) bool { return !strings.Contains(q.text, set.only) })
	refused, err := p.askAll(ctx, all, set.rounds, out)
	if err != nil || len(refused) == 0 {
		return err
	}
	_, _ = fmt.Fprintf(out, "\nAgain those that were refused, with %s:\n", patience)
	p.patient = true
	_, err = p.askAll(ctx, refused, max(1, set.rounds/5), out)
	return err
}

// askAll asks each question a fifth of rounds cold and rounds warm, and returns those that the product's limits refuse.
func (p *parts) askAll(ctx context.Context, all []question, rounds int, out io.Writer) (refused []question, err error) {
	_, _ = fmt.Fprintf(out, "\n| question | cold p50 ms | cold p95 ms | warm p50 ms | warm p95 ms |\n|---|---|---|---|---|\n")
	for _, q := range all {
		var cold, warm []time.Duration
		for range max(1, rounds/5) {
			if err := p.chill(ctx); err != nil {
				return nil, err
			}
			if cold, err = p.timed(ctx, q, cold); err != nil {
				break
			}
		}
		for range rounds {
			if err != nil {
				break
			}
			warm, err = p.timed(ctx, q, warm)
		}
		if limit := (*refusal)(nil); errors.As(err, &limit) {
			_, _ = fmt.Fprintf(out, "| %s | refused: %s | | | |\n", q.text, limit.code)
			refused = append(refused, q)
			continue
		} else if err != nil {
			return nil, err
		}
		_, _ = fmt.Fprintf(out, "| %s | %s | %s | %s | %s |\n", q.text, at(cold, 0.5), at(cold, 0.95), at(warm, 0.5), at(warm, 0.95))
	}
	_, _ = fmt.Fprintf(out, "\nCold: %d times each, engine and API started anew and the system's cache of files dropped. Warm: %d times each.\n", max(1, rounds/5), rounds)
	return refused, nil
}

// refusal is an answer that a limit of the product forbids.
type refusal struct{ code string }

func (r *refusal) Error() string { return "refused: " + r.code }

// at is the value at rank ⌈q·n⌉ (nearest rank), milliseconds.
func at(values []time.Duration, q float64) string {
	slices.Sort(values)
	v := values[max(0, int(math.Ceil(q*float64(len(values))))-1)]
	return fmt.Sprintf("%.0f", float64(v.Microseconds())/1000)
}

// sample is a call of yesterday, and a number that called.
func (p *parts) sample(ctx context.Context, plan plan) (contact, number string, err error) {
	row := p.conn.QueryRow(ctx, "SELECT contact, caller_number FROM arrivals WHERE time >= ? AND time < ? AND kind = 'inbound' ORDER BY time LIMIT 1",
		plan.until.AddDate(0, 0, -1).Add(10*time.Hour), plan.until)
	if err := row.Scan(&contact, &number); err != nil {
		return "", "", fmt.Errorf("find a call of yesterday: %w", err)
	}
	return contact, number, nil
}

// chill starts engine and API anew with nothing of the files in memory.
func (p *parts) chill(ctx context.Context) error {
	if err := p.stop(); err != nil {
		return err
	}
	syscall.Sync()
	if err := os.WriteFile("/proc/sys/vm/drop_caches", []byte("3"), 0o200); err != nil {
		return fmt.Errorf("drop the cache of files (needs root): %w", err)
	}
	if err := p.restart(ctx); err != nil {
		return err
	}
	return p.startAPI(ctx)
}

func (p *parts) startAPI(ctx context.Context) (err error) {
	if p.api, err = p.role(ctx, "api"); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	body, err := json.Marshal(map[string]string{"name": "boss", "secret": password})
	if err != nil {
		return err
	}
	return retried(ctx, func() error {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, address("session"), bytes.NewReader(body))
		if err != nil {
			return err
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Origin", strings.TrimSuffix(address(""), "/api/v1/"))
		res, err := p.client.Do(req)
		if err != nil {
			return err
		}
		defer func() { _ = res.Body.Close() }()
		if res.StatusCode >= http.StatusMultipleChoices {
			text, _ := io.ReadAll(res.Body) // the status tells enough
			return fmt.Errorf("sign in: %s: %s", res.Status, text)
		}
		return nil
	})
}

func address(path string) string { return fmt.Sprintf("http://127.0.0.1:%d/api/v1/%s", apiPort, path) }

// timed adds how long one answer took, to its last byte.
func (p *parts) timed(ctx context.Context, q question, times []time.Duration) ([]time.Duration, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address(q.path)+"?"+q.with.Encode(), nil)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	res, err := p.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", q.text, err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	took := time.Since(began)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", q.text, err)
	}
	switch res.StatusCode {
	case http.StatusOK:
		return append(times, took), nil
	case http.StatusUnprocessableEntity, http.StatusGatewayTimeout:
		var problem struct{ Code string }
		if err := json.Unmarshal(body, &problem); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", q.text, res.Status, err)
		}
		return nil, &refusal{problem.Code}
	default:
		return nil, fmt.Errorf("%s: %s: %s", q.text, res.Status, body)
	}
}

// describe tells what is there: calls, rows and bytes of each table.
func (p *parts) describe(ctx context.Context, out io.Writer) error {
	var calls, facts, bytes uint64
	if err := p.conn.QueryRow(ctx, "SELECT (SELECT count() FROM calls), (SELECT count() FROM events), "+
		"(SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = '"+allWeeks+"')").Scan(&calls, &facts, &bytes); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(out, "%d calls, %d facts, %.1f GB on disk: %.0f bytes a call.\n\n| table | rows | GB | bytes a row |\n|---|---|---|---|\n",
		calls, facts, float64(bytes)/1e9, float64(bytes)/float64(calls))
	rows, err := p.conn.Query(ctx, "SELECT table, sum(rows), sum(bytes_on_disk) FROM system.parts WHERE active AND database = '"+allWeeks+"' GROUP BY table ORDER BY sum(bytes_on_disk) DESC")
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var name string
		var n, size uint64
		if err := rows.Scan(&name, &n, &size); err != nil {
			return err
		}
		_, _ = fmt.Fprintf(out, "| %s | %d | %.2f | %.1f |\n", name, n, float64(size)/1e9, float64(size)/float64(n))
	}
	return rows.Err()
}
