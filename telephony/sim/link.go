package sim

import (
	"time"

	"firstline/telephony/callcenter"
)

// link is the stream of events from Asterisk to the controller: Asterisk's outbound, persistent websocket. While it is
// down Asterisk keeps the events and sends them in order when it is back; what was in the socket at that moment may be
// lost.
type link struct {
	w        *world
	up       bool
	lossy    bool // while down events are lost and not kept
	kept     []*message
	underway []*message
	last     time.Duration // when the last event arrived, or will arrive
}

// message is one event on its way.
type message struct {
	ch       *channel
	ev       callcenter.Event
	occurred time.Duration
	entered  bool // instead of ev: the channel entered the application
	gone     bool // delivered, lost or taken back
}

// send takes an event that happened now.
func (l *link) send(ch *channel, ev callcenter.Event) {
	l.take(&message{ch: ch, ev: ev, occurred: l.w.now})
}

// enter takes the word that a leg is in the application now.
func (l *link) enter(ch *channel) { l.take(&message{ch: ch, entered: true}) }

func (l *link) take(m *message) {
	if !l.up {
		if !l.lossy {
			l.kept = append(l.kept, m)
		}
		return
	}
	l.transmit(m)
}

// transmit puts a message on the wire: it arrives after a while, behind the earlier ones of its channel, and, unless
// the weather reorders, behind all earlier ones.
func (l *link) transmit(m *message) {
	d := m.ch.luck
	if d.chance(l.w.weather.missing) {
		l.w.tracef("lost: %T%+v", m.ev, m.ev)
		l.w.disturb()
		return
	}
	at := l.w.now + d.between(0, l.w.weather.lag)
	at = max(at, m.ch.delivered)
	if !l.w.weather.reorder {
		at = max(at, l.last)
	}
	m.ch.delivered = at
	l.last = max(at, l.last)
	l.underway = append(l.underway, m)
	l.w.at(at, func() { l.deliver(m) })
	if d.chance(l.w.weather.duplicate) {
		twin := *m
		l.underway = append(l.underway, &twin)
		l.w.at(at+d.around(time.Second), func() { l.deliver(&twin) })
	}
}

func (l *link) deliver(m *message) {
	if m.gone {
		return
	}
	m.gone = true
	l.sweep()
	l.w.ctl.event(m)
}

// sweep forgets delivered messages now and then.
func (l *link) sweep() {
	if len(l.underway) < 64 {
		return
	}
	kept := l.underway[:0]
	for _, m := range l.underway {
		if !m.gone {
			kept = append(kept, m)
		}
	}
	clear(l.underway[len(kept):])
	l.underway = kept
}

// cut breaks the link. What is under way is kept or, with probability loss each, lost.
func (l *link) cut(d *dice, loss float64) {
	if !l.up {
		return
	}
	l.up = false
	for _, m := range l.underway {
		if m.gone {
			continue
		}
		m.gone = true
		if !d.chance(loss) {
			again := *m
			again.gone = false
			l.kept = append(l.kept, &again)
		}
	}
	l.underway = nil
}

// mend brings the link back: the kept events are delivered in order, at once.
func (l *link) mend() {
	l.up, l.lossy = true, false
	kept := l.kept
	l.kept = nil
	for _, m := range kept {
		l.w.ctl.event(m)
	}
}

// forget loses everything that Asterisk had kept in its memory.
func (l *link) forget() { l.kept = nil }
