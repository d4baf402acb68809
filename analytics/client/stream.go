package client

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
)

// Stream is a live stream of server-sent events. It ends with its request's context; whoever opened it closes it.
type Stream struct {
	body  io.Closer
	lines *bufio.Reader
}

// Event is one event of a stream.
type Event struct {
	Name string          // state, heartbeat, …
	Data json.RawMessage // what the OpenAPI document gives as its data: a Wallboard, a Freshness, …
}

// Into reads the event's data.
func (e Event) Into(v any) error {
	if err := json.Unmarshal(e.Data, v); err != nil {
		return fmt.Errorf("client: read event %s: %w", e.Name, err)
	}
	return nil
}

// Next waits for the next event. Heartbeats come every few seconds: when nothing comes for longer, close the stream and open it
// again. Any error ends the stream; io.EOF: the server ended it.
func (s *Stream) Next() (Event, error) {
	var e Event
	for {
		line, err := s.lines.ReadBytes('\n')
		if err != nil {
			return Event{}, err
		}
		field, value, _ := bytes.Cut(bytes.TrimRight(line, "\r\n"), []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		switch {
		case len(field) == 0 && e.Name != "" && e.Data != nil:
			return e, nil
		case string(field) == "event":
			e.Name = string(value)
		case string(field) == "data":
			e.Data = bytes.Clone(value) // the API writes one line
		}
	}
}

// Close ends the stream; a Next that waits returns an error.
func (s *Stream) Close() error { return s.body.Close() }

func (c *Client) stream(ctx context.Context, r request) (*Stream, error) {
	resp, err := c.send(ctx, r, "text/event-stream") //nolint:bodyclose // whoever has the Stream closes it
	if err != nil {
		return nil, err
	}
	return &Stream{body: resp.Body, lines: bufio.NewReader(resp.Body)}, nil
}
