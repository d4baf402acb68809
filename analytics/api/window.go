package api

import (
	"reflect"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"firstline/analytics/query"
)

// WindowQuery is the half-open window of a report and how it is cut. It is exported because huma reads no other embedded
// struct.
type WindowQuery struct {
	From     time.Time `query:"from" required:"true" doc:"Begin of the window, inclusive, RFC 3339" example:"2026-03-02T00:00:00+01:00"`
	Until    time.Time `query:"until" required:"true" doc:"End of the window, exclusive, RFC 3339" example:"2026-03-03T00:00:00+01:00"`
	Zone     string    `query:"tz" default:"UTC" maxLength:"64" doc:"IANA time zone in which hours, days, weeks, months and years begin" example:"Europe/Berlin"`
	Interval string    `query:"interval" default:"whole" enum:"15m,30m,1h,1d,1w,1mo,3mo,1y,whole,custom" doc:"How the window is cut; custom: at the edges"`
	Edges    []string  `query:"edges" nullable:"false" maxItems:"999" doc:"Of interval=custom: the instants at which the window is cut, RFC 3339, comma-separated, ascending, within the window" example:"2026-03-02T06:00:00+01:00,2026-03-02T14:00:00+01:00"`
}

// request checks what a URL can get wrong in ways that a report would not see, and leaves the rest to analytics/query.
func (in WindowQuery) request(groupBy []string) (query.WindowRequest, error) {
	for _, p := range []struct {
		name string
		at   time.Time
	}{{"from", in.From}, {"until", in.Until}} {
		if p.at.Year() < 2000 || p.at.Year() > 2200 { // beyond what ClickHouse's DateTime64 holds
			return query.WindowRequest{}, invalid("query."+p.name, "must lie between the years 2000 and 2200")
		}
	}
	edges := make([]time.Time, len(in.Edges))
	for i, e := range in.Edges {
		at, err := time.Parse(time.RFC3339, e)
		if err != nil {
			return query.WindowRequest{}, invalid("query.edges", "hold no RFC 3339 instant at place "+strconv.Itoa(i+1))
		}
		edges[i] = at
	}
	return query.WindowRequest{From: in.From, Until: in.Until, Interval: in.Interval, Edges: edges, Zone: in.Zone, GroupBy: groupBy}, nil
}

// optionalMS is a parameter in milliseconds that may be left out; 0 is a value of its own.
type optionalMS struct {
	value int64
	given bool
}

var (
	_ huma.SchemaProvider = optionalMS{}
	_ huma.ParamWrapper   = (*optionalMS)(nil)
	_ huma.ParamReactor   = (*optionalMS)(nil)
)

// Schema, Receiver and OnParamSet are how huma fills it.
func (optionalMS) Schema(r huma.Registry) *huma.Schema {
	return huma.SchemaFromType(r, reflect.TypeFor[int64]())
}

func (o *optionalMS) Receiver() reflect.Value { return reflect.ValueOf(&o.value).Elem() }

func (o *optionalMS) OnParamSet(given bool, _ any) { o.given = given }

func (o *optionalMS) pointer() *int64 {
	if !o.given {
		return nil
	}
	return &o.value
}
