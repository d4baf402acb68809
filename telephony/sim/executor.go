package sim

import (
	"slices"
	"time"

	"firstline/telephony/callcenter"
)

// requestTimeout is how long the executor waits for Asterisk's answer to one request.
const requestTimeout = 2 * time.Second

// executor carries out commands as the controller's adapters do: those for Asterisk in order for each contact, but for an
// agent's leg, which is made and dialled beside them; look-ups and pops beside all. It lives inside the controller process: a
// crash empties it.
type executor struct {
	w       *world
	workers map[string]*worker
	entries map[string]*entry // of legs being made, by channel
	dead    bool
}

// worker is the queue of one contact.
type worker struct {
	e    *executor
	jobs []*job
	luck *dice
}

// job is a command that is not done.
type job struct {
	callcenter.Command
	begun bool
}

func newExecutor(w *world) *executor {
	return &executor{w: w, workers: map[string]*worker{}, entries: map[string]*entry{}}
}

// submit takes a command whose record is durable.
func (e *executor) submit(cmd callcenter.Command) {
	e.w.tracef("command: %T%+v", cmd, cmd)
	e.w.seen.command(cmd)
	e.w.ledger.unanswered(cmd)
	switch c := cmd.(type) {
	case callcenter.CheckPhone:
		e.w.ledger.looks(c)
	case callcenter.Ring:
		if e.w.rung[c.Channel] {
			e.w.fail(ruleCommand, "%s rings %s a second time", c.ID, c.Channel)
		}
		e.w.rung[c.Channel] = true
	case callcenter.Lookup:
		e.lookup(c)
		return
	case callcenter.Pop:
		e.pop(c)
		return
	case callcenter.CheckPIN:
		e.checkPIN(c)
		return
	case callcenter.StoreRecording:
		e.keep(c)
		return
	}
	k := e.workers[cmd.ContactID()]
	if k == nil {
		k = &worker{e: e, luck: e.w.newDice("worker " + cmd.ContactID())}
		e.workers[cmd.ContactID()] = k
	}
	k.jobs = append(k.jobs, &job{Command: cmd})
	k.next()
}

// idle tells whether nothing at all is under way.
func (e *executor) idle() bool {
	for _, k := range e.workers { // order doesn't matter: all or nothing
		if len(k.jobs) > 0 {
			return false
		}
	}
	return true
}

// kill ends the executor with its process. A request that is under way may still reach Asterisk.
func (e *executor) kill() { e.dead = true }

// next begins the contact's commands that wait for no earlier one.
func (k *worker) next() {
	if k.e.dead {
		return
	}
	for i, j := range k.jobs {
		if j.begun || slices.ContainsFunc(k.jobs[:i], func(other *job) bool { return meet(touches(j.Command), touches(other.Command)) }) {
			continue
		}
		j.begun = true
		lag := k.luck.between(100*time.Microsecond, time.Millisecond)
		if k.luck.chance(k.e.w.weather.slow) {
			lag = k.luck.between(0, k.e.w.weather.slowest)
		}
		k.e.w.after(lag, func() { k.request(k.e.first(j.Command)) })
	}
}

// touches is what a command needs to itself.
func touches(command callcenter.Command) []string {
	switch c := command.(type) {
	case callcenter.Ring:
		return []string{c.Channel}
	case callcenter.HangUp:
		return []string{c.Contact, c.Channel}
	case callcenter.AddToBridge:
		return append([]string{c.Contact}, c.Channels...)
	case callcenter.RecordSnoop:
		return []string{c.Contact, c.Snoop}
	case callcenter.MuteRecording: // a pause waits for nothing else
		return []string{c.Recording}
	default:
		return []string{command.ContactID()}
	}
}

func meet(a, b []string) bool {
	return slices.ContainsFunc(a, func(what string) bool { return slices.Contains(b, what) })
}

// over takes a command off the list and begins what waited for it.
func (k *worker) over(cmd callcenter.Command) {
	switch c := cmd.(type) {
	case createLeg:
		delete(k.e.entries, c.Channel)
	case dialLeg:
		delete(k.e.entries, c.Channel)
	}
	i := slices.IndexFunc(k.jobs, func(j *job) bool { return j.begun && j.CommandID() == cmd.CommandID() })
	k.jobs = slices.Delete(k.jobs, i, i+1)
	k.next()
}

// request sends one command to Asterisk, with the weather's faults.
func (k *worker) request(cmd callcenter.Command) {
	w := k.e.w
	switch {
	case k.e.dead && k.luck.chance(0.5):
		return // the process died before it had sent the request
	case !w.reachable:
		k.finish(cmd, 0, "no connection")
	case isLook(cmd) && k.luck.chance(w.weather.lost):
		k.lose(cmd)
	case k.luck.chance(w.weather.failBefore):
		k.finish(cmd, one(k.luck, 0, 500, 503), "simulated failure before the effect")
	case k.luck.chance(w.weather.failAfter):
		w.ast.do(cmd, func(int, string) {})
		k.finish(cmd, 0, "simulated failure after the effect")
	default:
		k.ask(cmd)
	}
}

// lose is a question that nobody ever answers, as none should be.
func (k *worker) lose(cmd callcenter.Command) {
	k.e.w.tracef("lost: the answer to %T%+v", cmd, cmd)
	k.e.w.seen.add("look lost")
	k.over(cmd)
}

// ask sends the command and waits for the answer or the time-out, after which it may still take effect.
func (k *worker) ask(cmd callcenter.Command) {
	if c, ok := cmd.(callcenter.CheckPhone); ok {
		k.look(c)
		return
	}
	answered := false
	k.e.w.ast.do(cmd, func(code int, text string) {
		if !answered {
			answered = true
			k.finish(cmd, code, text)
		}
	})
	if answered {
		return
	}
	k.e.w.after(requestTimeout, func() {
		if !answered {
			answered = true
			k.finish(cmd, 0, "timed out")
		}
	})
}

// finish reports a refusal and goes on with the next command.
func (k *worker) finish(cmd callcenter.Command, code int, text string) {
	if k.e.dead {
		return
	}
	made, isLeg := cmd.(createLeg)
	switch {
	case !done(cmd, code):
		k.e.w.refused(cmd, code)
		k.e.w.ledger.lookedAt(cmd.CommandID())
		k.e.w.ctl.tell(callcenter.CommandFailed{ID: cmd.CommandID(), Code: code, Text: text})
	case isLeg:
		k.awaitEntry(made.Ring)
		return
	}
	k.over(cmd)
}

// done tells whether an answer means that what was wanted is so: repeating a command is no failure.
func done(cmd callcenter.Command, code int) bool {
	switch cmd.(type) {
	case createLeg, callcenter.CreateBridge:
		return code/100 == 2 || code == 409
	case callcenter.HangUp, callcenter.SendOut, callcenter.StopPlay, callcenter.DestroyBridge, callcenter.StopMusic:
		return code/100 == 2 || code == 404
	default:
		return code/100 == 2
	}
}
