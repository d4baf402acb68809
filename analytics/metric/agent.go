package metric

import "firstline/pipeline/fact"

// AgentParams is what an agent report is asked for.
type AgentParams struct {
	Window
	GroupBy []Dimension         // ByAgent, ByTeam, ByQueue, ByLanguage (of the contact's last queue entry), ByDisposition (the agent's own last one of the contact)
	Agents  []string            // only these; nil means all
	Queues  []string            // only offers and calls of these; nil means all
	Teams   map[string][]string // teams of each agent; an agent of several counts in the row of each, once in the total
}

// PerQueue says that the report is about work for certain queues or contacts, so that time by state, which belongs to none, is
// not defined.
func (p AgentParams) PerQueue() bool {
	return p.Queues != nil || hasDimension(p.GroupBy, ByQueue) || p.PerContact()
}

// PerContact says that the report is split by what is known of contacts.
func (p AgentParams) PerContact() bool {
	return hasDimension(p.GroupBy, ByLanguage) || hasDimension(p.GroupBy, ByDisposition)
}

func hasDimension(list []Dimension, d Dimension) bool {
	for _, x := range list {
		if x == d {
			return true
		}
	}
	return false
}

// Sums is what is counted of durations that must add up over agents, milliseconds.
type Sums struct{ Count, Sum, Max int64 }

func (s *Sums) add(v int64) { s.merge(Sums{1, v, v}) }

func (s *Sums) merge(o Sums) {
	if o.Count > 0 && (s.Count == 0 || o.Max > s.Max) {
		s.Max = o.Max
	}
	s.Count += o.Count
	s.Sum += o.Sum
}

// Pause is what pauses are told apart by.
type Pause struct {
	Reason   string
	Billable bool // paid work, as it was when the pause began
}

// AgentTally is what is counted for one agent, span and queue. All of it adds up.
type AgentTally struct {
	StateMS                          map[fact.AgentState]int64
	PausedMS                         map[Pause]int64
	Offers                           OfferTally
	Answered                         int64
	Ring, Talk, Hold, WrapUp, Handle Sums
	Transfers                        TransferTally
	Consult                          Sums
}

// AddState adds time in a state; the pause counts for the paused one only.
func (t *AgentTally) AddState(s fact.AgentState, p Pause, ms int64) {
	if ms == 0 {
		return
	}
	if t.StateMS == nil {
		t.StateMS, t.PausedMS = map[fact.AgentState]int64{}, map[Pause]int64{}
	}
	t.StateMS[s] += ms
	if s == fact.AgentPaused {
		t.PausedMS[p] += ms
	}
}

// AddOffers adds n offers of a result (empty: still ringing) and their ring times.
func (t *AgentTally) AddOffers(r fact.OfferResult, n int64, ring Sums) {
	if r == "" {
		t.Offers.Ringing += n
		return
	}
	for range n {
		t.Offers.add(r)
	}
	t.Ring.merge(ring)
}

func (t *AgentTally) merge(o AgentTally) {
	for s, ms := range o.StateMS {
		if s != fact.AgentPaused {
			t.AddState(s, Pause{}, ms)
		}
	}
	for p, ms := range o.PausedMS {
		t.AddState(fact.AgentPaused, p, ms)
	}
	t.Offers.merge(o.Offers)
	t.Answered += o.Answered
	t.Ring.merge(o.Ring)
	t.Talk.merge(o.Talk)
	t.Hold.merge(o.Hold)
	t.WrapUp.merge(o.WrapUp)
	t.Handle.merge(o.Handle)
	t.Transfers.merge(o.Transfers)
	t.Consult.merge(o.Consult)
}

func (t *OfferTally) merge(o OfferTally) {
	t.Answered += o.Answered
	t.Missed += o.Missed
	t.Declined += o.Declined
	t.Busy += o.Busy
	t.Unavailable += o.Unavailable
	t.Withdrawn += o.Withdrawn
	t.LostRace += o.LostRace
	t.Failed += o.Failed
	t.Ringing += o.Ringing
}

