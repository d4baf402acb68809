package controllerclient

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Ends of a stream, beside ErrUnreachable and ctx's own.
var (
	ErrSilent = errors.New("the controller's stream is silent")
	ErrEnded  = errors.New("the controller ended the stream")
)

// ErrTooLong: a line was too long to be a fact and was skipped; the stream goes on.
var ErrTooLong = errors.New("line too long")

// GoneError: the controller has another log, or not the facts after this position any more, or not yet. It says what it has.
type GoneError struct {
	Why      string `json:"error"`
	Epoch    string `json:"epoch"`    // of its log
	Oldest   uint64 `json:"oldest"`   // position of the oldest fact kept, or of the next one when none is; 0 = it didn't say
	Position uint64 `json:"position"` // of the last fact
}

func (e *GoneError) Error() string { return "the controller refuses to stream: " + e.Why }

// Stream is the controller's facts as they become durable, one a line; an empty line says that there are none just now. It
// belongs to one goroutine.
type Stream struct {
	ctx      context.Context
	cancel   context.CancelCauseFunc
	watchdog *time.Timer
	patience time.Duration
	body     io.Closer
	in       *bufio.Reader
}

// Facts begins the stream of facts after a position of a log. A *GoneError says why that can't be.
func (c *Client) Facts(ctx context.Context, epoch string, after uint64) (*Stream, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	watchdog := time.AfterFunc(c.cfg.Timeout+c.cfg.Patience, func() { cancel(ErrSilent) })
	query := url.Values{"after": {strconv.FormatUint(after, 10)}, "epoch": {epoch}}
	res, err := c.do(ctx, http.MethodGet, "/facts?"+query.Encode(), nil) //nolint:bodyclose // the stream closes it
	if err != nil {
		cancel(nil)
		watchdog.Stop()
		return nil, fmt.Errorf("follow the controller's facts: %w", err)
	}
	s := &Stream{ctx: ctx, cancel: cancel, watchdog: watchdog, patience: c.cfg.Patience, body: res.Body, in: bufio.NewReaderSize(res.Body, maxLine)}
	switch res.StatusCode {
	case http.StatusOK:
		return s, nil
	case http.StatusGone, http.StatusConflict:
		defer s.Close()
		gone := &GoneError{}
		if err := json.NewDecoder(io.LimitReader(res.Body, maxReply)).Decode(gone); err != nil || gone.Epoch == "" || gone.Oldest == 0 {
			gone = &GoneError{Why: "it answered " + res.Status + " and did not say what it has"}
		}
		return nil, gone
	default:
		defer s.Close()
		return nil, fmt.Errorf("follow the controller's facts: %w", status(res))
	}
}

// Next waits for a line, without its end. It is valid until the next call. Half a line at the stream's end is no line.
// Every error but ErrTooLong ends the stream.
func (s *Stream) Next() ([]byte, error) {
	line, err := s.in.ReadSlice('\n')
	tooLong := false
	for errors.Is(err, bufio.ErrBufferFull) {
		tooLong = true
		_, err = s.in.ReadSlice('\n')
	}
	switch cause := context.Cause(s.ctx); {
	case cause != nil:
		return nil, fmt.Errorf("follow the controller's facts: %w", cause)
	case errors.Is(err, io.EOF):
		return nil, fmt.Errorf("follow the controller's facts: %w", ErrEnded)
	case err != nil:
		return nil, fmt.Errorf("follow the controller's facts: %w: %w", ErrUnreachable, err)
	}
	s.watchdog.Reset(s.patience)
	if tooLong {
		return nil, ErrTooLong
	}
	return line[:len(line)-1], nil
}

// Waiting tells whether more has come already.
func (s *Stream) Waiting() bool { return s.in.Buffered() > 0 }

// Close ends the stream. It is never drained: it has no end.
func (s *Stream) Close() {
	s.watchdog.Stop()
	s.cancel(nil)
	_ = s.body.Close()
}
