package api

import (
	"context"
	"time"

	"firstline/analytics/live"
	"firstline/analytics/metric"
	"firstline/analytics/query"
)

// qualityReport is a report on data quality, with its counts as CSV, and how the clocks stand now.
type qualityReport struct {
	metric.QualityReport
	Clocks *Clocks `json:"clocks" doc:"How the clocks stand now from which facts have their times, whatever the window, at the node whose controller this API follows; null while the controller is not heard, and of one older than this API"`
}

// Clocks is live.Clocks.
type Clocks struct {
	Node              string     `json:"node" doc:"The node whose clocks these are; another node's API tells of its own"`
	AsteriskAheadMS   *int64     `json:"asterisk_ahead_ms" doc:"How many milliseconds Asterisk's clock was ahead of the controller's at Asterisk's last event, below 0 behind, or the event came so late; null = no event came since the controller's start"`
	AsteriskAt        *time.Time `json:"asterisk_at" doc:"When that event came; null = none did"`
	ControllerAheadMS int64      `json:"controller_ahead_ms" doc:"How many milliseconds the controller's clock is ahead of its machine's, below 0 behind"`
	MovedAhead        int64      `json:"moved_ahead" doc:"Events since the controller's start whose time was later than now by more than a second, and was moved to now"`
	MovedBehind       int64      `json:"moved_behind" doc:"Events since the controller's start whose time was before the last fact about the same by more than a second, and was moved to that"`
	Since             time.Time  `json:"since" doc:"The controller's start: events are counted from then on"`
}

func (r qualityReport) tableRows() any { return r.Rows }

type qualityInput struct{ WindowQuery }

type qualityOutput struct{ Body qualityReport }

// quality answers what is wrong with the facts of a window, what the loader met, and how the clocks stand.
func (a *API) quality(ctx context.Context, _ principal, in *qualityInput) (*qualityOutput, error) {
	w, err := in.request(nil)
	if err != nil {
		return nil, err
	}
	report, err := a.reports.Quality(ctx, query.QualityRequest{WindowRequest: w})
	return &qualityOutput{qualityReport{report, clocksOf(a.now.Clocks())}}, err
}

func clocksOf(c *live.Clocks) *Clocks {
	if c == nil {
		return nil
	}
	at := c.AsteriskAt
	if at != nil {
		whole := at.Truncate(time.Millisecond)
		at = &whole
	}
	return &Clocks{
		Node: c.Node, AsteriskAheadMS: c.AsteriskAheadMS, AsteriskAt: at, ControllerAheadMS: c.ControllerAheadMS,
		MovedAhead: c.MovedAhead, MovedBehind: c.MovedBehind, Since: c.Since.Truncate(time.Millisecond),
	}
}
