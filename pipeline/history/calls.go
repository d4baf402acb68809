package history

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"firstline/pipeline/fact"
)

// Quiet is how long a call may be silent before it is over: in this time another row of it may come.
const Quiet = quiet

// Calls turns rows of call detail records into facts. It is pure; the importer brings the rows of one call together.
type Calls struct {
	Config
	Trunks   []string             // patterns of the channels that lead outside, small letters: pjsip/telekom*
	Contexts map[string]fact.Kind // kind of the calls that came into a context of the dialplan; goes before Trunks
	QueueLog bool                 // what was in a queue is told by queue_log, and not by its rows
}

// Told is what became of the rows of one call.
type Told struct {
	Part  Part   // without facts when the call is left to queue_log, or left out
	Left  bool   // to queue_log
	Bad   bool   // left out
	Notes []Note // about the call; what is odd about a row stands in its Doubts
}

// Once leaves out the rows that stand there twice, and says how many those are. A row that was given before goes before its like.
func Once(rows []CDR) ([]CDR, int64) {
	rows = slices.Clone(rows)
	slices.SortFunc(rows, func(a, b CDR) int {
		return cmp.Or(cmp.Compare(a.same(), b.same()), -compareBool(a.Again, b.Again), cmp.Compare(a.text(), b.text()),
			cmp.Compare(a.File, b.File), cmp.Compare(a.Number, b.Number))
	})
	once := slices.CompactFunc(slices.Clone(rows), func(a, b CDR) bool { return a.same() == b.same() })
	return once, int64(len(rows) - len(once))
}

// Call makes a call's facts of all its rows, each once, whatever order they are in. Queued tells whether queue_log has a call of that
// uniqueid.
func (c Calls) Call(rows []CDR, queued func(uniqueid string) bool) (t Told) {
	first := rows[0]
	for _, r := range rows {
		if r.before(first) {
			first = r
		}
		if c.QueueLog && (strings.EqualFold(r.App, "Queue") || r.Unique != "" && queued(r.Unique) || r.Linked != "" && queued(r.Linked)) {
			t.Left = true
		}
	}
	switch {
	case t.Left:
		return t
	case first.Linked == "" && strings.HasPrefix(first.Channel, "Local/"):
		t.Bad = true
		t.Notes = []Note{first.Note(Refused, "local channel", "a channel within Asterisk, and no linkedid says whose call it is part of")}
		return t
	}
	call := &detail{calls: c, rows: rows, first: first, told: &t}
	call.check()
	t.Part = call.part()
	return t
}

func compareBool(a, b bool) int { return yes(a) - yes(b) }

// before tells which row a call began with: the earliest, of the channel that gave the call its linkedid.
func (c CDR) before(o CDR) bool {
	return cmp.Or(c.Start.Compare(o.Start), -compareBool(c.Unique == c.Linked, o.Unique == o.Linked), cmp.Compare(c.text(), o.text())) < 0
}

// detail is a call in the making.
type detail struct {
	calls Calls
	rows  []CDR
	first CDR
	told  *Told
	facts []fact.Fact
	id    string
}

func (d *detail) note(reason, format string, args ...any) {
	d.told.Notes = append(d.told.Notes, d.first.Note(Doubtful, reason, fmt.Sprintf(format, args...)))
}

// check holds the times against that in the uniqueid.
func (d *detail) check() {
	if made, ok := createdAt(d.first.Unique); ok {
		off := d.first.Start.Sub(made)
		if quarter := off.Round(15 * time.Minute); quarter != 0 && (off-quarter).Abs() <= far {
			d.note("zone", "its uniqueid is of %s UTC, and by --tz it began at %s UTC: is that the zone of the files?", made.Format(time.DateTime), d.first.Start.Format(time.DateTime))
		}
	}
	if span := d.end().Sub(d.first.Start); span > lost {
		d.note("long", "its rows span %d hours: two calls may have had the same uniqueid, and count as one", int(span.Hours()))
	}
}

func (d *detail) end() time.Time {
	out := d.first.End
	for _, r := range d.rows {
		out = later(r.End, out)
	}
	return out
}

// name is the contact's id: the same that queue_log gives to a call of this uniqueid.
func (d *detail) name() string {
	id := cmp.Or(d.first.Linked, d.first.Unique)
	if id == "" {
		sum := sha256.Sum256([]byte(d.first.same()))
		id = strconv.FormatInt(d.first.Start.Unix(), 10) + "-" + hex.EncodeToString(sum[:6])
	}
	return d.calls.Node + "-" + id
}

// kind tells where the call came from, and went.
func (d *detail) kind() fact.Kind {
	if k, ok := d.calls.Contexts[strings.ToLower(d.first.Context)]; ok {
		return k
	}
	switch {
	case d.calls.outside(d.first.Channel):
		return fact.KindInbound
	case slices.ContainsFunc(d.rows, func(r CDR) bool { return d.calls.outside(r.Peer) }):
		return fact.KindOutbound
	default:
		return fact.KindInternal
	}
}

func (c Calls) outside(channel string) bool {
	name := strings.ToLower(device(channel))
	return slices.ContainsFunc(c.Trunks, func(p string) bool {
		ok, err := path.Match(strings.ReplaceAll(p, "/", "|"), strings.ReplaceAll(name, "/", "|"))
		return ok && err == nil
	})
}

// device is whose channel it is: the number that each channel gets is left out.
func device(channel string) string {
	channel, _, _ = strings.Cut(channel, ";")
	if i := strings.LastIndexByte(channel, '-'); i > 0 {
		return channel[:i]
	}
	return channel
}

// agent is whose phone a channel is; "" = nobody's who is known.
func (c Calls) agent(channel string) string { return c.Agents[strings.ToLower(device(channel))] }

