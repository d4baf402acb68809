package sim

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/callcenter"
)

// Agents hand their callers on: by request from their pages, or with the keys of their phones. The rules about it are here too.

// transferBook is an agent handing his caller on, as the facts say.
type transferBook struct {
	fact.TransferStarted
	at       time.Time
	answered string // who was asked and answered
}

// extensionOf is what agents dial to reach an agent or a queue.
func extensionOf(i int, queue bool) string {
	if queue {
		return "60" + string(rune('1'+i))
	}
	return strings.TrimPrefix(endpointOf(i), "PJSIP/")
}

// drawTransfers throws how callers are handed on.
func drawTransfers(d *dice, p *callcenter.Plan) {
	seconds := func(of ...int) time.Duration { return time.Duration(one(d, of...)) * time.Second }
	p.Transfers = callcenter.Transfers{RingTimeout: seconds(2, 5), Wait: seconds(5, 20), WrapUp: seconds(0, 3)}
	for i := range p.Queues {
		p.Queues[i].Extension = extensionOf(i, true)
	}
	for i := range p.Agents {
		p.Agents[i].Extension = extensionOf(i, false)
	}
}

// ownLine is the queue that an agent has for himself, as the plan says it should be.
func ownLine(p *callcenter.Plan, id string) callcenter.Queue {
	return callcenter.Queue{
		ID: id, Name: id, Strategy: callcenter.LongestIdle, Staff: callcenter.StaffLoggedIn, RingTimeout: p.Transfers.RingTimeout,
		RetryDelay: 5 * time.Second, MaxWait: p.Transfers.Wait, WrapUp: p.Transfers.WrapUp,
	}
}

// serves tells whether an agent answers a queue's calls: those he is planned for, and his own.
func serves(a callcenter.Agent, queue string) bool {
	return queue == "agent:"+a.ID || slices.Contains(a.Queues, queue)
}

// targets are whom callers are handed on to, nobody there is included.
func targets() []callcenter.Target {
	list := []callcenter.Target{{To: fact.TransferToMenu, ID: "main"}, {To: fact.TransferToMenu, ID: "nowhere"}, {To: fact.TransferToQueue, ID: "nowhere"}}
	for _, q := range queueIDs() {
		list = append(list, callcenter.Target{To: fact.TransferToQueue, ID: q}, callcenter.Target{To: fact.TransferToQueue, ID: q})
	}
	for _, a := range agentIDs() {
		list = append(list, callcenter.Target{To: fact.TransferToAgent, ID: a}, callcenter.Target{To: fact.TransferToAgent, ID: a})
	}
	outside := callcenter.Target{To: fact.TransferToNumber, ID: outsideNumber}
	return append(list, outside, outside, outside, outside, callcenter.Target{To: fact.TransferToNumber, ID: denied})
}

// outsideNumber is one to which callers are sent on.
const outsideNumber = "1077"

// masked is what facts say of it.
const masked = "*077"

// numbersToDial are what agents dial to hand somebody on.
func numbersToDial() []string {
	list := []string{"999", dialedOnes()[0], outsideNumber, outsideNumber, outsideNumber, denied}
	for i := range queueIDs() {
		list = append(list, extensionOf(i, true), extensionOf(i, true))
	}
	for i := range agentIDs() {
		list = append(list, extensionOf(i, false))
	}
	return list
}

// handOn is an agent who talks doing something about his caller on his page, and then something else.
func (d *desk) handOn(agent string, ch *channel, times int) {
	if ch.gone || times == 0 {
		return
	}
	d.asked++
	c := callcenter.Control{
		Request: "h" + strconv.Itoa(d.asked), By: fact.ByDesk, Actor: agent, Agent: agent,
		Action: one(ch.luck, callcenter.ActionTransfer, callcenter.ActionConsult, callcenter.ActionConsult, callcenter.ActionConsult, callcenter.ActionHold),
	}
	c.To = one(ch.luck, targets()...)
	if times < 3 {
		c.Action = one(ch.luck, callcenter.ActionComplete, callcenter.ActionConference, callcenter.ActionConference, callcenter.ActionReturn,
			callcenter.ActionUnhold, callcenter.ActionConsult)
	}
	d.send(c)
	d.w.after(ch.luck.around(d.w.weather.answerLag+d.w.weather.talk/4), func() { d.handOn(agent, ch, times-1) })
}

// handOn is an agent who talks doing something with his phone's keys.
func (p *phone) handOn(ch *channel) {
	if ch.gone || ch.bridge == nil {
		return
	}
	if ch.luck.chance(0.5) {
		p.refer(ch, one(ch.luck, numbersToDial()...), nil)
		return
	}
	p.w.ast.emit(ch, callcenter.ChannelHeld{Channel: ch.id})
	second := p.call(one(ch.luck, numbersToDial()...))
	if second == nil {
		p.w.ast.emit(ch, callcenter.ChannelUnheld{Channel: ch.id})
		return
	}
	p.w.seen.add("phone asks")
	p.w.after(ch.luck.around(p.w.weather.talk/2), func() { p.decideBetween(ch, second) })
}

