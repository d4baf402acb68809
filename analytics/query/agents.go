package query

import (
	"context"
	"fmt"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"firstline/analytics/metric"
	"firstline/pipeline/fact"
)

// Agents answers metrics/agents. The error of a bad request is *Invalid.
func (r *Reader) Agents(ctx context.Context, req AgentRequest) (metric.AgentReport, error) {
	p, err := req.Params()
	if err != nil {
		return metric.AgentReport{}, err
	}
	fresh, err := r.freshness(ctx, p.From, p.Until, contactFacts)
	if err != nil {
		return metric.AgentReport{}, err
	}
	tallies, err := r.agentTallies(ctx, p, fresh)
	if err != nil {
		return metric.AgentReport{}, err
	}
	return metric.NewAgentReport(p, tallies, fresh)
}

// agentCell is one row of the statement: durations or counts of one thing for an agent, a bucket and a queue.
type agentCell struct {
	bucket             int64
	agent, queue       string
	language, said     string // of the contact; empty when not split by them
	what, detail, more string
	n, sum, longest    int64
}

func agentColumns(p metric.AgentParams) []column[agentCell] {
	out := []column[agentCell]{
		{"bucket_begin", "toInt64(bucket)", func(c *agentCell) any { return &c.bucket }},
		{"by_agent", "toString(agent)", func(c *agentCell) any { return &c.agent }},
		{"by_queue", "toString(queue)", func(c *agentCell) any { return &c.queue }},
		{"thing", "what", func(c *agentCell) any { return &c.what }},
		{"thing_detail", "toString(detail)", func(c *agentCell) any { return &c.detail }},
		{"thing_more", "toString(more)", func(c *agentCell) any { return &c.more }},
		{"n", "toInt64(count())", func(c *agentCell) any { return &c.n }},
		{"total", "toInt64(sum(duration))", func(c *agentCell) any { return &c.sum }},
		{"longest", "toInt64(max(duration))", func(c *agentCell) any { return &c.longest }},
	}
	if p.PerContact() {
		out = append(out,
			column[agentCell]{"by_language", "toString(language)", func(c *agentCell) any { return &c.language }},
			column[agentCell]{"by_disposition", "toString(disposition)", func(c *agentCell) any { return &c.said }})
	}
	return out
}

func (r *Reader) agentTallies(ctx context.Context, p metric.AgentParams, fresh metric.Freshness) (map[metric.Key]metric.AgentTally, error) {
	tallies := map[metric.Key]metric.AgentTally{}
	if fresh.Watermark == nil {
		return tallies, nil
	}
	s, err := agentStatement(p, fresh)
	if err != nil {
		return nil, err
	}
	index, err := bucketIndex(p.Window)
	if err != nil {
		return nil, err
	}
	err = r.run(ctx, s, func(rows driver.Rows) error {
		var c agentCell
		if err := rows.Scan(destinations(agentColumns(p), &c)...); err != nil {
			return err
		}
		k := metric.Key{Bucket: index[c.bucket], Agent: c.agent, Queue: c.queue, Language: c.language, Disposition: c.said}
		t := tallies[k]
		if err := c.addTo(&t); err != nil {
			return err
		}
		tallies[k] = t
		return nil
	})
	return tallies, err
}

// The things of the statement. Each answered entry is counted once as answered, and when it is handled once more for
// each kind of stretch.
const (
	thingState    = "state"
	thingBillable = "billable" // a state that is a billable pause
	thingOffer    = "offer"
	thingAnswered = "answered"
	thingTalk     = "talk"
	thingHold     = "hold"
	thingWrapUp   = "wrap_up"
	thingHandle   = "handle"
	thingTransfer = "transfer" // detail is its result, more its mode and target
	thingReceived = "received"
	thingConsult  = "consult"
)

