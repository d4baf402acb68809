package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"firstline/analytics/live"
	"firstline/pipeline/controllerclient"
	"firstline/pipeline/fact"
	"firstline/telephony/asterisk/sipp"
)

// The demo's ports on loopback: agents' phones, and a block for each minute's callers.
const (
	agentPort   = 5101
	agentMedia  = 30000
	callerPort  = 5201
	callerMedia = 34000
	mediaBlock  = 400
	callerSlots = 60
)

// callsPerMinute is a day in minutes: it begins quietly, has two busy hours and an evening.
func callsPerMinute() []int { return []int{8, 14, 20, 26, 20, 12, 16, 24, 14, 6} }

// watchEvery is how often the demo's agents look at their own state, as people do.
const watchEvery = 2 * time.Second

// runDemo plays callers and agents with SIPp against the Asterisk of this machine until it is told to stop.
func runDemo(ctx context.Context, env *environment) error {
	s, err := loadSettings(env)
	if err != nil {
		return err
	}
	secret := env.getenv(s.Node.SecretEnv)
	if secret == "" {
		return fmt.Errorf("the variable %q (asterisk.phone_secret_env) is empty; the demo's phones can't register", s.Node.SecretEnv)
	}
	now, err := live.New(s.Live, env.getenv, env.log, newRegistry())
	if err != nil {
		return err
	}
	remote := net.JoinHostPort(s.Node.Bind, strconv.Itoa(s.Node.SIPPort))
	g := newGroup(ctx)
	g.run("live", now.Run)
	for i, a := range s.Plan.Agents {
		if a.ID == "you" || a.Endpoint == "" { // the person who tries it; who has no phone
			continue
		}
		d := demoAgent{now: now, id: a.ID, env: env, dice: dice(uint64(i)), phone: sipp.Agent{
			Phone: sipp.Phone{Remote: remote, Port: agentPort + i, MediaPort: agentMedia + i*mediaBlock, Speech: 20 * time.Second},
			Name:  a.ID, User: strings.TrimPrefix(a.Endpoint, "PJSIP/"), Secret: secret,
		}}
		g.run("phone of "+a.ID, d.answer)
		g.run("agent "+a.ID, d.work)
	}
	g.run("callers", func(ctx context.Context) error { return callers(ctx, env, remote) })
	return g.wait()
}

func dice(stream uint64) *rand.Rand {
	return rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), stream))
} //nolint:gosec // a demo's chance

// demoAgent is one agent: a phone that answers after varying times and misses some calls, and a person behind it.
type demoAgent struct {
	now   *live.Live
	id    string
	env   *environment
	phone sipp.Agent
	dice  *rand.Rand

	handled string // the contact about which he has decided whether to hand it on
}

// answer runs the phone. A phone that fails, say while Asterisk starts, is started again.
func (d *demoAgent) answer(ctx context.Context) error {
	for range 60 {
		act := sipp.Act{Do: sipp.DoAnswer, After: between(d.dice, time.Second, 4*time.Second), Talk: between(d.dice, 6*time.Second, 25*time.Second)}
		switch d.dice.IntN(20) {
		case 0:
			act = sipp.Act{Do: sipp.DoRing}
		case 1:
			act = sipp.Act{Do: sipp.DoDecline, After: 2 * time.Second}
		}
		d.phone.Acts = append(d.phone.Acts, act)
	}
	return d.again(ctx, "phone", func(ctx context.Context) error {
		_, err := d.phone.Run(ctx)
		return err
	})
}

// work logs the agent in, and brings him back from a pause as a colleague's reminder would.
func (d *demoAgent) work(ctx context.Context) error {
	return d.again(ctx, "state", func(ctx context.Context) error {
		v, ok := d.now.Agent(d.id)
		if !ok || v.Stale {
			return nil
		}
		switch {
		case v.Agent.State == fact.AgentLoggedOut:
			return d.control(ctx, "login", nil)
		case v.Agent.State == fact.AgentPaused && time.Since(v.Agent.Since) > 15*time.Second:
			return d.control(ctx, "ready", nil)
		case v.Agent.State == fact.AgentTalking && v.Contact != nil && v.Contact.ID != d.handled && time.Since(v.Agent.Since) > greets:
			d.handled = v.Contact.ID
			if v.Agent.Queue != handsOnTo && v.Popup != nil && strings.HasPrefix(strings.TrimPrefix(v.Popup.CallerNumber, "+"), demoNumbers) {
				return d.handOn(ctx)
			}
		}
		return nil
	})
}

