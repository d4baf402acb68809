package asterisk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"firstline/telephony/callcenter"
	"firstline/telephony/recordings"
)

// recordSnoop makes a channel that hears one side of another and records it under its own name.
func (e *executor) recordSnoop(ctx context.Context, c callcenter.RecordSnoop) error {
	spy := "in"
	if c.Out {
		spy = "out"
	}
	snoop := request{what: "snoop", path: channelPath(c.Channel, "/snoop/"+url.PathEscape(c.Snoop)),
		query: url.Values{"spy": {spy}, "whisper": {"none"}, "app": {e.app}, "appArgs": {"snoop," + c.Contact}}}
	record := request{what: "record", path: channelPath(c.Snoop, "/record"),
		query: url.Values{"name": {c.Snoop}, "format": {"wav"}, "ifExists": {"fail"}}}
	if c.Silence > 0 {
		record.query.Set("maxSilenceSeconds", strconv.Itoa(int(c.Silence/time.Second)))
	}
	return insist(ctx, func() error {
		if err := e.makeOnce(ctx, "find snoop", channelPath(c.Snoop, ""), snoop); err != nil {
			return err
		}
		return e.makeOnce(ctx, "find recording", liveRecordingPath(c.Snoop, ""), record)
	})
}

// insistFor is how long something is tried again that Asterisk may not be ready for.
const insistFor = time.Second

// insist tries again while there is no answer or one that may be another soon: a snoop channel is answered for before it is in the
// application, a recording before it has begun. do must be one that may be done twice.
func insist(ctx context.Context, do func() error) error {
	limit := time.Now().Add(insistFor)
	for wait := 2 * time.Millisecond; ; wait *= 2 {
		err := do()
		code := codeOf(err)
		if err == nil || code != 0 && code != http.StatusConflict && code < http.StatusInternalServerError || time.Now().Add(wait).After(limit) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(wait):
		}
	}
}

// makeOnce posts something unless what it makes is there. It is looked for first: an Asterisk that refuses to make it again does
// not come to its end any more when it is stopped.
func (e *executor) makeOnce(ctx context.Context, find, there string, q request) error {
	err := e.rest.do(ctx, request{what: find, method: http.MethodGet, path: there, repeatable: true}, nil)
	if codeOf(err) != http.StatusNotFound {
		return err
	}
	q.method = http.MethodPost
	return e.rest.do(ctx, q, nil)
}

// muteRecording has silence recorded, or sound again. Asked to mute what is mute, 22.10 lets it sound (res_stasis_recording.c looks
// at a bit that is never 1, main/app.c turns it round); asked to unmute what sounds it does nothing. So it sounds before it is
// muted, for a moment, and a request whose answer is lost is not repeated alone.
func (e *executor) muteRecording(ctx context.Context, c callcenter.MuteRecording) error {
	path := liveRecordingPath(c.Recording, "/mute")
	return insist(ctx, func() error {
		err := e.rest.do(ctx, request{what: "unmute recording", method: http.MethodDelete, path: path}, nil)
		if err != nil || !c.On {
			return err
		}
		return e.rest.do(ctx, request{what: "mute recording", method: http.MethodPost, path: path}, nil)
	})
}

func liveRecordingPath(name, rest string) string {
	return "/recordings/live/" + url.PathEscape(name) + rest
}

func storedRecordingPath(name, rest string) string {
	return "/recordings/stored/" + url.PathEscape(name) + rest
}

var _ recordings.Source = (*Adapter)(nil)

// FetchRecording waits until a recording, which is stopped if it goes on, is written to its end, and copies it as WAV.
// recordings.ErrNoRecording: there is none of that name.
func (a *Adapter) FetchRecording(ctx context.Context, name string, to io.Writer) error {
	if err := a.recordingOver(ctx, name); err != nil {
		return err
	}
	err := a.rest.copy(ctx, "fetch recording", storedRecordingPath(name, "/file"), to)
	if codeOf(err) == http.StatusNotFound {
		return fmt.Errorf("%s: %w", name, recordings.ErrNoRecording)
	}
	return err
}

// recordingOver stops a recording and waits until it is no longer written.
func (a *Adapter) recordingOver(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, a.rest.timeout)
	defer cancel()
	for wait := time.Millisecond; ; wait *= 2 {
		err := a.rest.do(ctx, request{what: "stop recording", method: http.MethodPost, path: liveRecordingPath(name, "/stop"), repeatable: true}, nil)
		if codeOf(err) == http.StatusNotFound {
			return nil
		}
		if err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("stop recording %s: it goes on: %w", name, ctx.Err())
		case <-time.After(wait):
		}
	}
}

// DeleteRecording deletes Asterisk's file.
func (a *Adapter) DeleteRecording(ctx context.Context, name string) error {
	err := a.rest.do(ctx, request{what: "delete recording", method: http.MethodDelete, path: storedRecordingPath(name, ""), repeatable: true}, nil)
	return done(err, http.StatusNotFound)
}

// copy streams an answer that may be long: the time-out counts between its parts, not for the whole.
func (r *rest) copy(ctx context.Context, what, path string, to io.Writer) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	idle := time.AfterFunc(r.timeout, func() { cancel(errIdle) })
	defer idle.Stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.base+path, nil)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	req.SetBasicAuth(r.username, r.password)
	resp, err := r.client.Do(req)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode/100 != 2 {
		content, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
		return &StatusError{What: what, Code: resp.StatusCode, Text: message(content, resp.Status)}
	}
	_, err = io.Copy(to, progress{resp.Body, func() { idle.Reset(r.timeout) }})
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause
	}
	if err != nil {
		return fmt.Errorf("%s: read the answer: %w", what, err)
	}
	return nil
}

var errIdle = errors.New("nothing came for too long")

// progress calls a function at each part that is read.
type progress struct {
	io.Reader
	step func()
}

func (p progress) Read(b []byte) (int, error) {
	n, err := p.Reader.Read(b)
	p.step()
	return n, err //nolint:wrapcheck // a reader's errors are compared, io.EOF above all
}
