package tickets

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"firstline/pipeline/fact"
	"firstline/pipeline/signature"
	"firstline/telephony/callcenter"
)

// maxBody bounds what is read of an answer: a ticket system that sends more is broken.
const maxBody = 64 << 10

func newClient() *http.Client {
	return &http.Client{Transport: &http.Transport{MaxConnsPerHost: 32, MaxIdleConnsPerHost: 16, IdleConnTimeout: 30 * time.Second}}
}

// httpFinder asks GET url?number=… or ?digits=…; 404 = not found, 200 = the JSON of answer.
type httpFinder struct {
	system, url, token string
	client             *http.Client
}

var _ Finder = (*httpFinder)(nil)

// answer is the JSON a ticket system gives.
type answer struct {
	Customer string `json:"customer"`
	Name     string `json:"name"`
	Priority int    `json:"priority"`
	Owner    string `json:"owner"` // id of an agent
	Ticket   *struct {
		ID     string `json:"id"`
		Title  string `json:"title"`
		Status string `json:"status"`
		URL    string `json:"url"`
	} `json:"ticket"`
}

func newHTTP(system, address, token string) *httpFinder {
	return &httpFinder{system: system, url: address, token: token, client: newClient()}
}

// Find implements Finder.
func (f *httpFinder) Find(ctx context.Context, method fact.LookupMethod, value string) (callcenter.LookupDone, error) {
	u, err := url.Parse(f.url)
	if err != nil {
		return callcenter.LookupDone{}, fmt.Errorf("lookup url: %w", err)
	}
	query := u.Query()
	if method == fact.LookupByNumber {
		query.Set("number", value)
	} else {
		query.Set("digits", value)
	}
	u.RawQuery = query.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return callcenter.LookupDone{}, fmt.Errorf("lookup request: %w", err)
	}
	req.Header.Set("Accept", "application/json")
	if f.token != "" {
		req.Header.Set("Authorization", "Bearer "+f.token)
	}
	resp, err := f.client.Do(req)
	if err != nil {
		return callcenter.LookupDone{}, withoutQuery(err)
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end or given up
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	if err != nil {
		return callcenter.LookupDone{}, fmt.Errorf("read answer: %w", err)
	}
	switch resp.StatusCode {
	case http.StatusOK:
		return f.decode(body)
	case http.StatusNotFound, http.StatusNoContent:
		return callcenter.LookupDone{Result: fact.LookupNotFound}, nil
	default:
		return callcenter.LookupDone{}, fmt.Errorf("ticket system answered %s", resp.Status)
	}
}

func (f *httpFinder) decode(body []byte) (callcenter.LookupDone, error) {
	var a answer
	if err := json.Unmarshal(body, &a); err != nil {
		return callcenter.LookupDone{}, fmt.Errorf("decode answer: %w", err)
	}
	if a.Customer == "" && a.Ticket == nil {
		return callcenter.LookupDone{Result: fact.LookupNotFound}, nil
	}
	done := callcenter.LookupDone{Result: fact.LookupFound, Customer: a.Customer, CustomerName: a.Name, Priority: a.Priority, Owner: a.Owner}
	if a.Ticket != nil && a.Ticket.ID != "" {
		done.Ticket = &fact.TicketRef{System: f.system, ID: a.Ticket.ID, Title: a.Ticket.Title, Status: a.Ticket.Status, URL: a.Ticket.URL}
	}
	return done, nil
}

// withoutQuery keeps the caller's number out of logs: net/http puts the whole URL into its errors.
func withoutQuery(err error) error {
	if ue, ok := err.(*url.Error); ok { //nolint:errorlint // net/http returns it unwrapped
		return fmt.Errorf("ask ticket system: %w", ue.Err)
	}
	return fmt.Errorf("ask ticket system: %w", err)
}

// poster delivers screen pops: POST webhook with the Popup as JSON, signed. 2xx = delivered; 4xx other than 408 and 429
// is final; anything else is tried again.
type poster struct {
	cfg    PopConfig
	secret string
	client *http.Client
}

func newPoster(cfg PopConfig, secret string) *poster {
	return &poster{cfg: cfg, secret: secret, client: newClient()}
}

func (p *poster) deliver(ctx context.Context, popup fact.Popup) (fact.PopResult, int, error) {
	body, err := json.Marshal(popup)
	if err != nil {
		return fact.PopFailed, 1, fmt.Errorf("encode pop: %w", err)
	}
	for attempt := 1; ; attempt++ {
		result, final, err := p.post(ctx, body)
		if err == nil || final || attempt == p.cfg.Attempts {
			return result, attempt, err
		}
		if wait(ctx, time.Duration(attempt)*100*time.Millisecond) != nil {
			return result, attempt, err
		}
	}
}

func (p *poster) post(ctx context.Context, body []byte) (result fact.PopResult, final bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, p.cfg.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.cfg.Webhook, bytes.NewReader(body))
	if err != nil {
		return fact.PopFailed, true, fmt.Errorf("pop request: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(signature.Header, signature.Sign(p.secret, time.Now(), body))
	resp, err := p.client.Do(req)
	if err != nil {
		if ctx.Err() == context.DeadlineExceeded {
			return fact.PopTimeout, false, fmt.Errorf("no answer in %s", p.cfg.Timeout)
		}
		return fact.PopFailed, false, withoutQuery(err)
	}
	defer resp.Body.Close() //nolint:errcheck // drained below
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxBody))
	if resp.StatusCode/100 == 2 {
		return fact.PopDelivered, true, nil
	}
	final = resp.StatusCode/100 == 4 && resp.StatusCode != http.StatusRequestTimeout && resp.StatusCode != http.StatusTooManyRequests
	return fact.PopFailed, final, fmt.Errorf("webhook answered %s", resp.Status)
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
