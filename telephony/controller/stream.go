package controller

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"strconv"
	"time"

	"firstline/pipeline/fact"
	"firstline/pipeline/log"
)

const (
	streamBatch = 500         // most facts of one write
	streamQuiet = time.Second // an empty line after so long without a fact
)

// facts streams facts above a position, one a line, as they become durable. 410: no longer kept; 409: not this log's; both
// say what there is, so that the reader can go on with it. Each stream reads the log by itself, so a slow reader holds up
// nobody; one that doesn't read at all is cut off.
func (w *web) facts(rw http.ResponseWriter, r *http.Request) {
	after, err := strconv.ParseUint(r.FormValue("after"), 10, 64)
	switch {
	case err != nil:
		refuse(rw, http.StatusBadRequest, "after must be a position")
		return
	case r.FormValue("epoch") != w.journal.Epoch():
		w.elsewhere(rw, http.StatusConflict, "this is another log: its epoch is "+w.journal.Epoch())
		return
	case after > w.journal.Position():
		w.elsewhere(rw, http.StatusConflict, "this log has no such position yet")
		return
	case after+1 < w.journal.Oldest():
		w.elsewhere(rw, http.StatusGone, "the facts after this position are no longer kept")
		return
	}
	if err := http.NewResponseController(rw).SetReadDeadline(time.Time{}); err != nil { // the request's limit is not the stream's
		refuse(rw, http.StatusInternalServerError, "streams are not supported here")
		return
	}
	w.metrics.streams.Inc()
	defer w.metrics.streams.Dec()
	rw.Header().Set("Content-Type", "application/x-ndjson")
	rw.WriteHeader(http.StatusOK)
	w.metrics.streamsEnded.WithLabelValues(w.stream(r.Context(), rw, after)).Inc()
}

// elsewhere refuses to stream from a position, and says which log this is and what it has.
func (w *web) elsewhere(rw http.ResponseWriter, code int, why string) {
	answer(rw, code, struct {
		Error    string `json:"error"`
		Epoch    string `json:"epoch"`
		Oldest   uint64 `json:"oldest"`   // position of the oldest fact kept, or of the next one when none is
		Position uint64 `json:"position"` // of the last fact
	}{why, w.journal.Epoch(), w.journal.Oldest(), w.journal.Position()})
}

// stream writes until the reader is gone or too slow, the facts are deleted, or ctx ends; it says which.
func (w *web) stream(ctx context.Context, rw http.ResponseWriter, after uint64) (why string) {
	control := http.NewResponseController(rw)
	var lines bytes.Buffer
	for {
		lines.Reset()
		facts, err := w.next(ctx, after)
		switch {
		case ctx.Err() != nil:
			return "left"
		case errors.Is(err, log.ErrCompacted):
			return "compacted"
		case err != nil:
			w.log.Error("facts can't be streamed", "after", after, "error", err)
			return "failed"
		case len(facts) == 0:
			lines.WriteByte('\n')
		}
		for _, f := range facts {
			b, err := fact.Encode(f)
			if err != nil {
				w.log.Error("facts can't be streamed", "after", after, "error", err)
				return "failed"
			}
			lines.Write(b)
			lines.WriteByte('\n')
			after = f.Position
		}
		err = errors.Join(control.SetWriteDeadline(time.Now().Add(w.writeTimeout)), send(rw, control, lines.Bytes()))
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return "slow"
		case err != nil: // the connection is gone
			return "left"
		}
		w.metrics.streamed.Add(float64(len(facts)))
	}
}

// next waits for facts, no longer than until the next sign of life is due.
func (w *web) next(ctx context.Context, after uint64) ([]fact.Fact, error) {
	limited, cancel := context.WithTimeout(ctx, streamQuiet)
	defer cancel()
	facts, err := w.journal.ReadShown(limited, after, streamBatch)
	if err != nil && limited.Err() != nil {
		return nil, nil
	}
	return facts, err
}

func send(rw http.ResponseWriter, control *http.ResponseController, b []byte) error {
	if _, err := rw.Write(b); err != nil {
		return err
	}
	return control.Flush()
}
