package callcenter

import (
	"strings"
	"time"

	"firstline/pipeline/fact"
)

// purpose is what a command was for, kept to know what its failure means.
type purpose string

const (
	forLimit   purpose = "limit"
	forAnswer  purpose = "answer"
	forPlay    purpose = "play"
	forWhisper purpose = "whisper"
	forNotice  purpose = "notice"
	forMusic   purpose = "music" // started or stopped
	forEar     purpose = "ear"   // an agent's second call
	forDecline purpose = "decline"
	forSnoop   purpose = "snoop"
	forRecord  purpose = "record"
	forSilence purpose = "silence" // in a recording, or sound again
	forMute    purpose = "mute"    // of an agent, or that he is heard again
	forDial    purpose = "dial"
	forBridge  purpose = "bridge"
	forHangUp  purpose = "hangup"
	forLookup  purpose = "lookup"
	forPop     purpose = "pop"
	forPIN     purpose = "pin"
	forOther   purpose = "" // failure doesn't matter: the thing is gone already
)

// dialMargin is how much longer than the core's ring time-out Asterisk's own is.
const dialMargin = 5 * time.Second

// order gives a command. While the link is down nothing is ordered: Reconciled orders what is wanted then.
func (c *Center) order(ct *contact, what purpose, of string, make func(Head) Command) {
	if !c.LinkUp() {
		return
	}
	id := part(ct.ID, "x", &ct.Count.Command)
	if what != forOther {
		ct.Sent = append(ct.Sent, sent{N: ct.Count.Command, What: what, Of: of, Channel: ct.Channel})
		if most := ct.mostSent(); len(ct.Sent) > most {
			ct.Sent = ct.Sent[len(ct.Sent)-most:]
		}
	}
	c.touch(ct)
	c.out.Commands = append(c.out.Commands, make(Head{ID: id, Contact: ct.ID}))
}

// mostSent is how many commands are remembered: more while several phones ring, each of which was sent some.
func (ct *contact) mostSent() int {
	if ct.Entry == nil {
		return keptSent
	}
	return keptSent + 4*len(ct.Entry.Open)
}

// greet takes the call over from the dialplan and answers it.
func (c *Center) greet(ct *contact) {
	c.order(ct, forLimit, "", func(h Head) Command { return ClearTimeout{Head: h, Channel: ct.ID} })
	c.order(ct, forAnswer, "", func(h Head) Command { return Answer{Head: h, Channel: ct.ID} })
}

// play starts media on the caller's channel and returns the playback's id.
func (c *Center) play(ct *contact, media []string) string {
	pb := resource(ct.ID, "pb", &ct.Count.Playback)
	c.touch(ct)
	c.order(ct, forPlay, pb, func(h Head) Command {
		return Play{Head: h, Channel: ct.channel(), Playback: pb, Media: media, Language: ct.Language}
	})
	return pb
}

// whisper plays media to an agent who took his phone, in the language of his phone.
func (c *Center) whisper(ct *contact, leg string, media []string) string {
	pb := resource(ct.ID, "pb", &ct.Count.Playback)
	c.touch(ct)
	c.order(ct, forWhisper, pb, func(h Head) Command { return Play{Head: h, Channel: leg, Playback: pb, Media: media} })
	return pb
}

// playToAll plays media to all who talk, in the caller's language.
func (c *Center) playToAll(ct *contact, playback string, media []string) {
	c.order(ct, forNotice, playback, func(h Head) Command {
		return PlayToAll{Head: h, Bridge: ct.Talk.Bridge, Playback: playback, Media: media, Language: ct.Language}
	})
}

func (c *Center) stopPlay(ct *contact, playback string) {
	c.order(ct, forOther, "", func(h Head) Command { return StopPlay{Head: h, Playback: playback} })
}

// startMusic / stopMusic: for who is on the line.
func (c *Center) startMusic(ct *contact, class string) {
	if ct.absent() {
		return
	}
	c.order(ct, forMusic, "", func(h Head) Command { return StartMusic{Head: h, Channel: ct.channel(), Class: class} })
}