// talking is a stretch in which an agent talked.
type talking struct {
	agent       string
	from, until time.Time
}

// talks are when agents talked, by time. What several rows say of the same agent and time counts once.
func (d *detail) talks() (out []talking) {
	for _, r := range d.rows {
		if r.Disposition != cdrAnswered || r.Peer == "" {
			continue
		}
		for _, channel := range []string{r.Channel, r.Peer} {
			if a := d.calls.agent(channel); a != "" {
				out = append(out, talking{a, r.Answer, r.End})
			}
		}
	}
	slices.SortFunc(out, func(a, b talking) int {
		return cmp.Or(cmp.Compare(a.agent, b.agent), a.from.Compare(b.from), a.until.Compare(b.until))
	})
	var merged []talking
	for _, t := range out {
		last := len(merged) - 1
		if last < 0 || merged[last].agent != t.agent || !t.from.Before(merged[last].until) {
			merged = append(merged, t)
			continue
		}
		d.note("overlap", "several rows have %s talk at the same time: it counts once", t.agent)
		merged[last].until = later(merged[last].until, t.until)
	}
	slices.SortStableFunc(merged, func(a, b talking) int { return a.from.Compare(b.from) })
	return merged
}

// termination is how the call ended, as far as the rows say. Who hung up they do not.
func (d *detail) termination(kind fact.Kind, talks []talking) fact.Termination {
	has := func(disposition string, peer bool) bool {
		return slices.ContainsFunc(d.rows, func(r CDR) bool { return r.Disposition == disposition && (r.Peer != "" || !peer) })
	}
	switch {
	case kind == fact.KindOutbound && has(cdrAnswered, true):
		return fact.Termination{Result: fact.ResultContained, Reason: fact.ReasonTransferred} // as of a live call of an agent's own
	case len(talks) > 0, has(cdrAnswered, true):
		return fact.Termination{Result: fact.ResultAnswered, Reason: fact.ReasonDisappeared}
	case has(cdrAnswered, false):
		return fact.Termination{Result: fact.ResultContained, Reason: fact.ReasonFlowEnded}
	case kind != fact.KindOutbound && (has(cdrNoAnswer, false) || has(cdrCancel, false)):
		return fact.Termination{Result: fact.ResultAbandoned, Reason: fact.ReasonCallerHungUp}
	case has(cdrBusy, false), has(cdrNoAnswer, false), has(cdrCancel, false):
		return fact.Termination{Result: fact.ResultFailed, Reason: fact.ReasonNotReached}
	default:
		return fact.Termination{Result: fact.ResultFailed, Reason: fact.ReasonCommandFailed}
	}
}

func (d *detail) add(at time.Time, t fact.Type, data fact.Data) {
	d.facts = append(d.facts, fact.Fact{Type: t, Subject: d.id, Time: at, Data: data})
}

// part makes the facts.
func (d *detail) part() Part {
	d.id = d.name()
	kind, talks, end := d.kind(), d.talks(), d.end()
	over, call := d.termination(kind, talks), d.id+"/c1"
	number := d.first.Source
	if d.calls.Number != nil && number != "" {
		number = d.calls.Number(number)
	}
	d.add(d.first.Start, fact.TypeArrived, fact.Arrived{
		Call: call, Kind: kind, Node: d.calls.Node, Channel: cmp.Or(d.first.Unique, d.first.Channel), CallerNumber: number,
		CallerName: d.first.Name, Dialed: d.first.Dialed, Derived: true,
	})
	closing := fact.ContactEnded{
		Kind: kind, Node: d.calls.Node, StartedAt: d.first.Start, EndedAt: end, DurationMS: end.Sub(d.first.Start).Milliseconds(),
		Calls: 1, Termination: over,
	}
	for i, t := range talks {
		d.talked(call, d.id+"/s"+strconv.Itoa(i+1), t)
		closing.TalkMS += t.until.Sub(t.from).Milliseconds()
		closing.LastAgent = t.agent
		if i == 0 && kind == fact.KindInbound {
			ms := t.from.Sub(d.first.Start).Milliseconds()
			closing.ToAgentMS = &ms
		}
	}
	d.add(end, fact.TypeCallEnded, fact.CallEnded{
		Call: call, Kind: kind, Node: d.calls.Node, StartedAt: d.first.Start, AnsweredAt: d.answered(), EndedAt: end,
		DurationMS: closing.DurationMS, Termination: over, Derived: true,
	})
	d.add(end, fact.TypeContactEnded, closing)
	slices.SortStableFunc(d.facts, func(a, b fact.Fact) int { return a.Time.Compare(b.Time) })
	for i := range d.facts {
		d.facts[i].Sequence = uint64(i + 1)
	}
	return Part{Subject: d.id, Facts: d.facts, Detail: true}
}

func (d *detail) talked(call, segment string, t talking) {
	d.add(t.from, fact.TypeSegmentStarted, fact.SegmentStarted{Segment: segment, Kind: fact.SegmentTalk, Agent: t.agent, Call: call})
	d.add(t.until, fact.TypeSegmentEnded, fact.SegmentEnded{
		Segment: segment, Kind: fact.SegmentTalk, Agent: t.agent, Call: call, StartedAt: t.from, EndedAt: t.until,
		DurationMS: t.until.Sub(t.from).Milliseconds(), Derived: true,
	})
}

// answered is when the call was first answered; nil = never.
func (d *detail) answered() (at *time.Time) {
	for _, r := range d.rows {
		if r.Disposition == cdrAnswered && (at == nil || r.Answer.Before(*at)) {
			at = &r.Answer
		}
	}
	return at
}
