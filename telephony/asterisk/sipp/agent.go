package sipp

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Agent is an agent's phone.
type Agent struct {
	Phone
	Name   string // in the results
	User   string // SIP user: "101"
	Secret string // SIP password; empty = it doesn't register: Asterisk has its address
	Acts   []Act  // of one incoming call after the other, over and over
}

// Act is what an agent does with a call.
type Act struct {
	Do    string        // DoAnswer, DoBusy, DoDecline or DoRing
	After time.Duration // until it answers or declines
	Talk  time.Duration // until it hangs up, from the answer
}

// What an agent can do.
const (
	DoAnswer  = "answer"
	DoBusy    = "busy"    // at once
	DoDecline = "decline" // after a while
	DoRing    = "ring"    // until Asterisk gives up
)

const registered = 3600 // seconds a registration holds

// leaveLimit is how long a phone may take to take its registration back. With stopLimit it is less than a role's drain may last.
const leaveLimit = 10 * time.Second

// Run registers, takes calls until ctx ends, and takes the registration back. The results have one entry a call.
func (a Agent) Run(ctx context.Context) ([]Result, error) {
	if a.Secret != "" {
		if err := a.register(ctx, registered); err != nil {
			return nil, err
		}
	}
	var lines strings.Builder
	for _, act := range a.Acts {
		fmt.Fprintf(&lines, "%s;%s;%s\n", act.Do, ms(act.After), ms(act.Talk))
	}
	r := run{phone: a.Phone, scenario: "agent.xml", lines: lines.String(),
		view: agentView{Name: a.Name, User: a.User, Speech: a.speech()}}
	results, err := r.do(ctx)
	if err == nil && a.Secret != "" {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveLimit)
		defer cancel()
		err = a.register(last, 0)
	}
	return results, err
}

func (a Agent) register(ctx context.Context, seconds int) error {
	phone := a.Phone
	phone.Speech, phone.MediaPort = 0, 0
	r := run{phone: phone, scenario: "register.xml", view: registerView{User: a.User, Secret: a.Secret, Expires: seconds},
		args: []string{"-m", "1", "-timeout", "30s", "-timeout_error"}, strict: true}
	if _, err := r.do(ctx); err != nil {
		return fmt.Errorf("register %s: %w", a.User, err)
	}
	return nil
}

// agentView and registerView are what the scenarios see.
type (
	agentView    struct{ Name, User, Speech string }
	registerView struct {
		User, Secret string
		Expires      int
	}
)
