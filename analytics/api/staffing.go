package api

import (
	"context"
	"time"

	"firstline/analytics/metric"
	"firstline/analytics/query"
	"firstline/analytics/staffing"
)

// staffingReport is a forecast, with its intervals as CSV.
type staffingReport struct{ metric.StaffingReport }

func (r staffingReport) tableRows() any { return r.Rows }

type staffingInput struct {
	From         time.Time  `query:"from" required:"true" doc:"Begin of the window, inclusive, RFC 3339" example:"2026-03-09T00:00:00+01:00"`
	Until        time.Time  `query:"until" required:"true" doc:"End of the window, exclusive, RFC 3339; it touches at most 7 dates" example:"2026-03-16T00:00:00+01:00"`
	Zone         string     `query:"tz" default:"UTC" maxLength:"64" doc:"IANA time zone in which days and intervals begin" example:"Europe/Berlin"`
	Interval     string     `query:"interval" default:"30m" enum:"15m,30m,1h" doc:"How the window is cut"`
	Queue        []string   `query:"queue" doc:"The queues, comma-separated, that the same agents serve; without it all"`
	Weeks        int        `query:"weeks" default:"6" minimum:"1" maximum:"12" doc:"On how many past days of the same weekday the forecast rests"`
	Except       []string   `query:"except" nullable:"false" maxItems:"50" doc:"Past dates to leave out, comma-separated, such as 2026-12-25"`
	Level        float64    `query:"service_level_percent" default:"80" minimum:"0" exclusiveMaximum:"100" doc:"Share of all arrivals that has to be answered within service_level_ms; 0 = not asked for"`
	ServiceLevel optionalMS `query:"service_level_ms" minimum:"0" maximum:"604800000" doc:"T of the service level; without it the one that the queues have in common"`
	Wait         int64      `query:"max_wait_ms" default:"0" minimum:"0" maximum:"604800000" doc:"Longest mean speed of answer; 0 = not asked for"`
	Occupancy    float64    `query:"max_occupancy_percent" default:"0" minimum:"0" maximum:"100" doc:"Highest occupancy; 0 = not asked for"`
	Shrinkage    float64    `query:"shrinkage_percent" default:"0" minimum:"0" maximum:"95" doc:"Share of paid time in which agents are not there: breaks, training, illness"`
}

type staffingOutput struct{ Body staffingReport }

// staffing answers how many agents a coming day or week needs.
func (a *API) staffing(ctx context.Context, who principal, in *staffingInput) (*staffingOutput, error) {
	w, err := WindowQuery{From: in.From, Until: in.Until, Zone: in.Zone, Interval: in.Interval}.request(nil)
	if err != nil {
		return nil, err
	}
	in.Queue = who.rights.narrowQueues(in.Queue)
	within, err := a.commonLevel(who, in)
	if err != nil {
		return nil, err
	}
	report, err := a.reports.Staffing(ctx, query.StaffingRequest{
		WindowRequest: w, Queues: in.Queue, Weeks: in.Weeks, Except: in.Except, Shrinkage: in.Shrinkage / 100,
		Target: staffing.Target{
			ServiceLevel: in.Level / 100, Within: within, MeanWait: time.Duration(in.Wait) * time.Millisecond, Occupancy: in.Occupancy / 100,
		},
	})
	return &staffingOutput{staffingReport{report}}, err
}

// commonLevel is T of the request, or that of the queues when they agree.
func (a *API) commonLevel(who principal, in *staffingInput) (time.Duration, error) {
	if ms := in.ServiceLevel.pointer(); ms != nil {
		return time.Duration(*ms) * time.Millisecond, nil
	}
	limits, queues := a.limits(who), in.Queue
	if queues == nil {
		for id := range limits.Queues {
			queues = append(queues, id)
		}
	}
	common := limits.Default.ServiceLevelMS
	for i, id := range queues {
		switch ms := limits.Of(id).ServiceLevelMS; {
		case i == 0:
			common = ms
		case ms != common:
			return 0, invalid("query.service_level_ms", "is needed: the queues have different ones of their own")
		}
	}
	return time.Duration(common) * time.Millisecond, nil
}