func (c *Center) stopMusic(ct *contact) {
	if ct.absent() {
		return
	}
	c.order(ct, forMusic, "", func(h Head) Command { return StopMusic{Head: h, Channel: ct.channel()} })
}

// dial rings an agent's phone.
func (c *Center) dial(ct *contact, o *offer, a *agent) {
	limit := c.planFor(ct).queue(ct.Entry.Queue).RingTimeout + dialMargin
	c.order(ct, forDial, o.Leg, func(h Head) Command {
		return Ring{
			Head: h, Channel: o.Leg, Endpoint: a.endpoint(), Originator: ct.channel(), CallerID: callerID(ct), Language: ct.Language,
			Timeout: limit, AutoAnswer: a.conf != nil && a.conf.AutoAnswer,
		}
	})
}

// dialOutside calls a customer.
func (c *Center) dialOutside(ct *contact) {
	c.callOutside(ct, ct.Channel, ct.Number, c.planFor(ct).queue(ct.Entry.Queue).Callback.Ring)
}

// callOutside calls a number outside.
func (c *Center) callOutside(ct *contact, channel, number string, limit time.Duration) {
	out := c.plan.Outbound
	c.order(ct, forDial, channel, func(h Head) Command {
		return Ring{Head: h, Channel: channel, Endpoint: out.endpoint(number), CallerID: out.CallerID, Language: ct.Language, Timeout: limit + dialMargin}
	})
}

// bridge joins channels in a bridge, which is made where it is not there yet.
func (c *Center) bridge(ct *contact, bridge string, channels []string) {
	c.order(ct, forBridge, bridge, func(h Head) Command { return CreateBridge{Head: h, Bridge: bridge} })
	if len(channels) > 0 {
		c.addToBridge(ct, bridge, channels)
	}
}

func (c *Center) addToBridge(ct *contact, bridge string, channels []string) {
	c.order(ct, forBridge, bridge, func(h Head) Command {
		return AddToBridge{Head: h, Bridge: bridge, Channels: channels}
	})
}

func (c *Center) removeFromBridge(ct *contact, bridge string, channels []string) {
	c.order(ct, forOther, "", func(h Head) Command { return RemoveFromBridge{Head: h, Bridge: bridge, Channels: channels} })
}

// ringSupervisor rings the phone with which somebody wants to listen.
func (c *Center) ringSupervisor(ct *contact, a *agent, m monitor) {
	c.order(ct, forDial, m.Leg, func(h Head) Command {
		return Ring{
			Head: h, Channel: m.Leg, Endpoint: a.endpoint(), Originator: ct.channel(), CallerID: string(m.Mode) + " " + m.Agent + " <" + m.Queue + ">",
			Timeout: monitorRing + dialMargin, AutoAnswer: a.conf != nil && a.conf.AutoAnswer,
		}
	})
}

func (c *Center) snoop(ct *contact, m monitor) {
	leg := ct.Talk.onLegOf(m.Agent)
	c.order(ct, forSnoop, m.Snoop, func(h Head) Command { return Snoop{Head: h, Channel: leg, Snoop: m.Snoop} })
}

func (c *Center) recordSnoop(ct *contact, snoop string, out bool) {
	c.order(ct, forRecord, snoop, func(h Head) Command {
		return RecordSnoop{Head: h, Channel: ct.channel(), Snoop: snoop, Out: out, Silence: ct.Recording.Silence}
	})
}

// recordFailed: that the caller's channel is gone, or the recording, is heard next.
func (c *Center) recordFailed(snoop string, gone bool) {
	if gone {
		c.ignore(IgnoredNoEffect)
		return
	}
	c.recordingBroke(snoop)
}

// muteLeg: that a supervisor could not be muted must not pass unnoticed, she would be heard.
func (c *Center) muteLeg(ct *contact, leg string, on bool) {
	what := forOther
	if on {
		what = forSnoop
	}
	c.order(ct, what, leg, func(h Head) Command { return Mute{Head: h, Channel: leg, On: on} })
}

func (c *Center) muteSpeaker(ct *contact, channel string, on bool) {
	c.order(ct, forMute, channel, func(h Head) Command { return Mute{Head: h, Channel: channel, On: on} })
}

