package sim

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/callcenter"
)

// driver is the controller around the core, as the package comment of callcenter wants it: one record per Step, commands
// and facts only when the record is durable, a Wake at each deadline. It can crash and start again from its records.
type driver struct {
	w    *world
	luck *dice

	alive    bool
	life     int // bumped by each crash: what belongs to an earlier life is void
	core     center
	exec     *executor
	linked   bool          // reconciled: may ring, has the heartbeat
	linkedAt time.Duration // since: what was ordered before may be lost
	listing  bool          // the list is under way
	hold     bool          // events wait for it
	lists    int           // so far
	held     []*message
	beat     time.Duration // last heartbeat while not linked

	listening map[string]bool   // legs of supervisors
	lastLeg   map[string]string // the leg that was ordered last, by contact and endpoint
	durable   map[string]json.RawMessage
	tail      []record // appended, not yet durable
	syncing   bool
	wakeAt    time.Duration // of the planned Wake; 0 = none
	wake      int
	wakes     int // one after the other, each followed by a deadline that has passed
}

// maxWakes is how many Wakes it may take at one instant until nothing is due any more: one thing may follow from another.
const maxWakes = 8

// record is what one Step put out.
type record struct {
	at       time.Time
	facts    []fact.Fact
	changes  []callcenter.Change
	commands []callcenter.Command
	reply    *callcenter.Reply
	plan     string                    // version in force after it
	asked    string                    // agent about whom somebody asked for something
	readied  string                    // agent who was made ready by request
	phone    *callcenter.EndpointState // as the Step heard of it
	ended    string                    // channel of which the Step heard that it is gone
}

func newDriver(w *world) *driver {
	return &driver{w: w, luck: w.newDice("driver"), durable: map[string]json.RawMessage{}, lastLeg: map[string]string{}, listening: map[string]bool{}, beat: -time.Hour}
}

// start brings the controller up: for the first time, or after a crash from its durable records alone.
func (d *driver) start() {
	d.core = d.w.newCore()
	if d.core == nil {
		return
	}
	d.alive = true
	d.exec = newExecutor(d.w)
	if len(d.durable) > 0 {
		if err := d.core.Restore(d.state()); err != nil {
			d.w.fail(ruleRestore, "the folded changes are refused: %v", err)
			return
		}
		if d.life%4 == 1 {
			d.w.checkFold()
		}
		if last := d.core.LastAt(); last.After(d.w.stamp(d.w.now)) {
			d.w.fail(ruleRestore, "the last instant of the state, %s, is in the future", last)
		}
	}
	d.w.tracef("controller: starts with %d objects", len(d.durable))
	d.step(callcenter.LinkLost{Why: "start"}, 0)
	if d.core.PlanVersion() != d.w.plan.Version {
		d.step(callcenter.PlanChanged{Plan: d.w.plan}, 0)
	}
	d.w.native.replay(d.core.FallbackOffset())
	d.connect()
	if d.life == 0 {
		d.poll()
		d.safety()
	}
}

// state is the fold of the durable changes, sorted by key.
func (d *driver) state() []callcenter.Change {
	changes := make([]callcenter.Change, 0, len(d.durable))
	for _, k := range slices.Sorted(maps.Keys(d.durable)) {
		changes = append(changes, callcenter.Change{Key: k, Value: d.durable[k]})
	}
	return changes
}

// crash kills the process: records that were not durable yet may be lost, commands not sent are.
func (d *driver) crash(luck *dice) {
	if !d.alive {
		return
	}
	d.w.tracef("controller: killed with %d records not durable", len(d.tail))
	d.w.seen.add("fault crash")
	d.w.disturb()
	kept := luck.below(len(d.tail) + 1)
	for _, r := range d.tail[:kept] {
		d.fold(r)
	}
	d.tail, d.held, d.listing, d.syncing = nil, nil, false, false
	d.unlink()
	d.alive = false
	d.life++
	d.exec.kill()
	d.w.ast.events.cut(luck, one(luck, 0, 0.2, 1))
}

// unlink notes that the controller no longer holds Asterisk.
func (d *driver) unlink() {
	if d.linked {
		d.beat = d.w.now
	}
	d.linked = false
}

// heart tells whether the dialplan still sees a fresh heartbeat.
func (d *driver) heart() bool { return d.alive && d.linked || d.w.now-d.beat <= 5*time.Second }

