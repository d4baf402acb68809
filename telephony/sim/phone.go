package sim

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"firstline/telephony/callcenter"
)

// phone is a phone with the agent before it: answers after a while or at once, misses, declines, is busy,
// vanishes while it rings, holds, hangs up, dials feature codes and makes calls of its own.
type phone struct {
	w          *world
	endpoint   string
	registered bool
	lines      []*channel // all its calls, rung ones included
	dialed     int
	claims     []claim // who logged in here of late said that they are
}

// aloneLimit is how long an agent listens to silence after he has answered.
const aloneLimit = 30 * time.Second

// ring starts a leg that was dialled; what the agent does about it depends on the leg alone.
func (p *phone) ring(ch *channel) {
	luck := ch.luck
	if !p.registered {
		p.w.after(luck.between(0, 50*time.Millisecond), func() { p.w.ast.hangUp(ch, causeNotRegistered) })
		return
	}
	if p.busy(ch) && luck.chance(0.8) || luck.chance(0.04) {
		p.w.after(luck.between(0, 50*time.Millisecond), func() { p.w.ast.hangUp(ch, causeBusy) })
		return
	}
	if luck.chance(0.9) { // some phones never say that they ring
		p.w.after(luck.between(0, 200*time.Millisecond), func() { p.rings(ch) })
	}
	if c := p.w.callers[contactOf(ch.id)]; c != nil {
		c.rung()
	}
	p.decide(ch)
}

// decide throws what the agent does when it rings.
func (p *phone) decide(ch *channel) {
	luck, ast := ch.luck, p.w.ast
	switch x := luck.float(); {
	case x < 0.68:
		p.w.after(luck.around(p.w.weather.answerLag), func() { p.answer(ch) })
	case x < 0.72:
		p.answer(ch)
	case x < 0.84: // looks away
	case x < 0.94:
		p.w.after(luck.around(2*time.Second), func() { ast.hangUp(ch, one(luck, causeRejected, causeBusy)) })
	default:
		p.w.after(luck.around(2*time.Second), func() {
			p.w.seen.add("phone vanishes while it rings")
			p.registered = false
			p.w.after(luck.around(20*time.Second), func() { p.registered = true })
			if luck.chance(0.5) {
				ast.hangUp(ch, p.w.weather.broken())
			}
		})
	}
}

// busy tells whether the phone has another call than ch.
func (p *phone) busy(ch *channel) bool {
	return slices.ContainsFunc(p.lines, func(o *channel) bool { return o != ch && o.state == stateUp })
}

// taken is a call of ours, or to us, that the phone is on and the core must know of; nil when there is none.
func (p *phone) taken() *channel {
	for _, ch := range p.lines {
		if strings.HasPrefix(ch.id, "fl.") || ch.inApp && p.w.now-ch.created > time.Second {
			return ch
		}
	}
	return nil
}

func (p *phone) rings(ch *channel) {
	if !ch.gone && ch.state == stateDown {
		ch.state = stateRinging
		p.w.ast.emit(ch, callcenter.LegRinging{Channel: ch.id})
	}
}

// answer takes the call. An agent who hears nobody hangs up in the end.
func (p *phone) answer(ch *channel) {
	if ch.gone || ch.state == stateUp {
		return
	}
	ch.state = stateUp
	p.w.ast.emit(ch, callcenter.LegAnswered{Channel: ch.id})
	p.w.ledger.truth(contactOf(ch.id)).pick(p.w.onLeg(ch.id))
	if c := p.w.callers[contactOf(ch.id)]; c != nil {
		c.answered()
	}
	if ch.luck.chance(0.04) {
		p.w.after(ch.luck.between(0, 4*time.Millisecond), func() { p.hangUp(ch) })
	}
	p.w.after(aloneLimit, func() {
		if ch.bridge == nil || len(ch.bridge.members) < 2 {
			p.hangUp(ch)
		}
	})
}