func (c agentCell) addTo(t *metric.AgentTally) error {
	sums := metric.Sums{Count: c.n, Sum: c.sum, Max: c.longest}
	switch c.what {
	case thingState:
		t.AddState(fact.AgentState(c.detail), metric.Pause{Reason: c.more}, c.sum)
	case thingBillable:
		t.AddState(fact.AgentState(c.detail), metric.Pause{Reason: c.more, Billable: true}, c.sum)
	case thingOffer:
		t.AddOffers(fact.OfferResult(c.detail), c.n, sums)
	case thingAnswered:
		t.Answered += c.n
	case thingTalk:
		t.Talk = sums
	case thingHold:
		t.Hold = sums
	case thingWrapUp:
		t.WrapUp = sums
	case thingHandle:
		t.Handle = sums
	case thingTransfer:
		mode, to, _ := strings.Cut(c.more, " ")
		t.Transfers.Add(metric.TransferResult{Mode: fact.TransferMode(mode), Result: fact.TransferResult(c.detail)}, fact.TransferTo(to), c.n)
	case thingReceived:
		t.Transfers.Received += c.n
	case thingConsult:
		t.Consult = sums
	default:
		return fmt.Errorf("unknown thing %q", c.what)
	}
	return nil
}

// agentStatement builds the statement of an agent report: things, one row each, counted by bucket, agent and queue.
func agentStatement(p metric.AgentParams, fresh metric.Freshness) (statement, error) {
	s, err := agentTables(p, fresh, false)
	s.text = lines(s.text, "SELECT\n"+selectList(agentColumns(p)), "FROM things", "GROUP BY bucket, agent, queue, what, detail, more"+when(p.PerContact(), ", language, disposition"))
	return s, err
}

// agentTables are the common tables of an agent report, the last one its things: listed with what each is.
func agentTables(p metric.AgentParams, fresh metric.Freshness, each bool) (statement, error) {
	s, listed := newStatement("agents"), also(each || p.PerContact())
	if err := s.bindWindow(p.Window, !p.PerQueue()); err != nil {
		return s, err
	}
	agents, queues := "", ""
	if p.Agents != nil {
		s.bind("agents", append([]string{}, p.Agents...))
		agents = " AND agent IN {agents:Array(String)}"
	}
	if p.Queues != nil {
		s.bind("queues", append([]string{}, p.Queues...))
		queues = " AND queue IN {queues:Array(String)}"
	}
	s.bindTime("beyond", p.Beyond())
	if p.PerContact() {
		s.bindTime("since", p.From.Add(-metric.LookBack))
	}
	if !p.PerQueue() {
		s.bindTime("watermark", *fresh.Watermark)
		s.bindTime("recent", fresh.Watermark.Add(-metric.LookBack))
	}
	s.text = lines(
		"WITH",
		when(!p.PerQueue(), agentSpans(agents, listed)),
		agentWork(agents+queues, listed),
		when(p.PerContact(), toldOfContacts()),
		"things AS (",
		when(p.PerContact(), "  SELECT * FROM ("),
		when(!p.PerQueue(), agentStates(listed)+"\n  UNION ALL"),
		agentOffers(agents+queues, listed),
		"  UNION ALL",
		agentAnswers(listed),
		"  UNION ALL",
		agentTransfers(agents+queues, listed),
		when(p.PerContact(), "  ) AS one\n  LEFT JOIN said USING (contact, agent)\n  LEFT JOIN spoke USING (contact)"),
		")",
	)
	return s, nil
}

// toldOfContacts are what each agent said last of each contact, and the language of the last queue that a contact joined.
func toldOfContacts() string {
	return lines(
		"said AS (SELECT contact, agent, argMax(toString(code), sequence) AS disposition FROM dispositions WHERE "+inReach+" GROUP BY contact, agent),",
		"spoke AS (SELECT contact, argMax(toString(language), sequence) AS language FROM entries_opened WHERE "+inReach+" GROUP BY contact),",
	)
}

// also is text where things are listed, else nothing.
type also bool

func (a also) text(s string) string { return when(bool(a), s) }

// thing is what a listed one has beside what is counted: id, contact, begin and end, and how long a caller had waited.
func (a also) thing(id, at, until, waited string) string {
	return a.text(", " + id + " AS id, contact AS contact, " + at + " AS at, " + until + " AS until, " + waited + " AS waited")
}

