package query

import (
	"strings"

	"firstline/analytics/metric"
	"firstline/analytics/metric/facttest"
)

// leavesOut wants what is counted and what is left out to be all of its kind that the row has.
func (c *comparison) leavesOut(report, name string, e metric.Explanation, listed int, row map[string]any) {
	c.t.Helper()
	left := 0
	for _, x := range e.LeftOut {
		if x.Reason == "" || x.Count <= 0 {
			c.t.Fatalf("%s of %s leaves %+v out", name, report, x)
		}
		left += int(x.Count)
	}
	if part := e.How == metric.HowCount && !strings.HasSuffix(name, ".count") || e.How == metric.HowSum && !strings.HasSuffix(name, ".sum_ms") || e.How == metric.HowNumerator; part {
		if left > 0 {
			c.t.Fatalf("%s of %s is a part of its row, and leaves %d out", name, report, left)
		}
		return
	}
	if listed == 0 {
		return // of what kind nothing would have been is not known here
	}
	whole := map[string]string{
		"queues entry": "service_level.resolved_within.denominator", "queues offer": "offers.made", "agents offer": "offers.made", "contacts contact": "contacts", "ivr visit": "visits", "tickets ticket": "linked",
	}[report+" "+e.Items[0].Kind]
	if want := row[whole]; want != nil && float64(left+listed) != want {
		c.t.Fatalf("%s of %s counts %d and leaves %d out, of %v: %+v", name, report, listed, left, want, e.LeftOut)
	}
}

// targets wants each ticket to be judged by the target that the definitions judge it by.
func (c *comparison) targets(report, name string, items []metric.Explained) {
	c.t.Helper()
	tickets, err := c.oracle.TicketList(metric.SLA{Targets: promised(), Schedule: facttest.Schedules()[0]}, c.now)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, x := range items {
		got := x.Target
		if got == nil {
			c.t.Fatalf("%s of %s: %s has no target", name, report, x.ID)
		}
		own, named := promised().ByPriority[got.Priority]
		if limit := promised().Of(got.Priority); got.Default == named || got.TargetMS != map[string]int64{"first_reply": limit.FirstReply.MS, "resolution": limit.Resolution.MS}[got.Clock] {
			c.t.Fatalf("%s of %s: %s is judged by %+v, promised is %+v (its own %+v)", name, report, x.ID, got, limit, own)
		}
		if late := got.UsedMS > got.TargetMS; late != (got.State == metric.SLABreached) || x.In != nil && (*x.In == "numerator") != (got.State == metric.SLAMet) {
			c.t.Fatalf("%s of %s: %s stands %+v", name, report, x.ID, got)
		}
		if report != "tickets" {
			continue // those stand as they did at the end of an interval
		}
		for _, t := range tickets {
			if t.System+":"+t.ID != x.Ticket {
				continue
			}
			want := map[string]*metric.TargetState{"first_reply": t.SLA.FirstReply, "resolution": t.SLA.Resolution}[got.Clock]
			if want == nil || want.State != got.State || want.TargetMS != got.TargetMS || want.UsedMS != got.UsedMS {
				c.t.Fatalf("%s: %s is judged by %+v, defined is %+v", name, x.Ticket, got, want)
			}
		}
	}
}