// loseLink cuts the event stream under a running controller.
func (d *driver) loseLink(luck *dice) {
	if !d.w.ast.events.up {
		return
	}
	d.w.seen.add("fault link lost")
	d.w.disturb()
	d.w.ast.events.cut(luck, one(luck, 0, 0.2, 1))
	d.w.ast.events.lossy = luck.chance(0.3)
	if !d.alive {
		return
	}
	for _, m := range d.held { // they had arrived: they count before the loss
		d.take(m)
	}
	d.held, d.listing = nil, false
	d.exec.lost()
	d.unlink()
	d.step(callcenter.LinkLost{Why: "simulated"}, 0)
}

// connect brings the event stream up: what Asterisk had kept, then the barrier, then the list.
func (d *driver) connect() {
	if !d.alive || d.w.ast.events.up || !d.w.reachable {
		if d.alive && d.w.ast.events.up && !d.linked {
			d.list()
		}
		return
	}
	d.w.tracef("link: up again")
	d.w.ast.events.mend()
	d.settle(d.w.now + settleLimit)
}

// settleLimit is how long the first list waits for commands that are still under way.
const settleLimit = 3 * time.Second

// settle lists as soon as no command is under way, and at the latest at the limit.
func (d *driver) settle(limit time.Duration) {
	if !d.w.weather.settles || d.exec.idle() || d.w.now >= limit {
		d.list()
		return
	}
	life := d.life
	d.w.after(50*time.Millisecond, func() {
		if d.life == life && !d.linked {
			d.settle(limit)
		}
	})
}

// list asks Asterisk for what there is. Events that arrive meanwhile are taken after it: after the link was down the core
// believes the whole list and must not know of something newer. A list that is only a net may come late in some runs.
func (d *driver) list() {
	if d.listing || !d.alive || !d.w.ast.events.up {
		return
	}
	d.listing = true
	d.hold = !d.linked || d.w.weather.holds
	asked := d.w.now
	d.lists++
	list := d.lists
	var actual callcenter.Reconciled
	valid := func() bool { return d.alive && d.listing && d.lists == list }
	d.w.after(d.luck.between(0, time.Millisecond), func() {
		if valid() {
			actual.Channels = d.w.ast.listChannels()
		}
	})
	d.w.after(d.luck.between(time.Millisecond, 3*time.Millisecond), func() {
		if valid() {
			actual.Bridges = d.w.ast.listBridges()
		}
	})
	lag := 3*time.Millisecond + d.luck.between(0, d.w.weather.lag)
	if d.w.weather.calm { // what happened before the list is heard before it
		lag = 3*time.Millisecond + d.w.weather.lag
	}
	d.w.after(lag, func() {
		if valid() {
			d.reconcile(actual, asked)
		}
	})
}

// reconcile hands the list on and then the events that waited for it.
func (d *driver) reconcile(actual callcenter.Reconciled, asked time.Duration) {
	if !d.w.reachable {
		d.listing = false
		return
	}
	d.takeEnded(actual)
	full, before, legs := !d.linked, d.core.Snapshot(d.w.stamp(d.w.now)), maps.Clone(d.lastLeg)
	if full {
		d.linkedAt = d.w.now
	}
	d.listing, d.linked = false, true
	out := d.step(actual, asked)
	if full && d.w.failure == nil {
		d.w.checkReconciled(actual, before, legs, out)
	}
	held := d.held
	d.held = nil
	for _, m := range held {
		d.take(m)
	}
}

// takeEnded takes the waiting events of channels that ended before they could be listed.
func (d *driver) takeEnded(actual callcenter.Reconciled) {
	ended := map[*channel]bool{}
	for _, m := range d.held {
		if end, ok := m.ev.(callcenter.ChannelEnded); ok && !slices.ContainsFunc(actual.Channels, func(ch callcenter.ActualChannel) bool { return ch.ID == end.Channel }) {
			ended[m.ch] = true
		}
	}
	var rest []*message
	for _, m := range d.held {
		if _, playback := m.ev.(callcenter.PlaybackEnded); ended[m.ch] && !playback {
			d.take(m)
			continue
		}
		rest = append(rest, m)
	}
	d.held = rest
}

// safety lists now and then although nothing seems wrong.
func (d *driver) safety() {
	d.w.after(d.w.weather.reconcile, func() {
		if d.linked {
			d.list()
		}
		if !d.w.over {
			d.safety()
		}
	})
}

