package sim

import (
	"time"

	"firstline/pipeline/fact"
)

// ledger reads the durable facts as any consumer would, in order, and holds them to their promises: numbers without
// gaps, everything opened is closed once, a closing row says what its opening and its parts say. It knows nothing of
// the core but its facts.
type ledger struct {
	w         *world
	facts     int
	contacts  map[string]*contactBook
	live      []*contactBook // not ended, in order of arrival
	all       []string       // every contact, in order of arrival
	incidents map[string]*incidentBook
	marks     markBook
	agents    map[string]*agentBook
	roster    []*agentBook // in order of first appearance
	truths    map[string]*truth
	touched   []*contactBook     // by the record being read
	at        time.Time          // of the record being read
	version   string             // of the plan in force after it
	handled   map[string]handles // by queue
	legs      map[string]string  // agent for whom each leg is rung, by channel
	ousted    string             // who logs in, and somebody made room for; of the record being read
	dials     map[string]string  // contact → channel on which its customer is called
	calledIn  map[string]place   // of the Step being read, by number and queue
	rang      map[string]string  // queue that goes round → agent it rang last

	ended func(contact string, c fact.ContactEnded) // is told of each end; nil = nobody is
}

// contactBook is what the facts say about one contact.
type contactBook struct {
	id       string
	seq      uint64
	last     time.Time
	arrived  fact.Arrived
	began    time.Time
	ended    bool
	endedAt  time.Time
	callOpen bool
	calls    int

	back            *callbackBook // of kind callback
	promisedAt      string        // node at which he was promised one
	visit           *visitBook
	entry           *entryBook          // open
	rung            []*offerBook        // open
	segments        []*segmentBook      // open, one of an agent at most
	transfer        *transferBook       // open
	outside         []*outsideBook      // open
	outsideMissed   bool                // he was left to a phone outside, and nobody took it
	transfers       int                 // begun
	handedOn        int                 // completed
	handed          *fact.TransferEnded // by the Step being read
	monitors        []*monitorBook      // open
	recording       *recordingBook      // open
	mutes           []*muteBook         // open
	recordings      int
	unrecorded      bool     // one failed, or he could not be told of it
	informed        []string // the words by which he was told that he is recorded
	unplayed        []string // those that could not be played to him
	uninformed      int      // how often that was so in a talk
	owed            []string // recordings of which is not told yet what became of them
	tookOver        string   // who did, by the Step being read
	tookOvers       int
	monitorsTold    int    // requests to listen
	monitorsAsked   int    // the highest number of one
	sentTo          string // flow of a menu he was handed on to
	entries         int
	offers          int
	answeredEntries []string
	answered        int // entries answered
	since           time.Time
	waited          int64 // of ended entries
	lastEntry       string
	lastOffer       *fact.OfferEnded
	lastEnded       *fact.EntryEnded
	pops            map[string]*popBook
	customer        string
	byNumber        fact.LookupResult // latest answer to the caller's number
	language        string            // chosen
	asked           int               // priority the menu asked for
	vars            map[string]string // set by the flow so far
	raised          int               // the part of it that set nodes gave
	requires        string            // expression over skills that the menu asked for
	owner           string            // of the ticket
	flow, queueNode string            // where it left the flow into a queue
	returns         []string          // nodes at which it may come back; nil = it was in no queue
	bonus           int               // priority the ticket system gave
	ticket          *fact.TicketRef
	firstQueue      string
	lastQueue       string
	lastAgent       string
	kept            *keptBook // the place it gave up
	toAgent         *int64
	closed          *fact.CallEnded
	closedAt        time.Time // when that was read
	sums            struct{ ivr, wait, ring, talk, hold, wrapUp int64 }
	idleSince       time.Duration // last fact, by the world's time
	touched         bool
}

type visitBook struct {
	flow    string
	began   time.Time
	path    []string
	choices int
	vars    map[string]string // set by the flow
	unfit   []int             // cases of the branch, or incidents, whose conditions could not be worked out

	news      []string // incidents to be told at the node where he is
	newsUnfit []int
	told      []string // that he was told of there
	heardNews bool     // that he was told of any before
	served    bool     // he left a message
}

type entryBook struct {
	fact.Queued
	priority   int // now
	at         time.Time
	offers     int
	circle     circle
	told       int       // position heard last
	estimate   [2]int64  // first wait told, counted from queueing
	emptySince time.Time // nobody is there since; zero = somebody is
}

type offerBook struct {
	fact.Offered
	at    time.Time
	fresh bool // made by the Step being read
}

type segmentBook struct {
	fact.SegmentStarted
	at time.Time
}

type popBook struct{ shown, opened bool }

// agentBook is what the facts say about one agent.
type agentBook struct {
	id       string
	seq      uint64
	last     time.Time
	open     bool
	state    fact.AgentStateBegan
	since    time.Time
	loggedIn bool
	paused   bool         // also while he has a caller whom he took over as a supervisor
	offer    *offerBook   // rings
	segment  *segmentBook // talk, hold or wrap-up

	misses     int       // offers missed in a row
	limit      int       // of the queue of the last one
	calls      int       // answered since log-in
	talkMS     int64     // since log-in
	lastTalk   time.Time // its end
	readySince time.Time
	notBefore  time.Time
	acted      time.Time // when somebody last asked for something about him

	sits  string // phone where he sits; "" = his own, or none
	moves string // phone that he leaves to log in elsewhere, in the record being read

	doubt bool       // his phone did not take an offer, and was not looked at since
	look  *lookBook  // the last that was asked for
	phone *phoneBook // as the core last heard of it; nil = never
}

