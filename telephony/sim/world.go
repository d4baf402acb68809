package sim

import (
	"fmt"
	"hash/crc32"
	"io"
	"runtime/debug"
	"strings"
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/callcenter"
)

// world is one run: everything there is, and the time.
type world struct {
	agenda
	setting setting
	seed    uint64
	limit   int // steps before the winding down
	every   int // how many steps lie between two checks of the expensive rules

	weather   weather
	plan      *callcenter.Plan // in force
	plans     int
	known     map[string]*callcenter.Plan // every plan so far, by version
	script    *script
	ast       *asterisk
	ctl       *driver
	phones    []*phone
	crew      []string             // agents who work here, whatever the plan in force has of them
	callers   map[string]*caller   // by contact, those who are on the phone
	hungUp    map[string]bool      // channels of which the core has heard that they are gone
	customers map[string]*customer // by channel, those who are called back
	guests    map[string]*guest    // by channel, those at a number outside whom agents ask
	desk      *desk
	owners    map[string]string // phones that made calls of their own, by channel
	rung      map[string]bool   // legs that were ordered
	bonuses   map[string]int    // what the ticket system adds to a priority, by look-up
	native    *fallback
	site      site
	ledger    *ledger
	audit     *audit

	reachable bool // Asterisk answers requests
	ending    bool // no new stimuli
	over      bool // everybody has gone home
	steps     int
	failure   *Failure

	seen  counts
	hash  uint64
	trace io.Writer
	born  time.Time
	table *crc32.Table
	sink  func(fact.Fact) // takes every durable fact; nil = nobody does
}

// site is where a world is: who works there, what numbers there are, what may go wrong.
type site struct {
	born    time.Time
	weather weather
	plan    *callcenter.Plan
	numbers []string // of callers
	seats   []string // phones that are nobody's own
	dialed  []string
}

// born is when every run begins.
func born() time.Time { return time.Date(2026, time.March, 2, 9, 30, 0, 0, time.UTC) }

// drawSite throws the site of a seed: tiny, so that everything collides, on a Monday in office hours.
func drawSite(seed uint64) site {
	return site{
		born:    born(),
		weather: drawWeather(newDice(seed, "weather", 0)),
		plan:    drawPlan(newDice(seed, "plan", 0), 0),
		numbers: numbers(),
		dialed:  dialedOnes(),
		seats:   seatEndpoints(),
	}
}

func newWorld(o Options, s setting, at site) *world {
	w := &world{
		setting: s, seed: o.Seed, limit: o.Steps, every: 16, reachable: true,
		callers: map[string]*caller{}, customers: map[string]*customer{}, guests: map[string]*guest{}, hungUp: map[string]bool{}, owners: map[string]string{}, bonuses: map[string]int{}, rung: map[string]bool{}, seen: counts{}, trace: o.Trace,
		site: at, born: at.born, weather: at.weather, plan: at.plan,
		table: crc32.MakeTable(crc32.Castagnoli),
	}
	w.known = map[string]*callcenter.Plan{w.plan.Version: w.plan}
	w.ast = newAsterisk(w)
	for i, a := range w.plan.Agents {
		w.crew = append(w.crew, a.ID)
		w.phones = append(w.phones, &phone{w: w, endpoint: endpointOf(i), registered: true})
	}
	for _, e := range at.seats {
		w.phones = append(w.phones, &phone{w: w, endpoint: e, registered: true})
	}
	w.native = &fallback{w: w}
	w.ledger = newLedger(w)
	w.audit = newAudit(w)
	w.desk = newDesk(w)
	w.script = newScript(w)
	w.ctl = newDriver(w)
	return w
}

// run lets the world happen until the steps are used up, then winds it down and looks whether anything is left. A panic
// of the core is a broken rule like any other.
func (w *world) run() {
	defer func() {
		if p := recover(); p != nil {
			w.fail(ruleNoPanic, "%v\n%s", p, debug.Stack())
		}
	}()
	w.tracef("seed %d, weather %+v", w.seed, w.weather)
	w.ctl.start()
	w.script.begin()
	w.audit.begin()
	for w.failure == nil && w.steps < w.limit && (w.setting.until == 0 || w.now < w.setting.until) && w.next() {
	}
	if w.failure == nil {
		w.windDown()
	}
}

// result sums up.
func (w *world) result() Result {
	return Result{Seed: w.seed, Hash: w.hash, Steps: w.steps, Facts: w.ledger.facts, Seen: w.seen}
}

// fail notes the first broken rule; the run ends there.
func (w *world) fail(rule Rule, format string, args ...any) {
	if w.failure != nil {
		return
	}
	w.failure = &Failure{
		Seed: w.seed, Steps: w.limit, Step: w.steps, Rule: rule, Message: fmt.Sprintf(format, args...),
		at: w.now, played: w.script.played,
	}
	w.tracef("BROKEN %s: %s", rule, w.failure.Message)
}

// newDice makes the dice of a thing.
func (w *world) newDice(name string) *dice { return newDice(w.seed, name, 0) }

// stamp is an instant of the world by the controller's clock.
func (w *world) stamp(at time.Duration) time.Time { return w.born.Add(at) }

// stampByAsterisk is an instant of the world by Asterisk's clock.
func (w *world) stampByAsterisk(at time.Duration) time.Time { return w.born.Add(at + w.weather.skew) }

// phoneAt finds the phone of an endpoint; nil when there is none.
func (w *world) phoneAt(endpoint string) *phone {
	for _, p := range w.phones {
		if p.endpoint == endpoint {
			return p
		}
	}
	return nil
}

// mediaLength is how long a file plays; false when Asterisk doesn't have it.
func (w *world) mediaLength(media string) (time.Duration, bool) {
	if media == missingMedia {
		return 0, false
	}
	if strings.HasPrefix(media, "tone:") { // until it is stopped
		return time.Hour, true
	}
	return time.Duration(hashString(media) % uint64(w.weather.media)), true
}

// disturb notes that something went wrong now: the rules with a time limit begin to count anew.
func (w *world) disturb() { w.audit.disturbed = w.now }

// tracef writes one line of the trace; it costs nothing when nobody listens. A trace that can't be written is no reason to
// end a run.
func (w *world) tracef(format string, args ...any) {
	if w.trace == nil {
		return
	}
	_, _ = fmt.Fprintf(w.trace, "%s [%d] %s\n", w.stamp(w.now).Format("15:04:05.000000"), w.steps, fmt.Sprintf(format, args...))
}

// absorb takes bytes into the hash of the run.
func (w *world) absorb(b []byte) {
	w.hash = mix(w.hash ^ uint64(crc32.Checksum(b, w.table)))
}

// absorbNumber takes a number into the hash of the run.
func (w *world) absorbNumber(n int64) { w.hash = mix(w.hash ^ uint64(n)) }

// counts says how often things happened.
type counts map[string]int

func (c counts) add(what string) { c[what]++ }

func (c counts) command(cmd callcenter.Command) { c[commandName(cmd)]++ }

func (c counts) fact(f fact.Fact) { c[string(f.Type)]++ }
