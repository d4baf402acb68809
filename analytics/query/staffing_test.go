package query

import (
	"context"
	"errors"
	"testing"
	"time"

	"firstline/analytics/metric"
	"firstline/analytics/metric/facttest"
	"firstline/analytics/staffing"
)

// Four weeks and a bit around a clock change, forecast for days and weeks after, within and long after them.
func TestStaffingEqualsItsDefinition(t *testing.T) {
	for i, name := range []string{"Europe/Berlin", "Australia/Lord_Howe"} {
		t.Run(name, func(t *testing.T) {
			zone, err := time.LoadLocation(name)
			if err != nil {
				t.Fatal(err)
			}
			from, until := time.Date(2026, 3, 9, 0, 0, 0, 0, zone), time.Date(2026, 4, 12, 0, 0, 0, 0, zone)
			facts := facttest.Make(facttest.Day{
				Seed: uint64(40 + i), From: from, Until: until, Contacts: 1500, Queues: []string{"support", "sales", "billing"}, Agents: []string{"anna", "boris"},
			})
			c := comparison{t: t, facts: facts, oracle: metric.Read(facts), reader: New(loadFacts(t, facts), DefaultConfig(), func() time.Time { return until })}
			target := staffing.Target{ServiceLevel: 0.8, Within: 20 * time.Second, Occupancy: 0.85, MeanWait: 30 * time.Second}
			for _, req := range []StaffingRequest{
				{WindowRequest: WindowRequest{From: until, Until: until.AddDate(0, 0, 7), Interval: "15m"}},
				{WindowRequest: WindowRequest{From: until, Until: until.AddDate(0, 0, 7), Interval: "1h"}, Queues: []string{"support", "sales"}, Weeks: 3, Shrinkage: 0.3},
				{WindowRequest: WindowRequest{From: until.AddDate(0, 0, -7), Until: until.AddDate(0, 0, -6)}, Except: []string{"2026-03-15", "2026-03-29"}},
				{WindowRequest: WindowRequest{From: until.AddDate(0, 0, 42).Add(9 * time.Hour), Until: until.AddDate(0, 0, 42).Add(17 * time.Hour)}, Queues: []string{"billing"}, Weeks: 12},
				{WindowRequest: WindowRequest{From: until.AddDate(4, 0, 0), Until: until.AddDate(4, 0, 1)}},
				{WindowRequest: WindowRequest{From: until, Until: until.AddDate(0, 0, 1)}, Queues: []string{}},
			} {
				req.Zone, req.Target = name, target
				p, err := req.Params()
				if err != nil {
					t.Fatal(err)
				}
				want, err := c.oracle.Staffing(p)
				if err != nil {
					t.Fatal(err)
				}
				got, err := c.reader.Staffing(context.Background(), req)
				c.same(req, want, got, err)
			}
		})
	}
}

func TestStaffingWithoutAnything(t *testing.T) {
	reader := New(loadFacts(t, nil), DefaultConfig(), time.Now)
	req := StaffingRequest{WindowRequest: WindowRequest{From: day.From, Until: day.Until, Interval: "1h"}, Target: staffing.Target{Occupancy: 0.8}}
	r, err := reader.Staffing(context.Background(), req)
	if err != nil || len(r.Rows) != 24 || r.Rows[0].Arrivals != nil || r.Watermark != nil {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestStaffingMistakesNameTheirParameter(t *testing.T) {
	for want, edit := range map[string]func(*StaffingRequest){
		"interval":              func(r *StaffingRequest) { r.Interval = "1d" },
		"until":                 func(r *StaffingRequest) { r.Until = r.From.AddDate(0, 0, 8) },
		"weeks":                 func(r *StaffingRequest) { r.Weeks = 13 },
		"except":                func(r *StaffingRequest) { r.Except = []string{"Christmas"} },
		"service_level_percent": func(r *StaffingRequest) { r.Target.ServiceLevel = 80 },
		"shrinkage_percent":     func(r *StaffingRequest) { r.Shrinkage = 1 },
		"tz":                    func(r *StaffingRequest) { r.Zone = "Mars/Base" },
	} {
		r := StaffingRequest{WindowRequest: WindowRequest{From: day.From, Until: day.Until}, Target: staffing.Target{Occupancy: 0.8}}
		edit(&r)
		var invalid *Invalid
		if _, err := r.Params(); !errors.As(err, &invalid) || len(invalid.Problems) != 1 || invalid.Problems[0].Path != want || invalid.Problems[0].Mend == "" {
			t.Errorf("%s: %v", want, err)
		}
	}
}
