package sim

import (
	"maps"
	"slices"
	"time"

	"firstline/telephony/callcenter"
)

// An agent's phone is made to ring by two requests: the leg is made, and dialled when it has entered the application, which
// an event tells. The adapter does so by itself; the core only hears what comes of it.
type (
	createLeg struct{ callcenter.Ring }
	dialLeg   struct{ callcenter.Ring }
)

// entry is what the executor knows of a leg that is being made.
type entry struct {
	entered bool
	settled bool   // it has entered, or never will
	then    func() // waits for that
}

func (n *entry) settle() {
	n.settled = true
	if then := n.then; then != nil {
		n.then = nil
		then()
	}
}

// first is the first request of a command.
func (e *executor) first(cmd callcenter.Command) callcenter.Command {
	c, ok := cmd.(callcenter.Ring)
	if !ok {
		return cmd
	}
	e.entries[c.Channel] = &entry{}
	return createLeg{c}
}

// entered: the adapter hears that a leg is in the application.
func (e *executor) entered(leg string) {
	if n := e.entries[leg]; n != nil {
		n.entered = true
		n.settle()
	}
}

// gone: the adapter hears that a leg has ended.
func (e *executor) gone(leg string) {
	if n := e.entries[leg]; n != nil {
		n.settle()
	}
}

// lost: nothing is heard any more.
func (e *executor) lost() {
	for _, id := range slices.Sorted(maps.Keys(e.entries)) {
		e.entries[id].settle()
	}
}

// awaitEntry goes on when the leg has entered, or doesn't.
func (k *worker) awaitEntry(c callcenter.Ring) {
	n := k.e.entries[c.Channel]
	if n.settled {
		k.dial(c, n)
		return
	}
	n.then = func() { k.dial(c, n) }
	k.e.w.after(requestTimeout, func() {
		if n.then != nil {
			n.settle()
		}
	})
}

// dial asks for the second request.
func (k *worker) dial(c callcenter.Ring, n *entry) {
	if !n.entered {
		k.finish(dialLeg{c}, 0, "the leg did not enter the application")
		return
	}
	k.e.w.after(k.luck.between(100*time.Microsecond, time.Millisecond), func() { k.request(dialLeg{c}) })
}
