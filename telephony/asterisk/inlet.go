package asterisk

import (
	"sync"
	"time"

	"firstline/telephony/callcenter"
)

// inlet is the one way into the sink. It keeps the order, lets Asterisk's events wait while what is there is being listed,
// and remembers which channels the core has been told of. Safe for concurrent use.
type inlet struct {
	metrics *metrics

	mu       sync.Mutex // guards all below; the sink is called under it, which keeps the order and costs nothing: Put doesn't block
	sink     Sink
	holding  bool
	held     []event
	channels map[string]bool // told as there and not as gone
}

// event is an event with its time.
type event struct {
	occurred time.Time
	ev       callcenter.Event
	entered  string // instead of ev: a leg that entered the application, which is only remembered
}

func newInlet(sink Sink, m *metrics) *inlet {
	return &inlet{sink: sink, metrics: m, channels: make(map[string]bool)}
}

// tell hands on what doesn't come from Asterisk's stream of events: it never waits for a listing.
func (i *inlet) tell(occurred time.Time, ev callcenter.Event) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.sink.Put(occurred, ev)
}

// event hands on, or keeps, an event of Asterisk.
func (i *inlet) event(occurred time.Time, ev callcenter.Event) {
	i.take(event{occurred: occurred, ev: ev})
}

// entered remembers a leg of ours that is there: the core made it and needs no word of it.
func (i *inlet) entered(leg string) { i.take(event{entered: leg}) }

func (i *inlet) take(e event) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.holding {
		i.held = append(i.held, e)
		i.metrics.held.Set(float64(len(i.held)))
		return
	}
	i.put(e)
}

func (i *inlet) put(e event) {
	if e.entered != "" {
		i.channels[e.entered] = true
		return
	}
	switch ev := e.ev.(type) {
	case callcenter.CallArrived:
		i.channels[ev.Channel] = true
	case callcenter.ChannelEnded:
		delete(i.channels, ev.Channel)
	}
	i.sink.Put(e.occurred, e.ev)
}

// hold lets Asterisk's events wait until release. What is listed meanwhile is then never older than an event the core was
// told before it; what comes behind it may be, and says what the list says too.
func (i *inlet) hold() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.holding = true
}

// release hands on what is there, if not nil, and the events that waited. Those of a channel that ended before it could be
// listed come before the list: its end was heard, so nobody shall take it for vanished.
func (i *inlet) release(asked time.Time, there *callcenter.Reconciled) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if there != nil {
		i.putEnded(*there)
		clear(i.channels)
		for _, c := range there.Channels {
			if c.InApp {
				i.channels[c.ID] = true
			}
		}
		i.sink.Put(asked, *there)
	}
	for _, e := range i.held {
		i.put(e)
	}
	i.held, i.holding = nil, false
	i.metrics.held.Set(0)
}

// putEnded hands on the waiting events of channels that have ended and aren't on the list.
func (i *inlet) putEnded(there callcenter.Reconciled) {
	ended := make(map[string]bool)
	for _, e := range i.held {
		if end, ok := e.ev.(callcenter.ChannelEnded); ok {
			ended[end.Channel] = true
		}
	}
	for _, c := range there.Channels {
		delete(ended, c.ID)
	}
	var rest []event
	for _, e := range i.held {
		if ended[e.channel()] {
			i.put(e)
			continue
		}
		rest = append(rest, e)
	}
	i.held = rest
}

// channel is the channel that an event of Asterisk is about; "" for the end of a playback.
func (e event) channel() string {
	if e.entered != "" {
		return e.entered
	}
	switch e := e.ev.(type) {
	case callcenter.CallArrived:
		return e.Channel
	case callcenter.DigitPressed:
		return e.Channel
	case callcenter.LegRinging:
		return e.Channel
	case callcenter.LegAnswered:
		return e.Channel
	case callcenter.ChannelEnded:
		return e.Channel
	case callcenter.ChannelHeld:
		return e.Channel
	case callcenter.ChannelUnheld:
		return e.Channel
	}
	return ""
}

// lose hands on the events that waited and says that the link is lost.
func (i *inlet) lose(why string) {
	i.release(time.Time{}, nil)
	i.tell(time.Now(), callcenter.LinkLost{Why: why})
}

// told is a copy of the channels the core believes to be there.
func (i *inlet) told() map[string]bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	out := make(map[string]bool, len(i.channels))
	for id := range i.channels {
		out[id] = true
	}
	return out
}
