package sim

import (
	"slices"
	"strings"
	"time"

	"firstline/telephony/callcenter"
)

// answer takes the result of a request to Asterisk: the HTTP status, and the message of an error.
type answer func(code int, text string)

// do carries out one request, as ARI would. The answer comes at once or, where a playback blocks the channel, later.
func (a *asterisk) do(cmd callcenter.Command, done answer) {
	switch c := cmd.(type) {
	case callcenter.ClearTimeout:
		a.onChannel(c.Channel, done, func(ch *channel) { ch.limit++ })
	case callcenter.Answer:
		a.onChannel(c.Channel, done, func(ch *channel) { ch.state = stateUp })
	case callcenter.Play:
		a.play(c, done)
	case callcenter.PlayToAll:
		a.playToAll(c, done)
	case callcenter.StopPlay:
		a.stopPlay(c.Playback, done)
	case callcenter.StartMusic:
		a.setMusic(c.Channel, true, done)
	case callcenter.StopMusic:
		a.setMusic(c.Channel, false, done)
	case createLeg:
		a.createLeg(c, done)
	case dialLeg:
		a.dial(c, done)
	case callcenter.CreateBridge:
		a.createBridge(c.Bridge, done)
	case callcenter.AddToBridge:
		a.addToBridge(c, done)
	case callcenter.Snoop:
		a.snoop(c, done)
	case callcenter.RecordSnoop:
		a.recordSnoop(c, done)
	case callcenter.MuteRecording:
		a.muteRecording(c, done)
	case callcenter.Mute:
		a.mute(c, done)
	case callcenter.RemoveFromBridge:
		a.removeFromBridge(c, done)
	case callcenter.AnswerTransfer:
		a.answerTransfer(c, done)
	case callcenter.DestroyBridge:
		a.destroyBridge(c.Bridge, done)
	case callcenter.CheckPhone:
		if a.w.phoneAt(c.Endpoint) == nil {
			a.w.fail(ruleCommand, "%s looks at %s, which is no phone", c.ID, c.Endpoint)
		}
		done(200, "")
	case callcenter.SendOut:
		a.sendOut(c, done)
	case callcenter.HangUp:
		if ch := a.channels[c.Channel]; ch != nil {
			a.hangUp(ch, c.Cause)
			done(204, "")
			return
		}
		done(404, "Channel not found")
	default:
		a.w.fail(ruleWorld, "Asterisk doesn't know the command %T", cmd)
	}
}

// inApp finds a channel that can be controlled; otherwise it has answered already.
func (a *asterisk) inApp(id string, done answer) *channel {
	ch := a.channels[id]
	switch {
	case ch == nil:
		done(404, "Channel not found")
		return nil
	case !ch.inApp:
		done(409, "Channel not in Stasis application")
		return nil
	}
	return ch
}

// onChannel does something that answers when the channel's turn has come.
func (a *asterisk) onChannel(id string, done answer, act func(*channel)) {
	ch := a.inApp(id, done)
	if ch == nil {
		return
	}
	a.enqueue(ch, &task{act: func(gone bool) {
		if gone {
			done(404, "Channel not found")
			return
		}
		act(ch)
		done(204, "")
	}})
}

// mute is answered at once, and done when the channel's turn has come: a phone that hears a tone is not muted before.
func (a *asterisk) mute(c callcenter.Mute, done answer) {
	ch := a.inApp(c.Channel, done)
	if ch == nil {
		return
	}
	a.enqueue(ch, &task{act: func(bool) { ch.muted = c.On }})
	done(204, "")
}

// sendOut gives a caller to the dialplan, where he talks to somebody outside.
func (a *asterisk) sendOut(c callcenter.SendOut, done answer) {
	if c.Endpoint != "PJSIP/"+outsideNumber+wayOut && (a.w.phoneAt(c.Endpoint) == nil || a.w.owners[c.Channel] == "") {
		a.w.fail(ruleCallbacks, "%s sends %s to %q", c.ID, c.Channel, c.Endpoint)
	}
	ch := a.channels[c.Channel]
	switch {
	case ch == nil:
		done(404, "Channel not found")
		return
	case ch.inApp:
		a.w.seen.add("sent out")
		a.leaveApp(ch)
		a.w.after(ch.luck.around(a.w.weather.talk), func() { a.hangUp(ch, causeNormal) })
	}
	done(204, "")
}

func (a *asterisk) play(c callcenter.Play, done answer) {
	ch := a.inApp(c.Channel, done)
	if ch == nil {
		return
	}
	t := &task{playback: c.Playback, media: c.Media}
	for _, media := range c.Media {
		length, ok := a.w.mediaLength(media)
		t.failed = t.failed || !ok
		t.length += length
	}
	if len(c.Media) == 0 {
		a.w.fail(ruleCommand, "%s plays nothing on %s", c.ID, c.Channel)
	}
	ch.plays++
	a.enqueue(ch, t)
	done(201, "")
}