// agentSpans are the stretches in a state: the ended ones, and of each agent the one begun last when nothing ended after
// it, which lasts at least to the watermark. The facts of an agent are ordered by time, then sequence.
func agentSpans(agents string, listed also) string {
	return lines("last_ended AS (SELECT agent, max((time, sequence)) AS at FROM agent_states WHERE "+lastOf("agent_states", "started_at")+agents+" GROUP BY agent),",
		"last_begun AS (",
		"  SELECT agent, argMax(state, (time, sequence)) AS state, argMax(reason, (time, sequence)) AS reason,",
		"    argMax(billable, (time, sequence)) AS billable, max((time, sequence)) AS at"+listed.text(", argMax(contact, (time, sequence)) AS contact"),
		"  FROM agent_states_opened WHERE "+lastOf("agent_states_opened", "time")+agents+" GROUP BY agent",
		"),",
		"spans AS (",
		"  SELECT agent, state, reason, billable, "+ms("started_at")+" AS began, "+ms("ended_at")+" AS done"+listed.text(", contact"),
		"  FROM agent_states WHERE time >= "+instant("from")+" AND started_at < "+instant("until")+agents,
		"  UNION ALL",
		"  SELECT b.agent, b.state, b.reason, b.billable, "+ms("b.at.1")+" AS began, {watermark:Int64} AS done"+listed.text(", b.contact AS contact"),
		"  FROM last_begun AS b LEFT JOIN last_ended AS e ON b.agent = e.agent",
		"  WHERE e.agent = '' OR e.at < b.at",
		"),")
}

// lastOf leaves out what can't be an agent's last row: the older ones of who has a recent one. Tables of agents are sorted by agent
// and time, so that years of them are skipped.
func lastOf(table, at string) string {
	recent := at + " >= " + instant("recent")
	return "(" + recent + " OR agent NOT IN (SELECT agent FROM " + table + " WHERE " + recent + "))"
}

// agentStates clips each stretch to every bucket it touches.
func agentStates(listed also) string {
	return lines(
		"  SELECT part.1 AS bucket, agent, '' AS queue, if(billable, 'billable', 'state') AS what, state AS detail, if(state = 'paused', reason, '') AS more, part.2 AS duration"+
			listed.thing("concat(agent, '/', toString(began))", "greatest(began, part.1)", "at + duration", "toInt64(-1)"),
		"  FROM spans ARRAY JOIN arrayFilter(x -> x.2 > 0, arrayMap((b, e) -> (b, least(done, e) - greatest(began, b)), {begins:Array(Int64)}, {ends:Array(Int64)})) AS part",
		"  WHERE done > {from:Int64} AND began < {until:Int64}",
	)
}

func agentOffers(filter string, listed also) string {
	return lines(
		"  SELECT "+fmt.Sprintf(bucketOf, ms("offered_at"))+" AS bucket, agent, queue, 'offer' AS what, result AS detail, '' AS more, ring_ms AS duration"+listed.thing("offer", ms("offered_at"), ms("ended_at"), "toInt64(-1)"),
		"  FROM offers WHERE "+fromToBeyond+" AND offered_at >= "+instant("from")+" AND offered_at < "+instant("until")+filter,
		"  UNION ALL",
		"  SELECT "+fmt.Sprintf(bucketOf, ms("time"))+" AS bucket, agent, queue, 'offer' AS what, '' AS detail, '' AS more, toInt64(0) AS duration"+listed.thing("offer", ms("time"), "toInt64(0)", "toInt64(-1)"),
		"  FROM offers_opened WHERE time >= "+instant("from")+" AND time < "+instant("until")+filter,
		"    AND "+noneIn("offers", "offer", fromToBeyond+filter),
	)
}

