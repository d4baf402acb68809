package sim

import (
	"fmt"
	"slices"
	"time"

	"firstline/telephony/callcenter"
)

// asterisk is the simulated telephone system, as strict as the real one was seen to be (docs/architecture.md): a
// playback blocks what comes behind it on its channel, a leg may be dialled once and only when it is in the application,
// what is gone answers 404.
type asterisk struct {
	w        *world
	channels map[string]*channel
	order    []*channel // by creation
	bridges  map[string]*bridge
	rooms    []*bridge // by creation
	events   *link
}

// States of a channel, as ARI names them.
const (
	stateDown    = "Down"
	stateRing    = "Ring"
	stateRinging = "Ringing"
	stateUp      = "Up"
)

// Q.850 causes that phones give.
const (
	causeNormal        = 16
	causeBusy          = 17
	causeNoAnswer      = 19
	causeNotRegistered = 20
	causeRejected      = 21
	causeElsewhere     = 26
	causeOutOfOrder    = 27
	causeNetwork       = 38
)

// party is the human with the phone at the far end of a channel.
type party interface {
	// ended tells that the phone shows the end of the call.
	ended(ch *channel)
	// heard tells that the channel and another one hear each other.
	heard(ch, other *channel)
}

// channel is one call leg between Asterisk and a phone.
type channel struct {
	plays    int // prompts ordered so far
	id       string
	endpoint string // "" for an outside caller
	number   string
	dialed   string
	state    string
	inApp    bool
	dialing  bool // Dial was asked for
	created  time.Duration
	party    party
	bridge   *bridge
	music    bool
	tasks    []*task // done one after the other
	gone     bool
	muted    bool
	heard    []string      // what was played to it to its end
	snoops   *channel      // that it listens to
	tape     *tape         // what it records of that
	asks     int           // transfers that its phone asked for and has no answer to yet
	askedAt  time.Duration // the last of them
	limit    int           // bumped when the dialplan's absolute time-out is set or cleared

	luck      *dice
	delivered time.Duration // when the last of its events reached, or will reach, the controller
}

// task is one thing in a channel's queue: a playback, or something quick.
type task struct {
	playback string
	media    []string
	length   time.Duration
	failed   bool // a file that isn't there
	started  bool
	act      func(gone bool)
}

// bridge joins channels.
type bridge struct {
	id      string
	members []*channel
	says    []*announcement
	gone    bool
}

func newAsterisk(w *world) *asterisk {
	a := &asterisk{w: w, channels: map[string]*channel{}, bridges: map[string]*bridge{}}
	a.events = &link{w: w, up: true}
	return a
}

// open makes a channel.
func (a *asterisk) open(ch *channel) {
	ch.created = a.w.now
	ch.luck = a.w.newDice(ch.id)
	a.channels[ch.id] = ch
	a.order = append(a.order, ch)
}

// hangUp ends a channel at once, whatever it is doing, and tells everybody who is concerned.
func (a *asterisk) hangUp(ch *channel, cause int) {
	if ch.gone {
		return
	}
	a.remove(ch)
	if ch.tape != nil && !ch.tape.over {
		ch.tape.over = true
		a.emit(ch, callcenter.RecordingStopped{Name: ch.id})
	}
	for _, t := range ch.tasks {
		a.dropTask(ch, t)
	}
	ch.tasks = nil
	if ch.inApp {
		a.emit(ch, callcenter.ChannelEnded{Channel: ch.id, Cause: cause})
	}
	ch.inApp = false
	if ch.party != nil {
		ch.party.ended(ch)
	}
}

// remove takes a channel out of all lists without telling anybody.
func (a *asterisk) remove(ch *channel) {
	ch.gone = true
	a.leave(ch)
	a.unsnoop(ch)
	delete(a.channels, ch.id)
	a.order = slices.DeleteFunc(a.order, func(o *channel) bool { return o == ch })
}

func (a *asterisk) dropTask(ch *channel, t *task) {
	if t.playback != "" {
		a.emit(ch, callcenter.PlaybackEnded{Playback: t.playback, Failed: true})
		return
	}
	t.act(true)
}

// leaveApp takes a channel out of the application; it lives on in the dialplan.
func (a *asterisk) leaveApp(ch *channel) {
	a.leave(ch)
	ch.tasks = nil
	ch.music = false
	ch.inApp = false
	a.emit(ch, callcenter.ChannelEnded{Channel: ch.id})
}

func (a *asterisk) leave(ch *channel) {
	if ch.bridge == nil {
		return
	}
	b := ch.bridge
	ch.bridge = nil
	b.members = slices.DeleteFunc(b.members, func(o *channel) bool { return o == ch })
}