// hangUp ends a call from the agent's side.
func (p *phone) hangUp(ch *channel) {
	if ch.gone {
		return
	}
	if strings.HasPrefix(ch.id, "fl.") && !p.w.ctl.listening[ch.id] {
		p.w.ledger.truth(contactOf(ch.id)).end("agent")
	}
	p.w.ast.hangUp(ch, causeNormal)
}

// heard begins the talk from the agent's side: he may hold the line and may end the call.
func (p *phone) heard(ch, _ *channel) {
	luck := ch.luck
	if luck.chance(0.2) {
		p.w.after(luck.around(p.w.weather.talk/3), func() { p.hold(ch) })
	}
	if luck.chance(0.6) {
		p.w.after(luck.around(p.w.weather.talk), func() { p.hangUp(ch) })
	}
	switch x := luck.float(); {
	case x < 0.15:
		p.w.after(luck.around(p.w.weather.talk/2), func() { p.handOn(ch) })
	case x < 0.6:
		p.w.after(luck.around(p.w.weather.talk/2), func() { p.w.desk.handOn(p.w.onLeg(ch.id), ch, 3) })
	}
}

func (p *phone) hold(ch *channel) {
	if ch.gone {
		return
	}
	p.w.ast.emit(ch, callcenter.ChannelHeld{Channel: ch.id})
	p.w.after(ch.luck.around(p.w.weather.talk/3), func() {
		if ch.gone {
			return
		}
		p.w.ast.emit(ch, callcenter.ChannelUnheld{Channel: ch.id})
		if ch.luck.chance(0.3) {
			p.w.after(ch.luck.around(time.Second), func() { p.hold(ch) })
		}
	})
}

// ended is told that a call is over.
func (p *phone) ended(ch *channel) {
	p.lines = slices.DeleteFunc(p.lines, func(o *channel) bool { return o == ch })
}

// polled is what GET /endpoints says about the phone.
func (p *phone) polled() callcenter.EndpointState {
	s := callcenter.EndpointState{Endpoint: p.endpoint, Registered: p.registered}
	for _, ch := range p.lines {
		s.Channels = append(s.Channels, ch.id)
	}
	return s
}

// dial makes a call of the agent's own: a feature code or a number.
func (p *phone) dial(number string, luck *dice) {
	if p.busy(nil) {
		return
	}
	if ch := p.call(number); ch != nil {
		p.w.after(luck.around(20*time.Second), func() { p.hangUp(ch) })
	}
}

// call makes a call to Firstline; nil = it can't be made now.
func (p *phone) call(number string) *channel {
	if !p.registered || !p.w.ctl.heart() {
		return nil
	}
	p.dialed++
	ch := &channel{
		id:       node + "-" + strings.TrimPrefix(p.endpoint, "PJSIP/") + strconv.Itoa(p.dialed) + ".7",
		endpoint: p.endpoint, number: strings.TrimPrefix(p.endpoint, "PJSIP/"), dialed: number, state: stateRing, party: p,
	}
	p.w.owners[ch.id] = p.endpoint
	p.w.ast.open(ch)
	p.lines = append(p.lines, ch)
	p.w.enterApp(ch)
	return ch
}

// outside makes a call that Firstline doesn't see but as a busy phone; somebody else ends it.
func (p *phone) outside() *channel {
	p.dialed++
	ch := &channel{id: node + "-outside" + strconv.Itoa(p.dialed) + strings.TrimPrefix(p.endpoint, "PJSIP/"), endpoint: p.endpoint, state: stateUp, party: p}
	p.w.ast.open(ch)
	p.lines = append(p.lines, ch)
	return ch
}

// contactOf is the contact a leg, bridge or playback of ours belongs to: fl.<kind>.<contact>.<n>.
func contactOf(id string) string {
	id = strings.TrimPrefix(id, "fl.")
	_, id, _ = strings.Cut(id, ".")
	if i := strings.LastIndexByte(id, '.'); i >= 0 {
		return id[:i]
	}
	return id
}
