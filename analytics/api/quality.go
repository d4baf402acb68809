package api

import (
	"context"

	"firstline/analytics/metric"
	"firstline/analytics/query"
)

// qualityReport is a report on data quality, with its counts as CSV.
type qualityReport struct{ metric.QualityReport }

func (r qualityReport) tableRows() any { return r.Rows }

type qualityInput struct{ WindowQuery }

type qualityOutput struct{ Body qualityReport }

// quality answers what is wrong with the facts of a window, and what the loader met.
func (a *API) quality(ctx context.Context, _ principal, in *qualityInput) (*qualityOutput, error) {
	w, err := in.request(nil)
	if err != nil {
		return nil, err
	}
	report, err := a.reports.Quality(ctx, query.QualityRequest{WindowRequest: w})
	return &qualityOutput{qualityReport{report}}, err
}