func newLedger(w *world) *ledger {
	return &ledger{w: w, incidents: map[string]*incidentBook{}, marks: markBook{of: map[string]bool{}}, contacts: map[string]*contactBook{}, agents: map[string]*agentBook{}, truths: map[string]*truth{}, rang: map[string]string{}, handled: map[string]handles{}, dials: map[string]string{}, legs: map[string]string{}, calledIn: map[string]place{}}
}

// record takes the facts of one durable Step and then looks whether they agree with each other.
func (l *ledger) record(r record) {
	if r.plan != l.version {
		l.replannedSeats(l.version, r.plan)
	}
	l.at, l.version = r.at, r.plan
	clear(l.calledIn)
	if r.asked != "" {
		l.agent(r.asked).acted = r.at
	}
	if r.readied != "" {
		l.agent(r.readied).excused()
	}
	l.heard(r)
	l.ordered(r)
	l.touched = l.touched[:0]
	for _, f := range r.facts {
		if l.w.failure != nil {
			return
		}
		l.facts++
		l.w.absorbFact(f)
		if l.w.sink != nil {
			l.w.sink(f)
		}
		l.w.seen.fact(f)
		if l.w.trace != nil {
			l.w.tracef("   fact %s %s#%d at %s %+v", f.Type, f.Subject, f.Sequence, f.Time.Format("15:04:05.000"), f.Data)
		}
		l.take(f)
	}
	l.rings(r)
	if len(r.facts) > 0 && l.w.failure == nil {
		l.agree(r)
	}
	l.watchStaff()
}

// take reads one fact.
func (l *ledger) take(f fact.Fact) {
	l.envelope(f)
	switch {
	case f.Type == fact.TypeIncidentBegan || f.Type == fact.TypeIncidentEnded:
		l.incidentFact(f)
	case f.Type == fact.TypeVoicemailMarked:
		l.marked(f)
	case f.Type.Topic() == fact.TopicAgents:
		l.agentFact(f)
	case f.Type.Topic() == fact.TopicContacts:
		l.contactFact(f)
	default:
		l.w.fail(ruleFacts, "the core made a fact of type %s", f.Type)
	}
}

// envelope checks what every fact promises: a time in UTC, in whole milliseconds, not in the future.
func (l *ledger) envelope(f fact.Fact) {
	switch {
	case f.Data == nil:
		l.w.fail(ruleFacts, "%s of %s has no data", f.Type, f.Subject)
	case f.Source != "" || f.Epoch != "" || f.Position != 0:
		l.w.fail(ruleFacts, "%s of %s fills the log's fields", f.Type, f.Subject)
	case f.Time.Location() != time.UTC:
		l.w.fail(ruleFacts, "%s of %s: the time %s is not UTC", f.Type, f.Subject, f.Time)
	case f.Time.Nanosecond()%int(time.Millisecond) != 0:
		l.w.fail(ruleFacts, "%s of %s: the time %s is not in whole milliseconds", f.Type, f.Subject, f.Time)
	case f.Time.After(l.at):
		l.w.fail(ruleFacts, "%s of %s: the time %s is after %s", f.Type, f.Subject, f.Time, l.at)
	}
}

// agent finds or begins an agent's page.
func (l *ledger) agent(id string) *agentBook {
	a := l.agents[id]
	if a == nil {
		a = &agentBook{id: id}
		l.agents[id] = a
		l.roster = append(l.roster, a)
	}
	return a
}

// stateOf is the state of an agent, as his page shows it.
func (l *ledger) stateOf(id string) fact.AgentState {
	if a := l.agents[id]; a != nil && a.open {
		return a.state.State
	}
	return fact.AgentLoggedOut
}

// recent picks a contact that a disposition may be about.
func (l *ledger) recent(luck *dice) string {
	if len(l.all) == 0 || luck.chance(0.05) {
		return "no such contact"
	}
	return l.all[max(0, len(l.all)-1-luck.below(6))]
}

// sequence checks that a subject's facts are numbered without a gap and never go back in time.
func (l *ledger) sequence(f fact.Fact, seq *uint64, last *time.Time) {
	if f.Sequence != *seq+1 {
		l.w.fail(ruleSequence, "%s of %s has number %d after %d", f.Type, f.Subject, f.Sequence, *seq)
	}
	if f.Time.Before(*last) {
		l.w.fail(ruleSequence, "%s of %s at %s is before the last one at %s", f.Type, f.Subject, f.Time, *last)
	}
	*seq, *last = f.Sequence, f.Time
}

// span checks a closing row's times and duration against its opening.
func (l *ledger) span(f fact.Fact, opened, startedAt, endedAt time.Time, ms int64) {
	switch {
	case !startedAt.Equal(opened):
		l.w.fail(ruleClosingRows, "%s of %s says it began at %s, opened at %s", f.Type, f.Subject, startedAt, opened)
	case !endedAt.Equal(f.Time):
		l.w.fail(ruleClosingRows, "%s of %s says it ended at %s, is of %s", f.Type, f.Subject, endedAt, f.Time)
	case ms != f.Time.Sub(opened).Milliseconds():
		l.w.fail(ruleClosingRows, "%s of %s says %d ms, is %s", f.Type, f.Subject, ms, f.Time.Sub(opened))
	}
}

// absorbFact takes a fact into the hash of the run. What it says is in the hash already, through the changes; here is
// that it was said, of whom and when.
func (w *world) absorbFact(f fact.Fact) {
	w.hash = mix(w.hash ^ hashString(string(f.Type)) ^ mix(hashString(f.Subject)^f.Sequence))
	w.absorbNumber(f.Time.UnixNano())
}