// AgentReport answers metrics/agents.
type AgentReport struct {
	Header
	Rows  []AgentRow `json:"rows" nullable:"false" doc:"One row for each interval and group"`
	Total AgentRow   `json:"total" doc:"The whole window, each agent once"`
}

// AgentRow is one row of an agent report.
type AgentRow struct {
	Group
	Agents int64      `json:"agents" doc:"Agents with time logged in, offers, answered calls or transfers in the interval"`
	Time   *AgentTime `json:"time" doc:"Time by state; null when the report is split or filtered by queue, or split by language or disposition"`

	Offers   Offers `json:"offers" doc:"Offers made to the agents in the interval, by result"`
	Answered int64  `json:"answered" doc:"Queue entries answered in the interval"`
	Ring     Mean   `json:"ring" doc:"Ring time of the ended offers"`
	Talk     Mean   `json:"talk" doc:"Talk time of each handled entry"`
	Hold     Mean   `json:"hold" doc:"Hold time of each handled entry"`
	WrapUp   Mean   `json:"wrap_up" doc:"Wrap-up time of each handled entry"`
	Handle   Mean   `json:"handle" doc:"Talk, hold and wrap-up time of each handled entry"`
	Handling int64  `json:"handling" doc:"Answered entries not yet handled: a stretch is open, or none was recorded"`

	Transfers Transfers `json:"transfers" doc:"Transfers that the agents began in the interval, and those that came to them"`
	Consult   Mean      `json:"consult" doc:"Time of each ended attended transfer: waiting for who is asked, and talking to him"`
}

// AgentTime is time by state in milliseconds, clipped to the interval and to the watermark.
type AgentTime struct {
	LoggedInMS     int64            `json:"logged_in_ms" doc:"Sum of all states but logged out"`
	ReadyMS        int64            `json:"ready_ms" doc:"Free and waiting for a call"`
	PausedMS       int64            `json:"paused_ms" doc:"Paused, whatever the reason"`
	PausedByReason map[string]int64 `json:"paused_by_reason" doc:"Paused time by reason"`
	BillableMS     int64            `json:"paused_billable_ms" doc:"Paused for a reason that was billable when the pause began"`
	NotBillableMS  int64            `json:"paused_not_billable_ms" doc:"Paused for any other reason; the pause after missed calls is one"`
	RingingMS      int64            `json:"ringing_ms" doc:"The phone rings for an offer"`
	TalkingMS      int64            `json:"talking_ms" doc:"With a caller, hold included"`
	WrapUpMS       int64            `json:"wrap_up_ms" doc:"Work after the call"`
	CallingMS      int64            `json:"calling_ms" doc:"On a call of the agent's own to a number outside, ringing there included"`
	OutsideMS      int64            `json:"outside_ms" doc:"On a call Firstline does not control"`
	UnreachableMS  int64            `json:"unreachable_ms" doc:"Logged in, but the phone is not registered"`
	Occupancy      Ratio            `json:"occupancy" doc:"(talking + wrap_up + calling) / (talking + wrap_up + calling + ready + ringing), milliseconds"`
	Utilisation    Ratio            `json:"utilisation" doc:"(talking + wrap_up + calling + paused_billable) / logged_in, milliseconds"`
}