// enqueue puts a task behind the channel's other ones and starts whatever can start.
func (a *asterisk) enqueue(ch *channel, t *task) {
	ch.tasks = append(ch.tasks, t)
	a.work(ch)
}

// work does the tasks of a channel up to the next playback, which takes its time.
func (a *asterisk) work(ch *channel) {
	for len(ch.tasks) > 0 && !ch.gone {
		t := ch.tasks[0]
		if t.playback == "" {
			ch.tasks = ch.tasks[1:]
			t.act(false)
			continue
		}
		if !t.started {
			t.started = true
			a.w.after(t.length, func() { a.playedOut(ch, t) })
		}
		return
	}
}

// playedOut ends a playback that nobody stopped.
func (a *asterisk) playedOut(ch *channel, t *task) {
	if !t.failed && slices.Contains(ch.tasks, t) {
		ch.hearsOut(t.media)
	}
	a.endPlayback(ch, t, t.failed)
}

// endPlayback ends a playback that still plays or waits for its turn.
func (a *asterisk) endPlayback(ch *channel, t *task, failed bool) {
	i := slices.Index(ch.tasks, t)
	if ch.gone || i < 0 {
		return
	}
	ch.tasks = slices.Delete(ch.tasks, i, i+1)
	a.emit(ch, callcenter.PlaybackEnded{Playback: t.playback, Failed: failed})
	a.work(ch)
}

// playing tells whether a playback is sounding on the channel.
func (ch *channel) playing() bool {
	return len(ch.tasks) > 0 && ch.tasks[0].playback != ""
}

// join puts a channel into a bridge and lets the two ends hear each other when both are up.
func (a *asterisk) join(b *bridge, ch *channel) {
	if b.gone || ch.bridge == b {
		return
	}
	a.leave(ch)
	ch.bridge = b
	b.members = append(b.members, ch)
	for _, other := range slices.Clone(b.members) {
		if other != ch && other.state == stateUp && ch.state == stateUp {
			a.hear(ch, other)
			a.hear(other, ch)
		}
	}
}

func (a *asterisk) hear(ch, other *channel) {
	if ch.party != nil {
		ch.party.heard(ch, other)
	}
}

// emit sends an event about a channel on its way.
func (a *asterisk) emit(ch *channel, ev callcenter.Event) {
	a.w.tracef("asterisk: %T%+v", ev, ev)
	a.events.send(ch, ev)
}

// restart loses every channel and bridge without a word, as a killed Asterisk does.
func (a *asterisk) restart() {
	gone := a.order
	a.order = nil
	for _, ch := range gone {
		ch.gone, ch.inApp, ch.bridge, ch.tasks = true, false, nil, nil
	}
	clear(a.channels)
	for _, ch := range gone {
		if ch.party != nil {
			ch.party.ended(ch)
		}
	}
	for _, b := range a.rooms {
		b.gone, b.members, b.says = true, nil, nil
	}
	a.rooms = nil
	clear(a.bridges)
	a.events.forget()
}

// listChannels answers GET /channels.
func (a *asterisk) listChannels() []callcenter.ActualChannel {
	list := make([]callcenter.ActualChannel, 0, len(a.order))
	for _, ch := range a.order {
		list = append(list, callcenter.ActualChannel{
			ID: ch.id, State: ch.state, InApp: ch.inApp, Number: ch.number, Dialed: ch.dialed,
			Endpoint: ch.endpoint, Created: a.w.stamp(ch.created),
		})
	}
	return list
}

// listBridges answers GET /bridges.
func (a *asterisk) listBridges() []callcenter.ActualBridge {
	list := make([]callcenter.ActualBridge, 0, len(a.rooms))
	for _, b := range a.rooms {
		members := make([]string, 0, len(b.members))
		for _, ch := range b.members {
			members = append(members, ch.id)
		}
		list = append(list, callcenter.ActualBridge{ID: b.id, Members: members})
	}
	return list
}

// String tells the state of everything, for the trace of a failure.
func (a *asterisk) String() string {
	var s string
	for _, ch := range a.order {
		s += fmt.Sprintf("channel %s state=%s app=%t music=%t tasks=%d", ch.id, ch.state, ch.inApp, ch.music, len(ch.tasks))
		if ch.bridge != nil {
			s += " bridge=" + ch.bridge.id
		}
		s += "\n"
	}
	for _, b := range a.rooms {
		s += fmt.Sprintf("bridge %s members=%d\n", b.id, len(b.members))
	}
	return s
}