// startEarMusic / stopEarMusic: for an agent who waits to ask somebody.
func (c *Center) startEarMusic(ct *contact) {
	ear, class := ct.Talk.Consult.Ear, c.planFor(ct).queue(ct.Entry.Queue).MusicClass
	c.order(ct, forEar, ear, func(h Head) Command { return StartMusic{Head: h, Channel: ear, Class: class} })
}

func (c *Center) stopEarMusic(ct *contact) { c.quietEar(ct, ct.Talk.Consult.Ear) }

// quietEar has an agent's channel hear no music any more.
func (c *Center) quietEar(ct *contact, channel string) {
	c.order(ct, forEar, channel, func(h Head) Command { return StopMusic{Head: h, Channel: channel} })
}

// takeEar takes an agent's second call over from the dialplan and answers it.
func (c *Center) takeEar(ct *contact, ear string) {
	c.order(ct, forEar, ear, func(h Head) Command { return ClearTimeout{Head: h, Channel: ear} })
	c.order(ct, forEar, ear, func(h Head) Command { return Answer{Head: h, Channel: ear} })
}

func (c *Center) unbridge(ct *contact, bridge string) {
	c.order(ct, forOther, "", func(h Head) Command { return DestroyBridge{Head: h, Bridge: bridge} })
}

// letOut is tried again, as a hang-up is, while he is still there.
func (c *Center) letOut(ct *contact) {
	c.order(ct, forHangUp, ct.channel(), func(h Head) Command { return c.goodbye(h, ct) })
}

// goodbye lets a caller go whose call is over: to where he is sent on, or for good.
func (c *Center) goodbye(h Head, ct *contact) Command {
	out := c.plan.Outbound
	switch {
	case strings.Contains(ct.Out, "/"): // a colleague's phone
		return SendOut{Head: h, Channel: ct.channel(), Endpoint: ct.Out}
	case ct.Out != "" && c.plan.callable(ct.Out) != "" && ct.Kind == fact.KindOutbound:
		return SendOut{Head: h, Channel: ct.channel(), Endpoint: out.endpoint(ct.Out), CallerID: out.CallerID}
	case ct.Out != "" && c.plan.callable(ct.Out) != "":
		return SendOut{Head: h, Channel: ct.channel(), Endpoint: out.endpoint(ct.Out)}
	}
	return HangUp{Head: h, Channel: ct.channel(), Cause: causeNormal}
}

func (c *Center) hangUp(ct *contact, channel string, cause int) {
	c.order(ct, forHangUp, channel, func(h Head) Command { return HangUp{Head: h, Channel: channel, Cause: cause} })
}

func (c *Center) sendLookup(ct *contact, l lookup, timeout time.Duration) {
	c.order(ct, forLookup, l.ID, func(h Head) Command {
		return Lookup{Head: h, Lookup: l.ID, Method: l.Method, Value: l.Value, Timeout: timeout}
	})
}

func (c *Center) sendPop(ct *contact, p fact.Popup) {
	c.order(ct, forPop, p.Pop, func(h Head) Command { return Pop{Head: h, Popup: p} })
}

// callerID is what the agent's phone shows: "Name <number>".
func callerID(ct *contact) string {
	name := ct.Who.Name
	if name == "" {
		name = ct.Name
	}
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == '"' || r == '<' || r == '>' {
			return -1
		}
		return r
	}, name)
	return strings.TrimSpace(name + " <" + ct.Number + ">")
}