// poll asks for the phones' registration now and then.
func (d *driver) poll() {
	d.w.after(d.w.weather.poll, func() {
		for _, p := range d.w.phones {
			if d.alive && d.linked {
				d.tell(p.polled())
			}
		}
		if !d.w.over {
			d.poll()
		}
	})
}

// event takes an event of Asterisk.
func (d *driver) event(m *message) {
	if end, ok := m.ev.(callcenter.ChannelEnded); ok {
		d.exec.gone(end.Channel)
	}
	switch {
	case !d.alive:
	case m.entered:
		d.exec.entered(m.ch.id)
	case d.listing && d.hold:
		d.held = append(d.held, m)
	default:
		d.take(m)
	}
}

func (d *driver) take(m *message) { d.step(m.ev, m.occurred+d.w.weather.skew) }

// tell takes an event that doesn't come from Asterisk's stream.
func (d *driver) tell(ev callcenter.Event) {
	if d.alive {
		d.step(ev, 0)
	}
}

// step gives one input to the core and appends what comes out.
func (d *driver) step(ev callcenter.Event, occurred time.Duration) callcenter.Output {
	if d.w.failure != nil {
		return callcenter.Output{}
	}
	in := callcenter.Input{At: d.w.stamp(d.w.now), Seed: d.luck.uint64(), Event: ev}
	if occurred != 0 {
		in.Occurred = d.w.stamp(occurred)
	}
	out := d.feed(in)
	if repeatable(ev) && d.luck.chance(0.02) {
		d.repeat(in, out)
	}
	d.sync()
	d.planWake(ev)
	return out
}

// feed is one Step.
func (d *driver) feed(in callcenter.Input) callcenter.Output {
	w := d.w
	w.steps++
	if w.trace != nil {
		w.tracef("<- %T%+v", in.Event, in.Event)
	}
	w.seen.add(eventName(in.Event))
	out := d.core.Step(in)
	listens := monitors(in, out)
	for _, cmd := range out.Commands {
		if leg, ok := cmd.(callcenter.Ring); ok {
			if leg.Contact == listens { // the supervisor's phone is rung before anybody else's
				d.listening[leg.Channel], listens = true, ""
				continue
			}
			if !strings.HasSuffix(leg.Endpoint, wayOut) {
				d.lastLeg[leg.Contact+" "+leg.Endpoint] = leg.Channel
			}
		}
	}
	for _, reason := range out.Ignored {
		w.tracef("   ignored: %s", reason)
		w.seen.add("ignored " + string(reason))
	}
	if _, asked := in.Event.(callcenter.Control); asked != (out.Reply != nil) {
		w.fail(ruleReplies, "%T%+v got the reply %+v", in.Event, in.Event, out.Reply)
	}
	if !d.linked {
		d.still(in, out)
	}
	r := record{
		at: in.At, facts: out.Facts, changes: out.Changes, commands: out.Commands, reply: out.Reply,
		plan: d.core.PlanVersion(),
	}
	if ask, ok := in.Event.(callcenter.Control); ok && out.Reply != nil && out.Reply.Refused == "" {
		r.asked = ask.Agent
		if ask.Action == callcenter.ActionReady && !slices.Contains(out.Ignored, callcenter.IgnoredDuplicate) {
			r.readied = ask.Agent
		}
	}
	switch ev := in.Event.(type) {
	case callcenter.ChannelEnded:
		r.ended = ev.Channel
	case callcenter.EndpointState:
		r.phone = &ev
	case callcenter.PhoneChecked:
		r.phone = &ev.Phone
	}
	d.tail = append(d.tail, r)
	return out
}

// monitors is the contact for whose talk a supervisor's phone is rung in a Step; "" = none.
func monitors(in callcenter.Input, out callcenter.Output) string {
	ask, ok := in.Event.(callcenter.Control)
	if !ok || ask.Action != callcenter.ActionMonitor {
		return ""
	}
	rung := 0
	for _, cmd := range out.Commands {
		if leg, ok := cmd.(callcenter.Ring); ok && leg.Contact == ask.Contact {
			rung++
		}
	}
	for _, f := range out.Facts {
		if f.Type == fact.TypeOffered && f.Subject == ask.Contact {
			rung--
		}
	}
	if rung == 0 {
		return ""
	}
	return ask.Contact
}

