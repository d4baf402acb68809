package controller

import (
	"context"
	"log/slog"
	"time"
)

const (
	beatFresh   = 2 * time.Second // a stamp older than this is not sent: the loop may hang since
	beatTimeout = 2 * time.Second // of one request
)

// heart carries the loop's stamps to Asterisk. The loop stamps, so a loop that hangs is silent although this goroutine
// lives; this goroutine sends, so a request that hangs doesn't hold the loop.
type heart struct {
	loop    *loop
	log     *slog.Logger
	metrics *metrics
	stamps  chan time.Time // capacity 1: only the latest counts
}

func newHeart(p *loop, log *slog.Logger, m *metrics) *heart {
	return &heart{loop: p, log: log, metrics: m, stamps: make(chan time.Time, 1)}
}

// stamp notes that the loop was alive and well at now. Only the loop calls it; it never blocks.
func (h *heart) stamp(now time.Time) {
	select {
	case <-h.stamps:
		h.metrics.beats.WithLabelValues("stale").Inc() // the one before was not sent yet
	default:
	}
	h.stamps <- now
}

// run sends until ctx ends.
func (h *heart) run(ctx context.Context) {
	failing := false
	for {
		var at time.Time
		select {
		case <-ctx.Done():
			return
		case at = <-h.stamps:
		}
		if time.Since(at) > beatFresh {
			h.metrics.beats.WithLabelValues("stale").Inc()
			continue
		}
		err := h.send(ctx, at)
		if err != nil && ctx.Err() == nil && !failing {
			h.log.Warn("heartbeat can't be sent, new calls will take the fallback", "error", err)
		}
		failing = err != nil
	}
}

func (h *heart) send(ctx context.Context, at time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, beatTimeout)
	defer cancel()
	err := h.loop.out.Heart.Beat(ctx, at)
	result := "sent"
	if err != nil {
		result = "failed"
	}
	h.metrics.beats.WithLabelValues(result).Inc()
	return err
}
