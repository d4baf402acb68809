package client

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// Error is an answer that is none: what the server refused, or could not do. Its Code is one of a closed list.
//
//	var refused *client.Error
//	if errors.As(err, &refused) && refused.Code == client.TooManyRequests { wait(refused.RetryAfter) }
type Error struct {
	Problem                  // Status alone is set when something else than Firstline answered, such as a proxy
	RetryAfter time.Duration // when to try again; 0: nothing was said
}

func (e *Error) Error() string {
	text := fmt.Sprintf("firstline: %s: %s", e.Code, e.Title)
	if e.Code == "" {
		text = fmt.Sprintf("firstline: %d %s", e.Status, http.StatusText(int(e.Status)))
	}
	if e.Detail != nil {
		text += ": " + *e.Detail
	}
	return text
}

// problemMax is how much of a refusal is read.
const problemMax = 64 << 10

func refusal(resp *http.Response) *Error {
	e := &Error{}
	body, _ := io.ReadAll(io.LimitReader(resp.Body, problemMax))
	if json.Unmarshal(body, &e.Problem) != nil || e.Code == "" {
		e.Problem = Problem{} // a proxy's page: the status alone tells
	}
	e.Status = int64(resp.StatusCode)
	if s, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil {
		e.RetryAfter = time.Duration(s) * time.Second
	}
	return e
}
