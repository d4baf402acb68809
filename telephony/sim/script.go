package sim

import (
	"strconv"
	"time"

	"firstline/telephony/callcenter"
)

// script is what comes from outside: callers, requests, disturbances. Each kind is a stream of its own, and each
// stimulus has dice of its own, so that one may be left out without changing the others.
type script struct {
	w       *world
	streams []*stream
	played  []int // ids of the stimuli that happened
}

// stream is one kind of stimulus.
type stream struct {
	id   int
	name string
	mean time.Duration // distance; 0 = never
	luck *dice
	do   func(n int, luck *dice)
	n    int
}

func newScript(w *world) *script {
	s := &script{w: w}
	add := func(name string, mean time.Duration, do func(n int, luck *dice)) {
		s.streams = append(s.streams, &stream{id: len(s.streams), name: name, mean: mean, do: do, luck: w.newDice(name)})
	}
	add("arrive", w.weather.arrival, w.arrive)
	add("control", w.weather.control, w.desk.request)
	add("monitor", w.weather.control, w.desk.supervise)
	add("record", w.weather.control, w.desk.record)
	add("urge", 3*w.weather.control, w.desk.urge)
	add("incident", 4*w.weather.control, w.desk.incident)
	add("mark", 4*w.weather.control, w.desk.mark)
	add("feature code", 6*w.weather.control, func(_ int, luck *dice) {
		one(luck, w.phones...).dial(one(luck, codeLogin, codeOut, codeReady, codeReady, codePause, codePause+"2", codePause+"9", "1000", outsideNumber, outsideNumber, extensionOf(0, false), denied), luck)
	})
	add("sign in at a phone", 6*w.weather.control, func(_ int, luck *dice) {
		if p := one(luck, w.phones...); !p.busy(nil) && len(w.plan.Seats) > 0 {
			p.signIn(luck)
		}
	})
	add("outside call", 12*w.weather.arrival, w.outsideCall)
	add("noise", 8*w.weather.arrival, w.noise)
	add("phone trouble", w.weather.phoneTrouble, w.phoneTrouble)
	add("link loss", w.weather.linkLoss, w.linkTrouble)
	add("crash", w.weather.crash, w.crash)
	add("asterisk restart", w.weather.asteriskRestart, w.restartAsterisk)
	add("plan change", w.weather.planChange, w.changePlan)
	return s
}

// begin plans the first stimulus of each stream; the agents come to work.
func (s *script) begin() {
	for _, st := range s.streams {
		if st.mean > 0 {
			s.plan(st)
		}
	}
	if s.w.weather.arrival == 0 {
		return // the callers and the shifts are planned elsewhere
	}
	for _, id := range s.w.crew {
		s.w.desk.morning(id)
	}
}

// plan plans the next stimulus of a stream.
func (s *script) plan(st *stream) {
	s.w.after(st.luck.around(st.mean), func() {
		if s.w.ending {
			return
		}
		st.n++
		id := st.n*len(s.streams) + st.id
		if !s.w.setting.leave[id] {
			s.played = append(s.played, id)
			s.w.tracef("stimulus %d: %s", id, st.name)
			s.w.seen.add("stimulus " + st.name)
			st.do(st.n, newDice(s.w.seed, st.name, uint64(st.n)))
		}
		s.plan(st)
	})
}

func (w *world) outsideCall(_ int, luck *dice) {
	p := one(luck, w.phones...)
	if len(p.lines) > 0 || !p.registered {
		return
	}
	ch := p.outside()
	w.after(luck.around(30*time.Second), func() { p.hangUp(ch) })
}

func (w *world) phoneTrouble(_ int, luck *dice) {
	p := one(luck, w.phones...)
	p.registered = false
	w.after(luck.around(30*time.Second), func() { p.registered = true })
}

func (w *world) linkTrouble(_ int, luck *dice) {
	w.ctl.loseLink(luck)
	w.after(luck.between(200*time.Millisecond, one(luck, time.Second, 30*time.Second)), w.ctl.connect)
}

func (w *world) crash(_ int, luck *dice) {
	if !w.ctl.alive {
		return
	}
	w.ctl.crash(luck)
	w.after(luck.between(200*time.Millisecond, one(luck, 2*time.Second, 10*time.Second, time.Minute)), w.ctl.start)
}

// restartAsterisk kills Asterisk; it is back after a while, with nothing left.
func (w *world) restartAsterisk(_ int, luck *dice) {
	if !w.reachable {
		return
	}
	w.seen.add("fault asterisk restart")
	w.disturb()
	w.reachable = false
	w.native.restart()
	w.ast.restart()
	w.ctl.loseLink(luck)
	w.after(luck.between(time.Second, 20*time.Second), func() {
		w.reachable = true
		w.ctl.connect()
	})
}

func (w *world) changePlan(_ int, luck *dice) {
	w.plans++
	plan := drawPlan(newDice(w.seed, "plan "+strconv.Itoa(w.plans), 0), w.plans)
	if luck.chance(0.3) { // an agent leaves
		plan.Agents = plan.Agents[:len(plan.Agents)-1]
		withoutSeats(plan)
	}
	w.plan = plan
	w.known[plan.Version] = plan
	w.ctl.tell(callcenter.PlanChanged{Plan: plan})
}

// windDown ends the traffic and the faults and looks whether anything is left.
func (w *world) windDown() {
	w.tracef("winding down")
	w.ending = true
	w.calm()
	for _, ch := range w.ast.order {
		if c, ok := ch.party.(*caller); ok {
			w.after(c.luck.between(0, 30*time.Second), func() { c.hangUp("goes home") })
		}
	}
	w.until(w.now + 10*time.Minute)
	for w.failure == nil && len(w.ctl.tail) > 0 { // what was decided just now is not durable yet
		w.next()
	}
	if w.failure == nil {
		w.checkQuiet()
	}
	w.over = true
	w.until(w.now + 3*time.Hour)
	if w.failure == nil {
		w.checkForgotten()
	}
}

// calm ends the faults, but not the delays.
func (w *world) calm() {
	w.disturb()
	w.weather.failBefore, w.weather.failAfter = 0, 0
	w.weather.duplicate, w.weather.missing, w.weather.lost = 0, 0, 0
}

// until lets the world happen up to an instant.
func (w *world) until(t time.Duration) {
	for w.failure == nil && len(w.heap) > 0 && w.heap[0].at <= t {
		w.next()
	}
}