// agentTransfers are the transfers each agent began, those of them that were consultations, and those that came to him.
func agentTransfers(filter string, listed also) string {
	this := func(at, until string) string { return listed.thing("transfer", at, until, "toInt64(-1)") }
	over := this(ms("started_at"), ms("ended_at"))
	inSpan := func(at string) string { return at + " >= " + instant("from") + " AND " + at + " < " + instant("until") }
	ended := " FROM transfers WHERE " + fromToBeyond + " AND " + inSpan("started_at")
	bucket := "  SELECT " + fmt.Sprintf(bucketOf, ms("started_at")) + " AS bucket, agent, queue, "
	return lines(
		bucket+"'transfer' AS what, result AS detail, concat(mode, ' ', `to`) AS more, toInt64(0) AS duration"+over+ended+filter,
		"  UNION ALL",
		"  SELECT "+fmt.Sprintf(bucketOf, ms("time"))+" AS bucket, agent, queue, 'transfer' AS what, '' AS detail, concat(mode, ' ', `to`) AS more, toInt64(0) AS duration"+this(ms("time"), "toInt64(0)"),
		"  FROM transfers_opened WHERE "+inSpan("time")+filter+" AND "+noneIn("transfers", "transfer", fromToBeyond),
		"  UNION ALL",
		bucket+"'consult' AS what, '' AS detail, '' AS more, duration_ms AS duration"+over+ended+filter+" AND mode = 'attended'",
		"  UNION ALL",
		"  SELECT * FROM (",
		"    SELECT "+fmt.Sprintf(bucketOf, ms("started_at"))+" AS bucket, if(`with` != '', `with`, target) AS agent, queue, 'received' AS what, '' AS detail, '' AS more, toInt64(0) AS duration"+over,
		"    "+ended+" AND result IN ('completed', 'conference') AND (`with` != '' OR mode = 'blind' AND `to` = 'agent')",
		"  ) WHERE 1"+filter,
	)
}

// fromToBeyond is where what belongs to the window is looked for, when nothing of it is older.
const fromToBeyond = "time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC')"

// agentWork joins each answered entry with the stretches of the agent who answered it; an agent's work on an entry counts
// when none of his stretches on it is open.
func agentWork(filter string, listed also) string {
	return lines("busy AS (",
		"  SELECT entry, agent FROM segments_opened",
		"  WHERE "+fromToBeyond+filter+" AND "+noneIn("segments", "segment", fromToBeyond+filter),
		"),",
		"worked AS (",
		"  SELECT entry, agent, 1 AS handled, sumIf(duration_ms, kind = 'talk') AS talk, sumIf(duration_ms, kind = 'hold') AS hold, sumIf(duration_ms, kind = 'wrap_up') AS wrap_up",
		"  FROM segments WHERE entry != '' AND "+fromToBeyond+filter+" AND (entry, agent) NOT IN (SELECT entry, agent FROM busy)",
		"  GROUP BY entry, agent",
		"),",
		"answers AS (",
		"  SELECT "+fmt.Sprintf(bucketOf, ms("ended_at"))+" AS bucket, agent, queue, handled, talk, hold, wrap_up"+listed.thing("entry", ms("queued_at"), ms("ended_at"), "wait_ms"),
		"  FROM (SELECT entry, agent, queue, ended_at"+listed.text(", contact, queued_at, wait_ms")+" FROM entries WHERE outcome = 'answered' AND "+customerKinds+
			" AND "+fromToBeyond+" AND ended_at >= "+instant("from")+" AND ended_at < "+instant("until")+filter+") AS e",
		"  LEFT JOIN worked USING (entry, agent)",
		"),")
}

func agentAnswers(listed also) string {
	return lines(
		"  SELECT bucket, agent, queue, part.1 AS what, "+inHand(listed)+" AS detail, '' AS more, part.2 AS duration"+listed.text(", id, contact, at, until, waited"),
		"  FROM answers ARRAY JOIN arrayFilter(x -> x.1 = 'answered' OR handled, [('answered', toInt64(0)), ('talk', talk), ('hold', hold), ('wrap_up', wrap_up), ('handle', talk + hold + wrap_up)]) AS part",
	)
}

// inHand marks the listed answers that are not handled yet.
func inHand(listed also) string {
	if listed {
		return "if(handled, '', 'in_hand')"
	}
	return "''"
}