// commandFailed turns a failure into the event that it amounts to. 404 on a channel means that it is gone.
func (c *Center) commandFailed(e CommandFailed) {
	if a := c.lookedAt(e.ID); a != nil {
		c.lookFailed(a)
		return
	}
	ct := c.contacts[ownerOfPart(e.ID)]
	if ct == nil {
		c.ignore(IgnoredUnknownCommand)
		return
	}
	s, ok := ct.takeSent(e.ID)
	if !ok {
		c.ignore(IgnoredUnknownCommand)
		return
	}
	c.touch(ct)
	gone := e.Code == notFound
	switch s.What {
	case forLimit, forAnswer, forPlay, forMusic:
		c.callerCommandFailed(ct, s, gone)
	case forWhisper:
		if gone { // his leg's end will be heard
			c.ignore(IgnoredNoEffect)
			return
		}
		c.toContact(ct, PlaybackEnded{Playback: s.Of, Failed: true})
	case forNotice:
		c.toContact(ct, PlaybackEnded{Playback: s.Of, Failed: true})
	case forDecline:
		c.declineFailed(ct, s.Of, gone)
	case forEar:
		c.earFailed(ct, s.Of, gone)
	case forSnoop:
		c.monitorFailed(ct, s.Of)
	case forMute:
		c.muteFailed(ct, s.Of, gone)
	case forRecord:
		c.recordFailed(s.Of, gone)
	case forSilence:
		c.recordFailed(s.Of, gone)
	case forDial:
		c.toContact(ct, legFailed{leg: s.Of, code: e.Code})
	case forBridge:
		c.toContact(ct, bridgeFailed{bridge: s.Of})
	case forHangUp:
		c.hangUpFailed(ct, s.Of, gone)
	case forLookup:
		c.lookupDone(LookupDone{Lookup: s.Of, Result: fact.LookupFailed})
	case forPop:
		c.popDone(PopDone{Pop: s.Of, Channel: fact.PopWebhook, Result: fact.PopFailed, Error: e.Text})
	case forPIN:
		c.pinChecked(PINChecked{Check: e.ID})
	case forOther:
		c.ignore(IgnoredNoEffect)
	}
}

// notFound is the HTTP status of something that does not exist.
const notFound = 404

// Events the core tells itself.
type (
	// legFailed: a leg could not be made or dialled.
	legFailed struct {
		leg  string
		code int
	}
	// legEnded: a leg is gone.
	legEnded struct {
		leg              string
		cause, techCause int
		derived          bool
	}
	// callerEnded: the caller's channel is gone.
	callerEnded struct {
		cause    int
		derived  bool
		answered []string // legs of agents being rung who had just answered
	}
	// earEnded: the second call of an agent who consults is gone.
	earEnded struct {
		channel string
		derived bool
	}
	// bridgeFailed: caller and leg could not be joined.
	bridgeFailed struct{ bridge string }
	// answerFailed: the caller's channel could not be answered.
	answerFailed struct{}
	// due: the contact's deadline has come.
	due struct{}
)

func (legFailed) event()    {}
func (legEnded) event()     {}
func (callerEnded) event()  {}
func (earEnded) event()     {}
func (bridgeFailed) event() {}
func (answerFailed) event() {}
func (due) event()          {}

// takeSent finds a command that was sent and forgets it: it fails once.
func (ct *contact) takeSent(id string) (sent, bool) {
	for i, s := range ct.Sent {
		n := s.N - 1
		if part(ct.ID, "x", &n) == id {
			ct.Sent = append(ct.Sent[:i:i], ct.Sent[i+1:]...)
			return s, true
		}
	}
	return sent{}, false
}

func (c *Center) callerCommandFailed(ct *contact, s sent, gone bool) {
	switch {
	case s.Channel != ct.Channel:
		c.ignore(IgnoredStale) // of an earlier call of him
	case gone:
		c.callerGone(ct, 0, false)
	case s.What == forLimit:
		ct.Limited = true // the dialplan's time-out may still take the call away
	case s.What == forAnswer:
		c.toContact(ct, answerFailed{})
	case s.What == forPlay:
		c.toContact(ct, PlaybackEnded{Playback: s.Of, Failed: true})
	default:
		c.mendSoon(ct)
	}
}

// hangUpFailed: gone is as good as hung up; anything else is tried again by the contact's deadline or the sweeper.
func (c *Center) hangUpFailed(ct *contact, channel string, gone bool) {
	switch {
	case !gone:
		c.ignore(IgnoredNoEffect)
	case channel == ct.channel():
		c.callerGone(ct, 0, false)
	default:
		c.cleared(channel)
	}
}