func newAgentTime(t AgentTally) *AgentTime {
	s := t.StateMS
	busy := s[fact.AgentTalking] + s[fact.AgentWrapUp] + s[fact.AgentCalling]
	out := &AgentTime{
		ReadyMS: s[fact.AgentReady], PausedMS: s[fact.AgentPaused], RingingMS: s[fact.AgentRinging],
		TalkingMS: s[fact.AgentTalking], WrapUpMS: s[fact.AgentWrapUp], CallingMS: s[fact.AgentCalling], OutsideMS: s[fact.AgentOutside],
		UnreachableMS: s[fact.AgentUnreachable], PausedByReason: map[string]int64{},
		Occupancy: NewRatio(busy, busy+s[fact.AgentReady]+s[fact.AgentRinging]),
	}
	out.LoggedInMS = out.ReadyMS + out.PausedMS + out.RingingMS + out.TalkingMS + out.WrapUpMS + out.CallingMS + out.OutsideMS + out.UnreachableMS
	for p, ms := range t.PausedMS {
		out.PausedByReason[p.Reason] += ms
		if p.Billable {
			out.BillableMS += ms
		} else {
			out.NotBillableMS += ms
		}
	}
	out.Utilisation = NewRatio(busy+out.BillableMS, out.LoggedInMS)
	return out
}

// agentGroup is a row in the making.
type agentGroup struct {
	tally  AgentTally
	agents map[string]bool
}

func (g *agentGroup) merge(agent string, t AgentTally) {
	if g.agents == nil {
		g.agents = map[string]bool{}
	}
	g.agents[agent] = g.agents[agent] || t.active()
	g.tally.merge(t)
}

// active says that the agent was logged in or worked.
func (t AgentTally) active() bool {
	for s, ms := range t.StateMS {
		if s != fact.AgentLoggedOut && ms > 0 {
			return true
		}
	}
	return t.Offers != (OfferTally{}) || t.Answered > 0 || t.Transfers.some()
}

func (g *agentGroup) row(perQueue bool) AgentRow {
	t := g.tally
	r := AgentRow{
		Offers: newOffers(t.Offers), Answered: t.Answered, Handling: t.Answered - t.Handle.Count,
		Ring: t.Ring.mean(), Talk: t.Talk.mean(), Hold: t.Hold.mean(), WrapUp: t.WrapUp.mean(), Handle: t.Handle.mean(),
		Transfers: newTransfers(t.Transfers), Consult: t.Consult.mean(),
	}
	for _, active := range g.agents {
		r.Agents += count(active)
	}
	if !perQueue {
		r.Time = newAgentTime(t)
	}
	return r
}

func (s Sums) mean() Mean { return newMean(s.Count, s.Sum, s.Max) }

// NewAgentReport rolls tallies, keyed by bucket, agent, queue, language and disposition, up into the report.
func NewAgentReport(p AgentParams, tallies map[Key]AgentTally, fresh Freshness) (AgentReport, error) {
	buckets, err := p.Buckets()
	if err != nil {
		return AgentReport{}, err
	}
	groups, total := p.rollUp(tallies)
	keys, err := denseKeys(len(buckets), groups, p.GroupBy)
	if err != nil {
		return AgentReport{}, err
	}
	r := AgentReport{Header: newHeader(p.Window, p.GroupBy), Rows: []AgentRow{}, Total: total.row(p.PerQueue())}
	r.Freshness = fresh
	r.Total.Group = newGroup(Key{}, Bucket{From: r.From, Until: r.Until}.Span(), nil)
	for _, k := range keys {
		g := groups[k]
		if g == nil {
			g = &agentGroup{}
		}
		row := g.row(p.PerQueue())
		row.Group = newGroup(k, buckets[k.Bucket].Span(), p.GroupBy)
		r.Rows = append(r.Rows, row)
	}
	return r, nil
}

func (p AgentParams) rollUp(tallies map[Key]AgentTally) (map[Key]*agentGroup, *agentGroup) {
	groups, total := map[Key]*agentGroup{}, &agentGroup{}
	for k, t := range tallies {
		teams := []string{""}
		if hasDimension(p.GroupBy, ByTeam) && len(p.Teams[k.Agent]) > 0 {
			teams = p.Teams[k.Agent]
		}
		total.merge(k.Agent, t)
		for _, team := range teams {
			k.Team = team
			g := restrict(k, p.GroupBy)
			if groups[g] == nil {
				groups[g] = &agentGroup{}
			}
			groups[g].merge(k.Agent, t)
		}
	}
	return groups, total
}
