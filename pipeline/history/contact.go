package history

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"firstline/pipeline/fact"
)

// contact is a caller whose lines are being taken.
type contact struct {
	id       string
	channel  string
	lines    []Line // all of them, to begin again with the next file
	last     time.Time
	began    time.Time // of the call; zero before anything is known of it
	number   string
	name     string
	dialed   string
	entry    *entry // in which he waits
	gone     *entry // the last one that ended
	talk     *talk
	past     *talk       // the last one that ended
	made     []fact.Fact // not yet given
	sequence uint64
	entries  int
	offers   int
	segments int
	moves    int // transfers
	sums     sums
	end      fact.Termination // as far as known
	refused  bool
}

// sums go into the closing row. Milliseconds.
type sums struct {
	wait, ring, talk        int64
	toAgent                 *int64
	first, lastQueue, agent string
}

// entry is a stay in a queue.
type entry struct {
	id, queue, from string
	at              time.Time
	first           int
	offers          int
	carried         int64
	derived         bool
	ended           time.Time
	outcome         fact.EntryOutcome
}

// talk is an agent's talk with the caller.
type talk struct {
	agent, queue, entry string
	at, ended           time.Time
}

// far is how much two readings of the same wait may differ: each is cut to seconds.
const far = 2 * time.Second

// fits says how well a line goes on from here: 0 not at all, 2 very well. A nil contact is one of which nothing is known.
func (ct *contact) fits(l Line, queue, agent string) int {
	var e *entry
	var t *talk
	if ct != nil {
		e, t = ct.entry, ct.talk
	}
	switch rank(l.Event) {
	case 1:
		return yes(e != nil && e.queue == queue) * 2
	case 2, 4:
		if e == nil || e.queue != queue {
			return 0
		}
		n, ok := l.number(waited(l.Event))
		return 1 + yes(ok && near(l.At.Sub(e.at), n))
	case 3:
		if t == nil || t.queue != queue || t.agent != agent {
			return 0
		}
		_, i := l.talked()
		n, ok := l.number(i)
		return 1 + yes(ok && near(l.At.Sub(t.at), n))
	case 5:
		return yes(e == nil && t == nil) * 2
	default:
		return 2
	}
}

func yes(b bool) int {
	if b {
		return 1
	}
	return 0
}

func near(d time.Duration, seconds int64) bool {
	return (d - time.Duration(seconds)*time.Second).Abs() <= far
}

// expired tells whether so long nothing was heard that nothing will be.
func (ct *contact) expired(now time.Time) bool {
	limit := quiet
	if ct.entry != nil || ct.talk != nil {
		limit = lost
	}
	return now.Sub(ct.last) > limit
}

// contactOf finds the open contact of a uniqueid, or begins one.
func (f *Fold) contactOf(id string, l Line) *contact {
	if ct := f.contacts[id]; ct != nil {
		return ct
	}
	name := f.cfg.Node + "-" + id
	ended, again := f.recent[id]
	created, known := createdAt(id)
	if again && ended.Before(l.At) || known && l.At.Sub(created).Abs() > lost {
		name += "~" + strconv.FormatInt(l.At.Unix(), 10)
	}
	ct := &contact{id: name, channel: id, last: l.At}
	f.contacts[id] = ct
	return ct
}

// createdAt is when a channel was made: its uniqueid says so, behind the name of the system.
func createdAt(id string) (time.Time, bool) {
	seconds, _, ok := strings.Cut(id[strings.LastIndexByte(id, '-')+1:], ".")
	n, err := strconv.ParseInt(seconds, 10, 64)
	if !ok || err != nil {
		return time.Time{}, false
	}
	t, err := within(time.Unix(n, 0), seconds)
	return t, err == nil
}

// menu is the longest time between a channel's making and its caller's joining a queue that is taken for his way there.
const menu = time.Hour

// begin is when the call began, as far as is known when something of it began at a time.
func (ct *contact) begin(at time.Time) {
	if !ct.began.IsZero() {
		return
	}
	ct.began = at
	if t, ok := createdAt(ct.channel); ok && !t.After(at) && at.Sub(t) <= menu {
		ct.began = t
	}
}

// ofContact takes a line about a caller.
func (f *Fold) ofContact(id string, l Line) {
	switch kindOf(l.Event) {
	case kindUnknown:
		f.refuse(l, "unknown event", "app_queue writes no such event")
		return
	case kindSilent:
		f.silent(l)
		return
	case kindAgent: // is about no call, so it does not come here
		return
	case kindCall:
	}
	ct := f.contactOf(id, l)
	ct.lines = append(ct.lines, l)
	if l.At.After(ct.last) {
		ct.last = l.At
	}
	if l.Piped {
		f.doubt(l, "name with |", "the agent's name is taken for "+strconv.Quote(l.Agent))
	}
	switch l.Event {
	case eventEnter:
		f.entered(ct, l)
	case eventConnect:
		f.connected(ct, l)
	case eventCompleteAgent, eventCompleteCaller, eventBlindTransfer, eventAttendedTransfer, eventTransfer:
		f.completed(ct, l)
	case eventRingNoAnswer, eventRingCanceled, eventAgentDump:
		f.rang(ct, l)
	case eventDID:
		f.dialed(ct, l)
	case eventFull, eventClosed, eventJoinEmpty, eventDivertRatio, eventDivertHold:
		f.refusedJoin(ct, l)
	default:
		f.left(ct, l)
	}
	f.agentCalled(l)
	if ct.entry == nil && ct.talk == nil && !ct.began.IsZero() {
		f.give(ct)
	}
}