const (
	handsOnTo   = "sales"         // queue
	greets      = 2 * time.Second // how long an agent listens before he hands a caller on
	demoNumbers = "49301"         // how the demo's callers' numbers begin; who tries it with a phone of his own is handed on to nobody
)

// handOn hands some callers on: asking first, which the end of his talk then completes, or at once.
func (d *demoAgent) handOn(ctx context.Context) error {
	to := &controllerclient.Target{To: fact.TransferToQueue, ID: handsOnTo}
	var err error
	switch d.dice.IntN(8) {
	case 0:
		err = d.control(ctx, "consult", to)
	case 1:
		err = d.control(ctx, "transfer", to)
	}
	if refused := (*controllerclient.RefusedError)(nil); errors.As(err, &refused) {
		return nil // the call is over, or nobody is there
	}
	return err
}

func (d *demoAgent) control(ctx context.Context, action string, to *controllerclient.Target) error {
	_, err := d.now.Control(ctx, controllerclient.Control{Request: fmt.Sprintf("demo/%s/%d", d.id, time.Now().UnixNano()),
		Actor: "demo", By: fact.ByAPI, Agent: d.id, Action: action, To: to})
	return err
}

// again runs a step every little while until ctx ends, and tells of each that failed.
func (d *demoAgent) again(ctx context.Context, what string, step func(context.Context) error) error {
	for ctx.Err() == nil {
		if err := step(ctx); err != nil && ctx.Err() == nil {
			d.env.log.Warn("demo agent", "agent", d.id, "what", what, "error", err)
		}
		select {
		case <-time.After(watchEvery):
		case <-ctx.Done():
		}
	}
	return nil
}

// callers calls in, a batch a minute, until ctx ends.
func callers(ctx context.Context, env *environment, remote string) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	chance := dice(99)
	day := callsPerMinute()
	for minute := 0; ctx.Err() == nil; minute++ {
		slot := minute % callerSlots
		batch := sipp.Callers{Phone: sipp.Phone{Remote: remote, Port: callerPort + slot,
			MediaPort: callerMedia + slot%40*mediaBlock, Speech: 20 * time.Second}}
		for i := range day[minute%len(day)] {
			batch.Calls = append(batch.Calls, demoCall(chance, minute, i))
		}
		wg.Go(func() {
			if _, err := batch.Run(ctx); err != nil && ctx.Err() == nil {
				env.log.Warn("demo callers", "error", err)
			}
		})
		select {
		case <-time.After(time.Minute):
		case <-ctx.Done():
		}
	}
	return nil
}

// demoCall is one caller: known or not, with or without patience, through the menus of deploy/demo.yaml.
func demoCall(r *rand.Rand, minute, n int) sipp.Call {
	c := sipp.Call{
		Name: fmt.Sprintf("m%d-%d", minute, n), Dialed: "1000", Start: between(r, 0, time.Minute),
		Number:   fmt.Sprintf(demoNumbers+"%05d", r.IntN(100_000)),
		Patience: between(r, 20*time.Second, 70*time.Second),
	}
	if r.IntN(3) > 0 {
		c.Number = fmt.Sprintf(demoNumbers+"%05d", 1+r.IntN(8)) // on the list of customers
	}
	language := []string{"1", "1", "2"}[r.IntN(3)]
	c.Presses = []sipp.Press{{After: between(r, 1500*time.Millisecond, 4*time.Second), Digits: language}}
	switch k := r.IntN(20); {
	case k == 0: // hangs up in the menu
		c.Patience = between(r, time.Second, 4*time.Second)
		return c
	case k <= 2: // wanted nothing
		c.Presses = append(c.Presses, sipp.Press{After: 2 * time.Second, Digits: "3"})
		return c
	case k <= 8:
		c.Presses = append(c.Presses, sipp.Press{After: between(r, time.Second, 3*time.Second), Digits: "2"})
	default:
		c.Presses = append(c.Presses, sipp.Press{After: between(r, time.Second, 3*time.Second), Digits: "1"})
		if r.IntN(2) == 0 {
			c.Presses = append(c.Presses, sipp.Press{After: 1500 * time.Millisecond, Digits: fmt.Sprintf("7000%d#", 1+r.IntN(8))})
		}
	}
	if r.IntN(6) == 0 { // little patience: gives up in the queue
		c.Patience = between(r, 2*time.Second, 9*time.Second)
	}
	return c
}

func between(r *rand.Rand, from, to time.Duration) time.Duration {
	return from + time.Duration(r.Int64N(int64(to-from)))
}
