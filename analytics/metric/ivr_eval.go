package metric

import (
	"cmp"
	"slices"
	"time"

	"firstline/pipeline/fact"
)

// step is one fact of a contact's way through menus.
type step struct {
	sequence uint64
	at       time.Time
	data     fact.Data
}

// IVR evaluates a report about menus. See docs/metrics.md for what each number means.
func (f *Facts) IVR(p IVRParams) (IVRReport, error) {
	buckets, err := p.Buckets()
	if err != nil {
		return IVRReport{}, err
	}
	rows, total := map[Key]*ivrCount{}, &ivrCount{}
	for _, v := range f.visits(p) {
		for i, b := range buckets {
			if b.holds(v.began) {
				k := restrict(Key{Bucket: i, Flow: v.flow, Node: v.node}, p.GroupBy)
				if rows[k] == nil {
					rows[k] = &ivrCount{}
				}
				rows[k].add(v)
				total.add(v)
			}
		}
	}
	tallies := map[Key]IVRTally{}
	for k, c := range rows {
		tallies[k] = c.tally()
	}
	return NewIVRReport(p, tallies, total.tally(), f.freshness())
}

// visit is one stay at a node: from entering it to entering the next one or leaving the menu.
type visit struct {
	contact, flow, node string
	began               time.Time
	end                 string // of IVRTally.Ends
	timeMS              int64  // meaningless while still in
	choices             []Choice
	inputs              []fact.InputKind
}

// visits are those to the asked menus that began in the window.
func (f *Facts) visits(p IVRParams) (out []*visit) {
	joined := f.joined(p)
	for _, contact := range sortedKeys(f.steps) {
		if p.Queues != nil && !joined[contact] {
			continue
		}
		steps := slices.DeleteFunc(slices.Clone(f.steps[contact]), func(s step) bool { return !s.at.Before(p.Beyond()) })
		slices.SortFunc(steps, func(a, b step) int { return cmp.Compare(a.sequence, b.sequence) })
		var now *visit // at which node he is
		for _, s := range steps {
			switch d := s.data.(type) {
			case fact.IVREntered:
				now.close(VisitWentOn, s.at)
				now = &visit{contact: contact, flow: d.Flow, node: d.Node, began: s.at, end: VisitStillIn}
				if (p.Flows == nil || slices.Contains(p.Flows, d.Flow)) && !s.at.Before(p.From) && s.at.Before(p.Until) {
					out = append(out, now)
				}
			case fact.IVRLeft:
				now.close(f.leftBy(contact, d), s.at)
			case fact.IVRChoice:
				if now != nil {
					now.choices = append(now.choices, Choice{Key: d.Key, Target: d.Target})
				}
			case fact.IVRInput:
				if now != nil && !d.Derived {
					now.inputs = append(now.inputs, d.Kind)
				}
			}
		}
	}
	return out
}

// joined are the contacts that the report is about where it is about some queues'.
func (f *Facts) joined(p IVRParams) map[string]bool {
	out := map[string]bool{}
	for _, e := range f.entriesOpened {
		if slices.Contains(p.Queues, e.data.Queue) && !e.at.Before(p.From.Add(-LookBack)) && e.at.Before(p.Beyond()) {
			out[e.subject] = true
		}
	}
	return out
}

// close ends a visit that has no end yet.
func (v *visit) close(end string, at time.Time) {
	if v != nil && v.end == VisitStillIn {
		v.end, v.timeMS = end, at.Sub(v.began).Milliseconds()
	}
}

// leftBy is how the caller left the menu: served callers are told apart by what they were served with.
func (f *Facts) leftBy(contact string, d fact.IVRLeft) string {
	within := func(at time.Time) bool { return !at.Before(d.EnteredAt) && !at.After(d.LeftAt) }
	switch {
	case d.Outcome != fact.IVRContained:
		return string(d.Outcome)
	case slices.ContainsFunc(f.promises[contact], within):
		return VisitCallback
	case slices.ContainsFunc(f.messages[contact], within):
		return VisitVoicemail
	default:
		return string(d.Outcome)
	}
}

type ivrCount struct {
	IVRTally
	contacts map[string]bool
	times    []int64
}

func (c *ivrCount) add(v *visit) {
	if c.contacts == nil {
		c.contacts, c.Choices, c.Inputs, c.Ends = map[string]bool{}, map[Choice]int64{}, map[string]int64{}, map[string]int64{}
	}
	c.Visits++
	c.contacts[v.contact] = true
	c.Ends[v.end]++
	for _, x := range v.choices {
		c.Choices[x]++
	}
	for _, k := range v.inputs {
		c.Inputs[string(k)]++
	}
	if v.end != VisitStillIn {
		c.times = append(c.times, v.timeMS)
	}
}

func (c *ivrCount) tally() IVRTally {
	t := c.IVRTally
	t.Contacts, t.Time = int64(len(c.contacts)), durationsOf(c.times)
	return t
}