func (f *Fold) dialed(ct *contact, l Line) {
	if ct.sequence > 0 {
		f.leave(l, "late", "the number dialled is told after the call was over")
		return
	}
	ct.dialed = l.field(0)
}

func (f *Fold) refusedJoin(ct *contact, l Line) {
	reasons := map[string]fact.RefusedReason{
		eventFull: fact.RefusedFull, eventClosed: fact.RefusedClosed, eventJoinEmpty: fact.RefusedEmpty,
		eventDivertRatio: fact.RefusedLong, eventDivertHold: fact.RefusedLong,
	}
	ct.begin(l.At)
	ct.refused = true
	ct.add(l.At, fact.TypeQueueRefused, fact.QueueRefused{Kind: fact.KindInbound, Queue: f.queue(l.Queue), Reason: reasons[l.Event]})
	ct.end = fact.Termination{Result: fact.ResultRefused, Reason: fact.ReasonRefused}
}

// add notes a fact; facts are given in the order of their times.
func (ct *contact) add(at time.Time, t fact.Type, d fact.Data) {
	ct.made = append(ct.made, fact.Fact{Type: t, Subject: ct.id, Time: at, Data: d})
}

// give hands out what is known of a contact of which nothing is open. Its arrival comes first.
func (f *Fold) give(ct *contact) {
	slices.SortStableFunc(ct.made, func(a, b fact.Fact) int { return a.Time.Compare(b.Time) })
	if ct.sequence == 0 {
		number := ct.number
		if f.cfg.Number != nil && number != "" {
			number = f.cfg.Number(number)
		}
		ct.made = slices.Insert(ct.made, 0, fact.Fact{Type: fact.TypeArrived, Subject: ct.id, Time: ct.began, Data: fact.Arrived{
			Call: ct.call(), Kind: fact.KindInbound, Node: f.cfg.Node, Channel: ct.channel, CallerNumber: number, CallerName: ct.name,
			Dialed: ct.dialed, Derived: true,
		}})
	}
	for i := range ct.made {
		ct.sequence++
		ct.made[i].Sequence = ct.sequence
	}
	if len(ct.made) > 0 {
		f.parts = append(f.parts, Part{Subject: ct.id, Facts: ct.made})
	}
	ct.made = nil
}

func (ct *contact) call() string { return ct.id + "/c1" }

func (ct *contact) part(kind string, n *int) string {
	*n++
	return ct.id + "/" + kind + strconv.Itoa(*n)
}

// settle ends a contact, and what of it is open without anybody having said how it ended.
func (f *Fold) settle(id string) {
	ct := f.contacts[id]
	delete(f.contacts, id)
	if ct.began.IsZero() {
		f.neverCame(ct)
		return
	}
	f.recent[id] = ct.last
	f.loseOpen(ct, ct.last, ct.lines[len(ct.lines)-1])
	end := ct.end
	t := ct.last
	ct.add(t, fact.TypeCallEnded, fact.CallEnded{
		Call: ct.call(), Kind: fact.KindInbound, Node: f.cfg.Node, StartedAt: ct.began, EndedAt: t,
		DurationMS: t.Sub(ct.began).Milliseconds(), Termination: end, Derived: true,
	})
	ct.add(t, fact.TypeContactEnded, fact.ContactEnded{
		Kind: fact.KindInbound, Node: f.cfg.Node, StartedAt: ct.began, EndedAt: t, DurationMS: t.Sub(ct.began).Milliseconds(),
		WaitMS: ct.sums.wait, RingMS: ct.sums.ring, TalkMS: ct.sums.talk, ToAgentMS: ct.sums.toAgent, Calls: 1, Entries: ct.entries,
		Offers: ct.offers, FirstQueue: ct.sums.first, LastQueue: ct.sums.lastQueue, LastAgent: ct.sums.agent, Transfers: ct.moves,
		Termination: end,
	})
	f.give(ct)
}

// neverCame: nothing is told of a caller but the number dialled, or lines that were refused. So there is no call to have that number.
func (f *Fold) neverCame(ct *contact) {
	for _, l := range ct.lines {
		if l.Event == eventDID {
			f.leaveLater(l, "no call", "the number dialled is told, and no line says that the caller joined a queue")
		}
	}
}

// loseOpen ends what is open at a time, of which no line tells the end.
func (f *Fold) loseOpen(ct *contact, at time.Time, l Line) {
	switch {
	case ct.entry != nil:
		f.remark(l, "no end", "the caller joined queue "+ct.entry.queue+" at "+ct.entry.at.Format(time.RFC3339)+" and no line tells how that ended: it counts as failed")
		f.endEntry(ct, at, fact.EntryFailed, ended{derived: true})
		ct.end = fact.Termination{Result: fact.ResultFailed, Reason: fact.ReasonDisappeared}
	case ct.talk != nil:
		f.remark(l, "no end", "the talk that began at "+ct.talk.at.Format(time.RFC3339)+" has no end: the entry counts as answered, its talk time is not known")
		ct.talk.ended = later(at, ct.talk.at)
		ct.past, ct.talk = ct.talk, nil
		ct.end = fact.Termination{Result: fact.ResultAnswered, Reason: fact.ReasonDisappeared}
	}
}