// still checks a Step while Asterisk is not held: nothing is ordered, nobody is rung, no deadline runs.
func (d *driver) still(in callcenter.Input, out callcenter.Output) {
	_, runs := d.core.Deadline()
	offers := slices.ContainsFunc(out.Facts, func(f fact.Fact) bool { return f.Type == fact.TypeOffered })
	if len(out.Commands) > 0 || offers || runs {
		d.w.fail(ruleLink, "%T%+v led to commands %+v, offers: %t, a deadline: %t", in.Event, in.Event, out.Commands, offers, runs)
	}
}

// repeat gives the same input once more: nothing may follow from it, and a request gets the same reply.
func (d *driver) repeat(in callcenter.Input, first callcenter.Output) {
	in.Seed = d.luck.uint64()
	again := d.feed(in)
	d.w.seen.add("repeated at once")
	switch {
	case len(again.Facts) > 0:
		d.w.fail(ruleRepeats, "%T%+v repeated: fact %s %+v", in.Event, in.Event, again.Facts[0].Type, again.Facts[0].Data)
	case slices.ContainsFunc(again.Commands, func(c callcenter.Command) bool { return !isAnswer(c) }):
		d.w.fail(ruleRepeats, "%T%+v repeated: command %T%+v", in.Event, in.Event, again.Commands[0], again.Commands[0])
	case first.Reply != nil && (again.Reply == nil || *again.Reply != *first.Reply):
		d.w.fail(ruleRepeats, "%+v repeated: reply %+v became %+v", in.Event, first.Reply, again.Reply)
	}
}

// isAnswer: a phone that asks twice is told twice that it can't be.
func isAnswer(cmd callcenter.Command) bool {
	c, ok := cmd.(callcenter.AnswerTransfer)
	return ok && !c.Done
}

// repeatable tells whether the same event at once again must change nothing. A list makes the core ask again for what is
// not there yet.
func repeatable(ev callcenter.Event) bool {
	switch ev.(type) {
	case callcenter.Reconciled:
		return false
	default:
		return true
	}
}

// sync makes the appended records durable, at once or, as a disk does, a little later and several together.
func (d *driver) sync() {
	if d.w.weather.syncLag == 0 {
		d.commit(len(d.tail))
		return
	}
	if d.syncing || len(d.tail) == 0 {
		return
	}
	d.syncing = true
	life, n := d.life, len(d.tail)
	d.w.after(d.luck.between(0, d.w.weather.syncLag), func() {
		if d.life != life {
			return
		}
		d.syncing = false
		d.commit(n)
		d.sync()
	})
}

// commit hands out what became durable: facts to the ledger, commands to the executor, replies to those who asked.
func (d *driver) commit(n int) {
	records := d.tail[:n]
	d.tail = slices.Clone(d.tail[n:])
	for _, r := range records {
		d.fold(r)
		for _, cmd := range r.commands {
			d.absorbCommand(cmd)
			d.exec.submit(cmd)
		}
		if r.reply != nil {
			d.w.desk.replied(*r.reply)
		}
	}
	if len(d.tail) == 0 && len(records) > 0 {
		d.w.settled()
	}
}

// fold takes a durable record into the state and its facts into the ledger.
func (d *driver) fold(r record) {
	for _, c := range r.changes {
		d.w.absorb(c.Value)
		if c.Value == nil {
			delete(d.durable, c.Key)
			continue
		}
		d.durable[c.Key] = c.Value
	}
	d.w.ledger.record(r)
}

func (d *driver) absorbCommand(cmd callcenter.Command) {
	d.w.hash = mix(d.w.hash ^ hashString(cmd.CommandID()) ^ hashString(commandName(cmd)))
}

// planWake keeps one Wake planned for the core's deadline.
func (d *driver) planWake(after callcenter.Event) {
	deadline, ok := d.core.Deadline()
	if !ok {
		d.wakeAt = 0
		d.wake++
		return
	}
	at := deadline.Sub(d.w.born)
	if _, woken := after.(callcenter.Wake); !woken || at > d.w.now {
		d.wakes = 0
	} else if d.wakes++; d.wakes > maxWakes {
		d.w.fail(ruleDeadlines, "after %d Wakes at %s the deadline still is %s", d.wakes, d.w.stamp(d.w.now), deadline)
		return
	}
	if at == d.wakeAt {
		return
	}
	d.wakeAt = at
	d.wake++
	wake, life := d.wake, d.life
	d.w.at(at+d.luck.between(0, d.w.weather.wakeLag), func() {
		if d.wake == wake && d.life == life {
			d.wakeAt = 0
			d.tell(callcenter.Wake{})
		}
	})
}