// decideBetween ends an agent's two calls: joined, or one of them hung up.
func (p *phone) decideBetween(first, second *channel) {
	switch x := first.luck.float(); {
	case first.gone || second.gone:
	case x < 0.4:
		p.refer(first, "", second)
	case x < 0.6:
		p.refer(second, "", first)
	case x < 0.75:
		p.hangUp(first)
	default:
		p.hangUp(second)
	}
	if !first.gone {
		p.w.after(first.luck.around(time.Second), func() {
			if !first.gone {
				p.w.ast.emit(first, callcenter.ChannelUnheld{Channel: first.id})
			}
		})
	}
	if !second.gone {
		p.w.after(first.luck.around(5*time.Second), func() { p.hangUp(second) })
	}
}

// refer asks Asterisk to hand on who is at the other end.
func (p *phone) refer(ch *channel, to string, other *channel) {
	if !ch.inApp { // the dialplan has it, and leaves such requests alone
		return
	}
	ev := callcenter.TransferAsked{Channel: ch.id, To: to}
	if other != nil {
		ev.Other = other.id
		p.w.seen.add("phone transfers attended")
	} else {
		p.w.seen.add("phone transfers blind")
	}
	ch.asks++
	ch.askedAt = p.w.now
	p.w.ast.emit(ch, ev)
	p.w.soon(func() bool { return ch.asks > 0 && !ch.gone }, "%s asked for a transfer and has no answer", ch.id)
}

// soon fails where something that must pass at once does not, in calm weather.
func (w *world) soon(wrong func() bool, format string, args ...any) {
	w.after(3*time.Second, func() {
		if w.weather.calm && wrong() {
			w.fail(ruleLasting, format, args...)
		}
	})
}

// answerTransfer tells the phone what became of the transfer it asked for.
func (a *asterisk) answerTransfer(c callcenter.AnswerTransfer, done answer) {
	ch := a.inApp(c.Channel, done)
	if ch == nil {
		return
	}
	if c.Done && ch.asks == 0 {
		a.w.fail(ruleCommand, "%s answers a transfer that %s did not ask for", c.ID, c.Channel)
	}
	ch.asks = max(0, ch.asks-1)
	done(204, "")
}

func (a *asterisk) removeFromBridge(c callcenter.RemoveFromBridge, done answer) {
	b := a.bridges[c.Bridge]
	if b == nil {
		done(404, "Bridge not found")
		return
	}
	for _, id := range c.Channels {
		ch := a.channels[id]
		switch {
		case ch == nil:
			done(400, "Channel not found")
			return
		case ch.bridge != b:
			done(422, "Channel not in this bridge")
			return
		}
	}
	for _, id := range c.Channels {
		a.leave(a.channels[id])
	}
	done(204, "")
}

// talking finds the segment of an agent who talks, or is on hold; nil = he is not in the talk.
func (c *contactBook) talking(agent string) *segmentBook {
	for _, s := range c.segments {
		if s.Agent == agent && s.Kind != fact.SegmentWrapUp {
			return s
		}
	}
	return nil
}

// inTalk tells whether anybody talks to the caller, or has him on hold.
func (c *contactBook) inTalk() bool {
	return slices.ContainsFunc(c.segments, func(s *segmentBook) bool { return s.Kind != fact.SegmentWrapUp }) || len(c.guests()) > 0
}

// held tells whether some agent's time counts as hold, or the caller waits for a phone outside.
func (c *contactBook) held() bool {
	return c.leftToRing() || slices.ContainsFunc(c.segments, func(s *segmentBook) bool { return s.Kind == fact.SegmentHold })
}

// transferStarted: only who talks to the caller hands him on, and only one at a time asks.
func (l *ledger) transferStarted(f fact.Fact, c *contactBook, d fact.TransferStarted) {
	s := c.talking(d.Agent)
	switch {
	case s == nil || c.transfer != nil || !c.callOpen:
		l.w.fail(ruleTransfers, "%s is handed on: %+v, within %+v", f.Subject, d, c.transfer)
		return
	case d.Queue != s.Queue || d.Call != s.Call:
		l.w.fail(ruleTransfers, "%s: transfer %+v out of segment %+v", f.Subject, d, s.SegmentStarted)
	case d.To == fact.TransferToNumber:
		if d.Target != masked {
			l.w.fail(ruleTransfers, "%s is sent on as %+v", f.Subject, d)
		}
	case !slices.Contains(targets(), callcenter.Target{To: d.To, ID: d.Target}) && d.Target != "other" || strings.Contains(d.Target, "nowhere"):
		l.w.fail(ruleTransfers, "%s is handed on to %s %s, which is nowhere", f.Subject, d.To, d.Target)
	}
	c.transfers++
	c.transfer = &transferBook{TransferStarted: d, at: f.Time}
	if d.To == fact.TransferToNumber && d.Mode == fact.TransferAttended {
		c.outside = append(c.outside, &outsideBook{TransferStarted: d, at: f.Time})
	}
	if t := c.transfer; d.By != fact.ByPhone {
		l.w.soon(func() bool { return c.transfer == t && (c.entry != nil || c.asksOutside()) && l.inSilence(c, d.Agent) }, "%s waits in silence for who to ask for %s", d.Agent, c.id)
	}
}

