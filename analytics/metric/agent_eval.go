package metric

import (
	"cmp"
	"slices"
	"time"

	"firstline/pipeline/fact"
)

// Agents evaluates an agent report. See docs/metrics.md for what each number means.
func (f *Facts) Agents(p AgentParams) (AgentReport, error) {
	buckets, err := p.Buckets()
	if err != nil {
		return AgentReport{}, err
	}
	c := agentCount{p: p, buckets: buckets, rows: map[Key]*AgentTally{}, spoke: f.languages(), said: f.said}
	if !p.PerQueue() {
		f.countStates(&c)
	}
	f.countOffers(&c)
	f.countAnswers(&c)
	f.countTransfers(&c)
	tallies := map[Key]AgentTally{}
	for k, t := range c.rows {
		tallies[k] = *t
	}
	return NewAgentReport(p, tallies, f.freshness())
}

type agentCount struct {
	p       AgentParams
	buckets []Bucket
	rows    map[Key]*AgentTally
	spoke   map[string]string // language of each contact
	said    map[saidBy]opened[fact.Disposition]
}

// saidBy is a contact and an agent who said what it was about.
type saidBy struct{ contact, agent string }

// languages are those of contacts: of the last queue that each joined.
func (f *Facts) languages() map[string]string {
	out, last := map[string]string{}, map[string]uint64{}
	for _, o := range f.entriesOpened {
		if n, ok := last[o.subject]; !ok || n < o.sequence {
			last[o.subject], out[o.subject] = o.sequence, o.data.Language
		}
	}
	return out
}

// at returns the tally of the agent, the queue, the contact and the bucket, nil when the report leaves the agent or queue out.
func (c *agentCount) at(bucket int, agent, queue, contact string) *AgentTally {
	if c.p.Agents != nil && !slices.Contains(c.p.Agents, agent) || c.p.Queues != nil && !slices.Contains(c.p.Queues, queue) {
		return nil
	}
	k := Key{Bucket: bucket, Agent: agent, Queue: queue}
	if c.p.PerContact() {
		k.Language, k.Disposition = c.spoke[contact], c.said[saidBy{contact, agent}].data.Code
	}
	if c.rows[k] == nil {
		c.rows[k] = &AgentTally{}
	}
	return c.rows[k]
}

// when calls do with the tally of the bucket that holds an instant, if there is one.
func (c *agentCount) when(at time.Time, agent, queue, contact string, do func(*AgentTally)) {
	for i, b := range c.buckets {
		if b.holds(at) {
			if t := c.at(i, agent, queue, contact); t != nil {
				do(t)
			}
		}
	}
}

// stateSpan is a stretch of time in a state.
type stateSpan struct {
	agent       string
	state       fact.AgentState
	pause       Pause
	from, until time.Time
}

func (f *Facts) countStates(c *agentCount) {
	for _, s := range f.stateSpans() {
		for i, b := range c.buckets {
			ms := earlier(s.until, b.Until).Sub(later(s.from, b.From)).Milliseconds()
			if ms <= 0 {
				continue
			}
			if t := c.at(i, s.agent, "", ""); t != nil {
				t.AddState(s.state, s.pause, ms)
			}
		}
	}
}

// stateSpans are the ended states and, of each agent, the last one begun when nothing ended after it: it lasts at least
// to the watermark.
func (f *Facts) stateSpans() []stateSpan {
	var spans []stateSpan
	ended, begun := map[string]opened[fact.AgentStateEnded]{}, map[string]opened[fact.AgentStateBegan]{}
	for _, s := range f.states {
		spans = append(spans, stateSpan{s.subject, s.data.State, Pause{s.data.Reason, s.data.Billable}, s.data.StartedAt, s.data.EndedAt})
		if last, ok := ended[s.subject]; !ok || precedes(last.at, last.sequence, s.at, s.sequence) {
			ended[s.subject] = s
		}
	}
	for _, s := range f.statesOpened {
		if last, ok := begun[s.subject]; !ok || precedes(last.at, last.sequence, s.at, s.sequence) {
			begun[s.subject] = s
		}
	}
	for agent, s := range begun {
		if last, ok := ended[agent]; !ok || precedes(last.at, last.sequence, s.at, s.sequence) {
			spans = append(spans, stateSpan{agent, s.data.State, Pause{s.data.Reason, s.data.Billable}, s.at, f.watermark})
		}
	}
	return spans
}

// precedes orders the facts of one agent by time, then sequence.
func precedes(a time.Time, aSeq uint64, b time.Time, bSeq uint64) bool {
	return cmp.Or(a.Compare(b), cmp.Compare(aSeq, bSeq)) < 0
}

func (f *Facts) countOffers(c *agentCount) {
	for _, o := range f.offers {
		c.when(o.data.OfferedAt, o.data.Agent, o.data.Queue, o.subject, func(t *AgentTally) {
			t.AddOffers(o.data.Result, 1, Sums{1, o.data.RingMS, o.data.RingMS})
		})
	}
	for id, o := range f.offersOpened {
		if _, ended := f.offers[id]; !ended {
			c.when(o.at, o.data.Agent, o.data.Queue, o.subject, func(t *AgentTally) { t.AddOffers("", 1, Sums{}) })
		}
	}
}

func (f *Facts) countAnswers(c *agentCount) {
	work := f.ownWork()
	for id, e := range f.entries {
		if e.data.Outcome != fact.EntryAnswered || !isCustomer(e.data.Kind) {
			continue
		}
		c.when(e.data.EndedAt, e.data.Agent, e.data.Queue, e.subject, func(t *AgentTally) {
			t.Answered++
			if w := work[workOf{id, e.data.Agent}]; w.handled {
				t.Talk.add(w.talkMS)
				t.Hold.add(w.holdMS)
				t.WrapUp.add(w.wrapUpMS)
				t.Handle.add(w.talkMS + w.holdMS + w.wrapUpMS)
			}
		})
	}
}

func (f *Facts) countTransfers(c *agentCount) {
	for _, x := range f.transfers() {
		c.when(x.at, x.agent, x.queue, x.contact, func(t *AgentTally) {
			t.Transfers.Add(x.result, x.to, 1)
			if x.asking() {
				t.Consult.add(x.durationMS)
			}
		})
		if to := x.receiver(); to != "" {
			c.when(x.at, to, x.queue, x.contact, func(t *AgentTally) { t.Transfers.Received++ })
		}
	}
}

type workOf struct{ entry, agent string }

// ownWork adds up the stretches each agent spent on each entry.
func (f *Facts) ownWork() map[workOf]entry {
	entries := map[workOf]entry{}
	for _, s := range f.segments {
		k := workOf{s.data.Entry, s.data.Agent}
		e := entries[k]
		e.handled = true
		switch s.data.Kind {
		case fact.SegmentTalk:
			e.talkMS += s.data.DurationMS
		case fact.SegmentHold:
			e.holdMS += s.data.DurationMS
		case fact.SegmentWrapUp:
			e.wrapUpMS += s.data.DurationMS
		}
		entries[k] = e
	}
	for id, s := range f.segmentsOpened {
		if _, ended := f.segments[id]; !ended {
			delete(entries, workOf{s.data.Entry, s.data.Agent})
		}
	}
	return entries
}