func (a *asterisk) stopPlay(id string, done answer) {
	for _, ch := range a.order {
		for _, t := range ch.tasks {
			if t.playback == id {
				a.endPlayback(ch, t, false)
				done(204, "")
				return
			}
		}
	}
	for _, b := range a.rooms {
		for _, s := range b.says {
			if s.playback == id {
				a.endSaying(b, s, false)
				done(204, "")
				return
			}
		}
	}
	done(404, "Playback not found")
}

func (a *asterisk) setMusic(id string, on bool, done answer) {
	ch := a.inApp(id, done)
	if ch == nil {
		return
	}
	a.enqueue(ch, &task{act: func(bool) { ch.music = on }})
	done(204, "")
}

func (a *asterisk) createLeg(c createLeg, done answer) {
	if a.channels[c.Channel] != nil {
		done(409, "Channel with given unique ID already exists")
		return
	}
	if strings.HasSuffix(c.Endpoint, wayOut) {
		if numberOut(c.Endpoint) == outsideNumber {
			a.callGuest(c)
		} else {
			a.callOut(c)
		}
		a.entersSoon(a.channels[c.Channel])
		done(200, "")
		return
	}
	phone := a.w.phoneAt(c.Endpoint)
	if phone == nil || !phone.registered {
		done(500, "Allocation failed")
		return
	}
	if other := phone.taken(); other != nil && a.w.weather.calm {
		a.w.fail(ruleOneTalk, "%s is rung by %s, but is on %s", c.Endpoint, c.Channel, other.id)
	}
	if !strings.HasPrefix(c.Channel, "fl.leg."+c.Contact+".") {
		a.w.fail(ruleCommand, "leg %s is not named after its contact %s", c.Channel, c.Contact)
	}
	ch := &channel{id: c.Channel, endpoint: c.Endpoint, state: stateDown, party: phone}
	a.open(ch)
	phone.lines = append(phone.lines, ch)
	a.entersSoon(ch)
	done(200, "")
}

// entersSoon has a leg enter the application.
func (a *asterisk) entersSoon(ch *channel) {
	a.w.after(ch.luck.between(0, 2*time.Millisecond), func() {
		if !ch.gone {
			ch.inApp = true
			a.events.enter(ch)
		}
	})
}

func (a *asterisk) dial(c dialLeg, done answer) {
	ch := a.inApp(c.Channel, done)
	if ch == nil {
		return
	}
	if ch.state != stateDown {
		done(409, "Channel in invalid state")
		return
	}
	if ch.dialing { // seen in the real one: both dials answer 204 and the leg is hung up
		done(204, "")
		a.hangUp(ch, causeNormal)
		return
	}
	ch.dialing = true
	done(204, "")
	if c.Timeout > 0 {
		a.w.after(c.Timeout, func() {
			if !ch.gone && ch.state != stateUp {
				a.hangUp(ch, causeNoAnswer)
			}
		})
	}
	if u := a.w.customers[ch.id]; u != nil {
		u.ring(ch)
		return
	}
	if g := a.w.guests[ch.id]; g != nil {
		g.ring()
		return
	}
	a.w.phoneAt(ch.endpoint).ring(ch)
}

func (a *asterisk) createBridge(id string, done answer) {
	if a.bridges[id] != nil {
		done(409, "Bridge with same id already exists")
		return
	}
	b := &bridge{id: id}
	a.bridges[id] = b
	a.rooms = append(a.rooms, b)
	done(200, "")
}

func (a *asterisk) addToBridge(c callcenter.AddToBridge, done answer) {
	b := a.bridges[c.Bridge]
	if b == nil {
		done(404, "Bridge not found")
		return
	}
	members := make([]*channel, 0, len(c.Channels))
	for _, id := range c.Channels {
		ch := a.channels[id]
		switch {
		case ch == nil:
			done(400, "Channel not found")
			return
		case !ch.inApp:
			done(422, "Channel not in Stasis application")
			return
		}
		members = append(members, ch)
	}
	a.addNext(b, members, done)
}

// addNext adds one channel after the other, each when its turn has come.
func (a *asterisk) addNext(b *bridge, rest []*channel, done answer) {
	if len(rest) == 0 {
		done(204, "")
		return
	}
	ch := rest[0]
	if ch.gone {
		done(400, "Channel not found")
		return
	}
	a.enqueue(ch, &task{act: func(gone bool) {
		if gone || b.gone {
			done(400, "Channel not found")
			return
		}
		a.join(b, ch)
		a.addNext(b, rest[1:], done)
	}})
}

func (a *asterisk) destroyBridge(id string, done answer) {
	b := a.bridges[id]
	if b == nil {
		done(404, "Bridge not found")
		return
	}
	for _, ch := range b.members {
		ch.bridge = nil
	}
	for _, s := range slices.Clone(b.says) {
		a.endSaying(b, s, false)
	}
	b.gone, b.members = true, nil
	delete(a.bridges, id)
	a.rooms = slices.DeleteFunc(a.rooms, func(o *bridge) bool { return o == b })
	done(204, "")
}
