package sim

import (
	"slices"
	"strings"
	"time"

	"firstline/telephony/callcenter"
)

// fallback is the dialplan's native queue: it takes the callers who come while no controller answers, rings the same
// phones, and writes queue_log. The controller reads the file, from where it stopped.
type fallback struct {
	w       *world
	log     []callcenter.FallbackEvent
	waiting []*nativeCall
}

// nativeCall is one caller in the native queue.
type nativeCall struct {
	c       *caller
	queue   string
	since   time.Duration
	talk    time.Duration
	agent   *channel // outside leg of the phone that answered
	phone   *phone
	settled bool
}

// lineLength is how many bytes a line of queue_log has here.
const lineLength = 80

// enter takes a caller into the native queue.
func (f *fallback) enter(c *caller) {
	n := &nativeCall{c: c, queue: one(c.luck, f.w.plan.Queues...).ID, since: f.w.now}
	c.outside = true
	c.ch.state = stateUp
	f.waiting = append(f.waiting, n)
	f.w.seen.add("fallback")
	f.write(n, "ENTERQUEUE", "")
	f.serve(n)
	f.w.after(c.luck.between(time.Second, 2*time.Minute), func() {
		if n.settled || n.agent != nil {
			return
		}
		f.settle(n, one(c.luck, "EXITWITHTIMEOUT", "EXITEMPTY", "EXITWITHKEY"))
		f.w.ast.hangUp(c.ch, causeNormal)
	})
}

// serve looks for a free phone, again and again.
func (f *fallback) serve(n *nativeCall) {
	f.w.after(n.c.luck.between(500*time.Millisecond, 5*time.Second), func() {
		if n.settled || n.agent != nil {
			return
		}
		for _, p := range f.w.phones {
			if p.registered && len(p.lines) == 0 {
				f.connect(n, p)
				return
			}
		}
		f.serve(n)
	})
}

func (f *fallback) connect(n *nativeCall, p *phone) {
	n.phone, n.talk = p, f.w.now
	n.agent = p.outside()
	n.c.heardBy = p.endpoint
	f.write(n, "CONNECT", p.endpoint)
	f.w.after(n.c.luck.around(f.w.weather.talk), func() {
		if !n.settled {
			f.settle(n, "COMPLETEAGENT")
			f.w.ast.hangUp(n.c.ch, causeNormal)
		}
	})
}

// callerGone is told when the caller hangs up.
func (f *fallback) callerGone(c *caller) {
	for _, n := range f.waiting {
		if n.c != c || n.settled {
			continue
		}
		if n.agent != nil {
			f.settle(n, "COMPLETECALLER")
		} else {
			f.settle(n, "ABANDON")
		}
		return
	}
}

// settle writes the last line of a call and frees the phone.
func (f *fallback) settle(n *nativeCall, event string) {
	n.settled = true
	endpoint := ""
	if n.agent != nil {
		endpoint = n.phone.endpoint
		f.w.ast.hangUp(n.agent, causeNormal)
	}
	f.waiting = slices.DeleteFunc(f.waiting, func(o *nativeCall) bool { return o == n })
	f.write(n, event, endpoint)
}

// write appends a line; a running controller that follows the file reads it soon.
func (f *fallback) write(n *nativeCall, event, endpoint string) {
	line := callcenter.FallbackEvent{
		Channel: n.c.ch.id, Event: event, Queue: n.queue, Agent: endpoint, Number: n.c.ch.number,
		WaitMS: (f.w.now - n.since).Milliseconds(), Offset: int64(len(f.log)+1) * lineLength,
	}
	if n.agent != nil {
		line.WaitMS = (n.talk - n.since).Milliseconds()
		if strings.HasPrefix(event, "COMPLETE") {
			line.TalkMS = (f.w.now - n.talk).Milliseconds()
		}
	}
	f.log = append(f.log, line)
	f.w.after(100*time.Millisecond, f.follow)
}

// follow reads on in the file, while a controller runs.
func (f *fallback) follow() {
	if f.w.ctl.alive {
		f.replay(f.w.ctl.core.FallbackOffset())
	}
}

// replay reads every line behind the offset.
func (f *fallback) replay(offset int64) {
	for _, line := range f.log {
		if line.Offset > offset {
			f.w.ctl.tell(line)
			if f.w.failure == nil && f.w.ctl.core.FallbackOffset() < line.Offset {
				f.w.fail(ruleFallback, "the offset is %d after the line that ends at %d", f.w.ctl.core.FallbackOffset(), line.Offset)
			}
		}
	}
}

// has tells whether the contact is in the native queue.
func (f *fallback) has(contact string) bool {
	return slices.ContainsFunc(f.waiting, func(n *nativeCall) bool { return n.c.ch.id == contact })
}

// restart forgets the calls: Asterisk was killed and wrote no last lines.
func (f *fallback) restart() {
	for _, n := range f.waiting {
		n.settled = true
	}
	f.waiting = nil
}
