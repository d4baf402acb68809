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

// How long a call that is over may be silent before no other row of it can come, and one of which a channel is still there.
const (
	Quiet = quiet
	Lost  = lost
)

// Calls turns rows of call detail records, or events of CEL, into facts. It is pure; the importer brings the rows of one call together.
type Calls struct {
	Config
	Trunks   []string             // patterns of the channels that lead outside, small letters: pjsip/telekom*
	Contexts map[string]fact.Kind // kind of the calls that came into a context of the dialplan; goes before Trunks
	QueueLog bool                 // what was in a queue is told by queue_log, and not by its rows
}

// Told is what became of the rows of one call.
type Told struct {
	Part  Part   // without facts when the call is left to another source, or left out
	Left  bool   // to By
	By    Source // which tells of it
	Bad   bool   // left out
	Notes []Note // about the call; what is odd about a row stands in its Doubts
}

// Taken is by whom a uniqueid was taken in before.
type Taken struct {
	By   Source
	Part bool // as that of a further channel, in a contact with another id
}

// Call makes a call's facts of all its rows, each once, whatever order they are in. Known tells whether a uniqueid was taken in
// before: what another source has, or the same one with more channels, is left to that.
func (c Calls) Call(rows []Detail, known func(uniqueid string) (Taken, bool)) (t Told) {
	first, own := rows[0], rows[0].source()
	for _, r := range rows {
		if r.before(first) {
			first = r
		}
		if c.QueueLog && (strings.EqualFold(r.App, "Queue") || r.App == "AppQueue") { // the latter is the app of an agent's channel
			t.Left, t.By = true, ByQueueLog
		}
		for _, id := range []string{r.Unique, r.Linked} {
			if k, there := known(id); id != "" && there && k.By != own && !t.Left && (c.QueueLog || k.By != ByQueueLog) {
				t.Left, t.By = true, k.By
			}
		}
	}
	if k, there := known(first.id()); there && k.Part {
		t.Left, t.By = true, k.By
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
	t.Part = call.part()
	return t
}

// source is what a row is of.
func (c Detail) source() Source {
	if c.Event != nil {
		return ByCEL
	}
	return ByCDR
}

// before tells which row a call began with: the earliest, of the channel that gave the call its linkedid.
func (c Detail) before(o Detail) bool {
	return cmp.Or(c.Start.Compare(o.Start), -compareBool(c.Unique == c.Linked, o.Unique == o.Linked), -compareBool(c.begins(), o.begins()), cmp.Compare(c.text(), o.text())) < 0
}

func (c Detail) begins() bool { return c.Event != nil && c.Event.Type == EventStart }

// detail is a call in the making.
type detail struct {
	calls Calls
	rows  []Detail
	first Detail
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

// id is that of the call which a row begins; "" = it has none.
func (c Detail) id() string { return cmp.Or(c.Linked, c.Unique) }

// name is the contact's id: the same that queue_log gives to a call of this uniqueid.
func (d *detail) name() string {
	id := d.first.id()
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
	case slices.ContainsFunc(d.rows, func(r Detail) bool { return d.calls.outside(r.to()) }):
		return fact.KindOutbound
	default:
		return fact.KindInternal
	}
}

// to is the channel that a row leads to. An event is of one channel: those that a call did not begin on it leads to.
func (c Detail) to() string {
	if c.Event != nil {
		return c.Channel
	}
	return c.Peer
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
		return slices.ContainsFunc(d.rows, func(r Detail) bool { return r.Disposition == disposition && (r.Peer != "" || !peer) })
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

// story is what the rows of a call say.
type story struct {
	talks    []talking
	moves    []move
	answered *time.Time // nil = never
	over     fact.Termination
}

// move is a caller's being handed on by an agent.
type move struct {
	agent, with, target string
	mode                fact.TransferMode
	to                  fact.TransferTo
	at                  time.Time
}

func (d *detail) story(kind fact.Kind) story {
	if d.first.Event != nil {
		return d.heard(kind)
	}
	talks := d.talks()
	return story{talks: talks, answered: d.answered(), over: d.termination(kind, talks)}
}

// part makes the facts.
func (d *detail) part() Part {
	d.check()
	d.id = d.name()
	kind, end := d.kind(), d.end()
	told, call := d.story(kind), d.id+"/c1"
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
		Calls: 1, Transfers: len(told.moves), Termination: told.over,
	}
	for i, t := range told.talks {
		d.talked(call, d.id+"/s"+strconv.Itoa(i+1), t)
		closing.TalkMS += t.until.Sub(t.from).Milliseconds()
		closing.LastAgent = t.agent
		if i == 0 && kind == fact.KindInbound {
			ms := t.from.Sub(d.first.Start).Milliseconds()
			closing.ToAgentMS = &ms
		}
	}
	for i, m := range told.moves {
		d.moved(call, d.id+"/t"+strconv.Itoa(i+1), m)
	}
	d.add(end, fact.TypeCallEnded, fact.CallEnded{
		Call: call, Kind: kind, Node: d.calls.Node, StartedAt: d.first.Start, AnsweredAt: told.answered, EndedAt: end,
		DurationMS: closing.DurationMS, Termination: told.over, Derived: true,
	})
	d.add(end, fact.TypeContactEnded, closing)
	slices.SortStableFunc(d.facts, func(a, b fact.Fact) int { return a.Time.Compare(b.Time) })
	for i := range d.facts {
		d.facts[i].Sequence = uint64(i + 1)
	}
	return Part{Subject: d.id, Facts: d.facts, By: d.first.source(), Others: d.others()}
}

func (d *detail) moved(call, id string, m move) {
	d.add(m.at, fact.TypeTransferStarted, fact.TransferStarted{
		Transfer: id, Call: call, Agent: m.agent, Mode: m.mode, By: fact.ByPhone, To: m.to, Target: m.target,
	})
	d.add(m.at, fact.TypeTransferEnded, fact.TransferEnded{
		Transfer: id, Call: call, Agent: m.agent, Mode: m.mode, By: fact.ByPhone, To: m.to, Target: m.target,
		Result: fact.TransferCompleted, With: m.with, StartedAt: m.at, EndedAt: m.at, Derived: true,
	})
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
