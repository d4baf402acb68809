package sim

import (
	"strconv"
	"time"

	"firstline/telephony/callcenter"
)

// caller is a human who calls in: presses keys or none, waits, gives up at any instant, talks.
type caller struct {
	w       *world
	luck    *dice
	ch      *channel
	keys    int    // still to press
	number  string // what is left of the one he dials
	hurry   time.Duration
	outside bool // in the fallback queue

	entered bool // the application
	heardBy string
	over    bool
}

// keysPressed are the keys of this world, the useful ones more often, and extensions.
func keysPressed() []string {
	return []string{"1", "1", "1", "2", "2", "2", "#", "3", "9", "*", "0", extensionOf(0, true), extensionOf(0, false), extensionOf(1, false)}
}

// arrive makes a new caller; index numbers the arrivals of a run.
func (w *world) arrive(index int, luck *dice) {
	c := &caller{w: w, luck: luck, keys: one(luck, 0, 2, 6, 12), hurry: one(luck, 500*time.Millisecond, 2*time.Second)}
	c.ch = &channel{
		id:     node + "-" + strconv.FormatInt(w.stamp(w.now).Unix(), 10) + "." + strconv.Itoa(index),
		number: one(luck, w.site.numbers...), dialed: one(luck, w.site.dialed...), state: one(luck, stateRing, stateRing, stateUp), party: c,
	}
	w.seen.add("caller")
	c.enter()
	patience := luck.around(w.weather.patience)
	if luck.chance(0.15) {
		patience = luck.around(time.Second) // at any instant, the first ones included
	}
	w.after(patience, func() {
		if c.heardBy == "" && (!c.outside || luck.chance(0.5)) {
			c.hangUp("gives up")
		}
	})
	c.press()
}

// enter is the dialplan: the application while the controller's heartbeat is fresh, else the fallback queue.
func (c *caller) enter() {
	w := c.w
	w.ast.open(c.ch)
	w.callers[c.ch.id] = c
	if !w.ctl.heart() {
		w.native.enter(c)
		return
	}
	w.enterApp(c.ch)
	c.entered = true
}

// dialplanLimit is the absolute time-out the dialplan gives a channel that enters the application: if the controller
// doesn't clear it, the channel goes to the fallback.
const dialplanLimit = 20 * time.Second

// enterApp puts a channel into the application.
func (w *world) enterApp(ch *channel) {
	ch.inApp = true
	w.ast.emit(ch, callcenter.CallArrived{
		Channel: ch.id, Endpoint: ch.endpoint, Number: ch.number, Dialed: ch.dialed, Language: langOne,
		Created: w.stampByAsterisk(ch.created),
	})
	limit := ch.limit
	w.after(dialplanLimit, func() {
		if ch.gone || !ch.inApp || ch.limit != limit {
			return
		}
		w.seen.add("dialplan time-out")
		w.audit.taken(ch.id)
		w.ast.leaveApp(ch)
		if c := w.callers[ch.id]; c != nil {
			w.native.enter(c)
			return
		}
		w.ast.hangUp(ch, causeNormal)
	})
}

// press presses the next key, until there are none left.
func (c *caller) press() {
	if c.keys == 0 {
		return
	}
	c.keys--
	c.w.after(c.luck.around(c.hurry), func() {
		if c.over {
			return
		}
		if c.ch.inApp {
			key := c.nextKey()
			c.w.ledger.truth(c.ch.id).press(key)
			c.w.ast.emit(c.ch, callcenter.DigitPressed{Channel: c.ch.id, Digit: key})
		}
		c.press()
	})
}

// nextKey is the next one of the number that he dials, or begins with another number.
func (c *caller) nextKey() string {
	if c.number == "" {
		c.number = one(c.luck, keysPressed()...)
	}
	key := c.number[:1]
	c.number = c.number[1:]
	return key
}

// hangUp ends the call from the caller's side.
func (c *caller) hangUp(why string) {
	if c.over {
		return
	}
	c.w.tracef("caller %s: %s", c.ch.id, why)
	c.w.seen.add("caller " + why)
	c.w.ledger.truth(c.ch.id).end("caller")
	c.w.ast.hangUp(c.ch, causeNormal)
}

// ended takes the caller out of the world.
func (c *caller) ended(*channel) {
	c.over = true
	delete(c.w.callers, c.ch.id)
	if c.outside {
		c.w.native.callerGone(c)
	}
}

// heard begins the talk: one of both will end it.
func (c *caller) heard(_, other *channel) {
	if c.heardBy == "" {
		c.w.ledger.truth(c.ch.id).hear(other.endpoint)
		c.w.seen.add("talk")
	}
	c.heardBy = other.endpoint
	talk := c.luck.around(c.w.weather.talk)
	if c.luck.chance(0.4) {
		talk *= 3 // he leaves it to the agent
	}
	c.w.after(talk, func() { c.hangUp("ends the talk") })
	if c.luck.chance(0.2) { // the number of his card
		c.keys += 4
		c.press()
	}
	if c.luck.chance(0.1) {
		c.w.after(c.luck.around(c.w.weather.talk/4), func() { c.hold(2) })
	}
}

// hold puts the call on hold on the caller's phone, and takes it back.
func (c *caller) hold(times int) {
	if c.over || times == 0 || !c.ch.inApp {
		return
	}
	c.w.ast.emit(c.ch, callcenter.ChannelHeld{Channel: c.ch.id})
	c.w.after(c.luck.around(c.w.weather.talk/4), func() {
		if c.over || !c.ch.inApp {
			return
		}
		c.w.ast.emit(c.ch, callcenter.ChannelUnheld{Channel: c.ch.id})
		c.hold(times - 1)
	})
}

// rung is told when an agent's phone rings for the caller: some give up just then.
func (c *caller) rung() {
	if c.luck.chance(0.1) {
		c.w.after(c.luck.around(time.Second), func() {
			if c.heardBy == "" {
				c.hangUp("gives up while it rings")
			}
		})
	}
}

// answered is told when an agent takes the call: some hang up in the same instant.
func (c *caller) answered() {
	if c.luck.chance(0.08) {
		c.w.after(c.luck.between(0, 4*time.Millisecond), func() { c.hangUp("hangs up at the answer") })
	}
}