// inSilence tells whether an agent has a phone at his ear for the contact and hears no music, and no ringing.
func (l *ledger) inSilence(c *contactBook, agent string) bool {
	legs, music := 0, 0
	for _, ch := range l.w.ast.order {
		if strings.HasPrefix(ch.id, "fl.") && contactOf(ch.id) == c.id && l.w.onLeg(ch.id) == agent {
			legs++
			if ch.music || ch.playing() {
				music++
			}
		}
	}
	return legs > 0 && music == 0
}

func (l *ledger) transferEnded(f fact.Fact, c *contactBook, d fact.TransferEnded) {
	t := c.transfer
	if t == nil || t.Transfer != d.Transfer {
		l.w.fail(ruleClosedOnce, "%s ends transfer %s, which is not open", f.Subject, d.Transfer)
		return
	}
	l.w.seen.add("transfer " + string(d.Mode) + " " + string(d.By) + " " + string(d.Result))
	l.span(f, t.at, d.StartedAt, d.EndedAt, d.DurationMS)
	if d.Agent != t.Agent || d.Queue != t.Queue || d.Mode != t.Mode || d.By != t.By || d.To != t.To || d.Target != t.Target {
		l.w.fail(ruleClosingRows, "%s: transfer %+v was opened as %+v", f.Subject, d, t.TransferStarted)
	}
	if d.To == fact.TransferToNumber && d.Mode == fact.TransferAttended {
		l.askedOutside(f, c, d)
		l.w.seen.add("asked outside " + string(d.By) + " " + string(d.Result))
	}
	if d.With != t.answered {
		l.w.fail(ruleTransfers, "%s: transfer %+v, %q had answered", f.Subject, d, t.answered)
	}
	if d.Mode == fact.TransferBlind && (d.Result != fact.TransferCompleted || d.DurationMS != 0) {
		l.w.fail(ruleTransfers, "%s: a blind transfer ends as %+v", f.Subject, d)
	}
	switch {
	case d.With != "" && (d.Result == fact.TransferCompleted || d.Result == fact.TransferConference):
		c.lastAgent, c.lastQueue = d.With, c.talking(d.With).Queue
		l.servedNow(f, c)
	case d.Result == fact.TransferCompleted && c.entry != nil:
		c.lastQueue = c.entry.Queue // he takes the place
	}
	if d.Result == fact.TransferCompleted {
		c.handedOn++
		if d.Mode == fact.TransferBlind && d.To == fact.TransferToMenu {
			c.sentTo, _, _ = strings.Cut(d.Target, "/")
			c.vars, c.raised = nil, 0
		}
	}
	c.transfer, c.handed = nil, &d
}

// handedWell looks, at the end of the Step in which a transfer ended, whether everybody is where it says.
func (l *ledger) handedWell(c *contactBook) {
	d := c.handed
	if d == nil {
		return
	}
	c.handed = nil
	stays, with := c.talking(d.Agent) != nil, c.talking(d.With) != nil
	wantStays := d.Result != fact.TransferCompleted && d.Result != fact.TransferAbandoned
	wantWith := d.With != "" && (d.Result == fact.TransferConference || d.Result == fact.TransferCompleted)
	if d.Result == fact.TransferUnanswered && !stays && c.inTalk() {
		return // he left a conference while he waited
	}
	if !c.callOpen || c.tookOver != "" {
		return // it ended in the same Step, for another reason
	}
	if stays != wantStays || with != wantWith {
		l.w.fail(ruleTransfers, "%s: after %+v %s talks: %t, %q talks: %t", c.id, d, d.Agent, stays, d.With, with)
	}
	over := c.lastEnded != nil && !c.lastEnded.EndedAt.Before(d.EndedAt) // he waited too long already
	if d.Result == fact.TransferCompleted && d.With == "" && c.entry == nil && c.visit == nil && d.To != fact.TransferToMenu && len(c.guests()) == 0 && !over {
		l.w.fail(ruleTransfers, "%s: after %+v he waits nowhere", c.id, d)
	}
}

// byPhone tells whether the agent consults with a second call of his phone, as the facts say.
func (l *ledger) byPhone(agent string) bool {
	return slices.ContainsFunc(l.live, func(c *contactBook) bool {
		return c.transfer != nil && c.transfer.By == fact.ByPhone && c.transfer.Agent == agent
	})
}
